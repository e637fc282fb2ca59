/*
 * sigv4.h against three suites: AWS's of today (header and query form), AWS's older one, and
 * requests that botocore signed; see tests/data/sigv4/README.md. Each stage by itself: canonical
 * request, string to sign, signature; then what is sent.
 */
#include "sigv4.h"

#include "raw_request.h"
#include "suite_files.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

enum { SIGNED_AT_S = 1440938160 /* 2015-08-30T12:36:00Z, in every suite */ };

static struct sigv4_keys keys_of(const char *token)
{
	return (struct sigv4_keys){ STR("AKIDEXAMPLE"), STR(SECRET), str_from(token) };
}

/* ---- the stages, and what they must give ---- */

struct wanted {
	struct str canonical_request, string_to_sign, signature;
};

static void check_stages(const struct sigv4_request *r, const struct wanted *want)
{
	struct buf canonical = BUF_INIT(SIGV4_TEXT_MAX), text = BUF_INIT(SIGV4_TEXT_MAX);
	unsigned char key[HASH_SIZE];
	char signature[HASH_HEX_SIZE];
	struct err err;

	CHECK_OK(sigv4_canonical_request(r, &canonical, &err), &err);
	CHECK_STR(buf_str(&canonical), want->canonical_request);
	sigv4_string_to_sign(r, buf_str(&canonical), &text);
	CHECK_STR(buf_str(&text), want->string_to_sign);
	sigv4_signing_key(r, STR(SECRET), key);
	sigv4_signature(key, buf_str(&text), signature);
	CHECK_STR(str_from(signature), want->signature);
	buf_release(&canonical);
	buf_release(&text);
}

static void check_authorization(const struct sigv4_request *r, const char *token, struct str want)
{
	struct sigv4_keys keys = keys_of(token);
	struct buf out = BUF_INIT(SIGV4_TEXT_MAX);
	unsigned char key[HASH_SIZE];
	struct err err;

	CHECK_OK(sigv4_authorize(r, &keys, NULL, &out, &err), &err);
	CHECK_STR(buf_str(&out), want);
	buf_reset(&out);
	sigv4_signing_key(r, STR(SECRET), key);
	CHECK_OK(sigv4_authorize(r, &keys, key, &out, &err), &err);
	CHECK_STR(buf_str(&out), want);
	buf_release(&out);
}

/* The value of "Authorization:" in a signed request. */
static struct str authorization_of(struct str signed_request)
{
	struct str line, name, value;

	while (signed_request.n > 0) {
		(void)str_cut(signed_request, '\n', &line, &signed_request);
		if (str_cut(line, ':', &name, &value) && str_eq_nocase(name, STR("Authorization")))
			return str_trim(value);
	}
	return STR_NONE;
}

/* ---- AWS's suite ---- */

struct v4_case {
	struct json *context;
	struct buf text;
	struct raw_request raw;
	const char *token, *signed_token;
};

static void v4_open(struct v4_case *c, const struct place *place)
{
	struct buf context;
	struct err err;

	load(place, "/context.json", &context);
	if (json_parse(buf_str(&context), &c->context, &err) != 0)
		test_die("%s", err.text);
	buf_release(&context);
	c->token = json_get_text(json_get(json_get(c->context, "credentials"), "token"), "");
	c->signed_token = json_get_bool(json_get(c->context, "omit_session_token"), false)
	    ? ""
	    : c->token;

	load(place, "/request.txt", &c->text);
	raw_begin(&c->raw);
	raw_parse(&c->raw, buf_str(&c->text));
	c->raw.request.is_path_encoded_once = true; /* none of the paths tells */
	c->raw.request.is_path_kept = !json_get_bool(json_get(c->context, "normalize"), true);
	c->raw.request.region = str_from(json_get_text(json_get(c->context, "region"), ""));
	c->raw.request.service = str_from(json_get_text(json_get(c->context, "service"), ""));
	c->raw.request.at_s = SIGNED_AT_S;
	CHECK_TEXT(json_get_text(json_get(c->context, "timestamp"), ""), "2015-08-30T12:36:00Z");
}

static void v4_close(struct v4_case *c)
{
	raw_release(&c->raw);
	buf_release(&c->text);
	json_free(c->context);
}

static void check_v4_stages(const struct sigv4_request *r, const struct place *place,
    const char *form)
{
	static const char *const names[] = { "canonical-request", "string-to-sign", "signature" };
	struct buf files[ARRAY_SIZE(names)];
	char suffix[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(suffix, sizeof(suffix), "/%s-%s.txt", form, names[i]);
		load(place, suffix, &files[i]);
	}
	check_stages(r,
	    &(struct wanted){ buf_str(&files[0]), buf_str(&files[1]), buf_str(&files[2]) });
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		buf_release(&files[i]);
}

static void check_v4_header(const struct place *place)
{
	char date[SIGV4_DATE_SIZE];
	struct v4_case c;
	struct buf signed_request;

	v4_open(&c, place);
	sigv4_date(SIGNED_AT_S, date);
	raw_header(&c.raw, STR("X-Amz-Date"), str_from(date));
	if (*c.signed_token)
		raw_header(&c.raw, STR("X-Amz-Security-Token"), str_from(c.signed_token));
	if (json_get_bool(json_get(c.context, "sign_body"), false))
		raw_header(&c.raw, STR("x-amz-content-sha256"), str_from(c.raw.payload_hash));
	check_v4_stages(&c.raw.request, place, "header");

	load(place, "/header-signed-request.txt", &signed_request);
	check_authorization(&c.raw.request, c.signed_token,
	    authorization_of(buf_str(&signed_request)));
	buf_release(&signed_request);
	v4_close(&c);
}

static void test_v4_header(void)
{
	CHECK_INT(each_case("v4", "/request.txt", false, check_v4_header), 38);
}

/* The pairs of a target's query, the signature apart. */
static void take_query(struct raw_request *q, struct str target, struct str *signature)
{
	struct str path, query;

	(void)str_cut(target, '?', &path, &query);
	raw_query(q, query);
	*signature = STR_NONE;
	if (q->request.query_count > 0 &&
	    str_is(q->query[q->request.query_count - 1].name, "X-Amz-Signature"))
		*signature = q->query[--q->request.query_count].value;
}

/* The suite presigns in its own order, which is free; and adds a token that is not signed. */
static void check_same_pairs(const struct raw_request *got, const struct place *place,
    bool is_token_left_out)
{
	struct raw_request want;
	struct str signature;
	struct buf text;

	load(place, "/query-signed-request.txt", &text);
	raw_begin(&want);
	raw_parse(&want, buf_str(&text));
	signature = want.query[want.request.query_count - 1].value;
	CHECK_INT(got->request.query_count + 1 + is_token_left_out, want.request.query_count);
	CHECK_INT(signature.n, HASH_HEX_LEN);
	for (size_t i = 0; i < got->request.query_count; i++) {
		bool is_there = false;

		for (size_t k = 0; k < want.request.query_count; k++)
			is_there = is_there ||
			    (str_eq(got->query[i].name, want.query[k].name) &&
				str_eq(got->query[i].value, want.query[k].value));
		CHECK(is_there);
	}
	raw_release(&want);
	buf_release(&text);
}

/*
 * What the target holds, taken as an ordinary query, must give the stages of the suite, and the
 * signature at its end must be theirs.
 */
static void check_v4_query(const struct place *place)
{
	struct raw_request sent;
	struct sigv4_keys keys;
	struct buf target = BUF_INIT(SIGV4_TEXT_MAX);
	struct str signature;
	struct v4_case c;
	struct err err;

	v4_open(&c, place);
	keys = keys_of(c.signed_token);
	CHECK_OK(sigv4_presign(&c.raw.request, &keys,
		     (unsigned)json_get_int(json_get(c.context, "expiration_in_seconds"), 0),
		     &target, &err),
	    &err);
	raw_begin(&sent);
	take_query(&sent, buf_str(&target), &signature);
	check_same_pairs(&sent, place, *c.token && !*c.signed_token);
	c.raw.request.query = sent.query;
	c.raw.request.query_count = sent.request.query_count;
	check_v4_stages(&c.raw.request, place, "query");
	check_file(signature, place, "/query-signature.txt");
	raw_release(&sent);
	buf_release(&target);
	v4_close(&c);
}

static void test_v4_query(void)
{
	CHECK_INT(each_case("v4", "/request.txt", false, check_v4_query), 38);
}

/* ---- AWS's older suite ---- */

/* Not in the request of the one case that signs it, only in what is then sent. */
#define LEGACY_TOKEN "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"

static void check_legacy(const struct place *place)
{
	struct buf text, creq, sts, authz;
	struct raw_request raw;
	struct str signature;

	load(place, ".req", &text);
	load(place, ".creq", &creq);
	load(place, ".sts", &sts);
	load(place, ".authz", &authz);
	raw_begin(&raw);
	raw_parse(&raw, buf_str(&text));
	raw.request.region = STR("us-east-1");
	raw.request.service = STR("service");
	raw.request.at_s = SIGNED_AT_S;
	/* Its paths are what is sent: "%20" was not encoded again. */
	raw.request.is_path_encoded_once = true;
	if (strcmp(place->prefix, "get-vanilla-with-session-token") == 0)
		raw_header(&raw, STR("X-Amz-Security-Token"), STR(LEGACY_TOKEN));
	signature = str_skip(buf_str(&authz), authz.n - HASH_HEX_LEN);
	check_stages(&raw.request, &(struct wanted){ buf_str(&creq), buf_str(&sts), signature });
	check_authorization(&raw.request, "", buf_str(&authz));
	raw_release(&raw);
	buf_release(&text);
	buf_release(&creq);
	buf_release(&sts);
	buf_release(&authz);
}

static void test_legacy(void)
{
	size_t count = each_case("legacy", ".req", true, check_legacy) +
	    each_case("legacy/normalize-path", ".req", true, check_legacy) +
	    each_case("legacy/post-sts-token", ".req", true, check_legacy);

	CHECK_INT(count, 34);
}

/* ---- what botocore signed ---- */

static const char *text_of(const struct json *object, const char *key)
{
	return json_get_text(json_get(object, key), "");
}

static void add_botocore_pairs(struct raw_request *q, const struct json *one)
{
	const struct json *query = json_get(one, "query"), *headers = json_get(one, "headers");

	for (size_t i = 0; i < json_count(query); i++)
		raw_pair(q, str_from(json_get_text(json_at(json_at(query, i), 0), NULL)),
		    str_from(json_get_text(json_at(json_at(query, i), 1), NULL)));
	for (size_t i = 0; i < json_count(headers); i++)
		raw_header(q, str_from(json_get_text(json_at(json_at(headers, i), 0), NULL)),
		    str_from(json_get_text(json_at(json_at(headers, i), 1), NULL)));
}

/* libcurl's too: without the scheme's own port. */
static struct str host_of(const struct json *one)
{
	struct str host = str_from(text_of(one, "host"));
	struct str port = str_is(str_from(text_of(one, "scheme")), "https") ? STR(":443")
									    : STR(":80");

	return str_slice(host, 0, host.n - (str_has_suffix(host, port) ? port.n : 0));
}

static void check_botocore(const struct json *one)
{
	const struct json *expect = json_get(one, "expect");
	struct buf target = BUF_INIT(SIGV4_TEXT_MAX);
	const char *token = text_of(one, "session_token");
	struct raw_request q;
	struct str authorization = str_from(text_of(expect, "authorization"));

	raw_begin(&q);
	q.request.method = str_from(text_of(one, "method"));
	q.request.path = str_from(text_of(one, "path"));
	q.request.payload_hash = str_from(text_of(one, "payload_hash"));
	q.request.is_path_encoded_once = !json_get_bool(json_get(one, "double_encode_path"), false);
	q.request.is_path_kept = !json_get_bool(json_get(one, "normalize_path"), false);
	q.request.region = str_from(text_of(one, "region"));
	q.request.service = str_from(text_of(one, "service"));
	q.request.at_s = SIGNED_AT_S;
	CHECK_TEXT(text_of(one, "timestamp"), "20150830T123600Z");
	add_botocore_pairs(&q, one);
	raw_header(&q, STR("Host"), host_of(one));
	raw_header(&q, STR("X-Amz-Date"), str_from(text_of(one, "timestamp")));
	if (*token)
		raw_header(&q, STR("X-Amz-Security-Token"), str_from(token));
	if (json_get_bool(json_get(one, "add_content_sha256_header"), false))
		raw_header(&q, STR("X-Amz-Content-SHA256"), q.request.payload_hash);

	sigv4_target(&q.request, &target);
	CHECK_STR(buf_str(&target), str_from(text_of(expect, "request_target")));
	check_stages(&q.request,
	    &(struct wanted){ str_from(text_of(expect, "canonical_request")),
		str_from(text_of(expect, "string_to_sign")),
		str_skip(authorization, authorization.n - HASH_HEX_LEN) });
	check_authorization(&q.request, token, authorization);
	buf_release(&target);
	raw_release(&q);
}

static void test_botocore(void)
{
	struct json *doc = data_load("sigv4/extra-botocore.json");
	const struct json *cases = json_get(doc, "cases");

	CHECK_INT(data_count(cases), 28);
	for (size_t i = 0; i < json_count(cases); i++) {
		test_case = text_of(json_at(cases, i), "name");
		check_botocore(json_at(cases, i));
	}
	test_case = "botocore";
	json_free(doc);
}

static const struct test tests[] = {
	{ "v4 header", test_v4_header },
	{ "v4 query", test_v4_query },
	{ "legacy", test_legacy },
	{ "botocore", test_botocore },
};

TEST_MAIN(tests)
