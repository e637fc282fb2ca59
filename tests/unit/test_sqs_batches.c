/*
 * What the SQS queue makes of the answers to batches, sent and given back. Test 9 of the
 * reliability list: every subset of a batch failing, in every mixture.
 */
#include "fake_json.h"
#include "queue_sqs.h"

#include "test.h"

#define URL "https://sqs.eu-west-1.amazonaws.com/123456789012/ops"

static struct clock_fake fake_clock;
static struct queue *queue;

/* ---- answers ---- */

#define COUNTS                                                                                     \
	"\"ApproximateNumberOfMessages\":\"0\",\"ApproximateNumberOfMessagesNotVisible\":\"0\","   \
	"\"ApproximateNumberOfMessagesDelayed\":\"0\""

static const char *attributes = "{\"Attributes\":{" COUNTS "}}";

/* What becomes of each entry of a batch. */
enum fate { TAKEN, THEIR_FAULT, OUR_FAULT, UNSAID, OTHER_MD5, TWICE, FATE_COUNT };
static enum fate fates[QUEUE_BATCH_MAX];

static void add_taken(const struct json *entry, enum fate fate, struct json_writer *w)
{
	struct sqs_attributes all;
	char md5[DIGEST_MD5_HEX_SIZE];
	struct err err;

	digest_md5_hex(str_from(json_get_text(json_get(entry, "MessageBody"), "")), md5);
	if (fate == OTHER_MD5)
		md5[0] = md5[0] == '0' ? '1' : '0';
	json_object_begin(w);
	json_member_text(w, "Id", json_get_text(json_get(entry, "Id"), ""));
	json_member_text(w, "MessageId", "m");
	json_member_text(w, "MD5OfMessageBody", md5);
	if (sqs_attributes_read(json_get(entry, "MessageAttributes"), &all, &err) != 0 ||
	    sqs_attributes_md5(&all, md5, &err) != 0)
		test_die("%s", err.text);
	if (all.count)
		json_member_text(w, "MD5OfMessageAttributes", md5);
	json_object_end(w);
}

static void add_failed(const struct json *entry, enum fate fate, struct json_writer *w)
{
	json_object_begin(w);
	json_member_text(w, "Id", json_get_text(json_get(entry, "Id"), ""));
	json_member_bool(w, "SenderFault", fate == OUR_FAULT);
	json_member_text(w, "Code", fate == OUR_FAULT ? "InvalidMessageContents" : "InternalError");
	json_object_end(w);
}

/* The number of an entry is its id. */
static enum fate fate_of(const struct json *entry)
{
	uint64_t n = 0;

	if (!str_to_u64(str_from(json_get_text(json_get(entry, "Id"), "")), &n) ||
	    n >= QUEUE_BATCH_MAX)
		test_die("id '%s'", json_get_text(json_get(entry, "Id"), "none"));
	return fates[n];
}

static void answer_batch(const struct fake_call *call, struct fake_answer *answer)
{
	const struct json *entries = json_get(call->body, "Entries"), *e;
	struct json_writer w;

	CHECK(json_count(entries) >= 1 && json_count(entries) <= QUEUE_BATCH_MAX);
	json_writer_init(&w, &answer->body);
	json_object_begin(&w);
	json_key(&w, "Successful");
	json_array_begin(&w);
	for (size_t i = 0; (e = json_at(entries, i)); i++)
		if (fate_of(e) == TAKEN || fate_of(e) == OTHER_MD5 || fate_of(e) == TWICE)
			add_taken(e, fate_of(e), &w);
	json_array_end(&w);
	json_key(&w, "Failed");
	json_array_begin(&w);
	for (size_t i = 0; (e = json_at(entries, i)); i++)
		if (fate_of(e) == THEIR_FAULT || fate_of(e) == OUR_FAULT || fate_of(e) == TWICE)
			add_failed(e, fate_of(e), &w);
	json_array_end(&w);
	json_object_end(&w);
}

static void answer(const struct fake_call *call, struct fake_answer *a)
{
	if (call->op == SQS_GET_QUEUE_ATTRIBUTES)
		buf_adds(&a->body, attributes);
	else
		answer_batch(call, a);
}

static void begin(fake_json_fn *fn)
{
	struct queue_options options = {
		.clock = &fake_clock.base,
		.aws = fake_json_start(fn),
	};
	struct err err;

	clock_fake_init(&fake_clock, 1795249600123);
	if (queue_open(&queue, STR(URL), &options, &err) != 0)
		test_die("%s", err.text);
}

static void end(void)
{
	queue_close(queue);
	fake_json_stop();
}

static struct str calls_since_open(void)
{
	struct str calls = fake_json_calls(), open = STR("GetQueueAttributes ");

	return str_has_prefix(calls, open) ? str_skip(calls, open.n) : calls;
}

/* ---- sending ---- */

static const enum err_code results[FATE_COUNT] = {
	[TAKEN] = ERR_NONE,
	[THEIR_FAULT] = ERR_BUSY,
	[OUR_FAULT] = ERR_INVALID,
	[UNSAID] = ERR_IO,
	[OTHER_MD5] = ERR_IO,
	[TWICE] = ERR_IO,
};

static void make_entries(struct queue_entry *e, size_t count)
{
	static const char *const bodies[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" };

	for (size_t i = 0; i < count; i++)
		e[i] = (struct queue_entry){ .body = str_from(bodies[i]),
			.object = STR("a/b"),
			.record_count = i };
}

/* Every subset of ten fails, and every way of failing takes its turn in it. */
static void test_subsets(void)
{
	struct queue_entry e[QUEUE_BATCH_MAX];
	char name[32];
	struct err err;

	begin(answer);
	for (unsigned subset = 0; subset < 1u << QUEUE_BATCH_MAX; subset++) {
		(void)snprintf(name, sizeof(name), "subset %03x", subset);
		test_case = name;
		for (unsigned i = 0; i < QUEUE_BATCH_MAX; i++)
			fates[i] = subset & 1u << i
			    ? (enum fate)(1 + (subset + i) % (FATE_COUNT - 1))
			    : TAKEN;
		make_entries(e, QUEUE_BATCH_MAX);
		CHECK_OK(queue_send(queue, e, QUEUE_BATCH_MAX, &err), &err);
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			CHECK_INT(e[i].result.code, results[fates[i]]);
	}
	end();
}

/* An entry that SQS would not take is not sent, and does not keep the others. */
static void test_alphabet(void)
{
	struct queue_entry e[3];
	struct err err;

	memset(fates, 0, sizeof(fates));
	begin(answer);
	make_entries(e, ARRAY_SIZE(e));
	e[1].body = STR("ab\xef\xbf\xbe");
	CHECK_OK(queue_send(queue, e, ARRAY_SIZE(e), &err), &err);
	CHECK_INT(e[0].result.code, ERR_NONE);
	CHECK_INT(e[1].result.code, ERR_INVALID);
	CHECK(str_contains(str_from(e[1].result.text), STR("byte 2 (0xef)")));
	CHECK_INT(e[2].result.code, ERR_NONE);
	CHECK_STR(calls_since_open(), STR("SendMessageBatch "));
	CHECK_OK(queue_send(queue, &e[1], 1, &err), &err);
	CHECK_INT(e[1].result.code, ERR_INVALID);
	CHECK_STR(calls_since_open(), STR("SendMessageBatch ")); /* nothing to send */
	end();
}

static void garble(const struct fake_call *call, struct fake_answer *a)
{
	if (call->op == SQS_SEND_MESSAGE_BATCH)
		a->refused = ERR_CORRUPT;
	else
		answer(call, a);
}

/* Who is told "unknown" sends again, under the same key. */
static void test_garbled_answer(void)
{
	struct queue_entry e[2];
	struct err err;

	begin(garble);
	make_entries(e, ARRAY_SIZE(e));
	CHECK_ERR(queue_send(queue, e, ARRAY_SIZE(e), &err), &err, ERR_IO);
	CHECK_INT(e[1].result.code, ERR_IO);
	CHECK_STR(calls_since_open(), STR("SendMessageBatch "));
	end();
}

/* Servers differ in whether one bad entry spoils the batch. */
static void refuse_batches(const struct fake_call *call, struct fake_answer *a)
{
	const struct json *entries = json_get(call->body, "Entries");

	if (call->op != SQS_SEND_MESSAGE_BATCH) {
		answer(call, a);
	} else if (json_count(entries) > 1 ||
	    str_is(str_from(json_get_text(json_get(json_at(entries, 0), "MessageBody"), "")),
		"1")) {
		a->refused = ERR_INVALID;
		a->code = "InvalidAttributeValue";
	} else {
		answer_batch(call, a);
	}
}

static void test_spoilt_batch(void)
{
	struct queue_entry e[3];
	struct err err;

	memset(fates, 0, sizeof(fates));
	begin(refuse_batches);
	make_entries(e, ARRAY_SIZE(e));
	CHECK_OK(queue_send(queue, e, ARRAY_SIZE(e), &err), &err);
	CHECK_INT(e[0].result.code, ERR_NONE);
	CHECK_INT(e[1].result.code, ERR_INVALID);
	CHECK_INT(e[2].result.code, ERR_NONE);
	CHECK_STR(calls_since_open(),
	    STR("SendMessageBatch SendMessageBatch SendMessageBatch SendMessageBatch "));
	end();
}

static void refuse_slowly(const struct fake_call *call, struct fake_answer *a)
{
	CHECK(call->request->total_ms > 0 && call->request->total_ms <= SQS_TOTAL_MS);
	refuse_batches(call, a);
	if (call->op == SQS_SEND_MESSAGE_BATCH)
		clock_fake_advance(&fake_clock, 4000);
}

/* The batch and the entries one by one share the time of one send. */
static void test_spoilt_batch_in_time(void)
{
	struct queue_entry e[5];
	struct err err;

	memset(fates, 0, sizeof(fates));
	begin(refuse_slowly);
	make_entries(e, ARRAY_SIZE(e));
	CHECK_OK(queue_send(queue, e, ARRAY_SIZE(e), &err), &err);
	CHECK_INT(e[0].result.code, ERR_NONE);
	CHECK_INT(e[1].result.code, ERR_INVALID);
	for (size_t i = 2; i < ARRAY_SIZE(e); i++)
		CHECK_INT(e[i].result.code, ERR_TIMEOUT);
	CHECK_STR(calls_since_open(), STR("SendMessageBatch SendMessageBatch SendMessageBatch "));
	end();
}

static enum err_code failure;

static void fail(const struct fake_call *call, struct fake_answer *a)
{
	if (call->op == SQS_GET_QUEUE_ATTRIBUTES)
		buf_adds(&a->body, attributes);
	else
		a->refused = failure;
}

/* No answer: what was sent is unknown, and not tried in another form. */
static void test_no_answer(void)
{
	static const enum err_code codes[] = { ERR_IO, ERR_TIMEOUT, ERR_BUSY, ERR_DENIED,
		ERR_CREDENTIALS };
	struct queue_lease l[2] = { { .receipt = "r" }, { .receipt = "s" } };
	struct queue_entry e[2];
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		failure = codes[i];
		begin(fail);
		make_entries(e, ARRAY_SIZE(e));
		CHECK_ERR(queue_send(queue, e, ARRAY_SIZE(e), &err), &err, codes[i]);
		CHECK_INT(e[1].result.code, codes[i]);
		CHECK_ERR(queue_delete(queue, l, ARRAY_SIZE(l), &err), &err, codes[i]);
		CHECK_INT(l[1].result.code, codes[i]);
		CHECK_STR(calls_since_open(), STR("SendMessageBatch DeleteMessageBatch "));
		end();
	}
}

/* A queue may take less than SQS does. */
static void test_small_queue(void)
{
	static char body[1024 + 1];
	struct queue_entry e = { .body = { body, sizeof(body) - 1 } };
	struct err err;

	memset(body, 'x', sizeof(body));
	attributes = "{\"Attributes\":{\"MaximumMessageSize\":\"1024\"," COUNTS "}}";
	begin(answer);
	CHECK_INT(queue_traits(queue)->body_max, 1024);
	CHECK_OK(queue_send(queue, &e, 1, &err), &err);
	CHECK_INT(e.result.code, ERR_INVALID);
	attributes = "{\"Attributes\":{" COUNTS "}}";
	end();
}

/* ---- opening ---- */

static void refuse_all(const struct fake_call *call, struct fake_answer *a)
{
	(void)call;
	a->refused = failure;
}

static void test_open(void)
{
	static const struct {
		enum err_code asked, want;
	} rows[] = {
		{ ERR_NOTFOUND, ERR_NOTFOUND }, { ERR_BUSY, ERR_BUSY },
		{ ERR_CREDENTIALS, ERR_CREDENTIALS },
		{ ERR_DENIED, ERR_NONE }, /* a sender need not be allowed to look */
	};
	struct queue_options options = { .aws = NULL };
	struct queue *q = NULL;
	struct err err;

	CHECK_ERR(queue_open(&q, STR(URL), &options, &err), &err, ERR_CONFIG);
	CHECK_ERR(queue_open(&q, STR(URL), NULL, &err), &err, ERR_CONFIG);
	options.aws = fake_json_start(refuse_all);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		failure = rows[i].asked;
		if (rows[i].want != ERR_NONE) {
			CHECK_ERR(queue_open(&q, STR(URL), &options, &err), &err, rows[i].want);
			CHECK(q == NULL);
			continue;
		}
		CHECK_OK(queue_open(&q, STR(URL), &options, &err), &err);
		CHECK_INT(queue_traits(q)->body_max, QUEUE_BODY_MAX);
		queue_close(q);
	}
	fake_json_stop();
}

/* ---- leases ---- */

static void test_leases(void)
{
	struct queue_lease l[4] = { { .receipt = "a" }, { .receipt = "" }, { .receipt = "c" },
		{ .receipt = "d" } };
	struct err err;

	memset(fates, 0, sizeof(fates));
	fates[2] = THEIR_FAULT;
	fates[3] = UNSAID;
	begin(answer);
	CHECK_OK(queue_delete(queue, l, ARRAY_SIZE(l), &err), &err);
	CHECK_INT(l[0].result.code, ERR_NONE);
	CHECK_INT(l[1].result.code, ERR_INVALID);
	CHECK_INT(l[2].result.code, ERR_BUSY);
	CHECK_INT(l[3].result.code, ERR_IO);
	CHECK_OK(queue_extend(queue, l, ARRAY_SIZE(l), 0, &err), &err);
	CHECK_INT(l[0].result.code, ERR_NONE);
	CHECK_INT(l[1].result.code, ERR_INVALID);
	CHECK(str_has_suffix(fake_json_bodies(),
	    STR("\"Entries\":[{\"Id\":\"0\",\"ReceiptHandle\":\"a\",\"VisibilityTimeout\":0},"
		"{\"Id\":\"2\",\"ReceiptHandle\":\"c\",\"VisibilityTimeout\":0},"
		"{\"Id\":\"3\",\"ReceiptHandle\":\"d\",\"VisibilityTimeout\":0}]}\n")));
	end();
}

static const struct test tests[] = {
	{ "9_subsets", test_subsets },
	{ "alphabet", test_alphabet },
	{ "spoilt_batch", test_spoilt_batch },
	{ "spoilt_batch_in_time", test_spoilt_batch_in_time },
	{ "garbled_answer", test_garbled_answer },
	{ "no_answer", test_no_answer },
	{ "small_queue", test_small_queue },
	{ "open", test_open },
	{ "leases", test_leases },
};

TEST_MAIN(tests)
