#include "fake_dead.h"

#include <stdlib.h>

#include "queue_sqs.h"

struct fake_dead fake_dead;

void fake_dead_add(const char *id, const char *source)
{
	fake_dead.letters[fake_dead.count++] =
	    (struct dead_letter){ .id = id, .source = source, .body = "hello" };
}

static struct dead_letter *by_receipt(const struct json *entry)
{
	const char *receipt = json_get_text(json_get(entry, "ReceiptHandle"), "");

	for (size_t i = 0; i < fake_dead.count; i++)
		if (strcmp(fake_dead.letters[i].id, receipt) == 0)
			return &fake_dead.letters[i];
	abort(); /* a receipt that nobody was given */
}

static void write_letter(struct json_writer *w, struct dead_letter *l)
{
	char md5[DIGEST_MD5_HEX_SIZE];

	digest_md5_hex(str_from(l->is_damaged ? "other" : l->body), md5);
	json_object_begin(w);
	json_member_text(w, "MessageId", l->id);
	json_member_text(w, "ReceiptHandle", l->id);
	json_member_text(w, "Body", l->body);
	json_member_text(w, "MD5OfBody", md5);
	json_key(w, "Attributes");
	json_object_begin(w);
	json_member_text(w, "SentTimestamp", "1");
	json_member_text(w, "DeadLetterQueueSourceArn", l->source);
	json_object_end(w);
	json_key(w, "MessageAttributes");
	json_raw(w, STR("{\"pic\":{\"DataType\":\"Binary\",\"BinaryValue\":\"eA==\"}}"));
	json_member_text(w, "MD5OfMessageAttributes", "c95b22862460b6a14e9829a6c898b4fb");
	json_object_end(w);
}

static void receive(const struct fake_call *call, struct fake_answer *a)
{
	int64_t max = json_get_int(json_get(call->body, "MaxNumberOfMessages"), 0);
	struct json_writer w;

	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	json_key(&w, "Messages");
	json_array_begin(&w);
	for (size_t i = 0; i < fake_dead.count && max > 0; i++) {
		struct dead_letter *l = &fake_dead.letters[i];

		if (l->is_hidden || l->is_gone)
			continue;
		l->is_hidden = !fake_dead.is_forgetful;
		max--;
		write_letter(&w, l);
	}
	json_array_end(&w);
	json_object_end(&w);
}

static void write_sent(struct json_writer *w, const struct json *entry)
{
	char md5[DIGEST_MD5_HEX_SIZE];

	digest_md5_hex(str_from(json_get_text(json_get(entry, "MessageBody"), "")), md5);
	json_member_text(w, "MD5OfMessageBody", md5);
	json_member_text(w, "MD5OfMessageAttributes", "c95b22862460b6a14e9829a6c898b4fb");
}

/* Of a copy, the body is the only thing by which the model can tell which it is. */
static bool is_sendable(const struct json *entry)
{
	const char *body = json_get_text(json_get(entry, "MessageBody"), "");

	return !fake_dead.unsendable || strcmp(body, fake_dead.unsendable) != 0;
}

static bool change(enum aws_op op, const struct json *entry)
{
	struct dead_letter *l;

	if (op == SQS_SEND_MESSAGE_BATCH)
		return is_sendable(entry);
	l = by_receipt(entry);
	if (op == SQS_CHANGE_MESSAGE_VISIBILITY_BATCH) {
		l->is_hidden = json_get_int(json_get(entry, "VisibilityTimeout"), -1) != 0;
		return true;
	}
	if (fake_dead.undeletable && strcmp(l->id, fake_dead.undeletable) == 0)
		return false;
	l->is_gone = true;
	return true;
}

static void batch(const struct fake_call *call, struct fake_answer *a)
{
	const struct json *entries = json_get(call->body, "Entries"), *e;
	struct buf failed = BUF_INIT(4096);
	struct json_writer w;

	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	json_key(&w, "Successful");
	json_array_begin(&w);
	for (size_t i = 0; (e = json_at(entries, i)); i++) {
		const char *id = json_get_text(json_get(e, "Id"), "");

		if (!change(call->op, e)) {
			buf_addf(&failed, "%s{\"Id\":\"%s\",\"Code\":\"InternalError\"}",
			    failed.n ? "," : "", id);
			continue;
		}
		json_object_begin(&w);
		json_member_text(&w, "Id", id);
		write_sent(&w, e);
		json_object_end(&w);
	}
	json_array_end(&w);
	buf_addf(&a->body, ",\"Failed\":[%s]", buf_text(&failed));
	json_object_end(&w);
	buf_release(&failed);
}

unsigned fake_dead_count(bool of_hidden)
{
	unsigned n = 0;

	for (size_t i = 0; i < fake_dead.count; i++)
		n += !fake_dead.letters[i].is_gone && fake_dead.letters[i].is_hidden == of_hidden;
	return n;
}

static void describe(struct fake_answer *a)
{
	buf_addf(&a->body,
	    "{\"Attributes\":{\"ApproximateNumberOfMessages\":\"%u\","
	    "\"ApproximateNumberOfMessagesNotVisible\":\"%u\","
	    "\"ApproximateNumberOfMessagesDelayed\":\"0\"%s}}",
	    fake_dead_count(false), fake_dead_count(true),
	    fake_dead.has_policy ? ",\"RedrivePolicy\":\"{\\\"deadLetterTargetArn\\\":"
				   "\\\"" DEAD_ARN "dead\\\"}\""
				 : "");
}

static void list_tasks(const struct fake_call *call, struct fake_answer *a)
{
	size_t at = call->number - 1, last = 0;

	while (last + 1 < ARRAY_SIZE(fake_dead.tasks) && fake_dead.tasks[last + 1])
		last++;
	buf_addf(&a->body, "{\"Results\":[%s]}", fake_dead.tasks[at < last ? at : last]);
}

static void answer(const struct fake_call *call, struct fake_answer *a)
{
	a->refused = fake_dead.refused[call->op];
	if (a->refused != ERR_NONE)
		return;
	if (call->op == SQS_GET_QUEUE_ATTRIBUTES)
		describe(a);
	else if (call->op == SQS_RECEIVE_MESSAGE)
		receive(call, a);
	else if (call->op == SQS_LIST_DEAD_LETTER_SOURCE_QUEUES)
		buf_addf(&a->body, "{\"queueUrls\":[\"%s\"%s]}", DEAD_URL,
		    fake_dead.is_shared ? ",\"https://h/1/another\"" : "");
	else if (call->op == SQS_LIST_MESSAGE_MOVE_TASKS)
		list_tasks(call, a);
	else if (json_get(call->body, "Entries"))
		batch(call, a);
}

static void progress(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)total;
	fake_dead.progress_done = done;
}

static void no_sleep(int64_t ms)
{
	(void)ms;
}

struct queue *fake_dead_open(size_t letters)
{
	static const char *const ids[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k",
		"l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w" };
	struct queue_options options = { .aws = fake_json_start(answer), .progress = progress };
	struct queue *queue;
	struct err err;

	memset(&fake_dead, 0, sizeof(fake_dead));
	fake_dead.has_policy = true;
	fake_dead.tasks[0] = "";
	for (size_t i = 0; i < letters; i++)
		fake_dead_add(ids[i], DEAD_MINE);
	if (queue_open(&queue, STR(DEAD_URL), &options, &err) != 0)
		abort(); /* the test's own URL */
	((struct queue_sqs *)queue)->sleep_ms = no_sleep;
	return queue;
}
