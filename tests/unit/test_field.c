#include "field.h"

#include "test.h"

static void test_copy(void)
{
	static const struct {
		const char *name, *text, *want; /* into 8 bytes */
	} cases[] = {
		{ "empty", "", "" },
		{ "short", "abc", "abc" },
		{ "fits", "1234567", "1234567" },
		{ "one too many", "12345678", "1234567" },
		{ "control characters", "a\033[1m\n\t", "a?[1m??" },
		{ "delete", "\x7f", "?" },
		{ "a character is not cut", "12345\xc3\xa4\xc3\xa4", "12345\xc3\xa4" },
		{ "nor one of four bytes", "12345\xf0\x9f\x98\x80", "12345" },
		{ "not UTF-8", "\xff\xfe", "\xff\xfe" },
	};
	char out[8];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].name;
		field_copy(out, sizeof(out), cases[i].text);
		CHECK_TEXT(out, cases[i].want);
	}
}

static struct json *parse(const char *text)
{
	struct json *doc;
	struct err err;

	if (json_parse(str_from(text), &doc, &err) != 0)
		test_die("%s: %s", text, err.text);
	return doc;
}

static void test_json(void)
{
	struct json *doc = parse("{\"a\":\"text\",\"n\":7,\"null\":null,\"long\":\"0123456789\"}");
	struct err err;
	char out[8];

	field_json(out, sizeof(out), doc, "a");
	CHECK_TEXT(out, "text");
	field_json(out, sizeof(out), doc, "n");
	CHECK_TEXT(out, "");
	field_json(out, sizeof(out), doc, "null");
	CHECK_TEXT(out, "");
	field_json(out, sizeof(out), doc, "absent");
	CHECK_TEXT(out, "");
	CHECK_OK(field_json_name(out, sizeof(out), doc, "a", &err), &err);
	CHECK_ERR(field_json_name(out, sizeof(out), doc, "long", &err), &err, ERR_CORRUPT);
	CHECK_TEXT(err.text, "long: longer than 7 bytes");
	json_free(doc);
}

static void test_time(void)
{
	static const struct {
		const char *value;
		int64_t ms;
	} cases[] = {
		{ "1763712000", INT64_C(1763712000000) },
		{ "1763712000.123", INT64_C(1763712000123) },
		{ "\"2025-11-21T08:00:00Z\"", INT64_C(1763712000000) },
		{ "0", 0 },
		{ "-5", 0 },
		{ "1e300", 0 },
		{ "null", 0 },
		{ "\"yesterday\"", 0 },
	};
	char text[64];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json *doc;

		test_case = cases[i].value;
		(void)snprintf(text, sizeof(text), "{\"at\":%s}", cases[i].value);
		doc = parse(text);
		CHECK_INT(field_json_ms(doc, "at"), cases[i].ms);
		json_free(doc);
	}
}

static void test_xml(void)
{
	struct xml *root;
	struct err err;
	char out[8];

	CHECK_OK(xml_parse(STR("<r><a>text</a><n> 80 </n><minus>-1</minus>"
			       "<many>99999999999</many><long>0123456789</long></r>"),
		     &root, &err),
	    &err);
	field_xml(out, sizeof(out), root, "a");
	CHECK_TEXT(out, "text");
	CHECK_INT(field_xml_int(root, "n", 5), 80);
	CHECK_INT(field_xml_int(root, "minus", 5), 5);
	CHECK_INT(field_xml_int(root, "many", 5), 5);
	CHECK_INT(field_xml_int(root, "absent", 5), 5);
	CHECK_ERR(field_xml_name(out, sizeof(out), root, "long", &err), &err, ERR_CORRUPT);
	xml_free(root);
}

static void test_choice(void)
{
	static const char *const names[] = { NULL, "ONE", "TWO" };

	CHECK_INT(field_choice("TWO", names, ARRAY_SIZE(names), 0), 2);
	CHECK_INT(field_choice("two", names, ARRAY_SIZE(names), 0), 0);
	CHECK_INT(field_choice("", names, ARRAY_SIZE(names), 9), 9);
}

static const struct test tests[] = {
	{ "copy", test_copy },
	{ "json", test_json },
	{ "time", test_time },
	{ "xml", test_xml },
	{ "choice", test_choice },
};

TEST_MAIN(tests)
