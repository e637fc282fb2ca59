/*
 * queue_sqs_walk: from one dead letter to the next. SQS has no list: letters are received, which
 * hides them and raises their receive count, until there are no more; at the end those that are
 * still there are given back. One thread. Private to queue_sqs*.c.
 */
#ifndef OPS_QUEUE_SQS_WALK_H
#define OPS_QUEUE_SQS_WALK_H

#include "queue_sqs_figures.h"
#include "queue_sqs_letter.h"
#include "queue_sqs_place.h"

enum {
	SQS_WALK_HIDE_S = 60,          /* a walk that was killed leaves letters hidden so long */
	SQS_WALK_LETTERS_MAX = 120000, /* SQS lets no more be in flight */
};

struct queue_sqs;

/* A letter that was received. */
struct sqs_hold {
	char *id;
	char *receipt; /* NULL: gone, not to be given back */
	int64_t until_ms;
};

/* Zeroed is one that has not begun. */
struct sqs_walk {
	bool is_open;
	struct sqs_place place;   /* of the dead-letter queue */
	int64_t began_at_ms;      /* by the service's clock */
	char last[QUEUE_ID_SIZE]; /* for the caller; outlives the walk */

	struct sqs_hold *holds;
	size_t count, room;
	uint32_t *slots; /* hash table of numbers in holds, from 1; 0 is free */
	size_t slot_count;
};

/* What one receive brought; the letters are slices of the answer. */
struct sqs_catch {
	struct json *answer;
	struct sqs_delivery letters[QUEUE_BATCH_MAX];
	size_t count;
};

/* ERR_NOTFOUND: the queue has no dead-letter queue. */
int sqs_walk_begin(struct sqs_walk *w, struct queue_sqs *q, struct err *err) ATTR_MUST_CHECK;

/*
 * Up to max letters that the walk has not had and that are of this queue: another may have the same
 * dead-letter queue. out->count 0: there are no more. Release after every call, also after -1.
 */
int sqs_walk_next(struct sqs_walk *w, struct queue_sqs *q, size_t max, struct sqs_catch *out,
    struct err *err) ATTR_MUST_CHECK;
void sqs_catch_release(struct sqs_catch *c);

/* The letter was deleted. */
void sqs_walk_forget(struct sqs_walk *w, const char *id);

/* Give back what is held, and free; it is as if not begun, but for `last`. */
void sqs_walk_end(struct sqs_walk *w, struct queue_sqs *q);

#endif
