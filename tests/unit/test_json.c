#include "json.h"

#include <math.h>

#include "test.h"

static void test_writer(void)
{
	struct buf out = BUF_INIT(1024);
	struct json_writer w;

	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_member_text(&w, "text", "a\"b");
	json_member_text(&w, "none", NULL);
	json_member_str(&w, "str", STR_NONE);
	json_member_int(&w, "int", INT64_MIN);
	json_member_uint(&w, "uint", UINT64_MAX);
	json_member_double(&w, "double", -1.25, 1);
	json_member_double(&w, "nan", (double)NAN, 1);
	json_member_double(&w, "inf", HUGE_VAL, 1);
	json_member_bool(&w, "yes", true);
	json_key(&w, "list");
	json_array_begin(&w);
	json_array_begin(&w);
	json_array_end(&w);
	json_object_begin(&w);
	json_object_end(&w);
	json_int(&w, 1);
	json_null(&w);
	json_bool(&w, false);
	json_raw(&w, STR("{\"r\":0}"));
	json_array_end(&w);
	json_key(&w, "a\nkey");
	json_object_begin(&w);
	json_member_int(&w, "x", 0);
	json_object_end(&w);
	json_object_end(&w);
	CHECK_STR(buf_str(&out),
	    STR("{\"text\":\"a\\\"b\",\"none\":null,\"str\":\"\",\"int\":-9223372036854775808,"
		"\"uint\":18446744073709551615,\"double\":-1.2,\"nan\":null,\"inf\":null,"
		"\"yes\":true,\"list\":[[],{},1,null,false,{\"r\":0}],\"a\\nkey\":{\"x\":0}}"));
	buf_release(&out);
}

static void test_escape(void)
{
	static const struct {
		struct str text;
		const char *want;
	} cases[] = {
		{ { "", 0 }, "" },
		{ { "plain / text", 12 }, "plain / text" },
		{ { "\"\\", 2 }, "\\\"\\\\" },
		{ { "\b\f\n\r\t", 5 }, "\\b\\f\\n\\r\\t" },
		{ { "\0\x01\x1f\x7f", 4 }, "\\u0000\\u0001\\u001f\\u007f" },
		{ { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\x89", 9 },
		    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\x89" },
		{ { "a\x80z", 3 }, "a\xef\xbf\xbdz" },
		{ { "\xc0\xaf", 2 }, "\xef\xbf\xbd\xef\xbf\xbd" },
		{ { "\xc3", 1 }, "\xef\xbf\xbd" },
		{ { "\xc3(", 2 }, "\xef\xbf\xbd(" },
		{ { "\xed\xa0\x80", 3 }, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ { "\xf4\x90\x80\x80", 4 }, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	};
	struct buf out = BUF_INIT(64);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		buf_reset(&out);
		json_escape(&out, cases[i].text);
		CHECK_STR(buf_str(&out), str_from(cases[i].want));
	}
	buf_release(&out);
}

/* What is written can be read, whatever its bytes. */
static void test_any_bytes(void)
{
	struct buf out = BUF_INIT(64);
	struct err err;

	for (unsigned c = 0; c < 65536; c++) {
		char bytes[] = { (char)(c >> 8), (char)c };
		struct json_writer w;
		struct json *doc;

		buf_reset(&out);
		json_writer_init(&w, &out);
		json_str(&w, (struct str){ bytes, 2 });
		CHECK_OK(json_parse(buf_str(&out), &doc, &err), &err);
		json_free(doc);
	}
	buf_release(&out);
}

static void test_writer_overflow(void)
{
	struct buf out = BUF_INIT(10);
	struct json_writer w;

	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_member_text(&w, "key", "a long value");
	json_object_end(&w);
	CHECK(out.full);
	CHECK(out.n <= 10);
	buf_release(&out);
}

static void test_reader(void)
{
	struct str text = STR(" {\"a\":{\"b\":[1,-2.5,\"x\",true,null]},\"A\":\"upper\","
			      "\"big\":9007199254740993e3,\"\":0} \n");
	const struct json *list;
	struct json *doc;
	struct err err;

	if (json_parse(text, &doc, &err) != 0)
		test_die("%s", err.text);
	list = json_get(json_get(doc, "a"), "b");
	CHECK_INT(json_count(list), 5);
	CHECK_INT(json_count(doc), 4);
	CHECK_INT(json_get_int(json_at(list, 0), -1), 1);
	CHECK(json_get_double(json_at(list, 1), 0) == -2.5);
	CHECK_INT(json_get_int(json_at(list, 1), 0), -2);
	CHECK_TEXT(json_get_text(json_at(list, 2), ""), "x");
	CHECK(json_get_bool(json_at(list, 3), false));
	CHECK(json_is_null(json_at(list, 4)) && !json_is_null(json_at(list, 0)));
	CHECK(json_at(list, 5) == NULL);
	CHECK_TEXT(json_get_text(json_get(doc, "A"), ""), "upper");
	CHECK_INT(json_get_int(json_get(doc, "big"), -7), -7);
	CHECK_TEXT(json_key_at(doc, 0), "a");
	CHECK_TEXT(json_key_at(doc, 3), "");
	CHECK(json_key_at(doc, 4) == NULL);
	json_free(doc);
}

/* A chain of look-ups ends in the fallback wherever it breaks. */
static void test_reader_absent(void)
{
	struct json *doc;
	struct err err;

	if (json_parse(STR("{\"n\":1,\"s\":\"x\",\"l\":[]}"), &doc, &err) != 0)
		test_die("%s", err.text);
	CHECK(json_get(json_get(json_get(doc, "no"), "such"), "path") == NULL);
	CHECK(json_get(json_get(doc, "n"), "x") == NULL);
	CHECK(json_at(json_get(doc, "l"), 0) == NULL);
	CHECK_INT(json_count(NULL), 0);
	CHECK(json_key_at(NULL, 0) == NULL);
	CHECK(json_is_null(NULL));
	CHECK_TEXT(json_get_text(json_get(doc, "n"), "fallback"), "fallback");
	CHECK_INT(json_get_int(json_get(doc, "s"), 7), 7);
	CHECK(json_get_bool(json_get(doc, "n"), true));
	CHECK(json_get_double(NULL, 0.5) == 0.5);
	json_free(doc);
	json_free(NULL);
}

static void test_reader_refuses(void)
{
	static const struct str texts[] = {
		{ NULL, 0 },
		{ "", 0 },
		{ " ", 1 },
		{ "{", 1 },
		{ "{}x", 3 },
		{ "{}{}", 4 },
		{ "[1,]", 4 },
		{ "nul", 3 },
		{ "\"abc", 4 },
		{ "{\"a\"}", 5 },
		{ "{\"a\":1,}", 8 },
		{ "{}\0", 3 },
	};
	struct json *doc = NULL;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		CHECK_ERR(json_parse(texts[i], &doc, &err), &err, ERR_INVALID);
	CHECK(doc == NULL);
}

static void test_reader_limits(void)
{
	enum { MAX = 64 * 1024 * 1024 };
	char *text = malloc(MAX + 1);
	struct json *doc = NULL;
	struct err err;

	if (!text)
		test_die("malloc");
	memset(text, ' ', MAX + 1);
	text[0] = '1';
	CHECK_OK(json_parse((struct str){ text, MAX }, &doc, &err), &err);
	json_free(doc);
	CHECK_ERR(json_parse((struct str){ text, MAX + 1 }, &doc, &err), &err, ERR_INVALID);
	memset(text, '[', MAX); /* the depth is limited, not the stack */
	CHECK_ERR(json_parse((struct str){ text, MAX }, &doc, &err), &err, ERR_INVALID);
	free(text);
}

static const struct test tests[] = {
	{ "writer", test_writer },
	{ "escape", test_escape },
	{ "any bytes", test_any_bytes },
	{ "writer overflow", test_writer_overflow },
	{ "reader", test_reader },
	{ "reader absent", test_reader_absent },
	{ "reader refuses", test_reader_refuses },
	{ "reader limits", test_reader_limits },
};

TEST_MAIN(tests)
