/* What a policy takes, of payloads that are well-formed. */
#include "payload.h"

#include "test.h"

#define FOUR "\"a\":\"1\",\"b\":\"2\",\"c\":\"3\",\"d\":\"4\""
#define TIME "\"email_timestream\":\"1\""

static void test_policy(void)
{
	/* One letter per policy in enum order: Ok, Missing time, Shape, Bad time. */
	static const struct {
		const char *body, *verdicts;
	} cases[] = {
		{ "{}", "MMSM" },
		{ "{\"token\":\"x\"}", "MMSM" },
		{ "{" TIME "}", "OOSS" },
		{ "{\"email_timestream\":1}", "OOSS" },
		{ "{\"token\":\"x\"," TIME "}", "OOSS" },
		{ "{" FOUR "}", "MMOM" },
		{ "{" FOUR ",\"token\":\"x\"}", "MMOM" },
		{ "{" FOUR "," TIME "}", "OOSS" },
		{ "{\"a\":\"1\",\"b\":\"\",\"c\":\"\"," TIME "}", "OOOO" },
		{ "{\"a\":1,\"b\":\"\",\"c\":\"\"," TIME "}", "OOSS" },
		{ "{\"token\":\"x\",\"data\":{}}", "SMSM" },
		{ "{\"data\":{" TIME "}}", "OOSS" },
		{ "{\"data\":{" FOUR "}}", "OMOM" },
		{ "{\"data\":{" FOUR ",\"e\":\"5\"}}", "SMSM" },
		{ "{\"data\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}}", "SMSM" },
		{ "{\"data\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\",\"d\":4}}", "SMSM" },
		{ "{\"data\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"," TIME "}}", "OOOO" },
		{ "{\"data\":{" FOUR "," TIME "}}", "OOSS" },
		{ "{\"data\":[]}", "SSSS" },
		{ "{\"data\":{" TIME "},\"x\":1}", "SSSS" },
		{ "{\"email_timestream\":\"x\"}", "BBBB" },
		{ "{\"email_timestream\":\"\"}", "BBBB" },
		{ "{\"email_timestream\":null}", "BBBB" },
		{ "{\"email_timestream\":true}", "BBBB" },
		{ "{\"email_timestream\":[1]}", "BBBB" },
		{ "{\"email_timestream\":1e9}", "BBBB" },
		{ "{\"email_timestream\":-1}", "BBBB" },
		{ "{\"data\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\",\"email_timestream\":\"x\"}}",
		    "BBBB" },
	};
	static const char letters[PAYLOAD_FAULT_COUNT] = {
		[PAYLOAD_OK] = 'O',
		[PAYLOAD_BAD_JSON] = 'J',
		[PAYLOAD_BAD_SHAPE] = 'S',
		[PAYLOAD_NO_TIMESTREAM] = 'M',
		[PAYLOAD_BAD_TIMESTREAM] = 'B',
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char verdicts[PAYLOAD_POLICY_COUNT + 1] = "";
		enum payload_fault fault;
		struct payload p;
		int64_t epoch_ms;
		struct err err;

		test_case = cases[i].body;
		CHECK_OK(payload_parse(str_from(cases[i].body), &p, &fault, &err), &err);
		for (int policy = 0; policy < PAYLOAD_POLICY_COUNT; policy++) {
			int rc = payload_check(&p, (enum payload_policy)policy, &epoch_ms, &fault,
			    &err);

			CHECK_INT(rc, fault == PAYLOAD_OK ? 0 : -1);
			verdicts[policy] = letters[fault];
		}
		CHECK_TEXT(verdicts, cases[i].verdicts);
	}
}

static void test_timestream(void)
{
	static const struct {
		const char *body;
		int64_t epoch_ms;
	} cases[] = {
		{ "{\"email_timestream\":\"2025-06-09T10:30:45.123Z\"}", INT64_C(1749465045123) },
		{ "{\"email_timestream\":1749465045}", INT64_C(1749465045000) },
		{ "{\"email\\u005Ftimestream\":\"\\u0031\\u0030\"}", 10000 },
		{ "{\"data\":{" FOUR "}}", -1 },
	};
	enum payload_fault fault;
	struct payload p;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t epoch_ms = 7;

		test_case = cases[i].body;
		CHECK_OK(payload_parse(str_from(cases[i].body), &p, &fault, &err), &err);
		CHECK_OK(payload_check(&p, PAYLOAD_AUTO, &epoch_ms, &fault, &err), &err);
		CHECK_INT(epoch_ms, cases[i].epoch_ms);
	}
}

/* 64 characters in any spelling, not 65. */
static void test_timestream_limits(void)
{
	for (unsigned spelling = 0; spelling < 2; spelling++) {
		for (unsigned length = 64; length <= 65; length++) {
			struct buf body = BUF_INIT(1024);
			enum payload_fault fault;
			int64_t epoch_ms;
			struct payload p;
			struct err err;

			buf_adds(&body, "{\"email_timestream\":\"1.");
			for (unsigned i = 2; i < length; i++)
				buf_adds(&body, spelling ? "\\u0037" : "7");
			buf_adds(&body, "\"}");
			CHECK_OK(payload_parse(buf_str(&body), &p, &fault, &err), &err);
			CHECK_INT(payload_check(&p, PAYLOAD_AUTO, &epoch_ms, &fault, &err) == 0,
			    length == 64);
			buf_release(&body);
		}
	}
}

static void test_faults(void)
{
	CHECK_TEXT(payload_fault_text(PAYLOAD_BAD_JSON), "Invalid JSON payload");
	CHECK_TEXT(payload_fault_text(PAYLOAD_BAD_SHAPE), "Invalid payload");
	CHECK_TEXT(payload_fault_text(PAYLOAD_NO_TIMESTREAM), "Missing token or email_timestream");
	CHECK_TEXT(payload_fault_text(PAYLOAD_BAD_TIMESTREAM), "Invalid email_timestream format");
	for (int i = 0; i < PAYLOAD_FAULT_COUNT; i++)
		CHECK(payload_fault_name((enum payload_fault)i)[0] != '\0');
}

static const struct test tests[] = {
	{ "policy", test_policy },
	{ "timestream", test_timestream },
	{ "timestream limits", test_timestream_limits },
	{ "faults", test_faults },
};

TEST_MAIN(tests)
