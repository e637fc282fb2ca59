#include "suggest.h"

#include "test.h"

static void test_nearest(void)
{
	static const char *const words[] = { "up", "submit", "health", "token", "queue",
		"context" };
	static const struct {
		const char *typed, *want; /* "": nothing is near enough */
	} cases[] = {
		{ "sumbit", "submit" },
		{ "submi", "submit" },
		{ "submitt", "submit" },
		{ "helth", "health" },
		{ "tokne", "token" },
		{ "ueue", "queue" },
		{ "cnotext", "context" },
		{ "pu", "up" },
		{ "x", "" },
		{ "zzzzzz", "" },
		{ "", "" },
		{ "submitsubmit", "" },
		{ "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct suggest s;

		test_case = cases[i].typed;
		suggest_init(&s, str_from(cases[i].typed));
		for (size_t w = 0; w < ARRAY_SIZE(words); w++)
			suggest_try(&s, str_from(words[w]), str_from(words[w]));
		CHECK_STR(s.best, str_from(cases[i].want));
	}
}

/* What is shown need not be what was compared. */
static void test_shown(void)
{
	struct suggest s;

	suggest_init(&s, STR("redriv"));
	suggest_try(&s, STR("redrive"), STR("dlq redrive"));
	CHECK_STR(s.best, STR("dlq redrive"));
}

static const struct test tests[] = { { "nearest", test_nearest }, { "shown", test_shown } };

TEST_MAIN(tests)
