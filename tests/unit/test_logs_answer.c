/* logs_answer: what CloudWatch Logs answers, and what it must not. */
#include "logs_answer.h"

#include "test.h"

static struct json *parse(const char *text)
{
	struct json *doc = NULL;
	struct err err;

	if (json_parse(str_from(text), &doc, &err) != 0)
		test_die("%s", err.text);
	return doc;
}

/* ---- events ---- */

struct taken {
	struct buf text;
	unsigned max;
};

static bool take(void *arg, const struct logs_event *e)
{
	struct taken *t = arg;

	buf_addf(&t->text, "%.*s|%.*s|%.*s|%.*s|%" PRId64 "|%" PRId64 " ", STR_ARG(e->id),
	    STR_ARG(e->group), STR_ARG(e->stream), STR_ARG(e->message), e->at_ms, e->ingested_ms);
	return --t->max > 0;
}

static const struct {
	const char *name, *answer;
	unsigned max;
	const char *want; /* NULL: ERR_CORRUPT */
	unsigned count;
	bool is_enough;
} event_cases[] = {
	{ "one of FilterLogEvents",
	    "{\"events\":[{\"eventId\":\"1\",\"logStreamName\":\"s\",\"timestamp\":5,\"ingestionTime\":7,"
	    "\"message\":\"m\\r\\n\"}]}",
	    9, "1||s|m|5|7 ", 1, false },
	{ "one of Live Tail",
	    "{\"events\":[{\"logGroupIdentifier\":\"1:g\",\"logStreamName\":\"s\",\"timestamp\":5,"
	    "\"message\":\"m\"}]}",
	    9, "|1:g|s|m|5|-1 ", 1, false },
	{ "none", "{\"events\":[]}", 9, "", 0, false },
	{ "enough",
	    "{\"events\":[{\"timestamp\":1,\"message\":\"a\"},{\"timestamp\":2,\"message\":\"b\"},"
	    "{\"timestamp\":3,\"message\":\"c\"}]}",
	    2, "|||a|1|-1 |||b|2|-1 ", 2, true },
	{ "not there", "{}", 9, NULL, 0, false },
	{ "not an event", "{\"events\":[1]}", 9, NULL, 0, false },
	{ "no message", "{\"events\":[{\"timestamp\":1}]}", 9, NULL, 0, false },
	{ "no time", "{\"events\":[{\"message\":\"m\"}]}", 9, NULL, 0, false },
	{ "a time that is none", "{\"events\":[{\"message\":\"m\",\"timestamp\":\"1\"}]}", 9, NULL,
	    0, false },
};

static void test_events(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(event_cases); i++) {
		struct taken t = { .text = BUF_INIT(4096), .max = event_cases[i].max };
		struct json *doc = parse(event_cases[i].answer);
		bool is_enough = false;
		uint64_t count = 0;
		struct err err;

		test_case = event_cases[i].name;
		if (event_cases[i].want)
			CHECK_OK(logs_answer_events(json_get(doc, "events"), take, &t, &count,
				     &is_enough, &err),
			    &err);
		else
			CHECK_ERR(logs_answer_events(json_get(doc, "events"), take, &t, &count,
				      &is_enough, &err),
			    &err, ERR_CORRUPT);
		CHECK_TEXT(buf_text(&t.text), event_cases[i].want ? event_cases[i].want : "");
		CHECK_INT(count, event_cases[i].count);
		CHECK_INT(is_enough, event_cases[i].is_enough);
		buf_release(&t.text);
		json_free(doc);
	}
}

/* ---- streams, groups, tokens ---- */

static void test_streams(void)
{
	struct json *doc = parse(
	    "{\"logStreams\":[{\"logStreamName\":\"a\",\"creationTime\":1,"
	    "\"lastEventTimestamp\":2,\"lastIngestionTime\":3},{\"logStreamName\":\"b\"},"
	    "{\"logStreamName\":\"c\"}]}");
	struct json *none = parse("{}"), *nameless = parse("{\"logStreams\":[{}]}");
	struct logs_stream out[2];
	size_t count = 0;
	struct err err;

	CHECK_OK(logs_answer_streams(doc, out, ARRAY_SIZE(out), &count, &err), &err);
	CHECK_INT(count, 2);
	CHECK_TEXT(out[0].name, "a");
	CHECK_INT(out[0].last_event_ms, 2);
	CHECK_INT(out[1].last_event_ms, -1);
	count = 0;
	CHECK_ERR(logs_answer_streams(none, out, 2, &count, &err), &err, ERR_CORRUPT);
	CHECK_ERR(logs_answer_streams(nameless, out, 2, &count, &err), &err, ERR_CORRUPT);
	json_free(doc);
	json_free(none);
	json_free(nameless);
}

static const struct {
	const char *name, *answer, *arn;
	int64_t days;
	bool has_key;
} group_cases[] = {
	{ "an older answer", "{\"logGroups\":[{\"logGroupName\":\"g\",\"arn\":\"arn:g:*\"}]}",
	    "arn:g", 0, false },
	{ "both ARNs",
	    "{\"logGroups\":[{\"logGroupName\":\"g\",\"arn\":\"arn:x:*\",\"logGroupArn\":\"arn:g\","
	    "\"retentionInDays\":7,\"kmsKeyId\":\"k\"}]}",
	    "arn:g", 7, true },
	{ "no ARN", "{\"logGroups\":[{\"logGroupName\":\"g\"}]}", NULL, 0, false },
	{ "none", "{}", NULL, 0, false },
};

static void test_groups(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(group_cases); i++) {
		struct json *doc = parse(group_cases[i].answer);
		struct logs_group out;
		size_t count = 0;
		struct err err;

		test_case = group_cases[i].name;
		if (group_cases[i].arn) {
			CHECK_OK(logs_answer_groups(doc, &out, 1, &count, &err), &err);
			CHECK_TEXT(out.arn, group_cases[i].arn);
			CHECK_INT(out.retention_days, group_cases[i].days);
			CHECK_INT(out.is_encrypted_by_key, group_cases[i].has_key);
		} else {
			CHECK_ERR(logs_answer_groups(doc, &out, 1, &count, &err), &err,
			    ERR_CORRUPT);
		}
		json_free(doc);
	}
}

static void test_name_lengths(void)
{
	struct buf text = BUF_INIT(2048);
	struct logs_stream out;
	size_t count;
	struct err err;

	for (int n = LOGS_NAME_SIZE - 1; n <= LOGS_NAME_SIZE; n++) {
		struct json *doc;

		buf_reset(&text);
		buf_addf(&text, "{\"logStreams\":[{\"logStreamName\":\"%0*d\"}]}", n, 0);
		doc = parse(buf_text(&text));
		count = 0;
		if (n < LOGS_NAME_SIZE)
			CHECK_OK(logs_answer_streams(doc, &out, 1, &count, &err), &err);
		else
			CHECK_ERR(logs_answer_streams(doc, &out, 1, &count, &err), &err,
			    ERR_CORRUPT);
		json_free(doc);
	}
	buf_release(&text);
}

static void test_token(void)
{
	struct json *some = parse("{\"nextToken\":\"abcd\"}"),
		    *none = parse("{\"nextToken\":null}");
	struct buf four = BUF_INIT(4), three = BUF_INIT(3);
	struct err err;

	CHECK_OK(logs_answer_token(some, &four, &err), &err);
	CHECK_TEXT(buf_text(&four), "abcd");
	CHECK_OK(logs_answer_token(none, &four, &err), &err);
	CHECK_INT(four.n, 0);
	CHECK_ERR(logs_answer_token(some, &three, &err), &err, ERR_CORRUPT);
	buf_release(&four);
	buf_release(&three);
	json_free(some);
	json_free(none);
}

static const struct test tests[] = {
	{ "events", test_events },
	{ "streams", test_streams },
	{ "groups", test_groups },
	{ "name lengths", test_name_lengths },
	{ "token", test_token },
};

TEST_MAIN(tests)
