#include "json_indent.h"

#include "json.h"

#include "test.h"

static const struct {
	const char *json, *want;
} cases[] = {
	{ "", "" },
	{ "1", "1" },
	{ "{}", "{}" },
	{ "[]", "[]" },
	{ "[{},[]]", "[\n  {},\n  []\n]" },
	{ "{\"a\":1,\"b\":[2,3]}", "{\n  \"a\": 1,\n  \"b\": [\n    2,\n    3\n  ]\n}" },
	{ "{\"a\\\"{,:\":\"}]\\\\\"}", "{\n  \"a\\\"{,:\": \"}]\\\\\"\n}" },
	{ "\"{\"", "\"{\"" },
};

/* Also of what is no JSON: nothing is lost, nothing beyond it is read. */
static void test_indent(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = BUF_INIT(1024);

		test_case = cases[i].json;
		json_indent(str_from(cases[i].json), &out);
		CHECK_TEXT(buf_text(&out), cases[i].want);
		buf_release(&out);
	}
}

static const struct test tests[] = { { "indent", test_indent } };

TEST_MAIN(tests)
