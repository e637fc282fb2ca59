/* The rules of retry.h: classes, tokens, pauses. Chance and time are arguments. */
#include "retry.h"

#include <pthread.h>

#include "test.h"

static const struct {
	const char *name;
	int status;
	const char *code;
	enum err_code transport;
	enum retry_class want;
} classes[] = {
	{ "no answer in time", 0, "", ERR_TIMEOUT, RETRY_TRANSIENT },
	{ "connection refused, reset, torn", 0, "", ERR_IO, RETRY_TRANSIENT },
	{ "not HTTP, or too large", 0, "", ERR_CORRUPT, RETRY_NEVER },
	{ "untrusted certificate", 0, "", ERR_CONFIG, RETRY_NEVER },
	{ "bad header", 0, "", ERR_INVALID, RETRY_NEVER },

	{ "301", 301, "", ERR_NONE, RETRY_NEVER },
	{ "400", 400, "", ERR_NONE, RETRY_NEVER },
	{ "403", 403, "", ERR_NONE, RETRY_NEVER },
	{ "404", 404, "", ERR_NONE, RETRY_NEVER },
	{ "408", 408, "", ERR_NONE, RETRY_NEVER },
	{ "409", 409, "ConditionalRequestConflict", ERR_NONE, RETRY_NEVER },
	{ "412", 412, "PreconditionFailed", ERR_NONE, RETRY_NEVER },
	{ "429", 429, "", ERR_NONE, RETRY_THROTTLING },
	{ "500", 500, "", ERR_NONE, RETRY_TRANSIENT },
	{ "501", 501, "NotImplemented", ERR_NONE, RETRY_NEVER },
	{ "502", 502, "", ERR_NONE, RETRY_TRANSIENT },
	{ "503", 503, "", ERR_NONE, RETRY_TRANSIENT },
	{ "504", 504, "", ERR_NONE, RETRY_TRANSIENT },
	{ "505", 505, "", ERR_NONE, RETRY_NEVER },
	{ "a code unknown with 500", 500, "Whatever", ERR_NONE, RETRY_TRANSIENT },
	{ "another case", 400, "throttling", ERR_NONE, RETRY_NEVER },
	{ "a longer code", 400, "ThrottlingExceptionX", ERR_NONE, RETRY_NEVER },

	{ "throttling", 400, "BandwidthLimitExceeded", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 400, "EC2ThrottledException", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 400, "LimitExceededException", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 400, "PriorRequestNotComplete", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 400, "ProvisionedThroughputExceededException", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 400, "RequestLimitExceeded", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 403, "RequestThrottled", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 400, "RequestThrottledException", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 503, "SlowDown", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 400, "ThrottledException", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 400, "Throttling", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 400, "ThrottlingException", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 429, "TooManyRequestsException", ERR_NONE, RETRY_THROTTLING },
	{ "throttling", 400, "TransactionInProgressException", ERR_NONE, RETRY_THROTTLING },

	{ "transient", 400, "IDPCommunicationError", ERR_NONE, RETRY_TRANSIENT },
	{ "transient", 200, "InternalError", ERR_NONE, RETRY_TRANSIENT },
	{ "transient", 400, "RequestTimeout", ERR_NONE, RETRY_TRANSIENT },
	{ "transient", 400, "RequestTimeoutException", ERR_NONE, RETRY_TRANSIENT },

	{ "skew", 401, "AuthFailure", ERR_NONE, RETRY_SKEW },
	{ "skew", 400, "InvalidSignatureException", ERR_NONE, RETRY_SKEW },
	{ "skew", 403, "RequestExpired", ERR_NONE, RETRY_SKEW },
	{ "skew", 403, "RequestInTheFuture", ERR_NONE, RETRY_SKEW },
	{ "skew", 403, "RequestTimeTooSkewed", ERR_NONE, RETRY_SKEW },
	{ "skew", 403, "SignatureDoesNotMatch", ERR_NONE, RETRY_SKEW },

	{ "credentials", 400, "ExpiredToken", ERR_NONE, RETRY_CREDENTIALS },
	{ "credentials", 400, "ExpiredTokenException", ERR_NONE, RETRY_CREDENTIALS },
	{ "credentials", 403, "InvalidAccessKeyId", ERR_NONE, RETRY_CREDENTIALS },
	{ "credentials", 403, "InvalidClientTokenId", ERR_NONE, RETRY_CREDENTIALS },
	{ "credentials", 400, "InvalidToken", ERR_NONE, RETRY_CREDENTIALS },
	{ "credentials", 400, "TokenRefreshRequired", ERR_NONE, RETRY_CREDENTIALS },
	{ "credentials", 400, "UnrecognizedClientException", ERR_NONE, RETRY_CREDENTIALS },

	{ "refused for good", 400, "AccessDeniedException", ERR_NONE, RETRY_NEVER },
	{ "refused for good", 400, "QueueDoesNotExist", ERR_NONE, RETRY_NEVER },
	{ "refused for good", 400, "OverLimit", ERR_NONE, RETRY_NEVER },
};

static void test_classes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		test_case = classes[i].name;
		CHECK_INT(retry_classify(classes[i].status, str_from(classes[i].code),
			      classes[i].transport),
		    classes[i].want);
	}
}

/* ---- pauses ---- */

static const struct {
	const char *name;
	enum retry_class class;
	unsigned attempt;
	double random01;
	int64_t retry_after_ms, want_ms;
} pauses[] = {
	{ "transient, no luck", RETRY_TRANSIENT, 1, 0, -1, 0 },
	{ "transient, half", RETRY_TRANSIENT, 1, 0.5, -1, 25 },
	{ "transient, most", RETRY_TRANSIENT, 1, 0.9999, -1, 49 },
	{ "transient, second", RETRY_TRANSIENT, 2, 0.9999, -1, 99 },
	{ "transient, third", RETRY_TRANSIENT, 3, 0.5, -1, 100 },
	{ "transient, at most 20 s", RETRY_TRANSIENT, 99, 0.9999, -1, 19998 },
	{ "throttling, half", RETRY_THROTTLING, 1, 0.5, -1, 500 },
	{ "throttling, second", RETRY_THROTTLING, 2, 0.9999, -1, 1999 },
	{ "throttling, fifth", RETRY_THROTTLING, 5, 0.5, -1, 8000 },
	{ "throttling, at most 20 s", RETRY_THROTTLING, 6, 0.5, -1, 10000 },
	{ "skew does not wait", RETRY_SKEW, 3, 0.9999, -1, 0 },
	{ "credentials do not wait", RETRY_CREDENTIALS, 3, 0.9999, -1, 0 },
	{ "asked for less", RETRY_THROTTLING, 1, 0.5, 100, 500 },
	{ "asked for nothing", RETRY_THROTTLING, 1, 0.5, 0, 500 },
	{ "asked for as much", RETRY_THROTTLING, 1, 0.5, 500, 500 },
	{ "asked for more", RETRY_TRANSIENT, 1, 0.5, 1500, 1500 },
	{ "asked for most", RETRY_THROTTLING, 1, 0.5, 5500, 5500 },
	{ "asked for too much", RETRY_THROTTLING, 1, 0.5, 5501, 5500 },
	{ "asked for a day", RETRY_TRANSIENT, 1, 0, INT32_MAX, 5000 },
};

static void test_pauses(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(pauses); i++) {
		struct retry_bucket bucket;
		struct retry r;
		int64_t delay_ms = -1;

		test_case = pauses[i].name;
		retry_bucket_init(&bucket);
		retry_begin(&r, &bucket, 100, false);
		r.attempt = pauses[i].attempt;
		CHECK(retry_next(&r, pauses[i].class, pauses[i].random01, pauses[i].retry_after_ms,
		    &delay_ms));
		CHECK_INT(delay_ms, pauses[i].want_ms);
		CHECK_INT(r.attempt, pauses[i].attempt + 1);
	}
}

/* ---- tokens ---- */

static void test_attempts_end(void)
{
	struct retry_bucket bucket;
	struct retry r;
	int64_t delay_ms;

	retry_bucket_init(&bucket);
	retry_begin(&r, &bucket, 3, true);
	CHECK(retry_next(&r, RETRY_TRANSIENT, 0, -1, &delay_ms));
	CHECK(retry_next(&r, RETRY_TRANSIENT, 0, -1, &delay_ms));
	CHECK(!retry_next(&r, RETRY_TRANSIENT, 0.5, -1, &delay_ms));
	CHECK_INT(delay_ms, 0);
	CHECK_INT(r.attempt, 3);
	CHECK_INT(bucket.tokens, RETRY_TOKENS - 2 * 14);

	retry_begin(&r, &bucket, 1, false);
	CHECK(!retry_next(&r, RETRY_TRANSIENT, 0.5, -1, &delay_ms));
	retry_begin(&r, &bucket, 3, true);
	CHECK(!retry_next(&r, RETRY_NEVER, 0.5, -1, &delay_ms));
	CHECK_INT(delay_ms, 0);
	CHECK_INT(bucket.tokens, RETRY_TOKENS - 2 * 14);
}

static const struct {
	const char *name;
	enum retry_class class;
	int cost;
} costs[] = {
	{ "transient", RETRY_TRANSIENT, 14 },
	{ "throttling", RETRY_THROTTLING, 5 },
	{ "skew", RETRY_SKEW, 14 },
	{ "credentials", RETRY_CREDENTIALS, 14 },
};

static void test_tokens(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(costs); i++) {
		struct retry_bucket bucket;
		struct retry r;
		int64_t delay_ms;

		test_case = costs[i].name;
		retry_bucket_init(&bucket);
		CHECK_INT(bucket.tokens, RETRY_TOKENS);

		retry_begin(&r, &bucket, 3, false);
		CHECK(retry_next(&r, costs[i].class, 0, -1, &delay_ms));
		CHECK(retry_next(&r, costs[i].class, 0, -1, &delay_ms));
		CHECK_INT(bucket.tokens, RETRY_TOKENS - 2 * costs[i].cost);
		retry_succeeded(&r); /* the last retry's come back, the first one's are spent */
		CHECK_INT(bucket.tokens, RETRY_TOKENS - costs[i].cost);

		retry_begin(&r, &bucket, 3, false);
		retry_succeeded(&r);
		CHECK_INT(bucket.tokens, RETRY_TOKENS - costs[i].cost + 1);

		retry_begin(&r, &bucket, 3, false);
		CHECK(retry_next(&r, costs[i].class, 0, -1, &delay_ms));
		retry_cancel(&r);
		CHECK_INT(bucket.tokens, RETRY_TOKENS - costs[i].cost + 1);
		retry_cancel(&r); /* once only */
		CHECK_INT(bucket.tokens, RETRY_TOKENS - costs[i].cost + 1);
	}
}

static void test_bucket_is_full_at_most(void)
{
	struct retry_bucket bucket;
	struct retry r;

	retry_bucket_init(&bucket);
	retry_begin(&r, &bucket, 3, false);
	for (int i = 0; i < 3; i++)
		retry_succeeded(&r);
	CHECK_INT(bucket.tokens, RETRY_TOKENS);
}

/* An empty bucket refuses; a long poll still waits, so that its caller does not ask at once. */
static void test_bucket_empties(void)
{
	struct retry_bucket bucket;
	struct retry r;
	int64_t delay_ms;
	unsigned retries = 0;

	retry_bucket_init(&bucket);
	for (bool goes_on = true; goes_on; retries += goes_on) {
		retry_begin(&r, &bucket, 3, false);
		goes_on = retry_next(&r, RETRY_THROTTLING, 0.5, -1, &delay_ms);
	}
	CHECK_INT(retries, RETRY_TOKENS / 5);
	CHECK_INT(delay_ms, 0);
	CHECK_INT(bucket.tokens, RETRY_TOKENS % 5);

	retry_begin(&r, &bucket, 3, true);
	CHECK(!retry_next(&r, RETRY_THROTTLING, 0.5, -1, &delay_ms));
	CHECK_INT(delay_ms, 500);
	CHECK_INT(r.attempt, 1);
}

/* ---- threads ---- */

enum { THREADS = 8, ROUNDS = 2000 };

static void *use_bucket(void *arg)
{
	struct retry_bucket *bucket = arg;
	struct retry r;
	int64_t delay_ms;

	for (int i = 0; i < ROUNDS; i++) {
		retry_begin(&r, bucket, 3, false);
		if (retry_next(&r, RETRY_TRANSIENT, 0, -1, &delay_ms))
			retry_succeeded(&r);
	}
	return NULL;
}

static void test_threads(void)
{
	struct retry_bucket bucket;
	pthread_t threads[THREADS];

	retry_bucket_init(&bucket);
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, use_bucket, &bucket) != 0)
			test_die("no thread");
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK_INT(bucket.tokens, RETRY_TOKENS); /* all that was taken came back, and no more */
}

/* ---- AWS_MAX_ATTEMPTS ---- */

static const struct {
	const char *name, *variable, *profile;
	unsigned want; /* 0: refused */
} settings[] = {
	{ "none", NULL, NULL, RETRY_ATTEMPTS },
	{ "empty", "", NULL, RETRY_ATTEMPTS },
	{ "variable", "5", NULL, 5 },
	{ "profile", NULL, "7", 7 },
	{ "variable wins", "5", "7", 5 },
	{ "empty variable", "", "7", 7 },
	{ "least", "1", NULL, 1 },
	{ "most", "100", NULL, 100 },
	{ "none at all", "0", NULL, 0 },
	{ "too many", "101", NULL, 0 },
	{ "huge", "99999999999999999999", NULL, 0 },
	{ "negative", "-1", NULL, 0 },
	{ "word", "many", NULL, 0 },
	{ "profile's word", NULL, "many", 0 },
};

static void test_settings(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		unsigned got = 0;
		struct err err = { 0 };

		test_case = settings[i].name;
		if (settings[i].variable)
			setenv("AWS_MAX_ATTEMPTS", settings[i].variable, 1);
		else
			unsetenv("AWS_MAX_ATTEMPTS");
		if (settings[i].want)
			CHECK_OK(retry_attempts(settings[i].profile, &got, &err), &err);
		else
			CHECK_ERR(retry_attempts(settings[i].profile, &got, &err), &err,
			    ERR_CONFIG);
		CHECK_INT(got, settings[i].want);
	}
	unsetenv("AWS_MAX_ATTEMPTS");
}

static const struct test tests[] = {
	{ "classes", test_classes },
	{ "pauses", test_pauses },
	{ "attempts end", test_attempts_end },
	{ "tokens", test_tokens },
	{ "bucket is full at most", test_bucket_is_full_at_most },
	{ "bucket empties", test_bucket_empties },
	{ "threads", test_threads },
	{ "settings", test_settings },
};

TEST_MAIN(tests)
