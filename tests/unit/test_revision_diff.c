/* What is different between two task definitions. */
#include "revision_diff.h"

#include "test.h"

#define DEFINITION(text) "{\"taskDefinition\":{" text "}}"
#define CONTAINERS(text) "\"containerDefinitions\":[" text "]"
#define CONTAINER(rest)  "{\"name\":\"api\"" rest "}"
#define SETTING(n, v)    ",\"environment\":[{\"name\":\"" n "\",\"value\":\"" v "\"}]"

static const struct {
	const char *name, *from, *to;
	const char *want; /* "path|from|to;" for each row */
} cases[] = {
	{ "nothing", DEFINITION("\"cpu\":\"256\""), DEFINITION("\"cpu\":\"256\""), "" },
	{ "a value", DEFINITION("\"cpu\":\"256\""), DEFINITION("\"cpu\":\"512\""), "cpu|256|512;" },
	{ "a number", DEFINITION("\"x\":1"), DEFINITION("\"x\":2.5"), "x|1|2.5;" },
	{ "history is none",
	    DEFINITION("\"revision\":1,\"status\":\"ACTIVE\",\"registeredBy\":\"a\""),
	    DEFINITION("\"revision\":2"), "" },
	{ "tags are beside it", DEFINITION(""), DEFINITION("\"tags\":[{\"key\":\"a\"}]"), "" },
	{ "empty lists are nothing", DEFINITION("\"volumes\":[]"), DEFINITION("\"placement\":{}"),
	    "" },
	{ "new", DEFINITION(""), DEFINITION("\"cpu\":\"512\""), "cpu||512;" },
	{ "gone", DEFINITION("\"cpu\":\"512\""), DEFINITION(""), "cpu|512|;" },
	{ "containers by name",
	    DEFINITION(CONTAINERS(CONTAINER(",\"image\":\"a\"") ",{\"name\":\"b\"}")),
	    DEFINITION(CONTAINERS("{\"name\":\"b\"}," CONTAINER(",\"image\":\"c\""))),
	    "containerDefinitions.api.image|a|c;" },
	{ "lists without names", DEFINITION("\"x\":[\"a\",\"b\"]"),
	    DEFINITION("\"x\":[\"a\",\"c\",\"d\"]"), "x.1|b|c;x.2||d;" },
	{ "settings are not shown", DEFINITION(CONTAINERS(CONTAINER(SETTING("A", "secret")))),
	    DEFINITION(CONTAINERS(CONTAINER(SETTING("A", "other")))),
	    "containerDefinitions.api.environment.A.value|(a value)|(another value);" },
	{ "new settings neither", DEFINITION(CONTAINERS(CONTAINER(""))),
	    DEFINITION(CONTAINERS(CONTAINER(SETTING("A", "secret")))),
	    "containerDefinitions.api.environment.A.value||(another value);" },
	{ "an object in place of a text", DEFINITION("\"x\":\"a\""), DEFINITION("\"x\":{\"y\":1}"),
	    "x.y||1;" },
	{ "no definition at all", "{}", "[]", "" },
};

static void render(const struct revision_diff *d, struct buf *out)
{
	for (size_t i = 0; i < d->count; i++)
		buf_addf(out, "%s|%s|%s;", d->rows[i].path, d->rows[i].from, d->rows[i].to);
}

static void compare(const char *from, const char *to, struct revision_diff *out)
{
	struct json *a, *b;
	struct err err;

	if (json_parse(str_from(from), &a, &err) != 0 || json_parse(str_from(to), &b, &err) != 0)
		test_die("%s", err.text);
	revision_diff(a, b, out);
	json_free(a);
	json_free(b);
}

static struct revision_diff diff;

static void test_cases(void)
{
	struct buf text = BUF_INIT(64 * 1024);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].name;
		compare(cases[i].from, cases[i].to, &diff);
		buf_reset(&text);
		render(&diff, &text);
		CHECK_STR(buf_str(&text), str_from(cases[i].want));
	}
	buf_release(&text);
}

static void test_limits(void)
{
	struct buf many = BUF_INIT(1024 * 1024);

	buf_adds(&many, "{\"taskDefinition\":{\"a\":\"");
	for (int i = 0; i < 1000; i++)
		buf_addc(&many, 'x');
	buf_adds(&many, "\"");
	for (int i = 0; i < DIFF_ROWS_MAX; i++)
		buf_addf(&many, ",\"k%d\":%d", i, i);
	buf_adds(&many, "}}");
	compare("{\"taskDefinition\":{\"a\":1}}", buf_text(&many), &diff);
	CHECK_INT(diff.count, DIFF_ROWS_MAX);
	CHECK_INT(diff.more, 1);
	CHECK_INT(strlen(diff.rows[0].to), DIFF_VALUE_SIZE - 1);
	buf_release(&many);
}

/* Of a definition that is too long to be compared as a whole a later part differs. */
static void add_large(struct buf *out, const char *cpu)
{
	buf_adds(out, "{\"taskDefinition\":{");
	for (int i = 0; i < 100; i++)
		buf_addf(out, "\"k%d\":\"%01000d\",", i, i);
	buf_addf(out, "\"cpu\":\"%s\"}}", cpu);
}

static void test_large(void)
{
	struct buf from = BUF_INIT(1024 * 1024), to = BUF_INIT(1024 * 1024);

	add_large(&from, "256");
	add_large(&to, "512");
	compare(buf_text(&from), buf_text(&to), &diff);
	CHECK_INT(diff.count, 1);
	CHECK_TEXT(diff.rows[0].path, "cpu");
	buf_release(&from);
	buf_release(&to);
}

static const struct test tests[] = {
	{ "cases", test_cases },
	{ "limits", test_limits },
	{ "large", test_large },
};

TEST_MAIN(tests)
