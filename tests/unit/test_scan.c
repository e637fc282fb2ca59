#include "scan.h"
#include "test.h"

static void test_good(void)
{
	static const struct {
		const char *text;
		enum scan_kind kind;
	} cases[] = {
		{ "{}", SCAN_OBJECT },
		{ " \t\r\n{ \t\r\n} \t\r\n", SCAN_OBJECT },
		{ "{\"a\":1,\"a\":2}", SCAN_OBJECT },
		{ "{\"\":\"\"}", SCAN_OBJECT },
		{ "{ \"a\" : { } , \"b\" : [ ] }", SCAN_OBJECT },
		{ "[]", SCAN_ARRAY },
		{ "[[],{},[{}],1,\"\",true,false,null]", SCAN_ARRAY },
		{ "\"\"", SCAN_STRING },
		{ "\"\x7f\"", SCAN_STRING },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", SCAN_STRING },
		{ "\"\\u0001\\uFfFf\\ufffe\\ud83C\\uDf89\\ue000\"", SCAN_STRING },
		{ "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd\"",
		    SCAN_STRING },
		{ "\"\xf0\x90\x80\x80\xf0\x9f\xbf\xbe\xf4\x8f\xbf\xbf\"", SCAN_STRING },
		{ "0", SCAN_NUMBER },
		{ "-0", SCAN_NUMBER },
		{ "12345678901234567890123456789012345678901234567890", SCAN_NUMBER },
		{ "-1.50e-07", SCAN_NUMBER },
		{ "0E+0", SCAN_NUMBER },
		{ "1e999", SCAN_NUMBER },
		{ "true", SCAN_TRUE },
		{ " false ", SCAN_FALSE },
		{ "null", SCAN_NULL },
	};
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum scan_kind kind = SCAN_NULL;

		test_case = cases[i].text;
		CHECK_OK(scan_check(str_from(cases[i].text), &kind, &err), &err);
		CHECK_INT(kind, cases[i].kind);
	}
}

struct bad_case {
	struct str text;
	const char *says;
};

static void check_bad(const struct bad_case *cases, size_t count)
{
	enum scan_kind kind;
	struct err err;

	for (size_t i = 0; i < count; i++) {
		test_case = cases[i].says;
		CHECK_ERR(scan_check(cases[i].text, &kind, &err), &err, ERR_INVALID);
		if (!str_contains(str_from(err.text), str_from(cases[i].says)))
			TEST_FAIL("case %zu says '%s'", i, err.text);
	}
}

static void test_bad_structure(void)
{
	static const struct bad_case cases[] = {
		{ { "", 0 }, "byte 0: expected a value" },
		{ { NULL, 0 }, "byte 0: expected a value" },
		{ { "  ", 2 }, "byte 2: expected a value" },
		{ { "\xef\xbb\xbf{}", 5 }, "byte 0: expected a value" },
		{ { "{", 1 }, "byte 1: expected a member's name" },
		{ { "}", 1 }, "byte 0: expected a value" },
		{ { "{]", 2 }, "byte 1: expected a member's name" },
		{ { "[}", 2 }, "byte 1: expected a value" },
		{ { "[1}", 3 }, "byte 2: expected ',' or ']'" },
		{ { "{\"a\":1]", 7 }, "byte 6: expected ',' or '}'" },
		{ { "{}{}", 4 }, "byte 2: more after the value" },
		{ { "{} x", 4 }, "byte 3: more after the value" },
		{ { "{}\0", 3 }, "byte 2: more after the value" },
		{ { "{\"a\"}", 5 }, "byte 4: expected ':'" },
		{ { "{\"a\":}", 6 }, "byte 5: expected a value" },
		{ { "{\"a\":1,}", 8 }, "byte 7: expected a member's name" },
		{ { "{,}", 3 }, "byte 1: expected a member's name" },
		{ { "{a:1}", 5 }, "byte 1: expected a member's name" },
		{ { "{'a':1}", 7 }, "byte 1: expected a member's name" },
		{ { "[1,]", 4 }, "byte 3: expected a value" },
		{ { "[1 2]", 5 }, "byte 3: expected ',' or ']'" },
		{ { "[/**/]", 6 }, "byte 1: expected a value" },
		{ { "tru", 3 }, "byte 0: expected a value" },
		{ { "True", 4 }, "byte 0: expected a value" },
	};

	check_bad(cases, ARRAY_SIZE(cases));
}

static void test_bad_numbers(void)
{
	static const struct bad_case cases[] = {
		{ { "01", 2 }, "byte 1: more after the value" },
		{ { "-", 1 }, "byte 1: expected a digit" },
		{ { "+1", 2 }, "byte 0: expected a value" },
		{ { ".5", 2 }, "byte 0: expected a value" },
		{ { "1.", 2 }, "byte 2: expected a digit" },
		{ { "1.e5", 4 }, "byte 2: expected a digit" },
		{ { "1e", 2 }, "byte 2: expected a digit" },
		{ { "1e+-2", 5 }, "byte 3: expected a digit" },
		{ { "0x10", 4 }, "byte 1: more after the value" },
		{ { "NaN", 3 }, "byte 0: expected a value" },
		{ { "Infinity", 8 }, "byte 0: expected a value" },
	};

	check_bad(cases, ARRAY_SIZE(cases));
}

static void test_bad_strings(void)
{
	static const struct bad_case cases[] = {
		{ { "\"", 1 }, "byte 1: a string without its end" },
		{ { "\"12345678", 9 }, "byte 9: a string without its end" },
		{ { "\"\\", 2 }, "byte 2: no such escape" },
		{ { "\"\\\"", 3 }, "byte 3: a string without its end" },
		{ { "\"\\x41\"", 6 }, "byte 2: no such escape" },
		{ { "\"\\\0\"", 4 }, "byte 2: no such escape" },
		{ { "\"\\U0041\"", 8 }, "byte 2: no such escape" },
		{ { "\"\\u004\"", 7 }, "byte 3: \\u needs four hex digits" },
		{ { "\"\\u00g0\"", 8 }, "byte 3: \\u needs four hex digits" },
		{ { "\"\\u0000\"", 8 }, "byte 3: \\u0000 is not allowed" },
		{ { "\"\\ud800\"", 8 }, "byte 3: a lone surrogate" },
		{ { "\"\\udc00\"", 8 }, "byte 3: a lone surrogate" },
		{ { "\"\\ud800\\n\"", 10 }, "byte 3: a lone surrogate" },
		{ { "\"\\ud800\\ud800\"", 14 }, "byte 3: a lone surrogate" },
		{ { "\"\\ud800\\u0041\"", 14 }, "byte 3: a lone surrogate" },
		{ { "\"\\udc00\\ud800\"", 14 }, "byte 3: a lone surrogate" },
		{ { "\"\\ud800xxdc00\"", 14 }, "byte 3: a lone surrogate" },
		{ { "\"\t\"", 3 }, "byte 1: a raw control character" },
		{ { "\"1234567\n\"", 10 }, "byte 8: a raw control character" },
		{ { "\"\x1f\"", 3 }, "byte 1: a raw control character" },
		{ { "\"\0\"", 3 }, "byte 1: a raw control character" },
	};

	check_bad(cases, ARRAY_SIZE(cases));
}

static void test_bad_utf8(void)
{
	static const struct bad_case cases[] = {
		{ { "\"\x80\"", 3 }, "byte 1: not UTF-8" },
		{ { "\"1234567\xff\"", 10 }, "byte 8: not UTF-8" },
		{ { "\"\xc0\x80\"", 4 }, "byte 1: not UTF-8" },
		{ { "\"\xc1\xbf\"", 4 }, "byte 1: not UTF-8" },
		{ { "\"\xc2\"", 3 }, "byte 1: not UTF-8" },
		{ { "\"\xe0\x9f\xbf\"", 5 }, "byte 1: not UTF-8" },
		{ { "\"\xe2\x82\"", 4 }, "byte 1: not UTF-8" },
		{ { "\"\xed\xa0\x80\"", 5 }, "byte 1: not UTF-8" },
		{ { "\"\xed\xbf\xbf\"", 5 }, "byte 1: not UTF-8" },
		{ { "\"\xf0\x8f\xbf\xbf\"", 6 }, "byte 1: not UTF-8" },
		{ { "\"\xf4\x90\x80\x80\"", 6 }, "byte 1: not UTF-8" },
		{ { "\"\xf5\x80\x80\x80\"", 6 }, "byte 1: not UTF-8" },
		{ { "\"\xf8\x88\x80\x80\x80\"", 7 }, "byte 1: not UTF-8" },
		{ { "\"\xf0\x9f\x8e", 4 }, "byte 1: not UTF-8" },
		{ { "\"\xef\xbf\xbe\"", 5 }, "byte 1: U+FFFE and U+FFFF must be escaped" },
		{ { "\"\xef\xbf\xbf\"", 5 }, "byte 1: U+FFFE and U+FFFF must be escaped" },
		{ { "{\"a\xff\":1}", 8 }, "byte 3: not UTF-8" },
	};

	check_bad(cases, ARRAY_SIZE(cases));
}

/* `depth` containers, alternately arrays and objects. */
static void add_nested(struct buf *out, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_adds(out, i % 2 ? "{\"a\":" : "[");
	buf_adds(out, "0");
	for (unsigned i = depth; i-- > 0;)
		buf_adds(out, i % 2 ? "}" : "]");
}

static void test_depth(void)
{
	struct buf text = BUF_INIT(64 * 1024);
	enum scan_kind kind;
	struct err err;

	add_nested(&text, SCAN_DEPTH_MAX);
	CHECK_OK(scan_check(buf_str(&text), &kind, &err), &err);
	buf_reset(&text);
	add_nested(&text, SCAN_DEPTH_MAX + 1);
	CHECK_ERR(scan_check(buf_str(&text), &kind, &err), &err, ERR_INVALID);
	buf_reset(&text);
	for (size_t i = 0; i < 60000; i++)
		buf_addc(&text, '[');
	CHECK_ERR(scan_check(buf_str(&text), &kind, &err), &err, ERR_INVALID);
	buf_release(&text);
}

static const char sample[] = "{\"a\":[1,{\"b\":\"\\u00e9\\ud83c\\udf89 \xc3\xa9 and more text\"},"
			     "-1.5e+3,true,false,null],\"c\":{}}";

/* An object lacks its brace until the last byte: no part of a body is a body. */
static void test_every_prefix(void)
{
	struct str whole = str_from(sample);
	enum scan_kind kind;
	struct err err;

	CHECK_OK(scan_check(whole, &kind, &err), &err);
	for (size_t n = 0; n < whole.n; n++)
		CHECK_ERR(scan_check(str_slice(whole, 0, n), &kind, &err), &err, ERR_INVALID);
}

/* Plain bytes are skipped eight at a time: an odd byte must be seen wherever it stands. */
static void test_every_alignment(void)
{
	static const char bad[] = { '\n', '\0', '\x1f', '\x80', '\xff' };
	enum scan_kind kind;
	struct err err;

	for (size_t length = 1; length <= 40; length++) {
		for (size_t at = 0; at < length; at++) {
			char text[64];

			memset(text, 'x', sizeof(text));
			text[0] = text[length + 1] = '"';
			for (size_t k = 0; k < ARRAY_SIZE(bad); k++) {
				text[1 + at] = bad[k];
				CHECK_ERR(scan_check((struct str){ text, length + 2 }, &kind, &err),
				    &err, ERR_INVALID);
			}
			text[1 + at] = '~';
			CHECK_OK(scan_check((struct str){ text, length + 2 }, &kind, &err), &err);
		}
	}
}

static void test_members(void)
{
	static const struct {
		const char *key, *value, *whole;
		enum scan_kind kind;
	} wants[] = {
		{ "a", "1", "\"a\" : 1", SCAN_NUMBER },
		{ "b", "\"},{\\\"\"", "\"b\":\"},{\\\"\"", SCAN_STRING },
		{ "c\\\"", "{\"x\":[1,{\"y\":\"]}\"}]}", "\"c\\\"\":{\"x\":[1,{\"y\":\"]}\"}]}",
		    SCAN_OBJECT },
		{ "", "[ ]", "\"\":\n[ ]", SCAN_ARRAY },
		{ "\\\\", "\"\\\\\\\\\"", "\"\\\\\":\"\\\\\\\\\"", SCAN_STRING },
		{ "t", "true", "\"t\":true", SCAN_TRUE },
		{ "f", "false", "\"f\":false", SCAN_FALSE },
		{ "n", "null", "\"n\":null", SCAN_NULL },
		{ "e", "-1.5E+3", "\"e\":-1.5E+3", SCAN_NUMBER },
	};
	struct str text = STR(
	    " { \"a\" : 1 , \"b\":\"},{\\\"\",\"c\\\"\":{\"x\":[1,{\"y\":\"]}\"}]}"
	    ",\"\":\n[ ],\"\\\\\":\"\\\\\\\\\",\"t\":true,\"f\":false,\"n\":null,\"e\":-1.5E+3 } ");
	struct scan_members it;
	struct scan_member m;
	enum scan_kind kind;
	struct err err;

	CHECK_OK(scan_check(text, &kind, &err), &err);
	scan_members_init(&it, text);
	for (size_t i = 0; i < ARRAY_SIZE(wants); i++) {
		CHECK(scan_members_next(&it, &m));
		CHECK_STR(m.key, str_from(wants[i].key));
		CHECK_STR(m.value, str_from(wants[i].value));
		CHECK_STR(m.whole, str_from(wants[i].whole));
		CHECK_INT(m.kind, wants[i].kind);
	}
	CHECK(!scan_members_next(&it, &m));
	CHECK(!scan_members_next(&it, &m));
	scan_members_init(&it, STR("{}"));
	CHECK(!scan_members_next(&it, &m));
	scan_members_init(&it, STR(" { } "));
	CHECK(!scan_members_next(&it, &m));
}

static void test_unescape(void)
{
	static const struct {
		const char *raw, *text;
	} cases[] = {
		{ "", "" },
		{ "token", "token" },
		{ "tok\\u0065n", "token" },
		{ "\\u0074oken", "token" },
		{ "toke\\u006E", "token" },
		{ "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t" },
		{ "\\u00e9", "\xc3\xa9" },
		{ "\xc3\xa9", "\xc3\xa9" },
		{ "\\u20AC", "\xe2\x82\xac" },
		{ "\\uffff", "\xef\xbf\xbf" },
		{ "a\\ud83c\\udf89b",
		    "a\xf0\x9f\x8e\x89"
		    "b" },
		{ "\\ud800\\udc00\\udbff\\udfff", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
		{ "\\u007f\\u0080\\u07ff\\u0800", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80" },
	};
	struct buf out = BUF_INIT(64);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].raw;
		buf_reset(&out);
		scan_unescape(str_from(cases[i].raw), &out);
		CHECK_STR(buf_str(&out), str_from(cases[i].text));
		CHECK(scan_is(str_from(cases[i].raw), str_from(cases[i].text)));
		CHECK(!scan_is(str_from(cases[i].raw), STR("other")));
	}
	buf_release(&out);
}

static void test_is_not(void)
{
	static const struct {
		const char *raw, *text;
	} cases[] = {
		{ "Token", "token" },
		{ "token ", "token" },
		{ "toke", "token" },
		{ "tokenn", "token" },
		{ "", "token" },
		{ "token", "" },
		{ "toke\\u006f", "token" },
		{ "token\\n", "token" },
		{ "tok\\ud83c\\udf89", "token" },
		{ "\\u0054oken", "token" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].raw;
		CHECK(!scan_is(str_from(cases[i].raw), str_from(cases[i].text)));
	}
}

static void test_content(void)
{
	CHECK_STR(scan_content(STR("\"\"")), STR(""));
	CHECK_STR(scan_content(STR("\"a\\\"b\"")), STR("a\\\"b"));
}

static const struct test tests[] = {
	{ "good", test_good },
	{ "bad structure", test_bad_structure },
	{ "bad numbers", test_bad_numbers },
	{ "bad strings", test_bad_strings },
	{ "bad UTF-8", test_bad_utf8 },
	{ "depth", test_depth },
	{ "every prefix", test_every_prefix },
	{ "every alignment", test_every_alignment },
	{ "members", test_members },
	{ "unescape", test_unescape },
	{ "is not", test_is_not },
	{ "content", test_content },
};

TEST_MAIN(tests)
