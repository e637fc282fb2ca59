/* bar.c: where a bar begins and ends. */
#include "bar.h"
#include "test.h"

static void test_bars(void)
{
	static const struct {
		const char *name;
		int64_t from, to, whole;
		const char *plain, *unicode;
	} cases[] = {
		{ "all", 0, 100, 100, "==========", "██████████" },
		{ "first half", 0, 50, 100, "=====", "█████" },
		{ "last half", 50, 100, 100, "     =====", "     █████" },
		{ "a sliver", 30, 30, 100, "   =", "   ▏" },
		{ "a sliver at the start", 0, 0, 100, "=", "▏" },
		{ "a sliver at the end", 100, 100, 100, "         =", "         █" },
		{ "an eighth", 10, 12, 100, " =", " ▏" },
		{ "seven eighths", 10, 19, 100, " =", " ▉" },
		{ "beyond", 90, 200, 100, "         =", "         █" },
		{ "before", -50, -10, 100, "=", "▏" },
		{ "backwards", 50, 20, 100, "     =", "     ▏" },
		{ "of nothing", 0, 0, 0, "=", "▏" },
		{ "of years", 0, INT64_C(1) << 50, INT64_C(1) << 51, "=====", "█████" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = BUF_INIT(100);

		test_case = cases[i].name;
		bar_add(&out, cases[i].from, cases[i].to, cases[i].whole, 10, false);
		CHECK_STR(buf_str(&out), str_from(cases[i].plain));
		buf_reset(&out);
		bar_add(&out, cases[i].from, cases[i].to, cases[i].whole, 10, true);
		CHECK_STR(buf_str(&out), str_from(cases[i].unicode));
		buf_release(&out);
	}
}

static const struct test tests[] = {
	{ "bars", test_bars },
};

TEST_MAIN(tests)
