#include "payload.h"

#include "data.h"
#include "random_json.h"

enum { BODY_MAX = 64 * 1024 };

/* Append the payload's bytes. */
static void add_data(struct buf *out, const struct payload *p)
{
	buf_add(out, p->data[0]);
	buf_add(out, p->data[1]);
}

/* JSON without the blanks between its tokens. */
static void add_compact(struct buf *out, struct str text)
{
	bool in_string = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (in_string && c == '\\')
			buf_addc(out, text.p[i++]);
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && strchr(" \t\r\n", c))
			continue;
		buf_addc(out, text.p[i]);
	}
}

static void check_is_object(struct str text)
{
	enum scan_kind kind = SCAN_NULL;
	struct err err;

	CHECK_OK(scan_check(text, &kind, &err), &err);
	CHECK_INT(kind, SCAN_OBJECT);
}

/* ---- the requests of the five services ---- */

/* 200, 400 or 401 as the service would answer this body, as far as the body decides. */
static int status_of(const struct payload *p, struct str server_token)
{
	enum payload_fault fault;
	int64_t epoch_ms;
	struct err err;

	if (!p->has_token)
		return 401;
	if (p->token_kind != SCAN_STRING)
		return 400;
	if (!scan_is(p->token, server_token))
		return 401;
	return payload_check(p, PAYLOAD_AUTO, &epoch_ms, &fault, &err) == 0 ? 200 : 400;
}

static void check_enqueued(const struct payload *p, const struct json *want)
{
	struct buf data = BUF_INIT(BODY_MAX), printed = BUF_INIT(BODY_MAX);
	struct json_writer w;

	add_data(&data, p);
	check_is_object(buf_str(&data));
	if (data_is_text(want))
		CHECK(str_contains(buf_str(&data), STR(":12345678901234567890}")));
	else if (!json_is_null(want)) {
		json_writer_init(&w, &printed);
		data_print(&w, want);
		CHECK_STR(buf_str(&data), buf_str(&printed));
	}
	buf_release(&data);
	buf_release(&printed);
}

static void check_request(const struct json *c, struct str body)
{
	const struct json *expect = json_get(c, "expect");
	struct str token = str_from(json_get_text(json_get(c, "server_token"), "my-secret-token"));
	enum payload_fault fault;
	struct payload p;
	struct err err;
	int status = 400;

	if (payload_parse(body, &p, &fault, &err) == 0)
		status = status_of(&p, token);
	CHECK_INT(status, json_get_int(json_get(expect, "status"), -1));
	if (status == 200)
		check_enqueued(&p, json_get(expect, "enqueued"));
}

/* Those which the method, the path or a header decides are not ours to judge. */
static bool is_about_the_body(const struct json *c)
{
	int64_t status = json_get_int(json_get(json_get(c, "expect"), "status"), -1);

	return strcmp(json_get_text(json_get(c, "method"), ""), "POST") == 0 && status != 415;
}

static void test_seed_requests(void)
{
	struct json *doc = data_load("seed-requests/requests.json");
	const struct json *cases = json_get(doc, "cases");
	struct buf body = BUF_INIT(BODY_MAX);
	unsigned checked = 0;

	for (size_t i = 0; i < data_count(cases); i++) {
		const struct json *c = json_at(cases, i);
		struct json_writer w;

		test_case = json_get_text(json_get(c, "name"), "?");
		if (!is_about_the_body(c))
			continue;
		checked++;
		buf_reset(&body);
		json_writer_init(&w, &body);
		if (json_get(c, "body"))
			data_print(&w, json_get(c, "body"));
		else
			buf_adds(&body, json_get_text(json_get(c, "raw_body"), ""));
		check_request(c, buf_str(&body));
	}
	CHECK_INT(json_count(cases), 38);
	CHECK_INT(checked, 27);
	buf_release(&body);
	json_free(doc);
}

/* ---- shapes ---- */

static void test_flat(void)
{
	static const struct {
		const char *body, *data;
		unsigned members, strings;
	} cases[] = {
		{ "{}", "{}", 0, 0 },
		{ " \r\n{ }\t", "{ }", 0, 0 },
		{ "{\"a\":1}", "{\"a\":1}", 1, 0 },
		{ "{\"token\":\"x\"}", "{}", 0, 0 },
		{ "\n{\n  \"token\" : \"x\"\n}\n", "{}", 0, 0 },
		{ "{\"token\":\"x\",\"a\":\"1\"}", "{\"a\":\"1\"}", 1, 1 },
		{ "{\"a\":\"1\",\"token\":\"x\"}", "{\"a\":\"1\"}", 1, 1 },
		{ "{\"a\":\"1\",\"token\":\"x\",\"b\":2}", "{\"a\":\"1\",\"b\":2}", 2, 1 },
		{ "{\n  \"token\": \"x\",\n  \"a\": 1\n}", "{\n  \"a\": 1\n}", 1, 0 },
		{ "{\n  \"a\": 1,\n  \"token\": \"x\"\n}", "{\n  \"a\": 1\n}", 1, 0 },
		{ "{ \"a\":1 , \"token\" : \"x\" , \"b\":2 }", "{ \"a\":1 , \"b\":2 }", 2, 0 },
		{ "{\"tok\\u0065n\":\"x\",\"a\":1}", "{\"a\":1}", 1, 0 },
		{ "{\"Token\":\"x\"}", "{\"Token\":\"x\"}", 1, 1 },
		{ "{\"token\":{\"token\":[\",\",{}]},\"a\":1}", "{\"a\":1}", 1, 0 },
		{ "{\"token\":null,\"a\":1}", "{\"a\":1}", 1, 0 },
		{ "{\"a\":1,\"a\":2,\"token\":\"x\"}", "{\"a\":1,\"a\":2}", 2, 0 },
		{ "{\"a\":{\"token\":1,\"token\":2,\"data\":3,\"data\":4}}",
		    "{\"a\":{\"token\":1,\"token\":2,\"data\":3,\"data\":4}}", 1, 0 },
		{ "{\"n\":12345678901234567890.10}", "{\"n\":12345678901234567890.10}", 1, 0 },
	};
	struct buf data = BUF_INIT(BODY_MAX);
	enum payload_fault fault;
	struct payload p;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].body;
		buf_reset(&data);
		CHECK_OK(payload_parse(str_from(cases[i].body), &p, &fault, &err), &err);
		CHECK_INT(fault, PAYLOAD_OK);
		add_data(&data, &p);
		CHECK_STR(buf_str(&data), str_from(cases[i].data));
		CHECK(!p.is_nested);
		CHECK(p.data_is_object);
		CHECK_INT(p.extra.n, 0);
		CHECK_INT(p.member_count, cases[i].members);
		CHECK_INT(p.string_count, cases[i].strings);
	}
	buf_release(&data);
}

static void test_nested(void)
{
	static const struct {
		const char *body, *data, *extra;
		bool is_object;
		unsigned members, strings;
	} cases[] = {
		{ "{\"data\":{}}", "{}", "", true, 0, 0 },
		{ "{ \"token\":\"x\" , \"data\" : { } }", "{ }", "", true, 0, 0 },
		{ "{\"d\\u0061ta\":{\"a\":\"1\",\"b\":2},\"token\":1}", "{\"a\":\"1\",\"b\":2}", "",
		    true, 2, 1 },
		{ "{\"data\":{\"token\":\"a\",\"token\":\"b\",\"data\":{},\"data\":{}}}",
		    "{\"token\":\"a\",\"token\":\"b\",\"data\":{},\"data\":{}}", "", true, 4, 2 },
		{ "{\"x\":1,\"data\":{},\"y\":2}", "{}", "x", true, 0, 0 },
		{ "{\"data\":{},\"email_timestream\":1}", "{}", "email_timestream", true, 0, 0 },
		{ "{\"data\":{},\"Data\":1}", "{}", "Data", true, 0, 0 },
		{ "{\"data\":[1]}", "[1]", "", false, 0, 0 },
		{ "{\"data\":\"{}\"}", "\"{}\"", "", false, 0, 0 },
		{ "{\"data\":null}", "null", "", false, 0, 0 },
	};
	enum payload_fault fault;
	struct payload p;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].body;
		CHECK_OK(payload_parse(str_from(cases[i].body), &p, &fault, &err), &err);
		CHECK(p.is_nested);
		CHECK_STR(p.data[0], str_from(cases[i].data));
		CHECK_INT(p.data[1].n, 0);
		CHECK_STR(p.extra, str_from(cases[i].extra));
		CHECK_INT(p.data_is_object, cases[i].is_object);
		CHECK_INT(p.member_count, cases[i].members);
		CHECK_INT(p.string_count, cases[i].strings);
	}
}

static void test_token(void)
{
	static const struct {
		const char *body, *token;
		bool has;
		enum scan_kind kind;
	} cases[] = {
		{ "{}", "", false, SCAN_OBJECT },
		{ "{\"token\":\"a\\\"b\"}", "a\\\"b", true, SCAN_STRING },
		{ "{\"token\":\"\"}", "", true, SCAN_STRING },
		{ "{\"token\":12}", "12", true, SCAN_NUMBER },
		{ "{\"token\":null}", "null", true, SCAN_NULL },
		{ "{\"token\":[ 1 ]}", "[ 1 ]", true, SCAN_ARRAY },
		{ "{\"data\":{\"token\":\"x\"}}", "", false, SCAN_OBJECT },
		{ "{\"data\":{\"token\":\"x\"},\"token\":\"y\"}", "y", true, SCAN_STRING },
	};
	enum payload_fault fault;
	struct payload p;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].body;
		CHECK_OK(payload_parse(str_from(cases[i].body), &p, &fault, &err), &err);
		CHECK_INT(p.has_token, cases[i].has);
		CHECK_STR(p.token, str_from(cases[i].token));
		if (cases[i].has)
			CHECK_INT(p.token_kind, cases[i].kind);
	}
}

static void test_parse_refuses(void)
{
	static const struct {
		const char *body;
		enum payload_fault fault;
		const char *says;
	} cases[] = {
		{ "", PAYLOAD_BAD_JSON, "byte 0" },
		{ "{not json", PAYLOAD_BAD_JSON, "byte 1" },
		{ "{} {}", PAYLOAD_BAD_JSON, "more after the value" },
		{ "[]", PAYLOAD_BAD_SHAPE, "must be a JSON object" },
		{ "\"token\"", PAYLOAD_BAD_SHAPE, "must be a JSON object" },
		{ "{\"token\":1,\"token\":1}", PAYLOAD_BAD_JSON, "'token'" },
		{ "{\"token\":1,\"a\":1,\"\\u0074oken\":1}", PAYLOAD_BAD_JSON, "'token'" },
		{ "{\"data\":{},\"data\":{}}", PAYLOAD_BAD_JSON, "'data'" },
		{ "{\"email_timestream\":1,\"email_timestream\":1}", PAYLOAD_BAD_JSON,
		    "'email_timestream'" },
		{ "{\"data\":{\"email_timestream\":1,\"email\\u005ftimestream\":1}}",
		    PAYLOAD_BAD_JSON, "'email_timestream'" },
	};
	struct payload p = { .member_count = 99 };
	enum payload_fault fault;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].body;
		CHECK_ERR(payload_parse(str_from(cases[i].body), &p, &fault, &err), &err,
		    ERR_INVALID);
		CHECK_INT(fault, cases[i].fault);
		CHECK(str_contains(str_from(err.text), str_from(cases[i].says)));
	}
	CHECK_INT(p.member_count, 99);
}

/* ---- properties ---- */

enum { MEMBERS_MAX = 5 };

/* The object of these members, with blanks of any kind between them. */
static void join(struct random *random, struct buf *out, const struct buf *members, size_t count)
{
	buf_addc(out, '{');
	random_gap(random, out, RANDOM_ANY_BLANKS);
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_addc(out, ',');
		random_gap(random, out, RANDOM_ANY_BLANKS);
		buf_add(out, buf_str(&members[i]));
		random_gap(random, out, RANDOM_ANY_BLANKS);
	}
	buf_addc(out, '}');
}

/* `count` random members, and a token put before the one numbered token_at. */
static void check_cut(struct random *random, const char *token, size_t count, size_t token_at)
{
	struct buf with[MEMBERS_MAX + 1], without[MEMBERS_MAX];
	struct buf body = BUF_INIT(BODY_MAX), data = BUF_INIT(BODY_MAX);
	struct buf got = BUF_INIT(BODY_MAX), want = BUF_INIT(BODY_MAX), plain = BUF_INIT(BODY_MAX);
	enum payload_fault fault;
	struct payload p;
	struct err err;

	for (size_t i = 0; i <= count; i++)
		buf_init(&with[i], BODY_MAX);
	buf_adds(&with[token_at], token);
	for (size_t i = 0; i < count; i++) {
		struct buf *member = &with[i + (i >= token_at)];

		random_member(random, member, RANDOM_ANY_BLANKS);
		without[i] = *member; /* borrowed */
	}
	join(random, &body, with, count + 1);
	join(random, &plain, without, count);
	CHECK_OK(payload_parse(buf_str(&body), &p, &fault, &err), &err);
	CHECK_INT(p.member_count, count);
	add_data(&data, &p);
	check_is_object(buf_str(&data));
	add_compact(&got, buf_str(&data));
	add_compact(&want, buf_str(&plain));
	CHECK_STR(buf_str(&got), buf_str(&want));
	for (size_t i = 0; i <= count; i++)
		buf_release(&with[i]);
	buf_release(&body);
	buf_release(&data);
	buf_release(&plain);
	buf_release(&got);
	buf_release(&want);
}

/* A body less its token is the body that was made without one, wherever the token stood. */
static void test_cut_out(void)
{
	static const char *const tokens[] = { "\"token\":\"x\"", "\"token\" :\n[{\"token\":\",\"}]",
		"\"tok\\u0065n\":\"\\\"}{,\"" };
	struct random random = { 20261121 };

	for (unsigned i = 0; i < 3000; i++) {
		size_t count = random_below(&random, MEMBERS_MAX + 1);

		check_cut(&random, tokens[i % ARRAY_SIZE(tokens)], count,
		    random_below(&random, (unsigned)count + 1));
	}
}

static const struct test tests[] = {
	{ "seed requests", test_seed_requests },
	{ "flat", test_flat },
	{ "nested", test_nested },
	{ "token", test_token },
	{ "parse refuses", test_parse_refuses },
	{ "cut out", test_cut_out },
};

TEST_MAIN(tests)
