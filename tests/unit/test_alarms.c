#include "alarms.h"

#include "test.h"

static struct json *parse(const char *text)
{
	struct json *doc;
	struct err err;

	if (json_parse(str_from(text), &doc, &err) != 0)
		test_die("%s", err.text);
	return doc;
}

static void test_read(void)
{
	struct json *doc = parse(
	    "{\"MetricAlarms\":[{\"AlarmName\":\"prod-5xx\",\"StateValue\":\"ALARM\","
	    "\"StateReason\":\"Threshold\\u001bCrossed\",\"MetricName\":\"5xx\",\"Namespace\":\"AWS/X\","
	    "\"StateTransitionedTimestamp\":1763712000,\"StateUpdatedTimestamp\":1763712009,"
	    "\"ActionsEnabled\":false,\"AlarmActions\":[\"arn:aws:sns:x:1:a\",\"arn:aws:sns:x:1:b\"]},"
	    "{\"AlarmName\":\"prod-age\",\"StateValue\":\"INSUFFICIENT_DATA\"}],"
	    "\"CompositeAlarms\":[{\"AlarmName\":\"prod-all\",\"StateValue\":\"OK\"},"
	    "{\"AlarmName\":\"prod-new\",\"StateValue\":\"SOMETHING\"}]}");
	struct alarms a = { .count = 0 };
	struct err err;

	CHECK_OK(alarms_read(doc, &a, &err), &err);
	CHECK_INT(a.count, 4);
	CHECK_TEXT(a.items[0].name, "prod-5xx");
	CHECK_TEXT(a.items[0].reason, "Threshold?Crossed");
	CHECK_INT(a.items[0].since_ms, INT64_C(1763712000000));
	CHECK(!a.items[0].acts && !a.items[0].is_composite && a.items[1].acts);
	CHECK_INT(a.items[0].action_count, 2);
	CHECK_TEXT(a.items[0].actions[1], "arn:aws:sns:x:1:b");
	CHECK(a.items[2].is_composite);
	for (unsigned i = 0; i < ALARM_STATE_COUNT; i++)
		CHECK_INT(a.by_state[i], 1);
	alarms_release(&a);
	alarms_release(NULL);
	json_free(doc);
}

/* Pages add up, to the bound. */
static void test_bound(void)
{
	struct buf text = BUF_INIT(64 * 1024);
	struct alarms a = { .count = 0 };
	struct json *doc;
	struct err err;

	buf_adds(&text, "{\"MetricAlarms\":[");
	for (int i = 0; i < 99; i++)
		buf_adds(&text, i > 0 ? ",{\"AlarmName\":\"x\"}" : "{\"AlarmName\":\"x\"}");
	buf_adds(&text, "]}");
	doc = parse(buf_text(&text));
	for (int page = 0; page < 6; page++)
		CHECK_OK(alarms_read(doc, &a, &err), &err);
	CHECK_INT(a.count, ALARMS_MAX);
	CHECK(a.is_cut);
	alarms_release(&a);
	json_free(doc);
	buf_release(&text);
}

static void test_malformed(void)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "{}", false },
		{ "[]", false },
		{ "null", false },
		{ "{\"MetricAlarms\":null}", false },
		{ "{\"MetricAlarms\":[]}", true },
		{ "{\"MetricAlarms\":7,\"CompositeAlarms\":{}}", true },
		{ "{\"MetricAlarms\":[7,{\"AlarmName\":7}]}", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json *doc = parse(cases[i].text);
		struct alarms a = { .count = 0 };
		struct err err;

		test_case = cases[i].text;
		if (cases[i].good)
			CHECK_OK(alarms_read(doc, &a, &err), &err);
		else
			CHECK_ERR(alarms_read(doc, &a, &err), &err, ERR_CORRUPT);
		alarms_release(&a);
		json_free(doc);
	}
}

static const struct test tests[] = {
	{ "read", test_read },
	{ "bound", test_bound },
	{ "malformed", test_malformed },
};

TEST_MAIN(tests)
