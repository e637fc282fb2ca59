/* http_pool.c: which handle a call gets, and which are closed. No connection is made. */
#include "http_core.h"
#include "test.h"

static void test_origin(void)
{
	static const struct {
		const char *a, *b;
		bool b_is_http2, is_same;
	} cases[] = {
		{ "http://h/", "http://h/a/b?c", false, true },
		{ "http://h", "http://h/", false, true },
		{ "http://h/", "https://h/", false, false },
		{ "http://h:1/", "http://h:2/", false, false },
		{ "http://a.h/", "http://b.h/", false, false },
		{ "http://h/", "http://h/", true, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_request a = { .url = cases[i].a };
		struct http_request b = { .url = cases[i].b, .http2 = cases[i].b_is_http2 };

		test_case = cases[i].b;
		CHECK_INT(http_pool_origin(&a) == http_pool_origin(&b), cases[i].is_same);
	}
}

static CURL *take(struct http_pool *p, uint64_t origin)
{
	struct err err;
	CURL *easy = http_pool_take(p, origin, &err);

	if (!easy)
		test_die("%s", err.text);
	return easy;
}

/* The last one used for that origin; never one of another. */
static void test_choice(void)
{
	struct clock_fake clock;
	struct http_pool p;
	CURL *one, *two, *other, *got;

	clock_fake_init(&clock, 0);
	http_pool_init(&p, &clock.base);
	one = take(&p, 1);
	two = take(&p, 1);
	other = take(&p, 2);
	http_pool_give(&p, one, 1);
	http_pool_give(&p, two, 1);
	http_pool_give(&p, other, 2);
	CHECK_INT(p.count, 3);
	got = take(&p, 1);
	CHECK(got == two);
	CHECK_INT(p.count, 2);
	http_pool_give(&p, got, 1);
	got = take(&p, 2);
	CHECK(got == other);
	http_pool_give(&p, got, 2);
	got = take(&p, 3);
	CHECK(got != one && got != two && got != other);
	http_pool_give(&p, got, 3);
	CHECK_INT(p.count, 4);
	http_pool_release(&p);
}

/* With each call that ends, one that was not used for long is closed. */
static void test_age(void)
{
	struct clock_fake clock;
	struct http_pool p;
	CURL *easy[4];

	clock_fake_init(&clock, 0);
	http_pool_init(&p, &clock.base);
	for (size_t i = 0; i < ARRAY_SIZE(easy); i++)
		easy[i] = take(&p, 1);
	for (size_t i = 0; i < ARRAY_SIZE(easy); i++)
		http_pool_give(&p, easy[i], 1);
	clock_fake_advance(&clock, HTTP_IDLE_AGE_S * 1000);
	http_pool_give(&p, take(&p, 1), 1);
	CHECK_INT(p.count, 4);
	clock_fake_advance(&clock, 1);
	for (size_t left = 3; left > 0; left--) {
		http_pool_give(&p, take(&p, 1), 1);
		CHECK_INT(p.count, left);
	}
	http_pool_give(&p, take(&p, 1), 1);
	CHECK_INT(p.count, 1);
	http_pool_release(&p);
}

static void test_full(void)
{
	static CURL *easy[HTTP_IDLE_MAX + 1];
	struct clock_fake clock;
	struct http_pool p;

	clock_fake_init(&clock, 0);
	http_pool_init(&p, &clock.base);
	for (size_t i = 0; i < ARRAY_SIZE(easy); i++)
		easy[i] = take(&p, 1);
	for (size_t i = 0; i < ARRAY_SIZE(easy); i++)
		http_pool_give(&p, easy[i], 1);
	CHECK_INT(p.count, HTTP_IDLE_MAX);
	CHECK(p.idle[0].easy == easy[1]);
	CHECK(p.idle[HTTP_IDLE_MAX - 1].easy == easy[HTTP_IDLE_MAX]);
	http_pool_release(&p);
}

static const struct test tests[] = {
	{ "origin", test_origin },
	{ "choice", test_choice },
	{ "age", test_age },
	{ "full", test_full },
};

TEST_MAIN(tests)
