#include "queue_sqs_walk.h"

#include <assert.h>
#include <stdlib.h>

#include "mem.h"
#include "queue_sqs.h"

enum {
	WAIT_S = 1,     /* without any, SQS asks only some of its servers */
	BARREN_MAX = 3, /* receives in a row that bring what was seen: the walk has gone round */
	ROOM_MIN = 256,
	SLOTS_PER_HOLD = 2,
};

/* ---- what was seen ---- */

/* FNV-1a */
static size_t hash(const char *id)
{
	uint32_t h = 2166136261U;

	for (; *id; id++)
		h = (h ^ (unsigned char)*id) * 16777619U;
	return h;
}

/* Its slot, or the free one where it belongs; slot_count is a power of two. */
static uint32_t *find_slot(const struct sqs_walk *w, const char *id)
{
	size_t at = hash(id) & (w->slot_count - 1);

	while (w->slots[at] != 0 && strcmp(w->holds[w->slots[at] - 1].id, id) != 0)
		at = (at + 1) & (w->slot_count - 1);
	return &w->slots[at];
}

static void grow(struct sqs_walk *w)
{
	w->room = w->room ? 2 * w->room : ROOM_MIN;
	w->holds = xrealloc(w->holds, w->room * sizeof(*w->holds));
	free(w->slots);
	w->slot_count = w->room * SLOTS_PER_HOLD;
	w->slots = xcalloc(w->slot_count, sizeof(*w->slots));
	for (size_t i = 0; i < w->count; i++)
		*find_slot(w, w->holds[i].id) = (uint32_t)i + 1;
}

static struct sqs_hold *find(const struct sqs_walk *w, const char *id)
{
	uint32_t number = w->slot_count ? *find_slot(w, id) : 0;

	return number ? &w->holds[number - 1] : NULL;
}

/* Whether it is new. Of one that came again, only the latest receipt is good. */
static bool hold(struct sqs_walk *w, const struct queue_sqs *q, const struct sqs_delivery *d)
{
	struct sqs_hold *h = find(w, d->id);
	bool is_new = !h;

	if (is_new) {
		if (w->count == w->room)
			grow(w);
		assert(w->holds);
		h = &w->holds[w->count];
		*h = (struct sqs_hold){ .id = xstrdup(d->id) };
		*find_slot(w, d->id) = (uint32_t)++w->count;
	}
	free(h->receipt);
	h->receipt = xstrdup(d->receipt);
	h->until_ms = clock_mono_ms(q->clock) + SQS_WALK_HIDE_S * INT64_C(1000);
	return is_new;
}

void sqs_walk_forget(struct sqs_walk *w, const char *id)
{
	struct sqs_hold *h = find(w, id);

	if (h) {
		free(h->receipt);
		h->receipt = NULL;
	}
}

/* ---- begin and end ---- */

int sqs_walk_begin(struct sqs_walk *w, struct queue_sqs *q, struct err *err)
{
	char arn[SQS_ARN_SIZE];

	if (sqs_dead_place(q, &w->place, arn, err) != 0)
		return -1;
	w->began_at_ms = clock_wall_ms(q->clock) + aws_skew_s(q->aws) * 1000;
	w->is_open = true;
	return 0;
}

/* The next batch of those that are still hidden, for our sake, from others. */
static size_t next_held(const struct sqs_walk *w, int64_t now_ms, size_t *at,
    struct queue_lease leases[QUEUE_BATCH_MAX])
{
	size_t n = 0;

	for (; *at < w->count && n < QUEUE_BATCH_MAX; ++*at)
		if (w->holds[*at].receipt && w->holds[*at].until_ms > now_ms)
			leases[n++] = (struct queue_lease){ .receipt = w->holds[*at].receipt };
	return n;
}

void sqs_walk_end(struct sqs_walk *w, struct queue_sqs *q)
{
	struct queue_lease leases[QUEUE_BATCH_MAX];
	int64_t now_ms = clock_mono_ms(q->clock);
	struct err ignored; /* what cannot be given back comes back by itself */
	size_t at = 0, n;
	int rc = 0;

	while (rc == 0 && (n = next_held(w, now_ms, &at, leases)) > 0)
		rc = sqs_extend_in(q, &w->place, leases, n, 0, &ignored);
	for (size_t i = 0; i < w->count; i++) {
		free(w->holds[i].id);
		free(w->holds[i].receipt);
	}
	free(w->holds);
	free(w->slots);
	w->holds = NULL;
	w->slots = NULL;
	w->count = w->room = w->slot_count = 0;
	w->is_open = false;
}

/* ---- one step ---- */

void sqs_catch_release(struct sqs_catch *c)
{
	json_free(c->answer);
	c->answer = NULL;
	c->count = 0;
}

static bool is_of(const struct queue_sqs *q, const struct sqs_delivery *d)
{
	return !d->source_arn[0] || sqs_place_has_arn(&q->place, str_from(d->source_arn));
}

/* *received: how many came; *fresh: how many of them for the first time. */
static void sort_out(struct sqs_walk *w, const struct queue_sqs *q, struct sqs_catch *c,
    size_t *received, size_t *fresh)
{
	const struct json *list = json_get(c->answer, "Messages"), *message;
	struct err ignored; /* one without id or receipt is nothing that could be shown */

	*fresh = 0;
	for (*received = 0; *received < QUEUE_BATCH_MAX && (message = json_at(list, *received));
	     ++*received) {
		struct sqs_delivery *d = &c->letters[c->count];

		if (sqs_delivery_read(message, d, &ignored) != 0 || !hold(w, q, d))
			continue;
		++*fresh;
		c->count += is_of(q, d);
	}
}

int sqs_walk_next(struct sqs_walk *w, struct queue_sqs *q, size_t max, struct sqs_catch *out,
    struct err *err)
{
	size_t received = 1, fresh;
	int barren = 0;

	out->answer = NULL;
	out->count = 0;
	while (out->count == 0 && received > 0 && barren < BARREN_MAX) {
		sqs_catch_release(out);
		if (atomic_load(&q->interrupted))
			return err_set(err, ERR_STOPPED, "interrupted");
		if (w->count >= SQS_WALK_LETTERS_MAX)
			return err_set(err, ERR_BUSY, "queue '%s': more than %d letters at once",
			    w->place.name, SQS_WALK_LETTERS_MAX);
		if (sqs_receive_from(q, &w->place, max, WAIT_S, SQS_WALK_HIDE_S, &out->answer,
			err) != 0)
			return -1;
		sort_out(w, q, out, &received, &fresh);
		barren = fresh == 0 ? barren + 1 : 0;
	}
	return 0;
}
