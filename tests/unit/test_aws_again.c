/* When the AWS client tries again, and when it must not believe an answer. */
#include "aws_peer.h"

/* ---- credentials that are refused ---- */

static unsigned keys_given;    /* by the credentials' endpoint */
static unsigned keys_accepted; /* the service takes only those */

static bool answer_keys(struct str request, unsigned number, struct buf *answer)
{
	struct buf body = BUF_INIT(1024), want = BUF_INIT(64);

	(void)number;
	if (str_is(web_target(request), "/creds")) {
		buf_addf(&body,
		    "{\"AccessKeyId\":\"AKID%u\",\"SecretAccessKey\":\"s\",\"Token\":\"t%u\","
		    "\"Expiration\":\"2099-01-01T00:00:00Z\"}",
		    keys_given + 1, keys_given + 1);
		keys_given++;
		web_answer(answer, 200, "", buf_str(&body));
	} else {
		bool is_accepted;

		buf_addf(&want, "Credential=AKID%u/", keys_accepted);
		is_accepted = str_contains(web_header(request, "Authorization"), buf_str(&want));
		web_answer(answer, is_accepted ? 200 : 403, "",
		    is_accepted ? STR("{}") : STR("{\"__type\":\"ExpiredTokenException\"}"));
	}
	buf_release(&body);
	buf_release(&want);
	return true;
}

static const struct {
	const char *name;
	unsigned accepted, want_given, want_calls;
	enum err_code want;
	bool caller_repeats;
} renewals[] = {
	{ "the first are good", 1, 1, 1, ERR_NONE, false },
	{ "the second are good", 2, 2, 2, ERR_NONE, false },
	{ "the second are good, and the caller repeats", 2, 2, 2, ERR_NONE, true },
	{ "only once", 3, 2, 2, ERR_CREDENTIALS, false },
};

static void test_renewals(void)
{
	char url[96];

	snprintf(url, sizeof(url), "%s/creds", peer.url);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	unsetenv("AWS_SESSION_TOKEN");
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
	for (size_t i = 0; i < ARRAY_SIZE(renewals); i++) {
		struct aws *a = peer_client_with(
		    (struct aws_options){ .caller_repeats = renewals[i].caller_repeats });
		struct aws_request r = { .op = SQS_PURGE_QUEUE };
		struct aws_answer answer;
		struct err err = { 0 };

		test_case = renewals[i].name;
		aws_answer_init(&answer);
		keys_given = 0;
		keys_accepted = renewals[i].accepted;
		peer_handle(answer_keys);
		if (renewals[i].want == ERR_NONE)
			CHECK_OK(aws_call(a, &r, &answer, &err), &err);
		else
			CHECK_ERR(aws_call(a, &r, &answer, &err), &err, renewals[i].want);
		CHECK_INT(keys_given, renewals[i].want_given);
		CHECK_INT(answer.attempts, renewals[i].want_calls);
		CHECK_INT(peer_slept_ms, 0);
		aws_answer_release(&answer);
		aws_close(a);
	}
	peer_environment();
}

/* ---- answers that break off ---- */

#define WHOLE_BODY "{\"Successful\":[{\"Id\":\"0\",\"MessageId\":\"m\"}],\"Failed\":[]}"

static struct {
	_Atomic bool has_length;
	_Atomic size_t cut; /* bytes of the answer that arrive */
	_Atomic size_t whole;
} torn;

static bool answer_torn(struct str request, unsigned number, struct buf *answer)
{
	(void)request;
	(void)number;
	if (torn.has_length)
		web_answer(answer, 200, "x-amzn-RequestId: r-1\r\n", STR(WHOLE_BODY));
	else
		buf_addf(answer, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s", WHOLE_BODY);
	torn.whole = answer->n;
	if (torn.cut < answer->n)
		buf_truncate(answer, torn.cut);
	return false;
}

static void check_torn(struct aws *a, size_t cut)
{
	struct aws_request r = { .op = SQS_SEND_MESSAGE_BATCH };
	struct json *json = NULL;
	struct err err = { 0 };
	char name[64];
	int rc;

	snprintf(name, sizeof(name), "%s, %zu bytes", torn.has_length ? "length" : "close", cut);
	test_case = name;
	torn.cut = cut;
	rc = aws_call_json(a, &r, NULL, &json, &err);
	CHECK_INT(rc == 0, cut >= torn.whole);
	if (rc != 0)
		CHECK(err_is_transient(err.code) || err.code == ERR_CORRUPT);
	json_free(json);
	test_case = "";
}

static void test_torn_at_every_byte(void)
{
	struct aws *a = peer_client();
	struct err err = { 0 };

	CHECK_OK(aws_set_up(a, &err), &err);
	a->setup.attempts_max = 1;
	peer_handle(answer_torn);
	for (int i = 0; i < 2; i++) {
		torn.has_length = i == 0;
		torn.whole = SIZE_MAX;
		for (size_t cut = 0; cut < torn.whole; cut++)
			check_torn(a, cut);
		check_torn(a, torn.whole);
	}
	aws_close(a);
}

/* ---- throttling ---- */

static bool answer_throttled(struct str request, unsigned number, struct buf *answer)
{
	(void)request;
	(void)number;
	web_answer(answer, 400, "", STR("{\"__type\":\"ThrottlingException\"}"));
	return true;
}

/* The bucket pays for 100 retries; then every call is one request. */
static void test_throttling_spends_the_bucket(void)
{
	enum { CALLS = 100, RETRIES = RETRY_TOKENS / 5 };
	struct aws *a = peer_client();
	struct aws_request r = { .op = SQS_PURGE_QUEUE };
	struct aws_answer answer;
	struct aws_counts counts;
	struct err err = { 0 };

	aws_answer_init(&answer);
	peer_handle(answer_throttled);
	for (int i = 0; i < CALLS; i++)
		CHECK_ERR(aws_call(a, &r, &answer, &err), &err, ERR_BUSY);
	CHECK_INT(answer.attempts, 1);
	CHECK_INT(peer_requests(), CALLS + RETRIES);
	CHECK_INT(peer_sleeps, RETRIES);
	CHECK_INT(peer_slept_ms, RETRIES / 2 * (500 + 1000));
	aws_counts(a, AWS_SQS, &counts);
	CHECK_INT(counts.calls, CALLS + RETRIES);
	CHECK_INT(counts.retries, RETRIES);
	CHECK_INT(counts.throttled, CALLS + RETRIES);

	r.op = SSM_GET_PARAMETER; /* another service has another bucket */
	CHECK_ERR(aws_call(a, &r, &answer, &err), &err, ERR_BUSY);
	CHECK_INT(answer.attempts, RETRY_ATTEMPTS);
	aws_answer_release(&answer);
	aws_close(a);
}

static bool answer_nothing(struct str request, unsigned number, struct buf *answer)
{
	(void)request;
	(void)number;
	buf_adds(answer, "HTTP/1.1 200 OK\r\nContent-Le");
	return false;
}

static const struct {
	const char *name;
	peer_fn *handler;
	enum err_code want;
} repeated_by_callers[] = {
	{ "throttled", answer_throttled, ERR_BUSY },
	{ "no answer", answer_nothing, ERR_IO },
};

static void test_caller_repeats(void)
{
	struct aws *a = peer_client_with((struct aws_options){ .caller_repeats = true });
	struct aws_request r = { .op = SQS_SEND_MESSAGE_BATCH };
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(repeated_by_callers); i++) {
		test_case = repeated_by_callers[i].name;
		peer_handle(repeated_by_callers[i].handler);
		CHECK_ERR(aws_call(a, &r, NULL, &err), &err, repeated_by_callers[i].want);
		CHECK_INT(peer_requests(), 1);
		CHECK_INT(peer_sleeps, 0);
	}
	aws_close(a);
}

static void test_long_poll_with_empty_bucket(void)
{
	struct aws *a = peer_client();
	struct aws_request r = { .op = SQS_RECEIVE_MESSAGE, .wait_s = 20 };
	struct err err = { 0 };

	a->clients[AWS_SQS].bucket.tokens = 0;
	peer_handle(answer_throttled);
	CHECK_ERR(aws_call(a, &r, NULL, &err), &err, ERR_BUSY);
	CHECK_INT(peer_requests(), 1);
	CHECK_INT(peer_sleeps, 1);
	CHECK_INT(peer_slept_ms, 500);
	aws_close(a);
}

/* A pause that would end after the call must: there is none, and no retry is paid for. */
static void test_total_time(void)
{
	struct clock_fake clock;
	struct aws_request r = { .op = SQS_PURGE_QUEUE, .total_ms = 500 };
	struct aws *a;
	struct err err = { 0 };

	clock_fake_init(&clock, INT64_C(1763712930000));
	a = peer_client_with((struct aws_options){ .clock = &clock.base });
	peer_handle(answer_throttled);
	CHECK_ERR(aws_call(a, &r, NULL, &err), &err, ERR_BUSY);
	CHECK_INT(peer_requests(), 1);
	CHECK_INT(peer_sleeps, 0);
	CHECK_INT(a->clients[AWS_SQS].bucket.tokens, RETRY_TOKENS);

	r.total_ms = 501;
	CHECK_ERR(aws_call(a, &r, NULL, &err), &err, ERR_BUSY);
	CHECK_INT(peer_slept_ms, 500);
	aws_close(a);
}

static bool yes(void *arg)
{
	(void)arg; /* there is none */
	return true;
}

/* Who shares a client bounds all calls that say nothing else; and gives up all of them. */
static void test_bound(void)
{
	struct clock_fake clock;
	struct aws_request r = { .op = SQS_PURGE_QUEUE };
	struct err err = { 0 };
	struct aws *a;

	clock_fake_init(&clock, INT64_C(1763712930000));
	a = peer_client_with((struct aws_options){ .clock = &clock.base });
	aws_bound(a, 500, (struct http_stop){ 0 });
	peer_handle(answer_throttled);
	CHECK_ERR(aws_call(a, &r, NULL, &err), &err, ERR_BUSY);
	CHECK_INT(peer_sleeps, 0);
	r.total_ms = 501;
	CHECK_ERR(aws_call(a, &r, NULL, &err), &err, ERR_BUSY);
	CHECK_INT(peer_slept_ms, 500);
	aws_close(a);

	a = peer_client_with((struct aws_options){ .clock = &clock.base });
	aws_bound(a, 0, (struct http_stop){ .is_wanted = yes });
	CHECK_ERR(aws_call(a, &r, NULL, &err), &err, ERR_STOPPED);
	aws_close(a);
}

static atomic_bool is_stopped;

static void stop_at_third_step(int64_t ms)
{
	peer_sleep(ms);
	is_stopped = peer_sleeps == 3;
}

/* A pause ends soon after a stop, and its retry is neither made nor paid for. */
static void test_stop(void)
{
	struct aws *a = peer_client();
	struct aws_request r = { .op = SQS_RECEIVE_MESSAGE, .stop = &is_stopped };
	struct err err = { 0 };

	a->sleep_ms = stop_at_third_step;
	peer_handle(answer_throttled);
	CHECK_ERR(aws_call(a, &r, NULL, &err), &err, ERR_BUSY);
	CHECK_INT(peer_requests(), 1);
	CHECK_INT(peer_slept_ms, 300);
	CHECK_INT(a->clients[AWS_SQS].bucket.tokens, RETRY_TOKENS);

	CHECK_ERR(aws_call(a, &r, NULL, &err), &err, ERR_BUSY);
	CHECK_INT(peer_requests(), 2); /* the first attempt is made even so */
	CHECK_INT(peer_slept_ms, 300);
	aws_close(a);
}

/* ---- and then it works ---- */

static bool answer_at_third(struct str request, unsigned number, struct buf *answer)
{
	static char ids[3][UUID_TEXT_SIZE];
	struct str id = web_header(request, "amz-sdk-invocation-id");
	char attempt[64];

	snprintf(attempt, sizeof(attempt), "attempt=%u; max=3", number);
	CHECK_STR(web_header(request, "amz-sdk-request"), str_from(attempt));
	if (number <= 3)
		snprintf(ids[number - 1], UUID_TEXT_SIZE, "%.*s", STR_ARG(id));
	if (number == 2) {
		buf_adds(answer, "HTTP/1.1 200 OK\r\nContent-Le");
		return false;
	}
	if (number == 3) {
		CHECK_TEXT(ids[1], ids[0]);
		CHECK_TEXT(ids[2], ids[0]);
	}
	web_answer(answer, number == 1 ? 503 : 200, "x-amz-retry-after: 700\r\n", STR("{}"));
	return true;
}

static void test_success_at_third(void)
{
	struct aws *a = peer_client();
	struct aws_request r = { .op = SQS_PURGE_QUEUE };
	struct aws_answer answer;
	struct err err = { 0 };

	aws_answer_init(&answer);
	peer_handle(answer_at_third);
	CHECK_OK(aws_call(a, &r, &answer, &err), &err);
	CHECK_INT(answer.attempts, 3);
	CHECK_INT(answer.status, 200);
	CHECK_TEXT(answer.code, "");
	CHECK_INT(peer_slept_ms, 700 + 50);
	CHECK_INT(a->clients[AWS_SQS].bucket.tokens, RETRY_TOKENS - 14);
	aws_answer_release(&answer);
	aws_close(a);
}

/* ---- threads ---- */

enum { THREADS = 8, CALLS_EACH = 25 };

static bool answer_every_fifth_busy(struct str request, unsigned number, struct buf *answer)
{
	(void)request;
	if (number % 5 == 0)
		web_answer(answer, 503, "", STR_NONE);
	else
		web_answer(answer, 200, "Date: Sat, 21 Nov 2026 12:00:00 GMT\r\n", STR("{}"));
	return true;
}

static void *call_often(void *arg)
{
	static const enum aws_op ops[] = { SQS_PURGE_QUEUE, SQS_RECEIVE_MESSAGE, SSM_GET_PARAMETER,
		S3_PUT_OBJECT };
	struct aws *a = arg;
	struct aws_answer answer;
	struct err err = { 0 };
	intptr_t done = 0;

	aws_answer_init(&answer);
	for (size_t i = 0; i < CALLS_EACH; i++) {
		struct aws_request r = { .op = ops[i % ARRAY_SIZE(ops)],
			.bucket = STR("b"),
			.key = STR("k") };

		/* Attempts that end at "busy" three times in a row are no fault of the client. */
		done += aws_call(a, &r, &answer, &err) == 0 || err.code == ERR_BUSY;
	}
	aws_answer_release(&answer);
	return (void *)done;
}

static void test_threads(void)
{
	struct aws *a = peer_client();
	struct aws_counts counts;
	pthread_t threads[THREADS];
	uint64_t calls = 0;

	peer_handle(answer_every_fifth_busy);
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, call_often, a) != 0)
			test_die("no thread");
	for (size_t i = 0; i < THREADS; i++) {
		void *done = NULL;

		pthread_join(threads[i], &done);
		CHECK_INT((intptr_t)done, CALLS_EACH);
	}
	for (size_t i = 0; i < AWS_SERVICE_COUNT; i++) {
		aws_counts(a, (enum aws_service_id)i, &counts);
		calls += counts.calls;
	}
	CHECK_INT(calls, peer_requests());
	aws_close(a);
}

static const struct test tests[] = {
	{ "renewals", test_renewals },
	{ "torn at every byte", test_torn_at_every_byte },
	{ "throttling spends the bucket", test_throttling_spends_the_bucket },
	{ "the caller repeats", test_caller_repeats },
	{ "long poll with empty bucket", test_long_poll_with_empty_bucket },
	{ "total time", test_total_time },
	{ "bound", test_bound },
	{ "stop", test_stop },
	{ "success at third", test_success_at_third },
	{ "threads", test_threads },
};

PEER_MAIN(tests)
