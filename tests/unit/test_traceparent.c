#include "traceparent.h"

#include "data.h"

/* The value of the one traceparent header of a case; false when there is none, or two. */
static bool header_of(const struct json *headers, struct str *out)
{
	unsigned found = 0;

	for (size_t i = 0; i < json_count(headers); i++) {
		const struct json *pair = json_at(headers, i);

		if (!str_eq_nocase(str_from(json_get_text(json_at(pair, 0), "")),
			STR("traceparent")))
			continue;
		*out = str_from(json_get_text(json_at(pair, 1), ""));
		found++;
	}
	return found == 1;
}

static void test_vectors(void)
{
	struct json *doc = data_load("traceparent/traceparent.json");
	const struct json *cases = json_get(doc, "cases");

	for (size_t i = 0; i < data_count(cases); i++) {
		const struct json *c = json_at(cases, i);
		struct traceparent t;
		struct str value;
		bool kept = header_of(json_get(c, "headers"), &value) &&
		    traceparent_parse(value, &t);

		test_case = json_get_text(json_get(c, "name"), "?");
		CHECK_INT(kept, json_get_bool(json_get(c, "keep_trace_id"), false));
		if (kept)
			CHECK_TEXT(t.trace_id, "12345678901234567890123456789012");
	}
	CHECK_INT(json_count(cases), 38);
	json_free(doc);
}

static const char valid[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

static void test_fields(void)
{
	char text[TRACEPARENT_SIZE];
	struct traceparent t;

	CHECK(traceparent_parse(str_from(valid), &t));
	CHECK_TEXT(t.trace_id, "0af7651916cd43dd8448eb211c80319c");
	CHECK_TEXT(t.span_id, "b7ad6b7169203331");
	CHECK_TEXT(t.flags, "01");
	traceparent_format(&t, text);
	CHECK_TEXT(text, valid);
	CHECK(traceparent_parse(STR("fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"),
	    &t));
	traceparent_format(&t, text);
	CHECK_TEXT(text, valid);
}

static void test_limits(void)
{
	struct traceparent t = { .trace_id = "kept" };
	char text[sizeof(valid)];

	CHECK(!traceparent_parse(STR_NONE, &t));
	CHECK(!traceparent_parse(STR("   "), &t));
	for (size_t n = 0; n < TRACEPARENT_LEN; n++)
		CHECK(!traceparent_parse((struct str){ valid, n }, &t));
	CHECK(!traceparent_parse(STR("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n"),
	    &t));
	CHECK(
	    !traceparent_parse(STR("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"), &t));
	for (size_t i = 0; i < TRACEPARENT_LEN; i++) { /* no byte may be something else */
		memcpy(text, valid, sizeof(text));
		text[i] = 'g';
		CHECK(!traceparent_parse((struct str){ text, TRACEPARENT_LEN }, &t));
	}
	CHECK_TEXT(t.trace_id, "kept");
}

static void test_new_span(void)
{
	struct traceparent t = { 0 }, before;
	char text[TRACEPARENT_SIZE];

	traceparent_new_span(&t);
	traceparent_format(&t, text);
	before = t;
	CHECK(traceparent_parse(str_from(text), &t));
	CHECK_TEXT(t.trace_id, before.trace_id);
	CHECK_TEXT(t.flags, "00");

	CHECK(traceparent_parse(str_from(valid), &t));
	traceparent_new_span(&t);
	CHECK_TEXT(t.trace_id, "0af7651916cd43dd8448eb211c80319c");
	CHECK_TEXT(t.flags, "01");
	CHECK(strcmp(t.span_id, "b7ad6b7169203331") != 0);
	CHECK(strcmp(t.span_id, before.span_id) != 0);
}

static const struct test tests[] = {
	{ "w3c vectors", test_vectors },
	{ "fields", test_fields },
	{ "limits", test_limits },
	{ "new span", test_new_span },
};

TEST_MAIN(tests)
