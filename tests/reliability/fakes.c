#include "fakes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum { AWAIT_S = 120 }; /* only a hang is a failure */

static int64_t now_us(void)
{
	return clock_mono_us(&clock_system);
}

static int fail(struct err *err, enum err_code code)
{
	return err_set(err, code, "as ordered");
}

void fake_await(const char *what, bool (*condition)(void *arg), void *arg)
{
	int64_t until_us = now_us() + AWAIT_S * INT64_C(1000000);

	while (!condition(arg)) {
		if (now_us() > until_us) {
			fprintf(stderr, "waited %d s in vain: %s\n", AWAIT_S, what);
			exit(1);
		}
		clock_sleep_ms(1);
	}
}

/* ---- queue ---- */

static void deliver(struct fake_queue *q, size_t index, struct queue_message *m,
    unsigned visibility_s)
{
	struct fake_message *f = &q->messages[index];
	struct buf text = BUF_INIT(QUEUE_RECEIPT_SIZE - 1);

	f->receives++;
	f->is_leased = true;
	f->visible_at_us = now_us() + visibility_s * INT64_C(1000000);
	buf_reset(&m->body);
	buf_add(&m->body, f->body);
	buf_addf(&text, "%zu/%u", index, f->receives);
	memcpy(m->receipt, buf_text(&text), text.n + 1);
	memcpy(m->id, buf_text(&text), text.n + 1);
	buf_release(&text);
	memcpy(m->object, f->object, sizeof(m->object));
	memcpy(m->sha256, f->sha256, sizeof(m->sha256));
	m->traceparent[0] = '\0';
	m->record_count = 1;
	m->sent_at_ms = clock_wall_ms(&clock_system);
	m->receive_count = f->receives;
}

static size_t deliver_visible(struct fake_queue *q, struct queue_message *messages, size_t max,
    unsigned visibility_s)
{
	size_t n = 0;

	for (size_t i = 0; i < q->count && n < max; i++)
		if (!q->messages[i].is_deleted && q->messages[i].visible_at_us <= now_us())
			deliver(q, i, &messages[n++], visibility_s);
	return n;
}

/* Others have the lock meanwhile. */
static void pause_receive(struct fake_queue *q)
{
	q->receiving++;
	if (q->receiving > q->receiving_max)
		q->receiving_max = q->receiving;
	pthread_mutex_unlock(&q->lock);
	clock_sleep_ms(2);
	pthread_mutex_lock(&q->lock);
	q->receiving--;
}

static int receive(struct queue *base, struct queue_message *messages, size_t max, unsigned wait_s,
    unsigned visibility_s, size_t *count, struct err *err)
{
	struct fake_queue *q = (struct fake_queue *)base;
	int64_t until_us = now_us() + (q->is_impatient ? 4000 : wait_s * INT64_C(1000000));
	int rc = 0;

	pthread_mutex_lock(&q->lock);
	q->receive_calls++;
	q->receive_calls_after_interrupt += q->is_interrupted;
	for (*count = 0; rc == 0 && *count == 0 && !q->is_interrupted && now_us() < until_us;) {
		rc = q->receive_fails != ERR_NONE ? fail(err, q->receive_fails) : 0;
		*count = rc == 0 ? deliver_visible(q, messages, max, visibility_s) : 0;
		if (rc == 0 && *count == 0)
			pause_receive(q);
	}
	pthread_mutex_unlock(&q->lock);
	return rc;
}

static void interrupt(struct queue *base)
{
	struct fake_queue *q = (struct fake_queue *)base;

	pthread_mutex_lock(&q->lock);
	q->is_interrupted = true;
	pthread_mutex_unlock(&q->lock);
}

/* The message that the receipt names, or NULL when that delivery is no longer the latest. */
static struct fake_message *leased(struct fake_queue *q, struct queue_lease *lease)
{
	struct str index_text, receives_text;
	uint64_t index, receives;
	struct fake_message *f;

	(void)str_cut(str_from(lease->receipt), '/', &index_text, &receives_text);
	if (!str_to_u64(index_text, &index) || !str_to_u64(receives_text, &receives) ||
	    index >= q->count)
		abort();
	f = &q->messages[index];
	if ((int)index == q->steal) {
		f->receives++; /* as if another had received it */
		f->visible_at_us = now_us() + 3600 * INT64_C(1000000);
		q->steal = -1;
	}
	lease->result.code = ERR_NONE;
	if (f->receives == receives && !f->is_deleted)
		return f;
	(void)err_set(&lease->result, ERR_CONFLICT, "receipt '%s' is not the latest",
	    lease->receipt);
	return NULL;
}

static void await_deletes(struct fake_queue *q)
{
	q->deleting++;
	if (q->deleting > q->deleting_max)
		q->deleting_max = q->deleting;
	while (q->is_delete_blocked) {
		pthread_mutex_unlock(&q->lock);
		clock_sleep_ms(2);
		pthread_mutex_lock(&q->lock);
	}
	q->deleting--;
}

static int remove_all(struct queue *base, struct queue_lease *leases, size_t count, struct err *err)
{
	struct fake_queue *q = (struct fake_queue *)base;
	int rc;

	pthread_mutex_lock(&q->lock);
	q->delete_calls++;
	await_deletes(q);
	rc = q->delete_fails != ERR_NONE ? fail(err, q->delete_fails) : 0;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct fake_message *f = leased(q, &leases[i]);

		if (f != NULL)
			f->is_deleted = true;
	}
	pthread_mutex_unlock(&q->lock);
	return rc;
}

static int extend(struct queue *base, struct queue_lease *leases, size_t count,
    unsigned visibility_s, struct err *err)
{
	struct fake_queue *q = (struct fake_queue *)base;
	int rc;

	pthread_mutex_lock(&q->lock);
	rc = q->extend_fails != ERR_NONE ? fail(err, q->extend_fails) : 0;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct fake_message *f = leased(q, &leases[i]);

		if (f == NULL)
			continue;
		f->visible_at_us = now_us() + visibility_s * INT64_C(1000000);
		f->extends++;
		f->returns += visibility_s == 0;
		f->last_delay_s = visibility_s;
	}
	pthread_mutex_unlock(&q->lock);
	return rc;
}

void fake_queue_init(struct fake_queue *q)
{
	*q = (struct fake_queue){ .steal = -1 };
	q->ops = (struct queue_ops){
		.traits = { .senders = 1,
		    .batch_max = 10,
		    .body_max = QUEUE_BODY_MAX,
		    .stats_period_s = 15 },
		.receive = receive,
		.interrupt = interrupt,
		.remove = remove_all,
		.extend = extend,
	};
	q->base.ops = &q->ops;
	(void)pthread_mutex_init(&q->lock, NULL);
}

void fake_queue_release(struct fake_queue *q)
{
	(void)pthread_mutex_destroy(&q->lock);
}

size_t fake_queue_add(struct fake_queue *q, const char *object, const char *body,
    const char *sha256)
{
	struct fake_message *f;
	size_t index;

	pthread_mutex_lock(&q->lock);
	if (q->count == FAKE_MESSAGES_MAX || strlen(object) >= sizeof(f->object))
		abort();
	index = q->count++;
	f = &q->messages[index];
	f->body = str_from(body);
	memcpy(f->object, object, strlen(object) + 1);
	hash_sha256_hex(f->body, f->sha256);
	if (sha256 != NULL)
		memcpy(f->sha256, sha256, strlen(sha256) + 1);
	pthread_mutex_unlock(&q->lock);
	return index;
}

struct fake_message fake_queue_get(struct fake_queue *q, size_t index)
{
	struct fake_message f;

	pthread_mutex_lock(&q->lock);
	f = q->messages[index];
	pthread_mutex_unlock(&q->lock);
	return f;
}

size_t fake_queue_left(struct fake_queue *q)
{
	size_t n = 0;

	pthread_mutex_lock(&q->lock);
	for (size_t i = 0; i < q->count; i++)
		n += !q->messages[i].is_deleted;
	pthread_mutex_unlock(&q->lock);
	return n;
}

/* ---- store ---- */

static int put_object(struct fake_store *s, struct str key, struct str bytes, bool *existed,
    struct err *err)
{
	struct fake_object *o;

	if (s->put_fails != ERR_NONE)
		return fail(err, s->put_fails);
	if (s->bad_key != NULL && str_is(key, s->bad_key))
		return fail(err, ERR_IO);
	for (size_t i = 0; i < s->count; i++) {
		if (!str_is(key, s->objects[i].key))
			continue;
		if (!str_eq(buf_str(&s->objects[i].bytes), bytes))
			return fail(err, ERR_CONFLICT);
		*existed = true;
		return 0;
	}
	if (s->count == FAKE_MESSAGES_MAX)
		abort();
	o = &s->objects[s->count++];
	memcpy(o->key, key.p, key.n);
	buf_init(&o->bytes, STORE_OBJECT_MAX);
	buf_add(&o->bytes, bytes);
	return 0;
}

static int put(struct store *base, struct str key, struct str bytes, const char *sha256,
    const struct store_metadata *metadata, bool *existed, struct err *err)
{
	struct fake_store *s = (struct fake_store *)base;
	bool ignored = false;
	int rc;

	(void)sha256;
	(void)metadata;
	pthread_mutex_lock(&s->lock);
	s->put_calls++;
	s->blocked++;
	while (s->is_blocked)
		(void)pthread_cond_wait(&s->wake, &s->lock);
	s->blocked--;
	rc = put_object(s, key, bytes, existed != NULL ? existed : &ignored, err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

static int check(struct store *base, struct err *err)
{
	struct fake_store *s = (struct fake_store *)base;
	int rc;

	pthread_mutex_lock(&s->lock);
	s->check_calls++;
	rc = s->check_fails != ERR_NONE ? fail(err, s->check_fails) : 0;
	pthread_mutex_unlock(&s->lock);
	return rc;
}

void fake_store_init(struct fake_store *s)
{
	*s = (struct fake_store){ 0 };
	s->ops = (struct store_ops){ .scheme = "fake", .put = put, .check = check };
	s->base.ops = &s->ops;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->wake, NULL);
}

void fake_store_release(struct fake_store *s)
{
	for (size_t i = 0; i < s->count; i++)
		buf_release(&s->objects[i].bytes);
	(void)pthread_cond_destroy(&s->wake);
	(void)pthread_mutex_destroy(&s->lock);
}

void fake_store_fail(struct fake_store *s, enum err_code code)
{
	pthread_mutex_lock(&s->lock);
	s->put_fails = s->check_fails = code;
	pthread_mutex_unlock(&s->lock);
}

void fake_store_block(struct fake_store *s, bool is_blocked)
{
	pthread_mutex_lock(&s->lock);
	s->is_blocked = is_blocked;
	(void)pthread_cond_broadcast(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

bool fake_store_has(struct fake_store *s, const char *key, const char *bytes)
{
	bool has = false;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++)
		has = has ||
		    (strcmp(s->objects[i].key, key) == 0 &&
			str_is(buf_str(&s->objects[i].bytes), bytes));
	pthread_mutex_unlock(&s->lock);
	return has;
}
