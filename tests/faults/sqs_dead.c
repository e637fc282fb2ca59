/* Dead letters: whose they are, purging, and the tasks that move them back. */
#include <stdio.h>
#include <string.h>

#include "sqs_ops.h"

enum { TASKS_MAX = 16 };

/* A move is over with the first look at it after it began: all at once would hide a client's wait. */
static struct task {
	const struct sqs_queue *source;
	int64_t started_at_ms;
	uint64_t to_move, moved;
	const char *status;
} tasks[TASKS_MAX]; /* the newest are kept, in a ring */
static size_t task_count;

static void refuse(struct wire_answer *a, const char *code)
{
	world_refuse_json(a, 400, code, "refused");
}

/* An answer with one member that is a text. */
static void answer_text(struct wire_answer *a, const char *key, const char *value)
{
	struct json_writer w;

	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	json_member_text(&w, key, value);
	json_object_end(&w);
}

static void take_first(struct sqs_queue *from, struct sqs_queue *to, int64_t now_ms)
{
	struct sqs_message *m = from->first;

	sqs_queue_remove(from, m);
	m->receives = 0;
	m->visible_at_ms = now_ms;
	sqs_queue_put(to, m, now_ms);
}

void sqs_sources(struct sqs_queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	char url[256];
	struct json_writer w;

	(void)in;
	(void)rule;
	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	json_key(&w, "queueUrls");
	json_array_begin(&w);
	if (sqs_queue_is_dead(q)) {
		(void)snprintf(url, sizeof(url), "http://127.0.0.1/000000000000/%s",
		    sqs_queue_source_of(q)->name);
		json_text(&w, url);
	}
	json_array_end(&w);
	json_object_end(&w);
}

void sqs_purge(struct sqs_queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	(void)in;
	(void)rule;
	sqs_queue_wake(q, INT64_MAX); /* hidden ones go too */
	while (q->first != NULL) {
		struct sqs_message *m = q->first;

		sqs_queue_remove(q, m);
		sqs_message_free(m);
	}
	buf_adds(&a->body, "{}");
}

/* ---- tasks ---- */

static struct task *task_of(const struct sqs_queue *q)
{
	struct task *found = NULL;

	for (size_t i = 0; i < task_count && i < TASKS_MAX; i++)
		if (tasks[i].source == q &&
		    (found == NULL || tasks[i].started_at_ms >= found->started_at_ms))
			found = &tasks[i];
	return found;
}

static bool is_running(const struct task *t)
{
	return t != NULL && strcmp(t->status, "RUNNING") == 0;
}

/* Letters that somebody has received stay. */
static void run(struct sqs_queue *q, struct task *t)
{
	int64_t now_ms = world_now_ms();

	sqs_queue_wake(q, now_ms);
	while (q->first != NULL) {
		take_first(q, sqs_queue_source_of(q), now_ms);
		t->moved++;
	}
	t->status = "COMPLETED";
}

void sqs_move(struct sqs_queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	struct task *t = task_of(q);
	char handle[SQS_NAME_SIZE + 8];

	(void)in;
	(void)rule;
	if (!sqs_queue_is_dead(q) || is_running(t)) {
		refuse(a, "AWS.SimpleQueueService.UnsupportedOperation");
		return;
	}
	sqs_queue_wake(q, world_now_ms());
	t = &tasks[task_count++ % TASKS_MAX];
	*t = (struct task){ q, world_now_ms(), q->visible, 0, "RUNNING" };
	(void)snprintf(handle, sizeof(handle), "task:%s", q->name);
	answer_text(a, "TaskHandle", handle);
}

static void write_task(struct json_writer *w, const struct task *t)
{
	json_object_begin(w);
	json_member_text(w, "Status", t->status);
	json_member_uint(w, "ApproximateNumberOfMessagesMoved", t->moved);
	json_member_uint(w, "ApproximateNumberOfMessagesToMove", t->to_move);
	json_member_int(w, "StartedTimestamp", t->started_at_ms);
	json_object_end(w);
}

void sqs_move_tasks(struct sqs_queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	struct task *t = task_of(q);
	struct json_writer w;

	(void)in;
	(void)rule;
	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	json_key(&w, "Results");
	json_array_begin(&w);
	if (t != NULL)
		write_task(&w, t);
	json_array_end(&w);
	json_object_end(&w);
	if (is_running(t))
		run(q, t);
}

void sqs_move_cancel(struct sqs_queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	struct task *t = task_of(q);

	(void)in;
	(void)rule;
	if (!is_running(t)) {
		refuse(a, "ResourceNotFoundException");
		return;
	}
	t->status = "CANCELLED";
	buf_adds(&a->body, "{\"ApproximateNumberOfMessagesMoved\":0}");
}
