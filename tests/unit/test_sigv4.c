/* What the suites of signatures (test_sigv4_suites.c) do not ask of sigv4.h: limits, refusals, secrets. */
#include "sigv4.h"

#include "test.h"

enum { SIGNED_AT_S = 1440938160 /* 2015-08-30T12:36:00Z */ };

static struct sigv4_keys keys_of(const char *token)
{
	return (struct sigv4_keys){ STR("AKIDEXAMPLE"), STR("secret"), str_from(token) };
}

static void test_date(void)
{
	static const struct {
		int64_t at_s;
		const char *want;
	} cases[] = {
		{ 0, "19700101T000000Z" },
		{ SIGNED_AT_S, "20150830T123600Z" },
		{ 1795248930, "20261121T081530Z" },
		{ 1709164799, "20240228T235959Z" },
		{ 1709164800, "20240229T000000Z" },
		{ 253402300799, "99991231T235959Z" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char got[SIGV4_DATE_SIZE];

		sigv4_date(cases[i].at_s, got);
		CHECK_TEXT(got, cases[i].want);
	}
}

static void test_encode(void)
{
	const struct {
		struct str in;
		bool keep_slash;
		const char *want;
	} cases[] = {
		{ STR(""), false, "" },
		{ STR("azAZ09-_.~"), false, "azAZ09-_.~" },
		{ STR("a b+c"), false, "a%20b%2Bc" },
		{ STR("a/b"), false, "a%2Fb" },
		{ STR("a/b"), true, "a/b" },
		{ STR("%2f"), false, "%252f" },
		{ STR("\0\x7f\x80\xff"), false, "%00%7F%80%FF" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = BUF_INIT(64);

		test_case = cases[i].want;
		sigv4_encode(&out, cases[i].in, cases[i].keep_slash);
		CHECK_TEXT(buf_text(&out), cases[i].want);
		buf_release(&out);
	}
}

/* A path that is not kept, encoded once. */
static void test_path(void)
{
	const struct {
		const char *in, *want;
	} cases[] = {
		{ "/", "/" },
		{ "//", "/" },
		{ "/a", "/a" },
		{ "/a/", "/a/" },
		{ "/a/..", "/" },
		{ "/a/../", "/" },
		{ "/../../a", "/a" },
		{ "/a b/../c d", "/c%20d" },
		{ "/a/./b/../c//d", "/a/c/d" },
		{ "/...", "/..." },
		{ "/a/%2e%2e/b", "/a/%252e%252e/b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sigv4_request r = { .method = STR("GET"),
			.path = str_from(cases[i].in),
			.is_path_encoded_once = true };
		struct buf out = BUF_INIT(256);
		struct str line, rest;
		struct err err;

		test_case = cases[i].in;
		CHECK_OK(sigv4_canonical_request(&r, &out, &err), &err);
		(void)str_cut(buf_str(&out), '\n', &line, &rest);
		(void)str_cut(rest, '\n', &line, &rest);
		CHECK_STR(line, str_from(cases[i].want));
		buf_release(&out);
	}
}

static struct sigv4_request small_request(const struct sigv4_pair *headers, size_t count)
{
	return (struct sigv4_request){ .method = STR("GET"),
		.path = STR("/"),
		.headers = headers,
		.header_count = count,
		.payload_hash = STR(SIGV4_UNSIGNED_PAYLOAD),
		.region = STR("us-east-1"),
		.service = STR("s3"),
		.at_s = SIGNED_AT_S };
}

/* Those that proxies change would make the signature wrong on the way. */
static void test_passed_over(void)
{
	static const char *const names[] = { "Authorization", "connection", "EXPECT", "Keep-Alive",
		"Proxy-Authorization", "proxy-connection", "TE", "Trailer", "Transfer-Encoding",
		"Upgrade", "User-Agent", "X-Amzn-Trace-Id" };
	struct sigv4_pair headers[2] = { { STR("Host"), STR("h") } };
	struct sigv4_request r = small_request(headers, ARRAY_SIZE(headers));

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct buf canonical = BUF_INIT(1024), list = BUF_INIT(1024);
		struct err err;

		test_case = names[i];
		headers[1] = (struct sigv4_pair){ str_from(names[i]), STR("sentinel") };
		CHECK_OK(sigv4_canonical_request(&r, &canonical, &err), &err);
		CHECK(!str_contains(buf_str(&canonical), STR("sentinel")));
		sigv4_signed_headers(&r, &list);
		CHECK_TEXT(buf_text(&list), "host");
		buf_release(&canonical);
		buf_release(&list);
	}
}

static void test_blanks_in_value(void)
{
	struct sigv4_pair header = { STR("X-A"), STR(" \t a \t b\tc  ") };
	struct sigv4_request r = small_request(&header, 1);
	struct buf canonical = BUF_INIT(1024);
	struct err err;

	CHECK_OK(sigv4_canonical_request(&r, &canonical, &err), &err);
	CHECK(str_contains(buf_str(&canonical), STR("\nx-a:a b c\n")));
	buf_release(&canonical);
}

/* A refused request leaves what stood in the buffer before. */
static void check_refused(const struct sigv4_request *r)
{
	struct sigv4_keys keys = keys_of("");
	struct buf out = BUF_INIT(SIGV4_TEXT_MAX);
	struct err err;

	buf_adds(&out, "before ");
	CHECK_ERR(sigv4_authorize(r, &keys, NULL, &out, &err), &err, ERR_INVALID);
	CHECK_TEXT(buf_text(&out), "before ");
	CHECK_ERR(sigv4_presign(r, &keys, 60, &out, &err), &err, ERR_INVALID);
	CHECK_TEXT(buf_text(&out), "before ");
	buf_release(&out);
}

static void test_refused_headers(void)
{
	const struct {
		const char *name;
		struct sigv4_pair header;
	} cases[] = {
		{ "LF in value", { STR("x-a"), STR("b\nc:d") } },
		{ "CR in value", { STR("x-a"), STR("b\rc") } },
		{ "NUL in value", { STR("x-a"), STR("b\0c") } },
		{ "LF in name", { STR("x-a\nb"), STR("c") } },
		{ "CR in name", { STR("x-a\r"), STR("c") } },
		{ "NUL in name", { STR("x\0a"), STR("c") } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sigv4_request r = small_request(&cases[i].header, 1);

		test_case = cases[i].name;
		check_refused(&r);
	}
}

static void test_limits(void)
{
	static struct sigv4_pair pairs[SIGV4_PAIRS_MAX + 1];
	struct sigv4_request r = small_request(pairs, SIGV4_PAIRS_MAX);
	struct buf out = BUF_INIT(SIGV4_TEXT_MAX);
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		pairs[i] = (struct sigv4_pair){ STR("host"), STR("a") };
	r.query = pairs;
	r.query_count = SIGV4_PAIRS_MAX;
	CHECK_OK(sigv4_canonical_request(&r, &out, &err), &err);
	r.header_count++;
	check_refused(&r);
	buf_reset(&out);
	sigv4_signed_headers(&r, &out);
	CHECK(out.full);
	r.header_count = 1;
	r.query_count++;
	check_refused(&r);
	buf_reset(&out);
	sigv4_target(&r, &out);
	CHECK(out.full);
	buf_release(&out);
}

/* Presigning adds five pairs, six with a token. */
static void test_presign_limits(void)
{
	static struct sigv4_pair pairs[SIGV4_PAIRS_MAX];
	struct sigv4_pair host = { STR("host"), STR("a") };
	struct sigv4_request r = small_request(&host, 1);
	static const struct {
		const char *name, *token;
		size_t query_count;
		unsigned expires_s;
		bool is_good;
	} cases[] = {
		{ "shortest", "", 0, 1, true },
		{ "no time", "", 0, 0, false },
		{ "longest", "", 0, 604800, true },
		{ "longer", "", 0, 604801, false },
		{ "most pairs", "", SIGV4_PAIRS_MAX - 5, 60, true },
		{ "more pairs", "", SIGV4_PAIRS_MAX - 4, 60, false },
		{ "most with token", "t", SIGV4_PAIRS_MAX - 6, 60, true },
		{ "more with token", "t", SIGV4_PAIRS_MAX - 5, 60, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sigv4_keys keys = keys_of(cases[i].token);
		struct buf out = BUF_INIT(SIGV4_TEXT_MAX);
		struct err err;

		test_case = cases[i].name;
		r.query = pairs;
		r.query_count = cases[i].query_count;
		if (cases[i].is_good)
			CHECK_OK(sigv4_presign(&r, &keys, cases[i].expires_s, &out, &err), &err);
		else
			CHECK_ERR(sigv4_presign(&r, &keys, cases[i].expires_s, &out, &err), &err,
			    ERR_INVALID);
		CHECK_INT(out.n > 0, cases[i].is_good);
		buf_release(&out);
	}
}

/* The token is signed, so it stands in the canonical request; but in nothing that stays. */
static void test_token_does_not_stay(void)
{
	char token[1024];
	struct sigv4_pair headers[] = {
		{ STR("Host"), STR("s3.us-east-1.amazonaws.com") },
		{ STR("X-Amz-Security-Token"), { token, sizeof(token) } },
	};
	struct sigv4_request r = small_request(headers, ARRAY_SIZE(headers));
	struct sigv4_keys keys = keys_of("");
	struct buf out = BUF_INIT(SIGV4_TEXT_MAX);
	struct err err;

	memset(token, '!', sizeof(token));
	(void)buf_room(&out, SIGV4_TEXT_MAX); /* once, so that nothing moves */
	memset(out.p, 0, SIGV4_TEXT_MAX);
	CHECK_OK(sigv4_authorize(&r, &keys, NULL, &out, &err), &err);
	CHECK(out.n > 100);
	CHECK(memchr(out.p, '!', SIGV4_TEXT_MAX) == NULL); /* also beyond its end */
	buf_release(&out);
}

/* Room for one of the texts on the way, or for the result, but not for all. */
static void test_small_buffer(void)
{
	static char id[600];
	const struct sigv4_pair host = { STR("Host"), STR("s3.us-east-1.amazonaws.com") };
	struct sigv4_request r = small_request(&host, 1);
	struct sigv4_keys keys = keys_of("");

	memset(id, 'A', sizeof(id));
	keys.access_key_id = (struct str){ id, sizeof(id) };
	for (size_t max = 1; max < 900; max++) {
		struct buf out = BUF_INIT(max);
		struct err err = { 0 };
		int rc;

		buf_addc(&out, '=');
		rc = sigv4_authorize(&r, &keys, NULL, &out, &err);
		CHECK_INT(rc == 0, out.n > 1);
		CHECK(rc == 0 || err.code == ERR_INVALID);
		CHECK_INT(buf_text(&out)[0], '=');
		buf_release(&out);
	}
}

static const struct test tests[] = {
	{ "date", test_date },
	{ "encode", test_encode },
	{ "path", test_path },
	{ "passed over", test_passed_over },
	{ "blanks in value", test_blanks_in_value },
	{ "refused headers", test_refused_headers },
	{ "limits", test_limits },
	{ "presign limits", test_presign_limits },
	{ "token does not stay", test_token_does_not_stay },
	{ "small buffer", test_small_buffer },
};

TEST_MAIN(tests)
