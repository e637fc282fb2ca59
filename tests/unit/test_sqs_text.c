#include "queue_sqs_text.h"

#include "test.h"

#define WHOLE SIZE_MAX

static const struct {
	const char *name;
	struct str text;
	size_t good; /* WHOLE: all of it */
} rows[] = {
	{ "empty", { "", 0 }, WHOLE },
	{ "ASCII", { "\t\n\r ~\x7f", 6 }, WHOLE },
	{ "NUL", { "a\0b", 3 }, 1 },
	{ "U+0008", { "ab\x08", 3 }, 2 },
	{ "vertical tab", { "\x0b", 1 }, 0 },
	{ "form feed", { "\x0c", 1 }, 0 },
	{ "U+000E", { "\x0e", 1 }, 0 },
	{ "U+001F", { "abc\x1f", 4 }, 3 },
	{ "U+0080", { "\xc2\x80", 2 }, WHOLE },
	{ "U+07FF", { "\xdf\xbf", 2 }, WHOLE },
	{ "U+0800", { "\xe0\xa0\x80", 3 }, WHOLE },
	{ "U+D7FF", { "\xed\x9f\xbf", 3 }, WHOLE },
	{ "U+D800", { "x\xed\xa0\x80", 4 }, 1 },
	{ "U+DFFF", { "\xed\xbf\xbf", 3 }, 0 },
	{ "U+E000", { "\xee\x80\x80", 3 }, WHOLE },
	{ "U+FDD0, a noncharacter, is taken", { "\xef\xb7\x90", 3 }, WHOLE },
	{ "U+FFFD", { "\xef\xbf\xbd", 3 }, WHOLE },
	{ "U+FFFE", { "ab\xef\xbf\xbe", 5 }, 2 },
	{ "U+FFFF", { "\xef\xbf\xbf", 3 }, 0 },
	{ "U+10000", { "\xf0\x90\x80\x80", 4 }, WHOLE },
	{ "U+1FFFE is taken", { "\xf0\x9f\xbf\xbe", 4 }, WHOLE },
	{ "U+10FFFF", { "\xf4\x8f\xbf\xbf", 4 }, WHOLE },
	{ "U+110000", { "\xf4\x90\x80\x80", 4 }, 0 },
	{ "continuation alone", { "a\x80", 2 }, 1 },
	{ "overlong 2", { "\xc0\xaf", 2 }, 0 },
	{ "overlong 3", { "\xe0\x9f\xbf", 3 }, 0 },
	{ "overlong 4", { "\xf0\x8f\xbf\xbf", 4 }, 0 },
	{ "cut of 2", { "ab\xc3", 3 }, 2 },
	{ "cut of 3", { "\xe2\x82", 2 }, 0 },
	{ "cut of 4", { "\xf0\x9f\x98", 3 }, 0 },
	{ "third byte is none", { "\xe2\x82 ", 3 }, 0 },
	{ "fourth byte is none", { "\xf0\x9f\x98 ", 4 }, 0 },
	{ "F8", { "\xf8\x88\x80\x80\x80", 5 }, 0 },
	{ "FF", { "abc\xff", 4 }, 3 },
};

static void test_rows(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t want = rows[i].good == WHOLE ? rows[i].text.n : rows[i].good;

		test_case = rows[i].name;
		CHECK_INT(sqs_text_good(rows[i].text), want);
	}
}

static const struct test tests[] = {
	{ "rows", test_rows },
};

TEST_MAIN(tests)
