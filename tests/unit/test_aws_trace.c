/* What a trace of aws.h shows, and what it never does. */
#include "aws_peer.h"

static struct buf traced = BUF_INIT(1024 * 1024);

static void keep_trace(void *arg, struct str line)
{
	(void)arg;
	buf_add(&traced, line);
	buf_addc(&traced, '\n');
}

static bool answer_secret(struct str request, unsigned number, struct buf *answer)
{
	(void)request;
	(void)number;
	web_answer(answer, 200, "x-amzn-RequestId: r-1\r\n",
	    STR("{\"Parameter\":{\"Name\":\"/t\",\"Value\":\"the-answer\",\"Version\":1}}"));
	return true;
}

static const struct {
	enum aws_trace trace;
	size_t lines; /* at least */
} levels[] = {
	{ AWS_TRACE_OFF, 0 },
	{ AWS_TRACE_CALLS, 1 },
	{ AWS_TRACE_WIRE, 10 },
};

static size_t count_lines(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

static void test_traces(void)
{
	static const char *const never[] = { PEER_SECRET, PEER_TOKEN, "the-answer", "the-value" };
	struct aws_request r = { .op = SSM_PUT_PARAMETER,
		.resource = "/t",
		.secret = STR("the-value"),
		.body = STR("{\"Name\":\"/t\",\"Odd\":\"the-value\",\"Value\":\"the-value\"}") };

	peer_handle(answer_secret);
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		struct aws *a = peer_client_with(
		    (struct aws_options){ .trace = levels[i].trace, .trace_line = keep_trace });
		struct err err = { 0 };

		buf_reset(&traced);
		CHECK_OK(aws_call(a, &r, NULL, &err), &err);
		CHECK(count_lines(buf_str(&traced)) >= levels[i].lines);
		CHECK(levels[i].trace != AWS_TRACE_OFF || traced.n == 0);
		for (size_t n = 0; n < ARRAY_SIZE(never); n++) {
			test_case = never[n];
			CHECK(!str_contains(buf_str(&traced), str_from(never[n])));
		}
		if (levels[i].trace == AWS_TRACE_CALLS) {
			CHECK(str_has_prefix(buf_str(&traced), STR("ssm PutParameter 200 ")));
			CHECK(str_has_suffix(buf_str(&traced), STR("ms attempt 1 r-1\n")));
		}
		aws_close(a);
	}
	buf_release(&traced);
}

/* Also where it stands in what is asked for. */
static void test_trace_of_target(void)
{
	struct aws *a = peer_client_with(
	    (struct aws_options){ .trace = AWS_TRACE_WIRE, .trace_line = keep_trace });
	const struct sigv4_pair query = { STR("continuation-token"), STR("page") };
	struct aws_request r = { .op = S3_GET_OBJECT,
		.secret = STR("the value"),
		.bucket = STR("b"),
		.key = STR("a/the value"),
		.query = &query,
		.query_count = 1 };
	struct err err = { 0 };

	peer_handle(peer_answer_nothing);
	CHECK_OK(aws_call(a, &r, NULL, &err), &err);
	CHECK(str_contains(buf_str(&traced), STR("/b/a/[redacted]?continuation-token=page\n")));
	CHECK(!str_contains(buf_str(&traced), STR("value")));
	aws_close(a);
	buf_release(&traced);
}

/* What is a client's, or a command line: in the question, in the answer; but not in a refusal. */
static const struct {
	const char *name;
	enum aws_op op;
	int status;
	bool shows_request, shows_answer;
} bodies[] = {
	{ "a message sent", SQS_SEND_MESSAGE_BATCH, 200, false, true },
	{ "messages received", SQS_RECEIVE_MESSAGE, 200, true, false },
	{ "a refusal to give messages", SQS_RECEIVE_MESSAGE, 403, true, true },
	{ "an object put", S3_PUT_OBJECT, 200, false, true },
	{ "an object read", S3_GET_OBJECT, 200, true, false },
	{ "a command line", ECS_EXECUTE_COMMAND, 200, false, true },
	{ "nothing of anybody's", SQS_GET_QUEUE_ATTRIBUTES, 200, true, true },
};

static int bodies_status;

static bool answer_body(struct str request, unsigned number, struct buf *answer)
{
	(void)request;
	(void)number;
	web_answer(answer, bodies_status, "", STR("{\"in\":\"the-answer\"}"));
	return true;
}

static void test_trace_of_bodies(void)
{
	peer_handle(answer_body);
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct aws *a = peer_client_with(
		    (struct aws_options){ .trace = AWS_TRACE_WIRE, .trace_line = keep_trace });
		const struct aws_request r = { .op = bodies[i].op,
			.bucket = STR("b"),
			.key = STR("k"),
			.body = STR("{\"in\":\"the-request\"}") };
		struct err err = { 0 };

		test_case = bodies[i].name;
		bodies_status = bodies[i].status;
		CHECK_INT(aws_call(a, &r, NULL, &err), bodies_status == 200 ? 0 : -1);
		CHECK_INT(str_contains(buf_str(&traced), STR("the-request")),
		    bodies[i].shows_request);
		CHECK_INT(str_contains(buf_str(&traced), STR("> [20 bytes, not shown]\n")),
		    !bodies[i].shows_request);
		CHECK_INT(str_contains(buf_str(&traced), STR("the-answer")),
		    bodies[i].shows_answer);
		CHECK_INT(str_contains(buf_str(&traced), STR("< [19 bytes, not shown]\n")),
		    !bodies[i].shows_answer);
		aws_close(a);
		buf_release(&traced);
	}
}

static bool answer_never(struct str request, unsigned number, struct buf *answer)
{
	(void)request;
	(void)number;
	(void)answer;
	return false;
}

/* What is worth a line beside the calls themselves: a setting that has no effect, no answer. */
static void test_trace_of_oddities(void)
{
	struct aws *a = peer_client_with(
	    (struct aws_options){ .trace = AWS_TRACE_CALLS, .trace_line = keep_trace });
	struct aws_request r = { .op = SQS_PURGE_QUEUE };
	struct err err = { 0 };

	setenv("AWS_RETRY_MODE", "adaptive", 1);
	peer_handle(answer_never);
	CHECK_ERR(aws_call(a, &r, NULL, &err), &err, ERR_IO);
	CHECK(str_contains(str_from(err.text), STR("sqs PurgeQueue: POST http://127.0.0.1")));
	CHECK(str_contains(buf_str(&traced), STR("AWS_RETRY_MODE 'adaptive'")));
	CHECK(str_contains(buf_str(&traced), STR("\nsqs PurgeQueue - ")));
	CHECK(str_contains(buf_str(&traced), STR("ms attempt 3 io\n")));
	unsetenv("AWS_RETRY_MODE");
	aws_close(a);
	buf_release(&traced);
}

static const struct test tests[] = {
	{ "traces", test_traces },
	{ "target", test_trace_of_target },
	{ "bodies", test_trace_of_bodies },
	{ "oddities", test_trace_of_oddities },
};

PEER_MAIN(tests)
