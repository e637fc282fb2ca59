/* Dead letters: listed, and by their ids put back or removed. */
#include <inttypes.h>
#include <stdlib.h>

#include "mem.h"
#include "queue_sqs.h"

/* ---- listing ---- */

static int resume(struct queue_sqs *q, const char *after, struct err *err)
{
	if (!after[0]) {
		sqs_walk_end(&q->walk, q);
		return sqs_walk_begin(&q->walk, q, err);
	}
	if (strcmp(after, q->walk.last) == 0)
		return 0;
	return err_set(err, ERR_INVALID,
	    "dead letter '%.40s': SQS cannot list from there; it is not the last of a listing",
	    after);
}

static void take(struct sqs_walk *w, const struct sqs_catch *c, struct queue_message *messages,
    size_t *n)
{
	for (size_t i = 0; i < c->count; i++) {
		struct queue_message *m = &messages[(*n)++];

		sqs_delivery_fill(&c->letters[i], m);
		m->receipt[0] = '\0'; /* the walk has it */
		memcpy(w->last, m->id, sizeof(w->last));
	}
}

static int list(struct queue_sqs *q, struct queue_message *messages, size_t max, size_t *count,
    struct err *err)
{
	size_t n = 0;
	int rc = 0;

	while (rc == 0 && n < max && q->walk.is_open) {
		struct sqs_catch c;

		rc = sqs_walk_next(&q->walk, q,
		    max - n < QUEUE_BATCH_MAX ? max - n : QUEUE_BATCH_MAX, &c, err);
		if (rc == 0)
			take(&q->walk, &c, messages, &n);
		if (rc != 0 || c.count == 0)
			sqs_walk_end(&q->walk, q);
		sqs_catch_release(&c);
	}
	if (rc == 0)
		*count = n;
	return rc;
}

int sqs_dead_list(struct queue *base, const char *after, struct queue_message *messages, size_t max,
    size_t *count, struct err *err)
{
	struct queue_sqs *q = (struct queue_sqs *)base;
	int rc;

	(void)pthread_mutex_lock(&q->walk_lock);
	rc = resume(q, after, err);
	if (rc == 0)
		rc = list(q, messages, max, count, err);
	(void)pthread_mutex_unlock(&q->walk_lock);
	return rc;
}

/* ---- changing some ---- */

struct change {
	struct queue_sqs *q;
	struct sqs_walk walk;
	const char **wanted; /* sorted, each once; NULL: all */
	size_t count;
	uint64_t met, done;
	unsigned rate;      /* letters a second; 0: no limit */
	struct err failure; /* the first; ERR_NONE: there was none */
	int (*at_once)(struct queue_sqs *q, bool *is_possible, uint64_t *done, struct err *err);
	/* Do it with n of what was caught. -1: there is no point in going on. */
	int (*apply)(struct change *c, struct sqs_delivery **picks, size_t n, struct err *err);
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void want(struct change *c, const char *const *ids, size_t count)
{
	c->wanted = xcalloc(count + 1, sizeof(*c->wanted));
	for (size_t i = 0; i < count; i++)
		c->wanted[i] = ids[i];
	qsort(c->wanted, count, sizeof(*c->wanted), compare);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(c->wanted[i], c->wanted[i - 1]) != 0)
			c->wanted[c->count++] = c->wanted[i];
}

/* Of all, those that were dead when it began: one may come back and die again meanwhile. */
static bool is_wanted(const struct change *c, const struct sqs_delivery *d)
{
	if (!c->wanted)
		return d->sent_at_ms <= c->walk.began_at_ms;
	return bsearch(&d->id, c->wanted, c->count, sizeof(*c->wanted), compare) != NULL;
}

static void fail(struct change *c, const struct err *why)
{
	if (c->failure.code == ERR_NONE)
		c->failure = *why;
}

static int delete_letters(struct change *c, struct sqs_delivery **picks, size_t n, struct err *err)
{
	struct queue_lease leases[QUEUE_BATCH_MAX];

	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		leases[i] = (struct queue_lease){ .receipt = picks[i]->receipt };
	if (sqs_remove_from(c->q, &c->walk.place, leases, n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (leases[i].result.code != ERR_NONE) {
			fail(c, &leases[i].result);
			continue;
		}
		sqs_walk_forget(&c->walk, picks[i]->id);
		c->done++;
	}
	return 0;
}

/* As many as fit one call, from the first on. */
static size_t pack(struct sqs_delivery **picks, size_t n, struct sqs_letter *letters, size_t max)
{
	size_t size = 0, count = 0;

	for (; count < n; count++) {
		struct sqs_letter *l = &letters[count];

		*l = (struct sqs_letter){ .body = picks[count]->body,
			.attributes = picks[count]->attributes,
			.result = picks[count]->fault }; /* damage is not spread */
		size += sqs_letter_size(l);
		if (count > 0 && size > max)
			break;
	}
	return count;
}

/* Copies first, all attributes included: a letter that is there twice has the same key. */
static int redrive(struct change *c, struct sqs_delivery **picks, size_t n, struct err *err)
{
	while (n > 0) {
		struct sqs_letter letters[QUEUE_BATCH_MAX];
		struct sqs_delivery *sent[QUEUE_BATCH_MAX];
		size_t count = pack(picks, n, letters, c->q->traits.body_max), sent_count = 0;

		if (sqs_send_letters(c->q, letters, count, err) != 0)
			return -1;
		for (size_t i = 0; i < count; i++)
			if (letters[i].result.code == ERR_NONE)
				sent[sent_count++] = picks[i];
			else
				fail(c, &letters[i].result);
		if (delete_letters(c, sent, sent_count, err) != 0)
			return -1;
		picks += count;
		n -= count;
	}
	return 0;
}

static int change_catch(struct change *c, struct sqs_catch *caught, struct err *err)
{
	struct sqs_delivery *picks[QUEUE_BATCH_MAX];
	size_t n = 0;

	for (size_t i = 0; i < caught->count; i++)
		if (is_wanted(c, &caught->letters[i]))
			picks[n++] = &caught->letters[i];
	c->met += n;
	if (n == 0)
		return 0;
	if (c->apply(c, picks, n, err) != 0)
		return -1;
	if (c->rate > 0)
		c->q->sleep_ms((int64_t)n * 1000 / c->rate);
	if (c->q->progress)
		c->q->progress(c->q->progress_arg, c->done, c->count);
	return 0;
}

static int walk(struct change *c, struct err *err)
{
	struct sqs_catch caught;
	bool goes_on = true;
	int rc = sqs_walk_begin(&c->walk, c->q, err);

	while (rc == 0 && goes_on) {
		rc = sqs_walk_next(&c->walk, c->q, QUEUE_BATCH_MAX, &caught, err);
		goes_on = rc == 0 && caught.count > 0;
		if (goes_on)
			rc = change_catch(c, &caught, err);
		if (c->wanted && c->met >= c->count)
			goes_on = false;
		sqs_catch_release(&caught);
	}
	sqs_walk_end(&c->walk, c->q);
	return rc;
}

/* What a listing hides could not be found. */
static void end_listing(struct queue_sqs *q)
{
	(void)pthread_mutex_lock(&q->walk_lock);
	sqs_walk_end(&q->walk, q);
	(void)pthread_mutex_unlock(&q->walk_lock);
}

static int run(struct change *c, uint64_t *done, struct err *err)
{
	int rc = walk(c, err);

	free(c->wanted);
	*done = c->done;
	if (rc == 0 && c->failure.code == ERR_NONE)
		return 0;
	if (rc == 0)
		*err = c->failure;
	return err_wrap(err, "%" PRIu64 " of %" PRIu64 " done", c->done, c->met);
}

/* All at once where the service does it; else letter by letter. */
static int change_all(struct change *c, uint64_t *done, struct err *err)
{
	bool is_possible = false;
	int rc = c->at_once(c->q, &is_possible, done, err);

	return rc != 0 || is_possible ? rc : run(c, done, err);
}

static int change_letters(struct change *c, const char *const *ids, size_t count, uint64_t *done,
    struct err *err)
{
	*done = 0;
	end_listing(c->q);
	if (!ids)
		return change_all(c, done, err);
	if (count == 0)
		return 0;
	want(c, ids, count);
	return run(c, done, err);
}

int sqs_dead_redrive(struct queue *q, const char *const *ids, size_t count, uint64_t *moved,
    struct err *err)
{
	struct change c = { .q = (struct queue_sqs *)q, .at_once = sqs_move_all, .apply = redrive };

	c.rate = c.q->redrive_rate;
	return change_letters(&c, ids, count, moved, err);
}

int sqs_dead_purge(struct queue *q, const char *const *ids, size_t count, uint64_t *removed,
    struct err *err)
{
	struct change c = { .q = (struct queue_sqs *)q,
		.at_once = sqs_purge_all,
		.apply = delete_letters };

	return change_letters(&c, ids, count, removed, err);
}
