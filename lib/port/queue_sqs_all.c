/* All dead letters at once, by the service itself: moved by a task, or purged. */
#include "queue_sqs.h"
#include "queue_sqs_task.h"

enum {
	POLL_MIN_MS = 200,
	POLL_MAX_MS = 2000,
	LATE_MAX = 10, /* polls within which a task that was started must be listed */
	TASKS_ASKED = 10,
	TASK_RATE_MAX = 500, /* which is the limit of SQS */
};

/* The dead-letter queue. */
struct target {
	struct sqs_place place;
	char arn[SQS_ARN_SIZE];
};

/*
 * Whether an operation that failed so may be done letter by letter instead: it is not allowed, or
 * the server does not know it, which those that are not AWS's say in many ways.
 */
static bool is_unsupported(const struct queue_sqs *q, const struct err *err)
{
	bool is_real = true;
	struct err ignored;

	if (err->code == ERR_DENIED || err->code == ERR_INVALID || err->code == ERR_NOTFOUND)
		return true;
	if (q->place.region[0] && aws_is_real(q->aws, AWS_SQS, &is_real, &ignored) != 0)
		return false;
	return err->code == ERR_BUSY && !(q->place.region[0] && is_real);
}

/* A call about the queue of the target, named by URL or by ARN. */
static int ask(struct queue_sqs *q, enum aws_op op, const struct target *t, const char *key,
    struct json **out, struct err *err)
{
	struct aws_request r = { .op = op };
	struct buf body = BUF_INIT(1024);
	struct json_writer w;
	int rc;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, key, strcmp(key, "QueueUrl") == 0 ? t->place.url : t->arn);
	if (op == SQS_LIST_MESSAGE_MOVE_TASKS)
		json_member_uint(&w, "MaxResults", TASKS_ASKED);
	if (op == SQS_START_MESSAGE_MOVE_TASK && q->redrive_rate > 0)
		json_member_uint(&w, "MaxNumberOfMessagesPerSecond",
		    q->redrive_rate < TASK_RATE_MAX ? q->redrive_rate : TASK_RATE_MAX);
	json_object_end(&w);
	rc = sqs_call(q, &t->place, &r, &body, NULL, out, err);
	buf_release(&body);
	return rc;
}

/* Whether it serves our queue alone: what is there of others is not ours to move or to purge. */
static int is_exclusive(struct queue_sqs *q, const struct target *t, bool *out, struct err *err)
{
	struct json *answer;
	const struct json *urls;

	*out = false;
	if (ask(q, SQS_LIST_DEAD_LETTER_SOURCE_QUEUES, t, "QueueUrl", &answer, err) != 0)
		return is_unsupported(q, err) ? 0 : -1;
	urls = json_get(answer, "queueUrls");
	*out = json_count(urls) == 1 && json_is_null(json_get(answer, "NextToken"));
	json_free(answer);
	return 0;
}

static int find_target(struct queue_sqs *q, struct target *t, bool *is_possible, struct err *err)
{
	if (sqs_dead_place(q, &t->place, t->arn, err) != 0)
		return -1;
	return is_exclusive(q, t, is_possible, err);
}

/* ---- moving ---- */

static int list_tasks(struct queue_sqs *q, const struct target *t, struct sqs_task *out,
    struct err *err)
{
	struct json *answer;

	if (ask(q, SQS_LIST_MESSAGE_MOVE_TASKS, t, "SourceArn", &answer, err) != 0)
		return -1;
	sqs_task_read(answer, out);
	json_free(answer);
	return 0;
}

static void tell(const struct queue_sqs *q, const struct sqs_task *task)
{
	if (q->progress)
		q->progress(q->progress_arg, task->moved,
		    task->to_move > task->moved ? task->to_move : task->moved);
}

static int conclude(const struct queue_sqs *q, const struct sqs_task *task, struct err *err)
{
	switch (task->state) {
	case SQS_TASK_COMPLETED:
		return 0;
	case SQS_TASK_STOPPED:
		return err_set(err, ERR_STOPPED, "queue '%s': the move was cancelled",
		    q->place.name);
	case SQS_TASK_NONE:
		return err_set(err, ERR_IO, "queue '%s': the move that was started is not listed",
		    q->place.name);
	case SQS_TASK_RUNNING: /* we were interrupted */
		return err_set(err, ERR_STOPPED, "queue '%s': the move goes on without us",
		    q->place.name);
	case SQS_TASK_FAILED:
		break;
	}
	return err_set(err, ERR_IO, "queue '%s': the move failed: %s", q->place.name,
	    task->reason[0] ? task->reason : "no reason given");
}

/* Until the task that began after `before` is over. */
static int follow(struct queue_sqs *q, const struct target *t, int64_t before, uint64_t *moved,
    struct err *err)
{
	struct sqs_task task = { .state = SQS_TASK_RUNNING };
	int64_t pause_ms = POLL_MIN_MS;
	int late = 0;

	while (!atomic_load(&q->interrupted)) {
		if (list_tasks(q, t, &task, err) != 0)
			return -1;
		if (task.state != SQS_TASK_NONE && task.started_at <= before)
			task.state = SQS_TASK_NONE;
		*moved = task.moved;
		tell(q, &task);
		if (task.state == SQS_TASK_NONE && ++late == LATE_MAX)
			break;
		if (task.state != SQS_TASK_RUNNING && task.state != SQS_TASK_NONE)
			break;
		q->sleep_ms(pause_ms);
		pause_ms = pause_ms * 2 < POLL_MAX_MS ? pause_ms * 2 : POLL_MAX_MS;
	}
	return conclude(q, &task, err);
}

static int start(struct queue_sqs *q, const struct target *t, struct err *err)
{
	struct json *answer;

	if (ask(q, SQS_START_MESSAGE_MOVE_TASK, t, "SourceArn", &answer, err) != 0)
		return -1;
	json_free(answer);
	return 0;
}

/*
 * One that runs already does what is wanted: SQS allows only one, and an answer may have been lost.
 */
static int start_or_join(struct queue_sqs *q, const struct target *t, int64_t *before,
    struct err *err)
{
	struct sqs_task task;
	struct err ignored;

	if (list_tasks(q, t, &task, err) != 0)
		return -1;
	*before = task.state == SQS_TASK_NONE ? INT64_MIN : task.started_at;
	if (task.state == SQS_TASK_RUNNING)
		*before = INT64_MIN;
	else if (start(q, t, err) != 0 &&
	    (list_tasks(q, t, &task, &ignored) != 0 || task.state != SQS_TASK_RUNNING))
		return -1;
	return 0;
}

int sqs_move_all(struct queue_sqs *q, bool *is_possible, uint64_t *moved, struct err *err)
{
	struct target t;
	int64_t before;

	if (find_target(q, &t, is_possible, err) != 0)
		return -1;
	if (!*is_possible)
		return 0;
	if (start_or_join(q, &t, &before, err) == 0)
		return follow(q, &t, before, moved, err);
	*is_possible = !is_unsupported(q, err);
	return *is_possible ? -1 : 0;
}

/* ---- purging ---- */

int sqs_purge_all(struct queue_sqs *q, bool *is_possible, uint64_t *removed, struct err *err)
{
	struct sqs_figures before;
	struct json *answer;
	struct target t;

	if (find_target(q, &t, is_possible, err) != 0)
		return -1;
	if (!*is_possible)
		return 0;
	if (sqs_figures(q, &t.place, &before, err) != 0)
		return -1;
	if (ask(q, SQS_PURGE_QUEUE, &t, "QueueUrl", &answer, err) == 0) {
		json_free(answer);
		*removed = before.visible + before.in_flight + before.delayed;
		return 0;
	}
	if (err->code == ERR_BUSY)
		return err_wrap(err, "SQS purges once in 60 s");
	*is_possible = !is_unsupported(q, err);
	return *is_possible ? -1 : 0;
}
