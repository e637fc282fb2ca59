/* logline: what becomes of a line of a log. */
#include "logline.h"

#include "test.h"

/* As STR(), for tables. */
#define LITERAL(text)                                                                              \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

static const struct {
	const char *name;
	struct str line;
	const char *text, *level;
	int64_t at_ms;
	bool is_json;
} cases[] = {
	{ "empty", LITERAL(""), "", "", -1, false },
	{ "plain", LITERAL("just text"), "just text", "", -1, false },
	{ "ECS",
	    LITERAL(
		"{\"@timestamp\":\"2026-11-21T08:15:30.123Z\",\"log.level\":\"info\","
		"\"message\":\"stored\",\"ecs.version\":\"1.6.0\",\"service.name\":\"x\",\"records\":\"3\"}"),
	    "stored records=3", "info", 1795248930123, true },
	{ "other names",
	    LITERAL("{\"time\":\"2026-11-21T08:15:30Z\",\"level\":\"ERROR\",\"msg\":\"m\"}"), "m",
	    "ERROR", 1795248930000, true },
	{ "a time that is none", LITERAL("{\"time\":\"now\",\"msg\":\"m\"}"), "m", "", -1, true },
	{ "a number as message", LITERAL("{\"message\":1,\"n\":2.5}"), "n=2.5", "", -1, true },
	{ "values",
	    LITERAL(
		"{\"a\":\"\",\"b\":\"x y\",\"c\":\"q\\\"\",\"d\":null,\"e\":[1,{}],\"f\":true}"),
	    "a=\"\" b=\"x y\" c=\"q\\\"\" d=null e=[1,{}] f=true", "", -1, true },
	{ "no object", LITERAL("[1]"), "[1]", "", -1, false },
	{ "not whole", LITERAL("{\"message\":"), "{\"message\":", "", -1, false },
	{ "on two lines", LITERAL("{\"message\":\"m\",\n\"n\":1}"), "m n=1", "", -1, false },
	{ "a level that is none", LITERAL("{\"level\":\"\\u001b[2J\"}"), "", "", -1, true },
	{ "a level that is long", LITERAL("{\"level\":\"informational\"}"), "", "informa", -1,
	    true },
	{ "escapes", LITERAL("a\x1b[2J\x07\x7f"), "a?[2J??", "", -1, false },
	{ "escapes in JSON", LITERAL("{\"message\":\"a\\u001b]0;x\",\"k\\n\":\"\\u009b\"}"),
	    "a?]0;x k\n    =?", "", -1, true },
	{ "C1", LITERAL("\xc2\x9b\xc2\xa0"), "?\xc2\xa0", "", -1, false },
	{ "not UTF-8", LITERAL("a\xff\xc3"), "a??", "", -1, false },
	{ "further lines", LITERAL("Trace:\n  at x\tb"), "Trace:\n      at x b", "", -1, false },
};

static void test_lines(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text = BUF_INIT(4096);
		struct logline read;

		test_case = cases[i].name;
		logline_read(cases[i].line, &read, &text);
		CHECK_TEXT(buf_text(&text), cases[i].text);
		CHECK_TEXT(read.level, cases[i].level);
		CHECK_INT(read.at_ms, cases[i].at_ms);
		CHECK_INT(read.is_json, cases[i].is_json);
		buf_release(&text);
	}
}

static const struct test tests[] = {
	{ "lines", test_lines },
};

TEST_MAIN(tests)
