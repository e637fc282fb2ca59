/*
 * queue_sqs_task: how far SQS has come with moving dead letters, as ListMessageMoveTasks tells it.
 * Pure; any thread. Private to queue_sqs*.c and tests.
 */
#ifndef OPS_QUEUE_SQS_TASK_H
#define OPS_QUEUE_SQS_TASK_H

#include "err.h"
#include "json.h"

enum sqs_task_state {
	SQS_TASK_NONE,
	SQS_TASK_RUNNING,
	SQS_TASK_COMPLETED,
	SQS_TASK_STOPPED,
	SQS_TASK_FAILED
};

struct sqs_task {
	enum sqs_task_state state;
	int64_t started_at; /* by which tasks are told apart */
	uint64_t moved, to_move;
	char reason[128]; /* why it failed, or "" */
};

/* The latest; state SQS_TASK_NONE when there is none. */
void sqs_task_read(const struct json *answer, struct sqs_task *out);

#endif
