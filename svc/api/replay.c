#include "replay.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api_metrics.h"
#include "mem.h"

enum { BUCKET_COUNT = REPLAY_IDS_MAX, ID_KEPT = 12, BODY_KEPT = 9, NONE = UINT16_MAX };

/*
 * 48 bytes, since there are many. What is kept of the SHA-256 leaves no collisions by chance,
 * and who makes one on purpose holds the secret and tricks nobody but themselves.
 */
struct entry {
	union {
		unsigned char envelope[UUID_BYTES]; /* answered: where the record went */
		struct {
			struct replay_waiter *waiters, **waiters_tail;
		}; /* under way */
	};
	uint32_t expires_s;
	uint16_t chain;        /* next in the bucket, or in the free list */
	uint16_t older, newer; /* of the answered ones */
	unsigned char id[ID_KEPT], body[BODY_KEPT];
	bool is_answered;
};
static_assert(sizeof(struct entry) <= 48, "replay.h says what the table takes");
static_assert((int)REPLAY_IDS_MAX <= (int)NONE, "an entry's number fits 16 bits");

struct replay {
	pthread_mutex_t lock;
	uint16_t buckets[BUCKET_COUNT];
	uint16_t free, oldest, newest, used; /* entries from `used` on were never touched */
	size_t count;
	struct entry entries[REPLAY_IDS_MAX];
};

struct replay *replay_open(void)
{
	struct replay *r = xcalloc(1, sizeof(*r)); /* pages are resident once touched, not before */

	pthread_mutex_init(&r->lock, NULL);
	for (size_t i = 0; i < BUCKET_COUNT; i++)
		r->buckets[i] = NONE;
	r->free = r->oldest = r->newest = NONE;
	return r;
}

void replay_close(struct replay *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static uint16_t *bucket_of(struct replay *r, const unsigned char id[ID_KEPT])
{
	uint32_t hash;

	memcpy(&hash, id, sizeof(hash));
	return &r->buckets[hash % BUCKET_COUNT];
}

static uint16_t find(struct replay *r, const unsigned char id[ID_KEPT])
{
	uint16_t i = *bucket_of(r, id);

	while (i != NONE && memcmp(r->entries[i].id, id, ID_KEPT) != 0)
		i = r->entries[i].chain;
	return i;
}

/* ---- ids of envelopes: 16 bytes instead of 36 characters ---- */

static unsigned digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

static void uuid_read(const char text[UUID_TEXT_SIZE], unsigned char out[UUID_BYTES])
{
	for (size_t i = 0; i < UUID_BYTES; i++, text += 2) {
		if (*text == '-')
			text++;
		out[i] = (unsigned char)(digit(text[0]) << 4 | digit(text[1]));
	}
}

/* ---- the list of answered ones, the one answered or extended longest ago first ---- */

static void list_add(struct replay *r, uint16_t i)
{
	struct entry *e = &r->entries[i];

	e->older = r->newest;
	e->newer = NONE;
	if (r->newest != NONE)
		r->entries[r->newest].newer = i;
	else
		r->oldest = i;
	r->newest = i;
}

static void list_remove(struct replay *r, uint16_t i)
{
	struct entry *e = &r->entries[i];

	if (e->older != NONE)
		r->entries[e->older].newer = e->newer;
	else
		r->oldest = e->newer;
	if (e->newer != NONE)
		r->entries[e->newer].older = e->older;
	else
		r->newest = e->older;
}

/* ---- entries ---- */

static void entry_drop(struct replay *r, uint16_t i)
{
	uint16_t *link = bucket_of(r, r->entries[i].id);

	if (r->entries[i].is_answered)
		list_remove(r, i);
	while (*link != i)
		link = &r->entries[*link].chain;
	*link = r->entries[i].chain;
	r->entries[i].chain = r->free;
	r->free = i;
	r->count--;
}

/* Expiry is nearly in the order of the list: a look at the oldest is enough. */
static void drop_expired(struct replay *r, int64_t now_s)
{
	while (r->oldest != NONE && r->entries[r->oldest].expires_s < now_s)
		entry_drop(r, r->oldest);
}

/* NONE: all are under way. */
static uint16_t entry_take(struct replay *r)
{
	uint16_t i = r->free;

	if (i == NONE && r->used < REPLAY_IDS_MAX)
		return r->used++;
	if (i == NONE && r->oldest != NONE) {
		metric_add(&replay_events[REPLAY_FORGOTTEN], 1);
		entry_drop(r, r->oldest);
		i = r->free;
	}
	if (i != NONE)
		r->free = r->entries[i].chain;
	return i;
}

static enum replay_verdict begin_new(struct replay *r, const unsigned char id[ID_KEPT],
    const unsigned char body[BODY_KEPT], int64_t expires_s, struct replay_waiter *own)
{
	uint16_t i = entry_take(r);
	struct entry *e;

	if (i == NONE)
		return REPLAY_FULL;
	e = &r->entries[i];
	memcpy(e->id, id, ID_KEPT);
	memcpy(e->body, body, BODY_KEPT);
	e->is_answered = false;
	e->expires_s = (uint32_t)expires_s;
	e->waiters = NULL;
	e->waiters_tail = &e->waiters;
	e->chain = *bucket_of(r, id);
	*bucket_of(r, id) = i;
	own->entry = i;
	r->count++;
	return REPLAY_NEW;
}

/* A retry that was signed later can itself be replayed for longer than the first. */
static void entry_extend(struct replay *r, uint16_t i, int64_t expires_s)
{
	struct entry *e = &r->entries[i];

	if (expires_s <= e->expires_s)
		return;
	e->expires_s = (uint32_t)expires_s;
	if (e->is_answered) { /* the list stays nearly in the order of expiry */
		list_remove(r, i);
		list_add(r, i);
	}
}

static enum replay_verdict begin_again(struct replay *r, uint16_t i,
    const unsigned char body[BODY_KEPT], int64_t expires_s, struct replay_waiter *own,
    char object[OBJECTKEY_SIZE])
{
	struct entry *e = &r->entries[i];

	if (memcmp(e->body, body, BODY_KEPT) != 0)
		return REPLAY_OTHER;
	entry_extend(r, i, expires_s);
	if (e->is_answered) {
		char envelope[UUID_TEXT_SIZE];

		uuid_print(e->envelope, envelope);
		objectkey_of(envelope, object);
		return REPLAY_DONE;
	}
	own->next = NULL;
	*e->waiters_tail = own;
	e->waiters_tail = &own->next;
	return REPLAY_WAIT;
}

enum replay_verdict replay_begin(struct replay *r, struct str id,
    const unsigned char digest[HASH_SIZE], int64_t now_s, int64_t expires_s,
    struct replay_waiter *own, char object[OBJECTKEY_SIZE])
{
	unsigned char id_digest[HASH_SIZE];
	enum replay_verdict verdict;
	uint16_t i;

	hash_sha256(id, id_digest);
	pthread_mutex_lock(&r->lock);
	drop_expired(r, now_s);
	i = find(r, id_digest);
	if (i == NONE)
		verdict = begin_new(r, id_digest, digest, expires_s, own);
	else
		verdict = begin_again(r, i, digest, expires_s, own, object);
	pthread_mutex_unlock(&r->lock);
	return verdict;
}

struct replay_waiter *replay_finish(struct replay *r, const struct replay_waiter *own,
    const char *object)
{
	struct entry *e = &r->entries[own->entry];
	struct replay_waiter *waiters;

	assert(!object || strlen(object) == OBJECTKEY_LEN);
	pthread_mutex_lock(&r->lock);
	assert(!e->is_answered);
	waiters = e->waiters;
	if (object) {
		uuid_read(object + OBJECTKEY_ID_AT, e->envelope);
		e->is_answered = true;
		list_add(r, own->entry);
	} else
		entry_drop(r, own->entry);
	pthread_mutex_unlock(&r->lock);
	return waiters;
}

size_t replay_count(struct replay *r)
{
	size_t n;

	pthread_mutex_lock(&r->lock);
	n = r->count;
	pthread_mutex_unlock(&r->lock);
	return n;
}
