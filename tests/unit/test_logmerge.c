/* logmerge: the order of time, ties in the order of arrival, and its limits. */
#include "logmerge.h"

#include "test.h"

static bool add(struct logmerge *m, int64_t at_ms, int64_t got_ms, const char *message)
{
	const struct log_line line = {
		.at_ms = at_ms,
		.got_ms = got_ms,
		.id = STR("id"),
		.stream = STR("stream"),
		.message = str_from(message),
	};

	return logmerge_add(m, &line);
}

/* The messages that come out, one after the other. */
static void take_all(struct logmerge *m, int64_t before_ms, int64_t got_before_ms, char *out)
{
	struct log_line line;
	size_t n = 0;

	while (logmerge_take(m, before_ms, got_before_ms, &line)) {
		CHECK_STR(line.id, STR("id"));
		CHECK_STR(line.stream, STR("stream"));
		out[n++] = line.message.p[0];
	}
	out[n] = '\0';
}

static const struct {
	const char *name;
	int64_t before_ms, got_before_ms;
	const char *first, *rest;
} cases[] = {
	{ "none is due", 10, 0, "", "abcdef" },
	{ "those before", 30, 0, "ab", "cdef" },
	{ "that very moment is not before it", 20, 0, "a", "bcdef" },
	{ "all", INT64_MAX, 0, "abcdef", "" },
	{ "old in the heap, but not at its top", 10, 2, "", "abcdef" },
	{ "at its top for long", 10, 101, "ab", "cdef" },
};

static void test_order(void)
{
	char out[16];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct logmerge m = { .count = 0 };

		test_case = cases[i].name;
		CHECK(add(&m, 30, 500, "c") && add(&m, 10, 100, "a") && add(&m, 30, 1, "d") &&
		    add(&m, 20, 100, "b") && add(&m, 40, 500, "e") && add(&m, 50, 500, "f"));
		take_all(&m, cases[i].before_ms, cases[i].got_before_ms, out);
		CHECK_TEXT(out, cases[i].first);
		take_all(&m, INT64_MAX, 0, out);
		CHECK_TEXT(out, cases[i].rest);
		CHECK_INT(m.bytes, 0);
		logmerge_release(&m);
	}
}

/* Any order goes in, one comes out. */
static void test_many(void)
{
	struct logmerge m = { .count = 0 };
	struct log_line line;
	int64_t last_ms = -1;
	unsigned seed = 7, count = 0;

	for (int i = 0; i < 5000; i++) {
		seed = seed * 1103515245 + 12345;
		CHECK(add(&m, seed >> 20, 0, "x"));
	}
	while (logmerge_take(&m, INT64_MAX, 0, &line)) {
		CHECK(line.at_ms >= last_ms);
		last_ms = line.at_ms;
		count++;
	}
	CHECK_INT(count, 5000);
	logmerge_release(&m);
}

static void test_limits(void)
{
	struct logmerge m = { .count = 0 };
	const struct log_line empty = { .at_ms = 1 };
	struct log_line line;

	CHECK(!logmerge_take(&m, INT64_MAX, INT64_MAX, &line));
	for (int i = 0; i < LOGMERGE_LINES_MAX; i++)
		if (!logmerge_add(&m, &empty))
			TEST_FAIL("line %d found no room", i);
	CHECK(!logmerge_add(&m, &empty));
	CHECK(logmerge_take(&m, INT64_MAX, 0, &line));
	CHECK(logmerge_add(&m, &empty));
	logmerge_release(&m);
	CHECK_INT(m.count, 0);
}

static const struct test tests[] = {
	{ "order", test_order },
	{ "many", test_many },
	{ "limits", test_limits },
};

TEST_MAIN(tests)
