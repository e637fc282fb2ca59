/* grpc_wire.c: URLs, messages, statuses and health checks, without a server. */
#include "grpc_wire.h"
#include "test.h"

#define HEALTH "/grpc.health.v1.Health/Check"
#define S_50   "ssssssssssssssssssssssssssssssssssssssssssssssssss"
#define S_199  S_50 S_50 S_50 "sssssssssssssssssssssssssssssssssssssssssssssssss"

static void test_url(void)
{
	static const struct {
		const char *text, *http; /* NULL: refused */
		bool is_health;
		const char *service;
	} cases[] = {
		{ "grpc://h:1/a.B/C", "http://h:1/a.B/C", false, "" },
		{ "grpcs://h/a.B/C", "https://h/a.B/C", false, "" },
		{ "grpc://[::1]:1/a.B/C", "http://[::1]:1/a.B/C", false, "" },
		{ "grpc://h", "http://h" HEALTH, true, "" },
		{ "grpc://h/", "http://h" HEALTH, true, "" },
		{ "grpc://h" HEALTH, "http://h" HEALTH, true, "" },
		{ "grpc://h?service=a.B", "http://h" HEALTH, true, "a.B" },
		{ "grpc://h" HEALTH "?service=", "http://h" HEALTH, true, "" },
		{ "grpc://h?service=" S_199, "http://h" HEALTH, true, S_199 },
		{ "grpc://h?service=" S_199 "s", NULL, false, NULL },
		{ "grpc://h?name=a", NULL, false, NULL },
		{ "grpc://h?service", NULL, false, NULL },
		{ "grpc://h/a.B/C?service=a", NULL, false, NULL },
		{ "grpc://h/a.B", NULL, false, NULL },
		{ "grpc://h//C", NULL, false, NULL },
		{ "grpc://h/a.B/", NULL, false, NULL },
		{ "grpc://h/a.B/C/d", NULL, false, NULL },
		{ "grpc://", NULL, false, NULL },
		{ "grpc:///a.B/C", NULL, false, NULL },
		{ "http://h/a.B/C", NULL, false, NULL },
		{ "", NULL, false, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct grpc_url url;
		struct err err;

		test_case = cases[i].text;
		if (!cases[i].http) {
			CHECK_ERR(grpc_url_parse(cases[i].text, &url, &err), &err, ERR_INVALID);
			continue;
		}
		CHECK_OK(grpc_url_parse(cases[i].text, &url, &err), &err);
		CHECK_TEXT(url.http, cases[i].http);
		CHECK_INT(url.is_health, cases[i].is_health);
		CHECK_TEXT(url.service, cases[i].service);
	}
}

static void test_long_url(void)
{
	struct buf text = BUF_INIT(2 * GRPC_URL_MAX);
	struct grpc_url url;
	struct err err;

	buf_adds(&text, "grpc://h/a.B/");
	while (text.n < GRPC_URL_MAX - 1)
		buf_addc(&text, 'c');
	CHECK_OK(grpc_url_parse(buf_text(&text), &url, &err), &err); /* grpc and http are as long */
	buf_addc(&text, 'c');
	CHECK_ERR(grpc_url_parse(buf_text(&text), &url, &err), &err, ERR_INVALID);
	buf_release(&text);
}

static void test_frame(void)
{
	struct buf body = BUF_INIT(1024);
	struct str message;
	struct err err;

	grpc_frame(&body, STR_NONE);
	CHECK_STR(buf_str(&body), STR("\0\0\0\0\0"));
	CHECK_OK(grpc_unframe(buf_str(&body), &message, &err), &err);
	CHECK_INT(message.n, 0);
	buf_reset(&body);
	for (int i = 0; i < 258; i++)
		buf_addc(&body, 'm');
	message = buf_str(&body);
	struct buf framed = BUF_INIT(1024);
	grpc_frame(&framed, message);
	CHECK_STR(str_slice(buf_str(&framed), 0, GRPC_PREFIX_SIZE), STR("\0\0\0\1\2"));
	CHECK_OK(grpc_unframe(buf_str(&framed), &message, &err), &err);
	CHECK_STR(message, buf_str(&body));
	buf_release(&framed);
	buf_release(&body);
}

static void test_message(void)
{
	static const struct {
		const char *text, *decoded;
	} cases[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "a%20b%41%e2%82%ac", "a bA\xe2\x82\xac" },
		{ "100%", "100%" },
		{ "100%4", "100%4" },
		{ "%zz%4", "%zz%4" },
		{ "%%20", "% " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = BUF_INIT(100);

		test_case = cases[i].text;
		grpc_message_decode(&out, str_from(cases[i].text));
		CHECK_STR(buf_str(&out), str_from(cases[i].decoded));
		buf_release(&out);
	}
}

/* Cut between characters, and made harmless for a terminal. */
static void test_message_in_status(void)
{
	struct http_response r;
	struct grpc_result result;
	struct err err;

	http_response_init(&r, 0);
	r.status = 200;
	buf_adds(&r.headers, "HTTP/2 200\r\n\r\n");
	buf_adds(&r.trailers, "grpc-status: 7\r\ngrpc-message: %1b%ff");
	for (int i = 0; i < 200; i++)
		buf_adds(&r.trailers, "%e2%82%ac");
	CHECK_OK(grpc_read_status(&r, &result, &err), &err);
	CHECK_INT(result.status, GRPC_PERMISSION_DENIED);
	CHECK_INT(strlen(result.message), 2 + 84 * 3); /* 85 would need 257 bytes, and its end */
	CHECK(str_has_prefix(str_from(result.message), STR("??\xe2\x82\xac")));
	http_response_release(&r);
}

static void test_health(void)
{
	static const struct {
		const char *name;
		struct str message;
		enum err_code code;
		enum grpc_health health;
	} cases[] = {
		{ "empty", { "", 0 }, ERR_NONE, GRPC_HEALTH_UNKNOWN },
		{ "serving", { "\x08\x01", 2 }, ERR_NONE, GRPC_HEALTH_SERVING },
		{ "not serving", { "\x08\x02", 2 }, ERR_NONE, GRPC_HEALTH_NOT_SERVING },
		{ "service unknown", { "\x08\x03", 2 }, ERR_NONE, GRPC_HEALTH_SERVICE_UNKNOWN },
		{ "newer", { "\x08\x04", 2 }, ERR_NONE, GRPC_HEALTH_UNKNOWN },
		{ "the last counts", { "\x08\x01\x08\x02", 4 }, ERR_NONE, GRPC_HEALTH_NOT_SERVING },
		{ "long form", { "\x08\x81\x80\x00", 4 }, ERR_NONE, GRPC_HEALTH_SERVING },
		{ "others", { "\x10\x05\x1a\x02xy\x25zzzz\x29wwwwwwww\x08\x01", 22 }, ERR_NONE,
		    GRPC_HEALTH_SERVING },
		{ "bytes in its place", { "\x0a\x01\x01", 3 }, ERR_NONE, GRPC_HEALTH_UNKNOWN },
		{ "no value", { "\x08", 1 }, ERR_CORRUPT, GRPC_HEALTH_UNKNOWN },
		{ "endless", { "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12 },
		    ERR_CORRUPT, GRPC_HEALTH_UNKNOWN },
		{ "bytes cut", { "\x12\x05xy", 4 }, ERR_CORRUPT, GRPC_HEALTH_UNKNOWN },
		{ "64 bits cut", { "\x19wwww", 5 }, ERR_CORRUPT, GRPC_HEALTH_UNKNOWN },
		{ "group", { "\x0b\x0c", 2 }, ERR_CORRUPT, GRPC_HEALTH_UNKNOWN },
		{ "field 0", { "\x00\x01", 2 }, ERR_CORRUPT, GRPC_HEALTH_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum grpc_health health;
		struct err err;

		test_case = cases[i].name;
		if (cases[i].code != ERR_NONE) {
			CHECK_ERR(grpc_health_read(cases[i].message, &health, &err), &err,
			    cases[i].code);
			continue;
		}
		CHECK_OK(grpc_health_read(cases[i].message, &health, &err), &err);
		CHECK_INT(health, cases[i].health);
	}
}

static void test_health_request(void)
{
	struct buf out = BUF_INIT(300);

	grpc_health_request(&out, "");
	CHECK_STR(buf_str(&out), STR_NONE);
	grpc_health_request(&out, "a.B");
	CHECK_STR(buf_str(&out),
	    STR("\x0a\x03"
		"a.B"));
	buf_reset(&out);
	grpc_health_request(&out, S_199); /* its length takes two bytes */
	CHECK_STR(str_slice(buf_str(&out), 0, 4), STR("\x0a\xc7\x01s"));
	CHECK_INT(out.n, 3 + 199);
	buf_release(&out);
}

static const struct test tests[] = {
	{ "url", test_url },
	{ "long url", test_long_url },
	{ "frame", test_frame },
	{ "message", test_message },
	{ "message in a status", test_message_in_status },
	{ "health", test_health },
	{ "health request", test_health_request },
};

TEST_MAIN(tests)
