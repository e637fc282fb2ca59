#include "str.h"

#include "test.h"

static void test_eq(void)
{
	static const struct {
		struct str a, b;
		bool eq, eq_nocase;
	} cases[] = {
		{ { NULL, 0 }, { NULL, 0 }, true, true },
		{ { NULL, 0 }, { "", 0 }, true, true },
		{ { "abc", 3 }, { "abc", 3 }, true, true },
		{ { "abc", 3 }, { "ABC", 3 }, false, true },
		{ { "abc", 3 }, { "abd", 3 }, false, false },
		{ { "abc", 3 }, { "ab", 2 }, false, false },
		{ { "a\0b", 3 }, { "a\0b", 3 }, true, true },
		{ { "a\0b", 3 }, { "a\0c", 3 }, false, false },
		{ { "[", 1 }, { "{", 1 }, false, false }, /* 0x20 apart, but no letters */
		{ { "@", 1 }, { "`", 1 }, false, false },
		{ { "\xc3\x84", 2 }, { "\xc3\xa4", 2 }, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_INT(str_eq(cases[i].a, cases[i].b), cases[i].eq);
		CHECK_INT(str_eq_nocase(cases[i].a, cases[i].b), cases[i].eq_nocase);
	}
	CHECK(str_is(STR("abc"), "abc") && !str_is(STR("abc"), "abcd") && str_is(STR_NONE, ""));
	CHECK_INT(str_from(NULL).n, 0);
	CHECK_INT(str_from("abc").n, 3);
}

static void test_cmp(void)
{
	static const char *const ordered[] = { "", "A", "a", "ab", "abc", "b", "\x7f", "\x80",
		"\xff" };

	for (size_t i = 0; i < ARRAY_SIZE(ordered); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(ordered); k++) {
			int order = str_cmp(str_from(ordered[i]), str_from(ordered[k]));

			CHECK_INT((order > 0) - (order < 0), (i > k) - (i < k));
		}
	}
	CHECK_INT(str_cmp(STR_NONE, STR("")), 0);
}

static void test_parts(void)
{
	static const struct {
		const char *s, *part;
		bool prefix, suffix, contains;
	} cases[] = {
		{ "abcab", "ab", true, true, true },
		{ "abc", "bc", false, true, true },
		{ "abc", "b", false, false, true },
		{ "abc", "", true, true, true },
		{ "", "", true, true, true },
		{ "", "a", false, false, false },
		{ "abc", "abcd", false, false, false },
		{ "abc", "abc", true, true, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct str s = str_from(cases[i].s), part = str_from(cases[i].part);

		test_case = cases[i].s;
		CHECK_INT(str_has_prefix(s, part), cases[i].prefix);
		CHECK_INT(str_has_suffix(s, part), cases[i].suffix);
		CHECK_INT(str_contains(s, part), cases[i].contains);
	}
	CHECK(str_has_prefix(STR_NONE, STR_NONE) && str_contains(STR_NONE, STR_NONE));
}

static void test_slices(void)
{
	struct str s = STR("abcdef");

	CHECK_STR(str_slice(s, 0, 6), s);
	CHECK_STR(str_slice(s, 2, 4), STR("cd"));
	CHECK_STR(str_slice(s, 4, 2), STR(""));
	CHECK_STR(str_slice(s, 4, 99), STR("ef"));
	CHECK_STR(str_slice(s, 99, SIZE_MAX), STR(""));
	CHECK_STR(str_skip(s, 2), STR("cdef"));
	CHECK_STR(str_skip(s, 6), STR(""));
	CHECK_STR(str_skip(s, SIZE_MAX), STR(""));
	CHECK_STR(str_slice(STR_NONE, 0, 5), STR(""));
	CHECK(str_skip(STR_NONE, 3).p == NULL);
	CHECK_STR(str_trim(STR(" \t\r\na b\n ")), STR("a b"));
	CHECK_STR(str_trim(STR(" \n ")), STR(""));
	CHECK_STR(str_trim(STR_NONE), STR(""));
	CHECK_STR(str_trim(STR("\va\f")), STR("\va\f"));
}

static void test_cut(void)
{
	static const struct {
		const char *s;
		bool found;
		const char *head, *tail;
	} cases[] = {
		{ "a=b", true, "a", "b" },
		{ "a=b=c", true, "a", "b=c" },
		{ "=b", true, "", "b" },
		{ "a=", true, "a", "" },
		{ "=", true, "", "" },
		{ "ab", false, "ab", "" },
		{ "", false, "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct str s = str_from(cases[i].s), head, tail;

		test_case = cases[i].s;
		CHECK_INT(str_find(s, '='), strcspn(cases[i].s, "="));
		CHECK_INT(str_cut(s, '=', &head, &tail), cases[i].found);
		CHECK_STR(head, str_from(cases[i].head));
		CHECK_STR(tail, str_from(cases[i].tail));
		head = s;
		(void)str_cut(head, '=', &head, &tail);
		CHECK_STR(head, str_from(cases[i].head));
		tail = s;
		(void)str_cut(tail, '=', &head, &tail);
		CHECK_STR(tail, str_from(cases[i].tail));
	}
	CHECK_INT(str_find(STR_NONE, 'a'), 0);
	CHECK_INT(str_find((struct str){ "a\0b", 3 }, 'b'), 2);
}

static void test_behind_last(void)
{
	static const struct {
		const char *text, *behind;
	} cases[] = {
		{ "", "" },
		{ "name", "name" },
		{ "a/name", "name" },
		{ "a/b/name", "name" },
		{ "/name", "name" },
		{ "a/", "" },
		{ "/", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].text;
		CHECK_TEXT(str_behind_last(cases[i].text, '/'), cases[i].behind);
	}
}

static void test_to_u64(void)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ "007", true, 7 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "184467440737095516150", false, 0 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "0x1", false, 0 },
		{ "1:", false, 0 },
		{ "1/", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 99;

		test_case = cases[i].text;
		CHECK_INT(str_to_u64(str_from(cases[i].text), &value), cases[i].ok);
		CHECK(value == (cases[i].ok ? cases[i].value : 99));
	}
	CHECK(!str_to_u64(STR_NONE, &(uint64_t){ 0 }));
}

static void test_only(void)
{
	CHECK(str_only(STR("abba"), "ab"));
	CHECK(!str_only(STR("abc"), "ab"));
	CHECK(str_only(STR_NONE, "ab"));
	CHECK(str_only(STR(""), ""));
	CHECK(!str_only((struct str){ "a\0", 2 }, "ab")); /* a set's own NUL is not in the set */
}

static void test_utf8_length(void)
{
	static const struct {
		struct str in;
		size_t length;
	} rows[] = {
		{ { "a", 1 }, 1 },
		{ { "\0", 1 }, 1 },
		{ { "\x7f", 1 }, 1 },
		{ { "\x80", 1 }, 0 },
		{ { "\xc1\xbf", 2 }, 0 }, /* overlong */
		{ { "\xc2\x80"
		    "b",
		      3 },
		    2 },
		{ { "\xc2", 1 }, 0 }, /* cut */
		{ { "\xe0\x9f\xbf", 3 }, 0 },
		{ { "\xed\x9f\xbf", 3 }, 3 },
		{ { "\xed\xa0\x80", 3 }, 0 }, /* a surrogate */
		{ { "\xef\xbf\xbf", 3 }, 3 },
		{ { "\xe2\x82"
		    "a",
		      3 },
		    0 },
		{ { "\xf0\x90\x80\x80", 4 }, 4 },
		{ { "\xf4\x8f\xbf\xbf", 4 }, 4 },
		{ { "\xf4\x90\x80\x80", 4 }, 0 }, /* behind U+10FFFF */
		{ { "\xf5\x80\x80\x80", 4 }, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_INT(str_utf8_length(rows[i].in), rows[i].length);
}

static void test_columns(void)
{
	CHECK_INT(str_columns(STR("")), 0);
	CHECK_INT(str_columns(STR("abc")), 3);
	CHECK_INT(str_columns(STR("gr\xc3\xbc\xc3\x9f")), 4);
	CHECK_INT(str_columns(STR("\xe2\x82\xac")), 1);
}

static const struct test tests[] = {
	{ "utf8_length", test_utf8_length },
	{ "columns", test_columns },
	{ "eq", test_eq },
	{ "cmp", test_cmp },
	{ "parts", test_parts },
	{ "slices", test_slices },
	{ "cut", test_cut },
	{ "behind last", test_behind_last },
	{ "to u64", test_to_u64 },
	{ "only", test_only },
};

TEST_MAIN(tests)
