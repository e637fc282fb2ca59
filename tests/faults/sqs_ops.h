/*
 * sqs_ops: operations of SQS on one queue, as the table in sqs.c has them. world_lock is held, but
 * while a long poll waits.
 */
#ifndef OPS_FAULTS_SQS_OPS_H
#define OPS_FAULTS_SQS_OPS_H

#include "sqs_queue.h"
#include "world.h"

enum { SQS_BATCH_MAX = 10, SQS_VISIBILITY_MAX_S = 43200 };

typedef void sqs_op_fn(struct sqs_queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a);

/* ---- sqs_batch.c ---- */

/* What is wrong with a batch as a whole; NULL: nothing. */
const char *sqs_batch_error(const struct json *entries);

sqs_op_fn sqs_send_batch, sqs_delete_batch, sqs_extend_batch;

/* ---- sqs_dead.c: of a dead-letter queue ---- */

sqs_op_fn sqs_sources, sqs_purge, sqs_move, sqs_move_tasks, sqs_move_cancel;

#endif
