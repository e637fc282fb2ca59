#include "count.h"

#include "test.h"

static void test_text(void)
{
	static const struct {
		uint64_t n;
		const char *noun, *text;
	} cases[] = {
		{ 0, "line", "0 lines" },
		{ 1, "line", "1 line" },
		{ 2, "dead letter", "2 dead letters" },
		{ UINT64_MAX, "byte", "18446744073709551615 bytes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_TEXT(COUNT(cases[i].n, cases[i].noun), cases[i].text);
}

static const struct test tests[] = {
	{ "text", test_text },
};

TEST_MAIN(tests)
