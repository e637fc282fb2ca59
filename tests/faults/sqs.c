/* SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "sqs_ops.h"

enum { WAIT_MAX_S = 20, POLL_MS = 2 };

_Atomic int64_t sqs_wait_max_ms = WAIT_MAX_S * 1000;

/* Any queue exists, under the last part of its URL or ARN. */
static struct sqs_queue *queue_of(const struct json *in)
{
	static const struct {
		const char *member;
		int separator;
	} names[] = { { "QueueUrl", '/' }, { "SourceArn", ':' }, { "TaskHandle", ':' } };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *text = json_get_text(json_get(in, names[i].member), "");
		const char *at = strrchr(text, names[i].separator);

		if (at != NULL)
			return sqs_queue_named(at + 1);
	}
	return NULL;
}

/* ---- receiving ---- */

/* All attributes are given, whatever was asked for. */
static size_t deliver(struct sqs_queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	int64_t now_ms = world_now_ms();
	int64_t visibility_s = json_get_int(json_get(in, "VisibilityTimeout"), 30);
	size_t max = (size_t)json_get_int(json_get(in, "MaxNumberOfMessages"), 1);
	struct json_writer w;
	size_t n = 0;

	sqs_queue_wake(q, now_ms);
	if (max > q->visible)
		max = q->visible;
	buf_reset(&a->body);
	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	if (max > 0) {
		json_key(&w, "Messages");
		json_array_begin(&w);
	}
	for (; n < max; n++) {
		struct sqs_message *m = q->first;

		sqs_queue_remove(q, m);
		m->generation++;
		m->receives++;
		m->visible_at_ms = rule->what == FAULT_TWICE ? now_ms
							     : now_ms + visibility_s * 1000;
		sqs_message_write(&w, m);
		sqs_queue_put(q, m, now_ms);
	}
	if (max > 0)
		json_array_end(&w);
	json_object_end(&w);
	q->received += n;
	return n;
}

/* SQS mostly sees that a client is gone, and keeps the messages for others. */
static bool is_gone(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0;
}

static void receive(struct sqs_queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	int64_t max = json_get_int(json_get(in, "MaxNumberOfMessages"), 1);
	int64_t wait_s = json_get_int(json_get(in, "WaitTimeSeconds"), 0);
	int64_t visibility_s = json_get_int(json_get(in, "VisibilityTimeout"), 30);
	int64_t until_ms = clock_mono_ms(&clock_system) + wait_s * 1000;

	if (max < 1 || max > SQS_BATCH_MAX || wait_s < 0 || wait_s > WAIT_MAX_S ||
	    visibility_s < 0 || visibility_s > SQS_VISIBILITY_MAX_S) {
		world_refuse_json(a, 400, "InvalidParameterValue", "out of range");
		return;
	}
	if (wait_s * 1000 > sqs_wait_max_ms)
		until_ms -= wait_s * 1000 - sqs_wait_max_ms;
	while (deliver(q, in, rule, a) == 0 && clock_mono_ms(&clock_system) < until_ms &&
	    !is_gone(a->fd)) {
		pthread_mutex_unlock(&world_lock);
		clock_sleep_ms(POLL_MS);
		pthread_mutex_lock(&world_lock);
	}
}

/* ---- about a queue ---- */

static void member_number(struct json_writer *w, const char *name, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	json_member_text(w, name, text);
}

static void attributes(struct sqs_queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	char text[256];
	struct json_writer w;

	(void)in;
	(void)rule;
	sqs_queue_wake(q, world_now_ms());
	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	json_key(&w, "Attributes");
	json_object_begin(&w);
	member_number(&w, "ApproximateNumberOfMessages", q->visible);
	member_number(&w, "ApproximateNumberOfMessagesNotVisible", q->hidden - q->delayed);
	member_number(&w, "ApproximateNumberOfMessagesDelayed", q->delayed);
	json_member_text(&w, "VisibilityTimeout", "30");
	json_member_text(&w, "MaximumMessageSize", "1048576");
	json_member_text(&w, "MessageRetentionPeriod", "345600");
	(void)snprintf(text, sizeof(text), "arn:aws:sqs:us-east-1:000000000000:%s", q->name);
	json_member_text(&w, "QueueArn", text);
	if (!sqs_queue_is_dead(q)) {
		(void)snprintf(text, sizeof(text),
		    "{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:%s-dlq\","
		    "\"maxReceiveCount\":%u}",
		    q->name, sqs_receives_max);
		json_member_text(&w, "RedrivePolicy", text);
	}
	json_object_end(&w);
	json_object_end(&w);
}

static const struct {
	const char *name;
	bool is_batch;
	sqs_op_fn *run;
} operations[] = {
	{ "SendMessageBatch", true, sqs_send_batch },
	{ "ReceiveMessage", false, receive },
	{ "DeleteMessageBatch", true, sqs_delete_batch },
	{ "ChangeMessageVisibilityBatch", true, sqs_extend_batch },
	{ "GetQueueAttributes", false, attributes },
	{ "ListDeadLetterSourceQueues", false, sqs_sources },
	{ "PurgeQueue", false, sqs_purge },
	{ "StartMessageMoveTask", false, sqs_move },
	{ "ListMessageMoveTasks", false, sqs_move_tasks },
	{ "CancelMessageMoveTask", false, sqs_move_cancel },
};

void sqs_call(const char *op, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	const char *error = NULL;
	struct sqs_queue *q;

	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		if (strcmp(operations[i].name, op) != 0)
			continue;
		q = queue_of(in);
		if (q == NULL)
			error = "AWS.SimpleQueueService.NonExistentQueue";
		else if (operations[i].is_batch)
			error = sqs_batch_error(json_get(in, "Entries"));
		if (error != NULL)
			world_refuse_json(a, 400, error, "refused");
		else
			operations[i].run(q, in, rule, a);
		return;
	}
	world_refuse_json(a, 400, "UnknownOperationException", op);
}

void sqs_state(struct json_writer *w)
{
	for (size_t i = 0; i < sqs_queue_count(); i++) {
		struct sqs_queue *q = sqs_queue_at(i);

		sqs_queue_wake(q, world_now_ms());
		json_key(w, q->name);
		json_object_begin(w);
		json_member_uint(w, "visible", q->visible);
		json_member_uint(w, "in_flight", q->hidden - q->delayed);
		json_member_uint(w, "delayed", q->delayed);
		json_member_uint(w, "sent", q->sent);
		json_member_uint(w, "received", q->received);
		json_member_uint(w, "deleted", q->deleted);
		json_object_end(w);
	}
}
