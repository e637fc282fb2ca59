/* Figures of an SQS queue: what is asked, how often, and what is said when it cannot be known. */
#include "fake_json.h"
#include "queue_sqs.h"

#include "test.h"

#define HOST "https://sqs.eu-west-1.amazonaws.com/123456789012/"
#define ARN  "arn:aws:sqs:eu-west-1:123456789012:"

static struct clock_fake fake;
static struct queue *queue;
static enum err_code refused[AWS_OP_COUNT], dead_refused;
static bool has_policy;
static unsigned visible, dead;
static const char *values;

static void answer(const struct fake_call *call, struct fake_answer *a)
{
	bool is_dead = str_is(str_from(json_get_text(json_get(call->body, "QueueUrl"), "")),
	    HOST "ops-dead");

	a->refused = is_dead ? dead_refused : refused[call->op];
	if (a->refused != ERR_NONE)
		return;
	if (call->op == CLOUDWATCH_GET_METRIC_DATA) {
		CHECK_TEXT(call->request->region, "eu-west-1");
		buf_addf(&a->body, "{\"MetricDataResults\":[{\"Values\":[%s]}]}", values);
		return;
	}
	buf_addf(&a->body,
	    "{\"Attributes\":{\"ApproximateNumberOfMessages\":\"%u\","
	    "\"ApproximateNumberOfMessagesNotVisible\":\"2\","
	    "\"ApproximateNumberOfMessagesDelayed\":\"1\"%s}}",
	    is_dead ? dead : visible,
	    is_dead || !has_policy ? ""
				   : ",\"RedrivePolicy\":\"{\\\"deadLetterTargetArn\\\":\\\"" ARN
				     "ops-dead\\\"}\"");
}

static void begin(const char *url)
{
	struct queue_options options = { .clock = &fake.base, .aws = fake_json_start(answer) };
	struct err err;

	memset(refused, 0, sizeof(refused));
	dead_refused = ERR_NONE;
	has_policy = true;
	clock_fake_init(&fake, 1795249600123);
	fake_json_be_real(true);
	visible = 5;
	dead = 7;
	values = "42.0";
	if (queue_open(&queue, str_from(url), &options, &err) != 0)
		test_die("%s", err.text);
}

static void end(void)
{
	queue_close(queue);
	fake_json_stop();
}

static int64_t age_s(void)
{
	struct queue_stats stats = { .visible = 0 };
	struct err err;

	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	return stats.oldest_age_s;
}

static size_t count_asked(void)
{
	struct str calls = fake_json_calls(), call;
	size_t n = 0;

	while (str_cut(calls, ' ', &call, &calls))
		n += str_is(call, "GetMetricData");
	return n;
}

static void test_figures(void)
{
	struct queue_stats stats;
	struct err err;

	begin(HOST "ops");
	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	CHECK_INT(stats.visible, 5);
	CHECK_INT(stats.in_flight, 2);
	CHECK_INT(stats.delayed, 1);
	CHECK_INT(stats.dead, 7 + 2 + 1);
	CHECK_INT(stats.dead_fault.code, ERR_NONE);
	CHECK_INT(stats.oldest_age_s, 42);
	CHECK_STR(fake_json_calls(),
	    STR("GetQueueAttributes GetQueueAttributes GetQueueAttributes GetMetricData "));
	refused[SQS_GET_QUEUE_ATTRIBUTES] = ERR_IO;
	CHECK_ERR(queue_stats(queue, &stats, &err), &err, ERR_IO);
	end();
}

/* What cannot be known of the dead letters says so, and hides nothing else. */
static void test_dead_unknown(void)
{
	static const struct {
		const char *name;
		bool has_policy;
		enum err_code refused, fault;
		const char *text;
	} cases[] = {
		{ "no policy", false, ERR_NONE, ERR_NOTFOUND, "'ops' has no dead-letter queue" },
		{ "gone", true, ERR_NOTFOUND, ERR_NOTFOUND, "" },
		{ "denied", true, ERR_DENIED, ERR_DENIED, "" },
		{ "away", true, ERR_IO, ERR_IO, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct queue_stats stats;
		struct err err;

		test_case = cases[i].name;
		begin(HOST "ops");
		has_policy = cases[i].has_policy;
		dead_refused = cases[i].refused;
		CHECK_OK(queue_stats(queue, &stats, &err), &err);
		CHECK_INT(stats.visible, 5);
		CHECK_INT(stats.dead, 0);
		CHECK_INT(stats.dead_fault.code, cases[i].fault);
		CHECK(strstr(stats.dead_fault.text, cases[i].text));
		CHECK_INT(stats.oldest_age_s, 42);
		end();
	}
}

static void test_stopped(void)
{
	struct queue_stats stats;
	struct err err;

	begin(HOST "ops");
	dead_refused = ERR_STOPPED;
	CHECK_ERR(queue_stats(queue, &stats, &err), &err, ERR_STOPPED);
	end();
}

/* Each question is billed, and the metric has one value a minute. */
static void test_age_is_kept(void)
{
	begin(HOST "ops");
	CHECK_INT(age_s(), 42);
	values = "50";
	clock_fake_advance(&fake, 59999);
	CHECK_INT(age_s(), 42);
	CHECK_INT(count_asked(), 1);
	clock_fake_advance(&fake, 1);
	CHECK_INT(age_s(), 50);
	values = "";
	clock_fake_advance(&fake, 60000);
	CHECK_INT(age_s(), -1);
	refused[CLOUDWATCH_GET_METRIC_DATA] = ERR_BUSY; /* may pass */
	clock_fake_advance(&fake, 60000);
	CHECK_INT(age_s(), -1);
	refused[CLOUDWATCH_GET_METRIC_DATA] = ERR_NONE;
	values = "3";
	clock_fake_advance(&fake, 60000);
	CHECK_INT(age_s(), 3);
	end();
}

static void test_age_is_denied(void)
{
	begin(HOST "ops");
	refused[CLOUDWATCH_GET_METRIC_DATA] = ERR_DENIED;
	CHECK_INT(age_s(), -1);
	clock_fake_advance(&fake, 600000);
	CHECK_INT(age_s(), -1);
	CHECK_INT(count_asked(), 1); /* no use to ask for ever */
	end();
}

/* AWS is not to be asked about a queue that is elsewhere. */
static void test_age_elsewhere(void)
{
	begin("http://127.0.0.1:9324/000000000000/ops");
	CHECK_INT(age_s(), -1);
	CHECK_INT(count_asked(), 0);
	end();
	begin("http://127.0.0.1:9324/000000000000/ops");
	fake_json_be_real(false); /* CloudWatch is elsewhere, too */
	refused[CLOUDWATCH_GET_METRIC_DATA] = ERR_INVALID;
	CHECK_INT(age_s(), -1);
	CHECK_INT(count_asked(), 1);
	end();
}

static const struct test tests[] = {
	{ "figures", test_figures },
	{ "dead_unknown", test_dead_unknown },
	{ "stopped", test_stopped },
	{ "age_is_kept", test_age_is_kept },
	{ "age_is_denied", test_age_is_denied },
	{ "age_elsewhere", test_age_elsewhere },
};

TEST_MAIN(tests)
