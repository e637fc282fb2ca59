/*
 * dlq: the dead letters of a queue, one after another. One thread.
 */
#ifndef OPS_DLQ_H
#define OPS_DLQ_H

#include "queue.h"

/* The message lives until it returns; false: enough. */
typedef bool dlq_letter_fn(void *arg, const struct queue_message *m);

/* Call fn for each dead letter, oldest first, until it returns false. */
int dlq_each(struct queue *queue, dlq_letter_fn *fn, void *arg, struct err *err) ATTR_MUST_CHECK;

#endif
