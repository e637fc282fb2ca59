/* http_date_parse(): the three forms, the calendar, and what is none. */
#include "http.h"
#include "test.h"

static const struct {
	const char *in;
	int64_t want; /* -1: refused */
} cases[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
	{ "Sun Nov  6 08:49:37 1994", 784111777 },
	{ "Wed Nov 16 08:49:37 1994", 784975777 },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "Sat, 21 Nov 2026 08:15:30 GMT", 1795248930 },
	{ "Saturday, 21-Nov-26 08:15:30 GMT", 1795248930 },
	{ "Friday, 31-Dec-69 23:59:59 GMT", 3155759999 },
	{ "Thursday, 01-Jan-70 00:00:00 GMT", 0 },
	{ "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000 },
	{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228799 }, /* a leap second */
	{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
	/* refused */
	{ "", -1 },
	{ "Sun", -1 },
	{ "Wed, 29 Feb 2023 12:00:00 GMT", -1 },
	{ "Sun, 31 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 00 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 32 Dec 1994 08:49:37 GMT", -1 },
	{ "Sun, 06 Nov 0000 08:49:37 GMT", -1 },
	{ "Sun, 06 Nov 1994 24:00:00 GMT", -1 },
	{ "Sun, 06 Nov 1994 08:60:37 GMT", -1 },
	{ "Sun, 06 Nov 1994 08:49:61 GMT", -1 },
	{ "Sun, 06 Nov 1994 08:49:37", -1 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT ", -1 },
	{ " Sun, 06 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 06 Nov 1994 08:49:37 UTC", -1 },
	{ "Sun, 06 Nov 1994 08:49:37 +0000", -1 },
	{ "Sun, 6 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun,  6 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 06 nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 06 Nvo 1994 08:49:37 GMT", -1 },
	{ "Sux, 06 Nov 1994 08:49:37 GMT", -1 },
	{ "Sunday, 06 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 06-Nov-94 08:49:37 GMT", -1 },
	{ "Sun Nov 06 08:49:37 1994", -1 },
	{ "Sun, +6 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 06 Nov 19940 08:49:37 GMT", -1 },
	{ "1994-11-06T08:49:37Z", -1 },
	{ "784111777", -1 },
};

static void test_dates(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t got = -1;

		test_case = cases[i].in;
		CHECK_INT(http_date_parse(str_from(cases[i].in), &got), cases[i].want >= 0);
		CHECK_INT(got, cases[i].want);
	}
}

/* One byte less is never a date, whatever stands behind it. */
static void test_cut(void)
{
	for (size_t i = 0; i < 3; i++)
		for (size_t n = 0; n < strlen(cases[i].in); n++) {
			int64_t got;

			CHECK(!http_date_parse((struct str){ cases[i].in, n }, &got));
		}
}

static void test_before_1970(void)
{
	int64_t got = 0;

	CHECK(http_date_parse(STR("Wed, 31 Dec 1969 23:59:58 GMT"), &got));
	CHECK_INT(got, -2);
	CHECK(http_date_parse(STR("Mon, 01 Jan 0001 00:00:00 GMT"), &got));
	CHECK_INT(got, INT64_C(-62135596800));
}

static const struct test tests[] = {
	{ "dates", test_dates },
	{ "cut", test_cut },
	{ "before 1970", test_before_1970 },
};

TEST_MAIN(tests)
