/* skew.c: the cases that the SDKs share (tests/data/clock-skew), and what they leave open. */
#include "skew.h"

#include "data.h"
#include "retry.h"
#include "skew_time.h"

static const char *text_of(const struct json *object, const char *key)
{
	return json_get_text(json_get(object, key), "");
}

/* The cases say what was retried by what they list: an attempt that another follows. */
static void check_attempt(struct skew *s, const struct json *attempt, bool is_retried,
    bool may_retry)
{
	const char *told = text_of(attempt, "date");
	struct buf date = BUF_INIT(64);
	char age[32] = "";
	int64_t sent_ms = skew_time_s(text_of(attempt, "send")) * 1000;
	int64_t age_s = json_get_int(json_get(attempt, "age"), -1);
	int64_t signed_with_s = skew_s(s);
	struct skew_reading learnt;

	CHECK_INT(sent_ms / 1000 + skew_s(s), skew_time_s(text_of(attempt, "expect_signing_time")));
	if (age_s >= 0)
		snprintf(age, sizeof(age), "%" PRId64, age_s);
	if (*told)
		skew_add_date(&date, skew_time_s(told));
	learnt = skew_learn(s, buf_str(&date), str_from(age), sent_ms,
	    skew_time_s(text_of(attempt, "receive")) * 1000);
	if (may_retry && json_get_int(json_get(attempt, "status"), 0) != 200)
		CHECK_INT(
		    skew_explains(&learnt, signed_with_s, str_from(text_of(attempt, "error_code"))),
		    is_retried);
	buf_release(&date);
}

static void check_operation(struct skew *s, const struct json *operation)
{
	const struct json *attempts = json_get(operation, "attempts");
	size_t count = data_count(attempts);
	int64_t max = json_get_int(json_get(operation, "max_attempts"), INT64_MAX);

	atomic_store(&s->offset_s, json_get_int(json_get(operation, "initial_skew"), 0));
	for (size_t i = 0; i < count; i++)
		check_attempt(s, json_at(attempts, i), i + 1 < count, (int64_t)i + 1 < max);
	CHECK_INT(skew_s(s), json_get_int(json_get(operation, "expect_skew"), INT64_MIN));
}

static void test_shared_cases(void)
{
	struct json *doc = data_load("clock-skew/cases.json");
	const struct json *cases = json_get(doc, "cases");

	CHECK_INT(data_count(cases), 10);
	for (size_t i = 0; i < json_count(cases); i++) {
		const struct json *operations = json_get(json_at(cases, i), "operations");
		struct skew s = { 0 };

		test_case = text_of(json_at(cases, i), "name");
		for (size_t k = 0; k < data_count(operations); k++)
			check_operation(&s, json_at(operations, k));
	}
	test_case = "shared cases";
	json_free(doc);
}

/* Date: 784111777 s. It is cut to whole seconds, so that a true clock seems up to one second ahead. */
static void test_rounding(void)
{
	static const struct {
		int64_t sent_ms, received_ms, want_s;
	} cases[] = {
		{ 784111777000, 784111777000, 0 },
		{ 784111777999, 784111777999, 0 },
		{ 784111777500, 784111778498, 0 },
		{ 784111776999, 784111776999, 1 },
		{ 784111778000, 784111778000, -1 },
		{ 784111778999, 784111778999, -1 },
		{ 784111477000, 784111477000, 300 },
		{ 784112077000, 784112077000, -300 },
		{ 0, 0, 784111777 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skew s = { 0 };
		struct skew_reading r = skew_learn(&s, STR("Sun, 06 Nov 1994 08:49:37 GMT"),
		    STR_NONE, cases[i].sent_ms, cases[i].received_ms);

		CHECK(r.is_known);
		CHECK_INT(r.offset_s, cases[i].want_s);
		CHECK_INT(skew_s(&s), cases[i].want_s);
	}
}

static void test_not_learnt(void)
{
	static const struct {
		const char *name, *date, *age;
		int64_t took_ms;
		bool is_learnt;
	} cases[] = {
		{ "at once", "Sun, 06 Nov 1994 08:49:37 GMT", "", 0, true },
		{ "15 minutes", "Sun, 06 Nov 1994 08:49:37 GMT", "", 900000, true },
		{ "more", "Sun, 06 Nov 1994 08:49:37 GMT", "", 900001, false },
		{ "clock set back meanwhile", "Sun, 06 Nov 1994 08:49:37 GMT", "", -1, false },
		{ "age", "Sun, 06 Nov 1994 08:49:37 GMT", "0", 0, false },
		{ "no date", "", "", 0, false },
		{ "bad date", "yesterday", "", 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skew s = { .offset_s = 7 };

		test_case = cases[i].name;
		CHECK_INT(skew_learn(&s, str_from(cases[i].date), str_from(cases[i].age), 0,
			      cases[i].took_ms)
			      .is_known,
		    cases[i].is_learnt);
		CHECK_INT(skew_s(&s) == 7, !cases[i].is_learnt);
	}
}

static void test_explains(void)
{
	static const struct {
		const char *code;
		int64_t offset_s, signed_with_s;
		bool learnt, want;
	} cases[] = {
		{ "RequestTimeTooSkewed", 0, 0, true, true },
		{ "RequestTimeTooSkewed", 1000, 0, false, false },
		{ "RequestExpired", 0, 0, true, true },
		{ "RequestInTheFuture", 0, 0, true, true },
		{ "InvalidSignatureException", 239, 0, true, false },
		{ "InvalidSignatureException", 240, 0, true, true },
		{ "InvalidSignatureException", 240, 0, false, false },
		{ "SignatureDoesNotMatch", -239, 0, true, false },
		{ "SignatureDoesNotMatch", -240, 0, true, true },
		{ "AuthFailure", 240, 0, true, true },
		{ "InvalidSignatureException", 0, 239, true, false },
		{ "InvalidSignatureException", 0, 240, true, true },
		{ "InvalidSignatureException", 0, -240, true, true },
		{ "InvalidSignatureException", 0, 240, false, false },
		{ "SignatureDoesNotMatch", 239, -1, true, true },
		{ "AccessDenied", 1000, 0, true, false },
		{ "", 1000, 0, true, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct skew_reading r = { cases[i].learnt, cases[i].offset_s };

		test_case = cases[i].code;
		CHECK_INT(skew_explains(&r, cases[i].signed_with_s, str_from(cases[i].code)),
		    cases[i].want);
		/* Else nobody would ask whether it does. */
		CHECK(!cases[i].want ||
		    retry_classify(403, str_from(cases[i].code), ERR_NONE) == RETRY_SKEW);
	}
}

static const struct test tests[] = {
	{ "shared cases", test_shared_cases },
	{ "rounding", test_rounding },
	{ "not learnt", test_not_learnt },
	{ "explains", test_explains },
};

TEST_MAIN(tests)
