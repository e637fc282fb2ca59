#include "histogram.h"

#include "test.h"

/* What is reported is never less than the true value, and at most 1/64 more. */
static void test_precision(void)
{
	for (int64_t us = 1; us < INT64_C(1) << 39; us = us * 5 / 4 + 1) {
		struct histogram h = { 0 };
		int64_t got;

		histogram_add(&h, us);
		h.max_us = INT64_MAX; /* show the bound of the bucket itself */
		got = histogram_percentile(&h, 50);
		CHECK(got >= us && got - us <= us / 64);
	}
}

static void test_percentiles(void)
{
	static const struct {
		double percent;
		int64_t at_least, at_most;
	} cases[] = {
		{ 0, 1, 1 },
		{ 1, 10, 10 },
		{ 50, 500, 508 },
		{ 90, 900, 915 },
		{ 99, 990, 1000 },
		{ 100, 1000, 1000 },
	};
	struct histogram h = { 0 }, other = { 0 };

	for (int64_t us = 1; us <= 1000; us++) /* two halves, to be merged */
		histogram_add(us % 2 ? &h : &other, us);
	histogram_merge(&h, &other);
	CHECK_INT(h.count, 1000);
	CHECK_INT(h.max_us, 1000);
	CHECK_INT(h.sum_us, 500500);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t got = histogram_percentile(&h, cases[i].percent);

		if (got < cases[i].at_least || got > cases[i].at_most)
			TEST_FAIL("p%.0f is %" PRId64, cases[i].percent, got);
	}
}

static void test_limits(void)
{
	struct histogram h = { 0 };

	CHECK_INT(histogram_percentile(&h, 99), 0);
	histogram_add(&h, -5);
	CHECK_INT(histogram_percentile(&h, 99), 0);
	histogram_add(&h, INT64_C(1) << 50); /* beyond the last bucket */
	CHECK(histogram_percentile(&h, 100) >= INT64_C(1) << 39);
	histogram_add(&h, 0);
	CHECK_INT(h.count, 3);
}

static const struct test tests[] = {
	{ "precision", test_precision },
	{ "percentiles", test_percentiles },
	{ "limits", test_limits },
};

TEST_MAIN(tests)
