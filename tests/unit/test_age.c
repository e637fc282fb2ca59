#include "age.h"

#include "test.h"

static void test_text(void)
{
	static const struct {
		int64_t s;
		const char *text;
	} cases[] = {
		{ INT64_MIN, "0 s" },
		{ -1, "0 s" },
		{ 0, "0 s" },
		{ 119, "119 s" },
		{ 120, "2 min" },
		{ 7199, "119 min" },
		{ 7200, "2 h" },
		{ 172799, "47 h" },
		{ 172800, "2 days" },
		{ INT64_MAX, "106751991167300 days" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_TEXT(AGE(cases[i].s), cases[i].text);
}

static const struct test tests[] = {
	{ "text", test_text },
};

TEST_MAIN(tests)
