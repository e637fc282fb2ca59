#include "timestamp.h"

#include "clock.h"
#include "data.h"

/* Whether `value`, as a member of a body, is accepted; a number passes as its text. */
static bool accepts(const struct json *value, int64_t *epoch_ms)
{
	struct buf text = BUF_INIT(64);
	struct err err;
	bool ok = false;

	if (data_is_text(value))
		return timestamp_parse(str_from(json_get_text(value, "")), epoch_ms, &err) == 0;
	if (data_is_number(value)) {
		buf_addf(&text, "%.15g", json_get_double(value, 0));
		ok = timestamp_parse_number(buf_str(&text), epoch_ms, &err) == 0;
		buf_release(&text);
	}
	return ok;
}

static const char *case_name(const struct json *c, const struct json *value)
{
	return json_get_text(value, json_get_text(json_get(c, "note"), "a number"));
}

static void test_email_timestream(void)
{
	struct json *doc = data_load("timestamps/email-timestream.json");
	const struct json *cases = json_get(doc, "cases");

	for (size_t i = 0; i < data_count(cases); i++) {
		const struct json *c = json_at(cases, i), *value = json_get(c, "value");
		bool want = json_get_bool(json_get(c, "accept"), false);
		char again[CLOCK_RFC3339_SIZE];
		int64_t ms = INT64_MIN;

		test_case = case_name(c, value);
		CHECK_INT(accepts(value, &ms), want);
		if (!want)
			continue;
		CHECK_INT(ms, json_get_int(json_get(c, "epoch_ms"), INT64_MAX));
		clock_rfc3339(ms, again);
		CHECK_TEXT(again, json_get_text(json_get(c, "rfc3339"), ""));
	}
	CHECK_INT(json_count(cases), 70);
	json_free(doc);
}

/* The suite judges RFC 3339; one of what it refuses is ISO 8601 that we accept. */
static void test_rfc3339_suite(void)
{
	struct json *doc = data_load("timestamps/date-time.json");
	const struct json *cases = json_get(json_at(doc, 0), "tests");
	int64_t ms;

	for (size_t i = 0; i < data_count(cases); i++) {
		const struct json *c = json_at(cases, i), *value = json_get(c, "data");
		bool want = json_get_bool(json_get(c, "valid"), false);

		test_case = json_get_text(json_get(c, "description"), "?");
		if (!data_is_text(value))
			continue; /* a format says nothing about other types */
		want |= strcmp(json_get_text(value, ""), "1985-04-12T23:20:50+01") == 0;
		CHECK_INT(accepts(value, &ms), want);
	}
	json_free(doc);
}

struct text_case {
	const char *text;
	bool ok;
	int64_t ms;
};

static void check_texts(const struct text_case *cases, size_t count)
{
	struct err err;

	for (size_t i = 0; i < count; i++) {
		int64_t ms = 0;

		test_case = cases[i].text;
		if (!cases[i].ok) {
			CHECK_ERR(timestamp_parse(str_from(cases[i].text), &ms, &err), &err,
			    ERR_INVALID);
			continue;
		}
		CHECK_OK(timestamp_parse(str_from(cases[i].text), &ms, &err), &err);
		CHECK_INT(ms, cases[i].ms);
	}
}

static void test_epochs(void)
{
	static const struct text_case cases[] = {
		{ "9", true, 9000 },
		{ "00000000001", true, 1000 },
		{ "000000000001", true, 1 },
		{ "99999999999999", true, INT64_C(99999999999999) },
		{ "100000000000000", false, 0 },
		{ "1693561101.9999", true, INT64_C(1693561101999) },
		{ "1693561101000.9", true, INT64_C(1693561101000) },
		{ "1693561101.", false, 0 },
		{ ".5", false, 0 },
		{ "1693561101,5", false, 0 },
		{ "1.5.5", false, 0 },
	};

	check_texts(cases, ARRAY_SIZE(cases));
}

static void test_dates(void)
{
	static const struct text_case cases[] = {
		{ "2000-02-29", true, INT64_C(951782400000) },
		{ "1900-02-29", false, 0 },
		{ "2024-04-31", false, 0 },
		{ "2023-01-32", false, 0 },
		{ "2023-02-29", false, 0 },
		{ "2023-03-32", false, 0 },
		{ "2023-04-31", false, 0 },
		{ "2023-05-32", false, 0 },
		{ "2023-06-31", false, 0 },
		{ "2023-07-32", false, 0 },
		{ "2023-08-32", false, 0 },
		{ "2023-09-31", false, 0 },
		{ "2023-10-32", false, 0 },
		{ "2023-11-31", false, 0 },
		{ "2023-12-32", false, 0 },
		{ "2024-", false, 0 },
		{ "2024-0", false, 0 },
		{ "2024-06", false, 0 },
		{ "2024-06-", false, 0 },
		{ "2024-06-1", false, 0 },
		{ "2023-12-31", true, INT64_C(1703980800000) },
		{ "2024-00-01", false, 0 },
		{ "2024-01-00", false, 0 },
	};

	check_texts(cases, ARRAY_SIZE(cases));
}

static void test_times(void)
{
	static const struct text_case cases[] = {
		{ "1970-01-01T00:00:00.999Z", true, 999 },
		{ "1969-12-31T23:59:59.999Z", true, -1 },
		{ "202406T12", false, 0 },
		{ "2024-06-01T", false, 0 },
		{ "2024-06-01Z", false, 0 },
		{ "2024-06-01T12", false, 0 },
		{ "2024-06-01T12:", false, 0 },
		{ "2024-06-01T12:00:", false, 0 },
		{ "2024-06-01T12:00:00.", false, 0 },
		{ "2024-06-01T12:00:00.Z", false, 0 },
		{ "2024-06-01T12:00.5Z", false, 0 },
		{ "2024-06-01T12:00:00+", false, 0 },
		{ "2024-06-01T12:00:00+1", false, 0 },
		{ "2024-06-01T12:00:00+01:", false, 0 },
		{ "2024-06-01T12:00:00+01:3", false, 0 },
		{ "2024-06-01T12:00:00+01:30:00", false, 0 },
		{ "2024-06-01T12:00:00+23:59", true, INT64_C(1717156860000) },
		{ "2024-06-01T12:00:00ZZ", false, 0 },
		{ "2024-06-01  12:00:00", false, 0 },
		{ "2024-06-01T1200", false, 0 },
		{ "20240601T12:00:00", false, 0 },
		{ "20240601T1200", true, INT64_C(1717243200000) },
		{ "20240601T120000.5+0200", true, INT64_C(1717236000500) },
		{ "2024-0601T12:00:00", false, 0 },
		{ "0001-01-01T00:00:00+00:01", false, 0 },
		{ "9999-12-31T23:59:59.999Z", true, INT64_C(253402300799999) },
		{ "9999-12-31T23:59:59-00:01", false, 0 },
		{ "2016-12-31T23:59:60", true, INT64_C(1483228799999) },
		{ "2017-01-01T05:29:60+05:30", true, INT64_C(1483228799999) },
		{ "2017-01-01T05:30:60+05:30", false, 0 },
	};

	check_texts(cases, ARRAY_SIZE(cases));
}

static void test_numbers(void)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {
		{ "0", true },
		{ "0.0", true },
		{ "1693561101.25", true },
		{ "-0", false },
		{ "-1", false },
		{ "1e9", false },
		{ "1E9", false },
		{ "1.5e3", false },
		{ "2024-06-01", false },
	};
	struct err err;
	int64_t ms;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].text;
		CHECK_INT(timestamp_parse_number(str_from(cases[i].text), &ms, &err) == 0,
		    cases[i].ok);
	}
}

static void test_limits(void)
{
	char text[TIMESTAMP_LEN_MAX + 1];
	struct err err;
	int64_t ms;

	memset(text, '7', sizeof(text));
	text[1] = '.';
	CHECK_ERR(timestamp_parse(STR_NONE, &ms, &err), &err, ERR_INVALID);
	CHECK_ERR(timestamp_parse_number(STR_NONE, &ms, &err), &err, ERR_INVALID);
	CHECK_OK(timestamp_parse((struct str){ text, TIMESTAMP_LEN_MAX }, &ms, &err), &err);
	CHECK_INT(ms, 7777);
	CHECK_ERR(timestamp_parse((struct str){ text, sizeof(text) }, &ms, &err), &err,
	    ERR_INVALID);
	CHECK_OK(timestamp_parse_number((struct str){ text, TIMESTAMP_LEN_MAX }, &ms, &err), &err);
	CHECK_ERR(timestamp_parse_number((struct str){ text, sizeof(text) }, &ms, &err), &err,
	    ERR_INVALID);
	CHECK_ERR(timestamp_parse((struct str){ "2024-06-01\0", 11 }, &ms, &err), &err,
	    ERR_INVALID);
}

/* What the clock prints, this reads. */
static void test_round_trip(void)
{
	struct err err;

	for (int64_t ms = INT64_C(-62135596800000); ms < INT64_C(253402300800000);
	     ms += INT64_C(86399987654)) {
		char text[CLOCK_RFC3339_SIZE];
		int64_t again;

		clock_rfc3339(ms, text);
		test_case = text;
		CHECK_OK(timestamp_parse(str_from(text), &again, &err), &err);
		CHECK_INT(again, ms);
	}
	test_case = "round trip";
}

static const struct test tests[] = {
	{ "email_timestream vectors", test_email_timestream },
	{ "rfc 3339 suite", test_rfc3339_suite },
	{ "epochs", test_epochs },
	{ "dates", test_dates },
	{ "times", test_times },
	{ "numbers", test_numbers },
	{ "limits", test_limits },
	{ "round trip", test_round_trip },
};

TEST_MAIN(tests)
