/* What SQS and CloudWatch tell of a queue and of a move, as tables. */
#include "queue_sqs_figures.h"
#include "queue_sqs_task.h"

#include "test.h"

static struct json *parse(const char *text)
{
	struct json *doc;
	struct err err;

	if (json_parse(str_from(text), &doc, &err) != 0)
		test_die("%s: %s", text, err.text);
	return doc;
}

#define COUNTS(a, b, c)                                                                            \
	"\"ApproximateNumberOfMessages\":\"" a "\",\"ApproximateNumberOfMessagesNotVisible\":\"" b \
	"\",\"ApproximateNumberOfMessagesDelayed\":\"" c "\""
#define ATTRIBUTES(text) "{\"Attributes\":{" text "}}"

static const struct {
	const char *name, *json;
	struct sqs_figures want;
	bool is_bad;
} figures[] = {
	{ "plain", ATTRIBUTES(COUNTS("1", "2", "3")),
	    { .visible = 1, .in_flight = 2, .delayed = 3 }, false },
	{ "all",
	    ATTRIBUTES(
		COUNTS("0", "0", "0") ",\"MaximumMessageSize\":\"262144\",\"RedrivePolicy\":"
				      "\"{\\\"deadLetterTargetArn\\\":\\\"arn:aws:sqs:r:1:d\\\","
				      "\\\"maxReceiveCount\\\":\\\"3\\\"}\""),
	    { .message_max = 262144, .dead_arn = "arn:aws:sqs:r:1:d" }, false },
	{ "large", ATTRIBUTES(COUNTS("18446744073709551615", "0", "0")), { .visible = UINT64_MAX },
	    false },
	{ "nothing", "{}", { 0 }, true },
	{ "empty", ATTRIBUTES(""), { 0 }, true },
	{ "a number", ATTRIBUTES("\"ApproximateNumberOfMessages\":1"), { 0 }, true },
	{ "words", ATTRIBUTES(COUNTS("1", "two", "3")), { 0 }, true },
	{ "negative", ATTRIBUTES(COUNTS("1", "-2", "3")), { 0 }, true },
	{ "policy is no JSON", ATTRIBUTES(COUNTS("1", "2", "3") ",\"RedrivePolicy\":\"{\""), { 0 },
	    true },
	{ "policy without a queue", ATTRIBUTES(COUNTS("1", "2", "3") ",\"RedrivePolicy\":\"{}\""),
	    { 0 }, true },
	{ "size in words", ATTRIBUTES(COUNTS("1", "2", "3") ",\"MaximumMessageSize\":\"big\""),
	    { .visible = 1, .in_flight = 2, .delayed = 3 }, false },
};

static void test_figures(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
		const struct sqs_figures *want = &figures[i].want;
		struct json *doc = parse(figures[i].json);
		struct sqs_figures f = { .visible = 99 };
		struct err err;

		test_case = figures[i].name;
		if (figures[i].is_bad) {
			CHECK_ERR(sqs_figures_read(doc, &f, &err), &err, ERR_CORRUPT);
			CHECK_INT(f.visible, 99);
			json_free(doc);
			continue;
		}
		CHECK_OK(sqs_figures_read(doc, &f, &err), &err);
		CHECK_INT(f.visible, want->visible);
		CHECK_INT(f.in_flight, want->in_flight);
		CHECK_INT(f.delayed, want->delayed);
		CHECK_INT(f.message_max, want->message_max);
		CHECK_TEXT(f.dead_arn, want->dead_arn);
		json_free(doc);
	}
}

#define RESULTS(text) "{\"MetricDataResults\":[" text "]}"

static const struct {
	const char *json;
	int64_t age_s;
} ages[] = {
	{ RESULTS("{\"Id\":\"age\",\"Values\":[42.0,7.0]}"), 42 },
	{ RESULTS("{\"Values\":[0]}"), 0 },
	{ RESULTS("{\"Values\":[1.9]}"), 1 },
	{ RESULTS("{\"Values\":[]}"), -1 },
	{ RESULTS("{\"Values\":[-5]}"), -1 },
	{ RESULTS("{\"Values\":[1e300]}"), -1 },
	{ RESULTS("{\"Values\":[\"42\"]}"), -1 },
	{ RESULTS(""), -1 },
	{ "{}", -1 },
};

static void test_ages(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ages); i++) {
		struct json *doc = parse(ages[i].json);

		test_case = ages[i].json;
		CHECK_INT(sqs_age_read(doc), ages[i].age_s);
		json_free(doc);
	}
}

#define TASK(status, started, rest)                                                                \
	"{\"Status\":\"" status "\",\"StartedTimestamp\":" started rest "}"

static const struct {
	const char *json;
	struct sqs_task want;
} tasks[] = {
	{ "{}", { .state = SQS_TASK_NONE } },
	{ "{\"Results\":[]}", { .state = SQS_TASK_NONE } },
	{ "{\"Results\":[" TASK("RUNNING", "5",
	      ",\"ApproximateNumberOfMessagesMoved\":3,\"ApproximateNumberOfMessagesToMove\":10") "]}",
	    { SQS_TASK_RUNNING, 5, 3, 10, "" } },
	{ "{\"Results\":[" TASK("COMPLETED", "4", "") "," TASK("CANCELLING", "9",
	      "") "," TASK("FAILED", "6", "") "]}",
	    { SQS_TASK_RUNNING, 9, 0, 0, "" } },
	{ "{\"Results\":[" TASK("FAILED", "6", ",\"FailureReason\":\"AccessDenied\"") "]}",
	    { SQS_TASK_FAILED, 6, 0, 0, "AccessDenied" } },
	{ "{\"Results\":[" TASK("CANCELLED", "6", "") "]}", { SQS_TASK_STOPPED, 6, 0, 0, "" } },
	{ "{\"Results\":[" TASK("NEWER", "7", "") "," TASK("COMPLETED", "6",
	      ",\"ApproximateNumberOfMessagesMoved\":-1") "]}",
	    { SQS_TASK_COMPLETED, 6, 0, 0, "" } },
	{ "{\"Results\":[7,\"x\",null]}", { .state = SQS_TASK_NONE } },
};

static void test_tasks(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(tasks); i++) {
		const struct sqs_task *want = &tasks[i].want;
		struct json *doc = parse(tasks[i].json);
		struct sqs_task t;

		test_case = tasks[i].json;
		sqs_task_read(doc, &t);
		CHECK_INT(t.state, want->state);
		CHECK_INT(t.started_at, want->started_at);
		CHECK_INT(t.moved, want->moved);
		CHECK_INT(t.to_move, want->to_move);
		CHECK_TEXT(t.reason, want->reason);
		json_free(doc);
	}
}

static const struct test tests[] = {
	{ "figures", test_figures },
	{ "ages", test_ages },
	{ "tasks", test_tasks },
};

TEST_MAIN(tests)
