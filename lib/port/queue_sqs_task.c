#include "queue_sqs_task.h"

#include <string.h>

enum { TASKS_MAX = 10 }; /* SQS tells of no more */

static const struct {
	const char *name;
	enum sqs_task_state state;
} states[] = {
	{ "RUNNING", SQS_TASK_RUNNING },
	{ "CANCELLING", SQS_TASK_RUNNING },
	{ "COMPLETED", SQS_TASK_COMPLETED },
	{ "CANCELLED", SQS_TASK_STOPPED },
	{ "FAILED", SQS_TASK_FAILED },
};

static enum sqs_task_state state_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (strcmp(name, states[i].name) == 0)
			return states[i].state;
	return SQS_TASK_NONE;
}

static uint64_t count_of(const struct json *value)
{
	int64_t n = json_get_int(value, 0);

	return n > 0 ? (uint64_t)n : 0;
}

static void read_one(const struct json *task, struct sqs_task *out)
{
	*out = (struct sqs_task){
		.state = state_of(json_get_text(json_get(task, "Status"), "")),
		.started_at = json_get_int(json_get(task, "StartedTimestamp"), 0),
		.moved = count_of(json_get(task, "ApproximateNumberOfMessagesMoved")),
		.to_move = count_of(json_get(task, "ApproximateNumberOfMessagesToMove")),
	};
	(void)snprintf(out->reason, sizeof(out->reason), "%s",
	    json_get_text(json_get(task, "FailureReason"), ""));
}

void sqs_task_read(const struct json *answer, struct sqs_task *out)
{
	const struct json *results = json_get(answer, "Results"), *result;
	struct sqs_task task;

	*out = (struct sqs_task){ .state = SQS_TASK_NONE };
	for (size_t i = 0; i < TASKS_MAX && (result = json_at(results, i)); i++) {
		read_one(result, &task);
		if (task.state != SQS_TASK_NONE &&
		    (out->state == SQS_TASK_NONE || task.started_at > out->started_at))
			*out = task;
	}
}
