/* What the SQS queue makes of what it receives, and of being interrupted meanwhile. */
#include "fake_json.h"
#include "queue_sqs.h"

#include "test.h"

#define URL "https://sqs.eu-west-1.amazonaws.com/123456789012/ops"

static struct queue *queue;

static void begin(fake_json_fn *fn)
{
	struct queue_options options = { .aws = fake_json_start(fn) };
	struct err err;

	if (queue_open(&queue, STR(URL), &options, &err) != 0)
		test_die("%s", err.text);
}

static void end(void)
{
	queue_close(queue);
	fake_json_stop();
}

static void describe(struct fake_answer *a)
{
	buf_adds(&a->body,
	    "{\"Attributes\":{\"ApproximateNumberOfMessages\":\"0\","
	    "\"ApproximateNumberOfMessagesNotVisible\":\"0\","
	    "\"ApproximateNumberOfMessagesDelayed\":\"0\"}}");
}

#define HELLO    "\"Body\":\"hello\",\"MD5OfBody\":\"5d41402abc4b2a76b9719d911017c592\""
#define GOOD(id) "{\"MessageId\":\"" id "\",\"ReceiptHandle\":\"r-" id "\"," HELLO "}"
#define DAMAGED(id)                                                                                \
	"{\"MessageId\":\"" id "\",\"ReceiptHandle\":\"r-" id                                      \
	"\",\"Body\":\"hallo\",\"MD5OfBody\":\"5d41402abc4b2a76b9719d911017c592\"}"
#define NAMELESS "{" HELLO "}"

static const char *received;

static void deliver(const struct fake_call *call, struct fake_answer *a)
{
	if (call->op != SQS_RECEIVE_MESSAGE) {
		describe(a);
		return;
	}
	CHECK_INT(call->request->wait_s, 20);
	CHECK(call->request->stop && call->request->answer_max > 3 * QUEUE_BODY_MAX);
	buf_adds(&a->body, received);
}

static const struct {
	const char *name, *answer, *ids; /* ids NULL: ERR_CORRUPT */
	const char *fault;               /* id of the one that has one */
} receives[] = {
	{ "no key when empty", "{}", "", "" },
	{ "an empty list", "{\"Messages\":[]}", "", "" },
	{ "null", "{\"Messages\":null}", "", "" },
	{ "one", "{\"Messages\":[" GOOD("a") "]}", "a ", "" },
	{ "more than asked for", "{\"Messages\":[" GOOD("a") "," GOOD("b") "," GOOD("c") "]}",
	    "a b ", "" },
	{ "a damaged one comes with its fault", "{\"Messages\":[" DAMAGED("a") "," GOOD("b") "]}",
	    "a b ", "a" },
	{ "one without a name is left", "{\"Messages\":[" NAMELESS "," GOOD("b") "]}", "b ", "" },
	{ "nothing else", "{\"Messages\":[" NAMELESS "]}", NULL, "" },
	{ "no messages", "{\"Messages\":[1,\"x\"]}", NULL, "" },
};

static void check_received(size_t i, const struct queue_message *messages, size_t count)
{
	struct buf ids = BUF_INIT(256);

	for (size_t k = 0; k < count; k++) {
		bool is_faulty = strcmp(messages[k].id, receives[i].fault) == 0;

		buf_addf(&ids, "%s ", messages[k].id);
		CHECK_INT(messages[k].fault.code, is_faulty ? ERR_CORRUPT : ERR_NONE);
	}
	CHECK_TEXT(buf_text(&ids), receives[i].ids);
	buf_release(&ids);
}

static void test_receives(void)
{
	struct queue_message messages[2];
	struct err err;

	queue_message_init(&messages[0]);
	queue_message_init(&messages[1]);
	begin(deliver);
	for (size_t i = 0; i < ARRAY_SIZE(receives); i++) {
		size_t count = 0;

		test_case = receives[i].name;
		received = receives[i].answer;
		if (!receives[i].ids) {
			CHECK_ERR(queue_receive(queue, messages, 2, 20, 30, &count, &err), &err,
			    ERR_CORRUPT);
			continue;
		}
		CHECK_OK(queue_receive(queue, messages, 2, 20, 30, &count, &err), &err);
		check_received(i, messages, count);
	}
	end();
	queue_message_release(&messages[0]);
	queue_message_release(&messages[1]);
}

/* While the receive is under way. */
static void interrupt_and_fail(const struct fake_call *call, struct fake_answer *a)
{
	if (call->op != SQS_RECEIVE_MESSAGE) {
		describe(a);
		return;
	}
	queue_interrupt(queue);
	CHECK(atomic_load(call->request->stop));
	a->refused = ERR_IO;
}

static void test_interrupt(void)
{
	struct queue_message m;
	size_t count = 99;
	struct err err;

	queue_message_init(&m);
	begin(interrupt_and_fail);
	CHECK_OK(queue_receive(queue, &m, 1, 20, 30, &count, &err), &err);
	CHECK_INT(count, 0);
	count = 99;
	CHECK_OK(queue_receive(queue, &m, 1, 20, 30, &count, &err), &err);
	CHECK_INT(count, 0);
	CHECK_STR(fake_json_calls(),
	    STR("GetQueueAttributes ReceiveMessage ")); /* and no second one */
	end();
	queue_message_release(&m);
}

static const struct test tests[] = {
	{ "receives", test_receives },
	{ "interrupt", test_interrupt },
};

TEST_MAIN(tests)
