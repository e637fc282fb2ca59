#include "uuid.h"

#include <pthread.h>

#include "test.h"

static void test_form(void)
{
	char id[UUID_TEXT_SIZE];
	struct clock_fake clock;
	int64_t ms;

	clock_fake_init(&clock, INT64_C(1749465045123));
	for (int i = 0; i < 1000; i++) {
		uuid_v7(&clock.base, id);
		CHECK(uuid_v7_parse(str_from(id), &ms));
		CHECK_INT(ms, INT64_C(1749465045123));
		CHECK(strncmp(id, "019754", 6) == 0);
	}
	clock_fake_advance(&clock, 1);
	uuid_v7(&clock.base, id);
	CHECK(uuid_v7_parse(str_from(id), &ms));
	CHECK_INT(ms, INT64_C(1749465045124));
}

/* More ids than the counter holds, and a clock that goes back: still in order. */
static void test_order(void)
{
	char last[UUID_TEXT_SIZE] = "", id[UUID_TEXT_SIZE];
	struct clock_fake clock;
	int64_t ms = 0;

	clock_fake_init(&clock, INT64_C(1800000000000));
	for (int i = 0; i < 300000; i++) {
		uuid_v7(&clock.base, id);
		if (strcmp(last, id) >= 0)
			TEST_FAIL("%s after %s", id, last);
		memcpy(last, id, sizeof(last));
		if (i == 280000)
			clock_fake_advance(&clock, -60000);
	}
	CHECK(uuid_v7_parse(str_from(id), &ms));
	CHECK(ms >= INT64_C(1800000000000) && ms <= INT64_C(1800000000002)); /* not far ahead */
}

static int64_t time_of_next(const struct clock_fake *clock)
{
	char id[UUID_TEXT_SIZE];
	int64_t ms = 0;

	uuid_v7(&clock->base, id);
	CHECK(uuid_v7_parse(str_from(id), &ms));
	return ms;
}

/* A clock that was wrong for a moment must not put the right time off until it is reached. */
static void test_set_back(void)
{
	static const struct {
		const char *name;
		int64_t back_ms, kept_ms; /* of the time before */
	} cases[] = {
		{ "a little", 60000, 60000 },
		{ "two minutes", 120000, 120000 },
		{ "more", 120001, 0 },
		{ "a year", INT64_C(365) * 86400000, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct clock_fake clock;
		int64_t now_ms = INT64_C(1900000000000) + (int64_t)i * INT64_C(86400000000);

		test_case = cases[i].name;
		clock_fake_init(&clock, now_ms + cases[i].back_ms);
		CHECK_INT(time_of_next(&clock), now_ms + cases[i].back_ms);
		clock_fake_advance(&clock, -cases[i].back_ms);
		CHECK_INT(time_of_next(&clock), now_ms + cases[i].kept_ms);
	}
}

static void test_parse(void)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {
		{ "0197540a-0923-7abc-8def-0123456789ab", true },
		{ "ffffffff-ffff-7fff-bfff-ffffffffffff", true },
		{ "0197540A-0923-7abc-8def-0123456789ab", false },
		{ "0197540a-0923-4abc-8def-0123456789ab", false },
		{ "0197540a-0923-7abc-7def-0123456789ab", false },
		{ "0197540a-0923-7abc-cdef-0123456789ab", false },
		{ "0197540a-0923-7abc-8def-0123456789a", false },
		{ "0197540a-0923-7abc-8def-0123456789abc", false },
		{ "0197540a00923-7abc-8def-0123456789ab", false },
		{ "0197540a-0923-7abc-8def-0123456789a-", false },
		{ "0197540a-0923-7abc-8def-0123456789ag", false },
		{ "", false },
	};
	int64_t ms = -7;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].text;
		CHECK_INT(uuid_v7_parse(str_from(cases[i].text), NULL), cases[i].ok);
	}
	CHECK(!uuid_v7_parse((struct str){ "0197540a-0923-7abc-\0def-0123456789ab", 36 }, &ms));
	CHECK_INT(ms, -7);
	CHECK(uuid_v7_parse(STR("ffffffff-ffff-7fff-bfff-ffffffffffff"), &ms));
	CHECK_INT(ms, (INT64_C(1) << 48) - 1);
}

static void test_floor(void)
{
	char floor[UUID_TEXT_SIZE];
	int64_t ms = 0;

	uuid_v7_floor(INT64_C(1749465045123), floor);
	CHECK(uuid_v7_parse(str_from(floor), &ms));
	CHECK_INT(ms, INT64_C(1749465045123));
	CHECK_TEXT(floor + 13, "-7000-8000-000000000000");
	uuid_v7_floor(0, floor);
	CHECK_TEXT(floor, "00000000-0000-7000-8000-000000000000");
}

enum { THREADS = 4, IDS_EACH = 5000 };

static char made[THREADS * IDS_EACH][UUID_TEXT_SIZE];

static void *make_ids(void *first)
{
	char(*ids)[UUID_TEXT_SIZE] = first;

	for (int i = 0; i < IDS_EACH; i++)
		uuid_v7(&clock_system, ids[i]);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void test_threads(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, make_ids, made[i * IDS_EACH]) != 0)
			test_die("pthread_create");
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	qsort(made, THREADS * IDS_EACH, sizeof(made[0]), compare);
	for (int i = 1; i < THREADS * IDS_EACH; i++)
		if (strcmp(made[i - 1], made[i]) == 0)
			TEST_FAIL("%s twice", made[i]);
	CHECK(made[0][0] != '\0');
}

static const struct test tests[] = {
	{ "form", test_form },
	{ "order", test_order },
	{ "set back", test_set_back },
	{ "parse", test_parse },
	{ "floor", test_floor },
	{ "threads", test_threads },
};

TEST_MAIN(tests)
