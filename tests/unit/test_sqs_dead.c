/*
 * Dead letters of SQS against a model of a dead-letter queue: what is listed, moved, purged, given
 * back, and what happens when a step of it fails.
 */
#include "fake_json.h"
#include "mem.h"
#include "queue_sqs.h"

#include "test.h"

#define URL     "https://sqs.eu-west-1.amazonaws.com/123456789012/ops"
#define ARN     "arn:aws:sqs:eu-west-1:123456789012:"
#define MINE    ARN "ops"
#define ANOTHER ARN "another"

enum { LETTERS_MAX = 32, PAGE = 4 };

/* ---- the model ---- */

struct letter {
	const char *id, *source, *body;
	bool is_damaged, is_hidden, is_gone, was_sent;
	unsigned receives;
};

static struct {
	struct letter letters[LETTERS_MAX];
	size_t count;
	bool is_forgetful; /* hides nothing: as if every lease ran out at once */
	bool has_policy, is_shared;
	const char *unsendable, *undeletable; /* ids */
	enum err_code refused[AWS_OP_COUNT];
	const char
	    *tasks[8]; /* answers to ListMessageMoveTasks, one after the other; the last stays */
} model;

static void add(const char *id, const char *source)
{
	model.letters[model.count++] =
	    (struct letter){ .id = id, .source = source, .body = "hello" };
}

static struct letter *by_receipt(const struct json *entry)
{
	const char *receipt = json_get_text(json_get(entry, "ReceiptHandle"), "");

	for (size_t i = 0; i < model.count; i++)
		if (strcmp(model.letters[i].id, receipt) == 0)
			return &model.letters[i];
	test_die("receipt '%s'", receipt);
}

static void write_letter(struct json_writer *w, struct letter *l)
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
	for (size_t i = 0; i < model.count && max > 0; i++) {
		struct letter *l = &model.letters[i];

		if (l->is_hidden || l->is_gone)
			continue;
		l->is_hidden = !model.is_forgetful;
		l->receives++;
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

	return !model.unsendable || strcmp(body, model.unsendable) != 0;
}

static bool change(enum aws_op op, const struct json *entry)
{
	struct letter *l;

	if (op == SQS_SEND_MESSAGE_BATCH)
		return is_sendable(entry);
	l = by_receipt(entry);
	if (op == SQS_CHANGE_MESSAGE_VISIBILITY_BATCH) {
		l->is_hidden = json_get_int(json_get(entry, "VisibilityTimeout"), -1) != 0;
		return true;
	}
	if (model.undeletable && strcmp(l->id, model.undeletable) == 0)
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

static unsigned count_letters(bool of_hidden)
{
	unsigned n = 0;

	for (size_t i = 0; i < model.count; i++)
		n += !model.letters[i].is_gone && model.letters[i].is_hidden == of_hidden;
	return n;
}

static void describe(struct fake_answer *a)
{
	buf_addf(&a->body,
	    "{\"Attributes\":{\"ApproximateNumberOfMessages\":\"%u\","
	    "\"ApproximateNumberOfMessagesNotVisible\":\"%u\","
	    "\"ApproximateNumberOfMessagesDelayed\":\"0\"%s}}",
	    count_letters(false), count_letters(true),
	    model.has_policy ? ",\"RedrivePolicy\":\"{\\\"deadLetterTargetArn\\\":"
			       "\\\"" ARN "dead\\\"}\""
			     : "");
}

static void list_tasks(const struct fake_call *call, struct fake_answer *a)
{
	size_t at = call->number - 1, last = 0;

	while (last + 1 < ARRAY_SIZE(model.tasks) && model.tasks[last + 1])
		last++;
	buf_addf(&a->body, "{\"Results\":[%s]}", model.tasks[at < last ? at : last]);
}

static void answer(const struct fake_call *call, struct fake_answer *a)
{
	a->refused = model.refused[call->op];
	if (a->refused != ERR_NONE)
		return;
	if (call->op == SQS_GET_QUEUE_ATTRIBUTES)
		describe(a);
	else if (call->op == SQS_RECEIVE_MESSAGE)
		receive(call, a);
	else if (call->op == SQS_LIST_DEAD_LETTER_SOURCE_QUEUES)
		buf_addf(&a->body, "{\"queueUrls\":[\"%s\"%s]}", URL,
		    model.is_shared ? ",\"https://h/1/another\"" : "");
	else if (call->op == SQS_LIST_MESSAGE_MOVE_TASKS)
		list_tasks(call, a);
	else if (json_get(call->body, "Entries"))
		batch(call, a);
}

/* ---- the queue under test ---- */

static struct queue *queue;
static struct queue_message page[PAGE];
static uint64_t progress_done, progress_total;

static void progress(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	progress_done = done;
	progress_total = total;
}

static unsigned slept;

static void no_sleep(int64_t ms)
{
	(void)ms;
	slept++;
}

/* letters: so many, "a", "b", ... */
static void begin(size_t letters)
{
	static const char *const ids[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k",
		"l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x" };
	struct queue_options options = { .aws = fake_json_start(answer), .progress = progress };
	struct err err;

	memset(&model, 0, sizeof(model));
	model.has_policy = true;
	model.tasks[0] = "";
	for (size_t i = 0; i < letters; i++)
		add(ids[i], MINE);
	progress_done = progress_total = 0;
	slept = 0;
	for (size_t i = 0; i < PAGE; i++)
		queue_message_init(&page[i]);
	if (queue_open(&queue, STR(URL), &options, &err) != 0)
		test_die("%s", err.text);
	((struct queue_sqs *)queue)->sleep_ms = no_sleep;
}

static void end(void)
{
	queue_close(queue);
	for (size_t i = 0; i < PAGE; i++)
		queue_message_release(&page[i]);
	fake_json_stop();
}

/* The ids of all pages, "abc". */
static void list_all(char out[LETTERS_MAX + 1])
{
	char after[QUEUE_ID_SIZE] = "";
	size_t n = 0, count;
	struct err err;

	do {
		CHECK_OK(queue_dead_list(queue, after, page, PAGE, &count, &err), &err);
		for (size_t i = 0; i < count; i++) {
			CHECK_TEXT(page[i].receipt, "");
			out[n++] = page[i].id[0];
			memcpy(after, page[i].id, sizeof(after));
		}
	} while (count == PAGE);
	out[n] = '\0';
}

static bool was_called(const char *operation)
{
	return str_contains(fake_json_calls(), str_from(operation));
}

/* ---- listing ---- */

static void test_pages(void)
{
	static const size_t counts[] = { 0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 23 };
	char ids[LETTERS_MAX + 1], name[16];

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		(void)snprintf(name, sizeof(name), "%zu letters", counts[i]);
		test_case = name;
		begin(counts[i]);
		list_all(ids);
		CHECK_STR(str_from(ids), str_slice(STR("abcdefghijklmnopqrstuvw"), 0, counts[i]));
		CHECK_INT(count_letters(true), 0); /* all were given back */
		list_all(ids);
		CHECK_INT(strlen(ids), counts[i]);
		end();
	}
}

static void test_listing_cut_short(void)
{
	size_t count;
	struct err err;

	begin(3 * PAGE);
	CHECK_OK(queue_dead_list(queue, "", page, PAGE, &count, &err), &err);
	CHECK_INT(count_letters(true), PAGE);
	CHECK_ERR(queue_dead_list(queue, "elsewhere", page, PAGE, &count, &err), &err, ERR_INVALID);
	CHECK_OK(queue_dead_list(queue, "", page, PAGE, &count, &err), &err); /* anew */
	CHECK_TEXT(page[0].id, "a");
	queue_close(queue);
	queue = NULL;
	CHECK_INT(count_letters(true), 0);
	end();
}

/* Leases that run out under the walk: what was seen is not shown twice, and the walk ends. */
static void test_round(void)
{
	char ids[LETTERS_MAX + 1];

	begin(PAGE - 1);
	model.is_forgetful = true;
	list_all(ids);
	CHECK_TEXT(ids, "abc");
	end();
}

/* Another queue's letters are not ours, although they lie there too. */
static void test_shared(void)
{
	char ids[LETTERS_MAX + 1];
	uint64_t n = 99;
	struct err err;

	begin(2);
	model.is_shared = true;
	add("y", ANOTHER);
	add("z", ""); /* sent there by hand */
	list_all(ids);
	CHECK_TEXT(ids, "abz");
	CHECK_OK(queue_dead_purge(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 3);
	CHECK(!was_called("PurgeQueue"));
	CHECK(!model.letters[2].is_gone && !model.letters[2].is_hidden);
	add("w", MINE);
	CHECK_OK(queue_dead_redrive(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 1);
	CHECK(!was_called("StartMessageMoveTask"));
	end();
}

static void test_no_dead_letter_queue(void)
{
	const char *ids[] = { "a" };
	size_t count;
	uint64_t n;
	struct err err;

	begin(1);
	model.has_policy = false;
	CHECK_ERR(queue_dead_list(queue, "", page, PAGE, &count, &err), &err, ERR_NOTFOUND);
	CHECK_ERR(queue_dead_redrive(queue, ids, 1, &n, &err), &err, ERR_NOTFOUND);
	CHECK_ERR(queue_dead_redrive(queue, NULL, 0, &n, &err), &err, ERR_NOTFOUND);
	CHECK_ERR(queue_dead_purge(queue, NULL, 0, &n, &err), &err, ERR_NOTFOUND);
	CHECK(str_contains(str_from(err.text), STR("RedrivePolicy")));
	end();
}

/* ---- some of them ---- */

static void test_redrive_some(void)
{
	static const char *const ids[] = { "c", "a", "nosuch", "c" };
	uint64_t n = 99;
	struct err err;

	begin(5);
	CHECK_OK(queue_dead_redrive(queue, ids, ARRAY_SIZE(ids), &n, &err), &err);
	CHECK_INT(n, 2);
	CHECK(model.letters[0].is_gone && model.letters[2].is_gone);
	CHECK_INT(count_letters(false), 3);
	CHECK_INT(progress_done, 2);
	/* All its attributes go along. */
	CHECK(str_contains(fake_json_bodies(),
	    STR("\"pic\":{\"DataType\":\"Binary\",\"BinaryValue\":\"eA==\"}")));
	CHECK_OK(queue_dead_redrive(queue, ids, 0, &n, &err), &err); /* none is not all */
	CHECK_INT(n, 0);
	end();
}

/* What fails stays, what was done is told, and the copy comes before the deletion. */
static void test_failures_of_some(void)
{
	static const char *const ids[] = { "a", "b", "c", "d" };
	uint64_t n = 99;
	struct err err;

	begin(4);
	model.letters[0].body = "one";
	model.unsendable = "one";
	model.undeletable = "b";
	model.letters[2].is_damaged = true;
	CHECK_ERR(queue_dead_redrive(queue, ids, 4, &n, &err), &err, ERR_BUSY); /* the first */
	CHECK_INT(n, 1);
	CHECK(str_contains(str_from(err.text), STR("1 of 4 done")));
	for (size_t i = 0; i < 4; i++)
		CHECK_INT(model.letters[i].is_gone, i == 3);
	CHECK_INT(count_letters(true), 0);
	model.undeletable = NULL;
	CHECK_OK(queue_dead_purge(queue, ids, 3, &n, &err), &err); /* damage may be removed */
	CHECK_INT(n, 3);
	end();
}

static void test_service_fails(void)
{
	static const enum aws_op steps[] = { SQS_SEND_MESSAGE_BATCH, SQS_DELETE_MESSAGE_BATCH,
		SQS_RECEIVE_MESSAGE };
	const char *ids[] = { "a" };
	uint64_t n;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		test_case = aws_operations[steps[i]].name;
		n = 99;
		begin(2);
		model.refused[steps[i]] = ERR_IO;
		CHECK_ERR(queue_dead_redrive(queue, ids, 1, &n, &err), &err, ERR_IO);
		CHECK_INT(n, 0);
		CHECK_INT(count_letters(false), 2);
		end();
	}
}

/* Two letters that together are more than a call may be. */
static void test_packing(void)
{
	static const char *const ids[] = { "a", "b", "c" };
	enum { LARGE = QUEUE_BODY_MAX / 2 };
	char *large = xmalloc(LARGE + 1);
	uint64_t n = 0;
	struct err err;

	memset(large, 'x', LARGE);
	large[LARGE] = '\0';
	begin(3);
	model.letters[0].body = model.letters[1].body = large;
	CHECK_OK(queue_dead_redrive(queue, ids, 3, &n, &err), &err);
	CHECK_INT(n, 3);
	CHECK(
	    was_called("SendMessageBatch DeleteMessageBatch SendMessageBatch DeleteMessageBatch "));
	end();
	free(large);
}

/* ---- all of them ---- */

#define TASK(status, started, counts)                                                              \
	"{\"Status\":\"" status "\",\"StartedTimestamp\":" started counts "}"
#define MOVED(n)                                                                                   \
	",\"ApproximateNumberOfMessagesMoved\":" n ",\"ApproximateNumberOfMessagesToMove\":9"

static const struct {
	const char *name;
	const char *tasks[8];
	enum err_code start, want;
	uint64_t moved;
	bool is_started;
} moves[] = {
	{ "at once", { "", TASK("COMPLETED", "7", MOVED("9")) }, ERR_NONE, ERR_NONE, 9, true },
	{ "after a while",
	    { TASK("COMPLETED", "5", MOVED("4")), TASK("COMPLETED", "5", MOVED("4")),
		TASK("RUNNING", "7", MOVED("1")), TASK("RUNNING", "7", MOVED("5")),
		TASK("COMPLETED", "7", MOVED("9")) },
	    ERR_NONE, ERR_NONE, 9, true },
	{ "one runs already",
	    { TASK("RUNNING", "5", MOVED("1")), TASK("COMPLETED", "5", MOVED("3")) }, ERR_NONE,
	    ERR_NONE, 3, false },
	{ "the answer was lost",
	    { "", TASK("RUNNING", "7", MOVED("1")), TASK("COMPLETED", "7", MOVED("2")) }, ERR_IO,
	    ERR_NONE, 2, true },
	{ "refused while another runs",
	    { "", TASK("RUNNING", "7", MOVED("1")), TASK("COMPLETED", "7", MOVED("2")) },
	    ERR_INVALID, ERR_NONE, 2, true },
	{ "it fails", { "", TASK("FAILED", "7", MOVED("2")) }, ERR_NONE, ERR_IO, 2, true },
	{ "it is cancelled",
	    { "", TASK("CANCELLING", "7", MOVED("1")), TASK("CANCELLED", "7", MOVED("2")) },
	    ERR_NONE, ERR_STOPPED, 2, true },
	{ "it is never listed", { "" }, ERR_NONE, ERR_IO, 0, true },
	{ "no answer", { "" }, ERR_IO, ERR_IO, 0, true },
	{ "busy", { "" }, ERR_BUSY, ERR_BUSY, 0, true },
};

static void test_move(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		uint64_t n = 99;
		struct err err;

		test_case = moves[i].name;
		begin(1);
		fake_json_be_real(true);
		memcpy(model.tasks, moves[i].tasks, sizeof(model.tasks));
		model.refused[SQS_START_MESSAGE_MOVE_TASK] = moves[i].start;
		if (moves[i].want == ERR_NONE)
			CHECK_OK(queue_dead_redrive(queue, NULL, 0, &n, &err), &err);
		else
			CHECK_ERR(queue_dead_redrive(queue, NULL, 0, &n, &err), &err,
			    moves[i].want);
		CHECK_INT(n, moves[i].moved);
		CHECK_INT(progress_done, moves[i].moved);
		CHECK_INT(was_called("StartMessageMoveTask"), moves[i].is_started);
		CHECK(!was_called("SendMessageBatch"));
		end();
	}
}

/* Letter by letter where the service does not do it. */
static const struct {
	enum aws_op op;
	enum err_code code;
	bool is_real;
} fallbacks[] = {
	{ SQS_START_MESSAGE_MOVE_TASK, ERR_INVALID, true },
	{ SQS_START_MESSAGE_MOVE_TASK, ERR_DENIED, true },
	{ SQS_LIST_MESSAGE_MOVE_TASKS, ERR_DENIED, true },
	{ SQS_LIST_DEAD_LETTER_SOURCE_QUEUES, ERR_DENIED, true },
	{ SQS_LIST_MESSAGE_MOVE_TASKS, ERR_BUSY, false },
	{ SQS_LIST_DEAD_LETTER_SOURCE_QUEUES, ERR_BUSY, false },
};

static void test_fallbacks(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(fallbacks); i++) {
		uint64_t n = 99;
		struct err err;

		test_case = aws_operations[fallbacks[i].op].name;
		begin(3);
		fake_json_be_real(fallbacks[i].is_real);
		model.refused[fallbacks[i].op] = fallbacks[i].code;
		CHECK_OK(queue_dead_redrive(queue, NULL, 0, &n, &err), &err);
		CHECK_INT(n, 3);
		CHECK_INT(count_letters(false) + count_letters(true), 0);
		end();
	}
}

static void test_purge(void)
{
	uint64_t n = 99;
	struct err err;

	begin(3);
	CHECK_OK(queue_dead_purge(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 3);
	CHECK(was_called("PurgeQueue"));
	model.refused[SQS_PURGE_QUEUE] = ERR_BUSY;
	CHECK_ERR(queue_dead_purge(queue, NULL, 0, &n, &err), &err, ERR_BUSY);
	CHECK(str_contains(str_from(err.text), STR("60 s")));
	model.refused[SQS_PURGE_QUEUE] = ERR_DENIED;
	CHECK_OK(queue_dead_purge(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 3);
	CHECK_INT(count_letters(false), 0);
	end();
}

static void test_interrupted(void)
{
	const char *ids[] = { "a" };
	uint64_t n = 99;
	struct err err;

	begin(1);
	queue_interrupt(queue);
	CHECK_ERR(queue_dead_redrive(queue, ids, 1, &n, &err), &err, ERR_STOPPED);
	CHECK_ERR(queue_dead_redrive(queue, NULL, 0, &n, &err), &err, ERR_STOPPED);
	end();
}

static const struct test tests[] = {
	{ "pages", test_pages },
	{ "listing_cut_short", test_listing_cut_short },
	{ "round", test_round },
	{ "shared", test_shared },
	{ "no_dead_letter_queue", test_no_dead_letter_queue },
	{ "redrive_some", test_redrive_some },
	{ "failures_of_some", test_failures_of_some },
	{ "service_fails", test_service_fails },
	{ "packing", test_packing },
	{ "move", test_move },
	{ "fallbacks", test_fallbacks },
	{ "purge", test_purge },
	{ "interrupted", test_interrupted },
};

TEST_MAIN(tests)
