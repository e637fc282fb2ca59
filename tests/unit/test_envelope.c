#include "envelope.h"

#include "random_json.h"
#include "test.h"

static struct envelope new_envelope(size_t max_bytes)
{
	struct clock_fake clock;
	struct envelope e;

	clock_fake_init(&clock, INT64_C(1749465045123));
	envelope_init(&e, &clock.base, max_bytes);
	return e;
}

static void test_identity(void)
{
	struct envelope e = new_envelope(100), other = new_envelope(100);
	char key[OBJECTKEY_SIZE];

	objectkey_of(e.id, key);
	CHECK_TEXT(e.key, key);
	CHECK(strncmp(e.key, "2025/06/09/10/", 14) == 0);
	CHECK(strcmp(e.id, other.id) != 0);
	CHECK_TEXT(e.sha256, "");
	CHECK_INT(e.record_count, 0);
	envelope_release(&e);
	envelope_release(&other);
	envelope_release(NULL);
}

static void test_limits(void)
{
	struct envelope e = new_envelope(8);

	CHECK(envelope_add(&e, STR("123\n")));
	CHECK(!envelope_add(&e, STR("1234\n")));
	CHECK_STR(buf_str(&e.body), STR("123\n"));
	CHECK_INT(e.record_count, 1);
	CHECK(envelope_add(&e, STR("567\n"))); /* a refusal changes nothing: what fits still does */
	CHECK(!envelope_add(&e, STR("\n")));
	CHECK_STR(buf_str(&e.body), STR("123\n567\n"));
	CHECK_INT(e.record_count, 2);
	envelope_seal(&e);
	CHECK_TEXT(e.sha256, "0501f9611e40eb9201f77db06cfa18dea954f1fc3c779b7434aff25cea93e9b3");
	envelope_release(&e);
}

static void test_next(void)
{
	static const struct {
		const char *body, *lines[4];
	} cases[] = {
		{ "", { NULL } },
		{ "a\n", { "a" } },
		{ "a\nbc\n", { "a", "bc" } },
		{ "a\nb", { "a", "b" } },
		{ "\n\n", { "", "" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct str rest = str_from(cases[i].body), line;

		test_case = cases[i].body;
		for (size_t k = 0; cases[i].lines[k]; k++) {
			CHECK(envelope_next(&rest, &line));
			CHECK_STR(line, str_from(cases[i].lines[k]));
		}
		CHECK(!envelope_next(&rest, &line));
		CHECK(!envelope_next(&rest, &line));
	}
}

#define RECORD "{\"id\":\"a\",\"accepted_at\":\"1970-01-01T00:00:00.000Z\",\"data\":{}}"

static void test_check(void)
{
	static const struct {
		const char *body;
		size_t count; /* 0: corrupt */
		const char *says;
	} cases[] = {
		{ RECORD "\n", 1, NULL },
		{ RECORD "\n" RECORD "\n" RECORD "\n", 3, NULL },
		{ "", 0, "does not end in a newline" },
		{ RECORD, 0, "does not end in a newline" },
		{ RECORD "\n" RECORD, 0, "does not end in a newline" },
		{ "\n", 0, "line 1: " },
		{ RECORD "\n\n", 0, "line 2: " },
		{ RECORD "\r\n", 0, "line 1: " },
		{ RECORD "\n{}\n" RECORD "\n", 0, "line 2: " },
	};
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct str body = str_from(cases[i].body);
		size_t count = 99;

		test_case = cases[i].body;
		if (cases[i].count) {
			CHECK_OK(envelope_check(body, &count, &err), &err);
			CHECK_INT(count, cases[i].count);
			continue;
		}
		CHECK_ERR(envelope_check(body, &count, &err), &err, ERR_CORRUPT);
		CHECK_INT(count, 99);
		CHECK(str_contains(str_from(err.text), str_from(cases[i].says)));
	}
}

/* N records in, the same N records out, in order, and the digest is of those bytes. */
static void test_walk_back(void)
{
	enum { COUNT = 500 };
	struct envelope e = new_envelope(1024 * 1024);
	struct buf line = BUF_INIT(64 * 1024), data = BUF_INIT(64 * 1024);
	struct random random = { 7 }, again = { 7 };
	char digest[HASH_HEX_SIZE];
	struct str rest, got;
	struct record r;
	size_t count;
	struct err err;

	for (int64_t i = 0; i < COUNT; i++) {
		buf_reset(&line);
		buf_reset(&data);
		random_object(&random, &data, RANDOM_ONE_LINE);
		record_write(&line, &(struct record){ STR("id"), i, STR_NONE, { buf_str(&data) } });
		CHECK(envelope_add(&e, buf_str(&line)));
	}
	envelope_seal(&e);
	hash_sha256_hex(buf_str(&e.body), digest);
	CHECK_TEXT(e.sha256, digest);
	CHECK_OK(envelope_check(buf_str(&e.body), &count, &err), &err);
	CHECK_INT(count, COUNT);
	CHECK_INT(e.record_count, COUNT);
	rest = buf_str(&e.body);
	for (int64_t i = 0; i < COUNT; i++) {
		buf_reset(&data);
		random_object(&again, &data, RANDOM_ONE_LINE);
		CHECK(envelope_next(&rest, &got));
		CHECK_OK(record_parse(got, &r, &err), &err);
		CHECK_INT(r.accepted_at_ms, i);
		CHECK_STR(r.data[0], buf_str(&data));
	}
	CHECK(!envelope_next(&rest, &got));
	buf_release(&line);
	buf_release(&data);
	envelope_release(&e);
}

static const struct test tests[] = {
	{ "identity", test_identity },
	{ "limits", test_limits },
	{ "next", test_next },
	{ "check", test_check },
	{ "walk back", test_walk_back },
};

TEST_MAIN(tests)
