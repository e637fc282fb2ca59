/* The AWS client with a clock that is wrong: the cases that the SDKs share, and one of ours. */
#include "aws_peer.h"
#include "data.h"
#include "skew_time.h"

static int64_t time_of(const struct json *text)
{
	return skew_time_s(json_get_text(text, ""));
}

static void add_date(struct buf *headers, int64_t at_s)
{
	buf_adds(headers, "Date: ");
	skew_add_date(headers, at_s);
	buf_adds(headers, "\r\n");
}

static struct clock_fake skew_clock;
static const struct json *skew_attempts;

/* The server's side of an attempt: time passes while the request is on its way. */
static bool answer_skew(struct str request, unsigned number, struct buf *answer)
{
	const struct json *attempt = json_at(skew_attempts, number - 1);
	const char *code = json_get_text(json_get(attempt, "error_code"), NULL);
	struct buf headers = BUF_INIT(256), body = BUF_INIT(256);
	char want[SIGV4_DATE_SIZE];

	sigv4_date(time_of(json_get(attempt, "expect_signing_time")), want);
	CHECK_STR(web_header(request, "X-Amz-Date"), str_from(want));
	skew_clock.wall_ms_now = time_of(json_get(attempt, "receive")) * 1000;
	if (json_get_text(json_get(attempt, "date"), NULL))
		add_date(&headers, time_of(json_get(attempt, "date")));
	if (!json_is_null(json_get(attempt, "age")))
		buf_addf(&headers, "Age: %" PRId64 "\r\n",
		    json_get_int(json_get(attempt, "age"), 0));
	if (code)
		buf_addf(&body, "{\"__type\":\"%s\"}", code);
	web_answer(answer, (int)json_get_int(json_get(attempt, "status"), 0), buf_text(&headers),
	    buf_str(&body));
	buf_release(&headers);
	buf_release(&body);
	return true;
}

static void check_skew_operation(struct aws *a, const struct json *operation)
{
	int64_t max = json_get_int(json_get(operation, "max_attempts"), RETRY_ATTEMPTS);
	bool succeeds = str_is(str_from(json_get_text(json_get(operation, "expect_outcome"), "")),
	    "success");
	struct aws_request r = { .op = SQS_PURGE_QUEUE };
	struct err err = { 0 };

	skew_attempts = json_get(operation, "attempts");
	skew_clock.wall_ms_now = time_of(json_get(json_at(skew_attempts, 0), "send")) * 1000;
	a->setup.attempts_max = (unsigned)max;
	a->skew.offset_s = json_get_int(json_get(operation, "initial_skew"), 0);
	peer_handle(answer_skew);
	CHECK_INT(aws_call(a, &r, NULL, &err) == 0, succeeds);
	CHECK_INT(peer_requests(), data_count(skew_attempts));
	CHECK_INT(aws_skew_s(a), json_get_int(json_get(operation, "expect_skew"), -1));
}

static void test_skew(void)
{
	struct json *doc = data_load("clock-skew/cases.json");
	const struct json *cases = json_get(doc, "cases");
	struct err err = { 0 };

	for (size_t i = 0; i < data_count(cases); i++) {
		const struct json *operations = json_get(json_at(cases, i), "operations");
		struct aws *a;

		test_case = json_get_text(json_get(json_at(cases, i), "name"), "?");
		clock_fake_init(&skew_clock, 0);
		a = peer_client_with((struct aws_options){ .clock = &skew_clock.base });
		CHECK_OK(aws_set_up(a, &err), &err);
		for (size_t n = 0; n < data_count(operations); n++)
			check_skew_operation(a, json_at(operations, n));
		aws_close(a);
	}
	test_case = "";
	json_free(doc);
}

/* The answer to a long poll is made at its end: its Date is not that of the middle. */
static bool answer_poll(struct str request, unsigned number, struct buf *answer)
{
	struct buf headers = BUF_INIT(256);

	(void)request;
	(void)number;
	clock_fake_advance(&skew_clock, 20000);
	add_date(&headers, clock_wall_s(&skew_clock.base));
	web_answer(answer, 200, buf_text(&headers), STR("{}"));
	buf_release(&headers);
	return true;
}

static void test_long_poll_is_no_skew(void)
{
	struct aws_request r = { .op = SQS_RECEIVE_MESSAGE, .wait_s = 20 };
	struct aws *a;
	struct err err = { 0 };

	clock_fake_init(&skew_clock, INT64_C(1763712930000));
	a = peer_client_with((struct aws_options){ .clock = &skew_clock.base });
	peer_handle(answer_poll);
	CHECK_OK(aws_call(a, &r, NULL, &err), &err);
	CHECK_INT(aws_skew_s(a), 0);
	aws_close(a);
}

/* HEAD cannot name its cause: a clock that is wrong enough is one. */
static const struct {
	const char *name;
	int64_t server_ahead_s;
	unsigned want_requests;
	enum err_code want;
} heads[] = {
	{ "clock wrong", 3600, 2, ERR_NONE },
	{ "clock right", 0, 1, ERR_DENIED },
};

static size_t head_index;

static bool answer_head(struct str request, unsigned number, struct buf *answer)
{
	struct buf headers = BUF_INIT(256);
	bool is_denied = number == 1 || heads[head_index].want != ERR_NONE;

	(void)request;
	add_date(&headers, clock_wall_s(&skew_clock.base) + heads[head_index].server_ahead_s);
	web_answer(answer, is_denied ? 403 : 200, buf_text(&headers), STR_NONE);
	buf_release(&headers);
	return true;
}

static void test_head(void)
{
	struct aws_request r = { .op = S3_HEAD_OBJECT, .bucket = STR("b"), .key = STR("k") };

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		struct aws *a;
		struct err err = { 0 };

		test_case = heads[i].name;
		head_index = i;
		clock_fake_init(&skew_clock, INT64_C(1763712930000));
		a = peer_client_with((struct aws_options){ .clock = &skew_clock.base });
		peer_handle(answer_head);
		if (heads[i].want == ERR_NONE)
			CHECK_OK(aws_call(a, &r, NULL, &err), &err);
		else
			CHECK_ERR(aws_call(a, &r, NULL, &err), &err, heads[i].want);
		CHECK_INT(peer_requests(), heads[i].want_requests);
		aws_close(a);
	}
}

static struct aws *overtaken;

/* Between a refusal and the next attempt: an answer that another call had to wait for since before. */
static double learn_old_offset(void)
{
	atomic_store(&overtaken->skew.offset_s, 0);
	return 0;
}

static bool answer_hour_ahead(struct str request, unsigned number, struct buf *answer)
{
	int64_t at_s = clock_wall_s(&skew_clock.base) + 3600;
	struct buf headers = BUF_INIT(256);
	char want[SIGV4_DATE_SIZE];

	sigv4_date(at_s, want);
	CHECK_INT(str_eq(web_header(request, "X-Amz-Date"), str_from(want)), number == 2);
	add_date(&headers, at_s);
	web_answer(answer, number == 1 ? 403 : 200, buf_text(&headers),
	    number == 1 ? STR("{\"__type\":\"InvalidSignatureException\"}") : STR("{}"));
	buf_release(&headers);
	return true;
}

static void test_overtaken(void)
{
	struct aws_request r = { .op = SQS_PURGE_QUEUE };
	struct err err = { 0 };

	clock_fake_init(&skew_clock, INT64_C(1763712930000));
	overtaken = peer_client_with((struct aws_options){ .clock = &skew_clock.base });
	overtaken->random01 = learn_old_offset;
	peer_handle(answer_hour_ahead);
	CHECK_OK(aws_call(overtaken, &r, NULL, &err), &err);
	CHECK_INT(peer_requests(), 2);
	aws_close(overtaken);
}

static const struct test tests[] = {
	{ "skew", test_skew },
	{ "overtaken", test_overtaken },
	{ "long poll is no skew", test_long_poll_is_no_skew },
	{ "head", test_head },
};

PEER_MAIN(tests)
