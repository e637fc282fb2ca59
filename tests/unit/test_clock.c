#include "clock.h"

#include "test.h"

static void test_rfc3339(void)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ INT64_C(951782399999), "2000-02-28T23:59:59.999Z" },
		{ INT64_C(951782400000), "2000-02-29T00:00:00.000Z" },
		{ INT64_C(951868800000), "2000-03-01T00:00:00.000Z" },
		{ INT64_C(-2203891200000), "1900-03-01T00:00:00.000Z" },
		{ INT64_C(-2203891200001), "1900-02-28T23:59:59.999Z" },
		{ INT64_C(1749465045123), "2025-06-09T10:30:45.123Z" },
		{ INT64_C(4102444799999), "2099-12-31T23:59:59.999Z" },
		{ INT64_C(-62135596800000), "0001-01-01T00:00:00.000Z" },
		{ INT64_C(253402300799999), "9999-12-31T23:59:59.999Z" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[CLOCK_RFC3339_SIZE];

		clock_rfc3339(cases[i].ms, text);
		CHECK_TEXT(text, cases[i].text);
	}
}

/* Every day of 0001 to 9999 there and back, each one after the day before. */
static void test_days(void)
{
	struct clock_utc last = { .year = 0, .month = 12, .day = 31 };

	for (int64_t ms = INT64_C(-62135596800000); ms < INT64_C(253402300800000); ms += 86400000) {
		struct clock_utc t;

		clock_utc_from_ms(ms, &t);
		if (clock_utc_to_ms(&t) != ms)
			TEST_FAIL("%04d-%02d-%02d does not come back", t.year, t.month, t.day);
		if (t.day != last.day + 1 && !(t.day == 1 && last.day >= 28))
			TEST_FAIL("%04d-%02d-%02d after day %d", t.year, t.month, t.day, last.day);
		last = t;
	}
	CHECK_INT(last.year, 9999);
	CHECK_INT(last.day, 31);
}

static void test_fields(void)
{
	struct clock_utc t;

	clock_utc_from_ms(INT64_C(1749465045123), &t);
	CHECK_INT(t.year, 2025);
	CHECK_INT(t.month, 6);
	CHECK_INT(t.day, 9);
	CHECK_INT(t.hour, 10);
	CHECK_INT(t.minute, 30);
	CHECK_INT(t.second, 45);
	CHECK_INT(t.ms, 123);
	CHECK_INT(clock_utc_to_ms(&t), INT64_C(1749465045123)); /* the time of day too */
}

static void test_fake(void)
{
	struct clock_fake c;

	clock_fake_init(&c, 1999);
	CHECK_INT(clock_wall_ms(&c.base), 1999);
	CHECK_INT(clock_wall_s(&c.base), 1);
	CHECK_INT(clock_mono_us(&c.base), 0);
	clock_fake_advance(&c, 1);
	CHECK_INT(clock_wall_s(&c.base), 2);
	CHECK_INT(clock_mono_us(&c.base), 1000);
	CHECK_INT(clock_mono_ms(&c.base), 1);
}

static void test_system(void)
{
	int64_t before_us = clock_mono_us(&clock_system);

	CHECK(clock_wall_ms(&clock_system) > INT64_C(1700000000000));
	clock_sleep_ms(2);
	clock_sleep_ms(0);
	clock_sleep_ms(-5);
	CHECK(clock_mono_us(&clock_system) >= before_us + 2000);
}

static const struct test tests[] = {
	{ "rfc3339", test_rfc3339 },
	{ "days", test_days },
	{ "fields", test_fields },
	{ "fake", test_fake },
	{ "system", test_system },
};

TEST_MAIN(tests)
