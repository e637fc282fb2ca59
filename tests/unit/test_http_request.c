/* http_request.c: what is refused before anything is sent, what is sent, and who is local. */
#include "http_core.h"
#include "test.h"

static void test_refused(void)
{
	static const struct {
		const char *name, *method, *url, *header, *value;
	} cases[] = {
		{ "no scheme", "GET", "127.0.0.1/", "X", "" },
		{ "file", "GET", "file:///etc/passwd", "X", "" },
		{ "no host", "GET", "http://", "X", "" },
		{ "port", "GET", "http://h:99999/", "X", "" },
		{ "user", "GET", "http://me:secret@127.0.0.1/", "X", "" },
		{ "user, other scheme", "GET", "ftp://me:secret@127.0.0.1/", "X", "" },
		{ "user, bad port", "GET", "http://me:secret@127.0.0.1:99999/", "X", "" },
		{ "users", "GET", "http://me:secret@you:secret@127.0.0.1:99999/", "X", "" },
		{ "path", "GET", "http://127.0.0.1:99999/secret", "X", "" },
		{ "method", "GET /x HTTP/1.1\r\nA: b\r\n", "http://127.0.0.1/", "X", "" },
		{ "line in value", "GET", "http://127.0.0.1/", "X", "a\r\nB: c" },
		{ "line in name", "GET", "http://127.0.0.1/", "X\nB", "c" },
		{ "blank name", "GET", "http://127.0.0.1/", "", "c" },
		{ "libcurl's file notation", "GET", "http://127.0.0.1/", "@/etc/passwd", "" },
	};
	struct http_options options = { .user_agent = "test/1" };
	struct http *h;
	struct err err;

	if (http_open(&h, &options, &err) != 0)
		test_die("%s", err.text);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_header header = { cases[i].header, cases[i].value };
		struct http_request request = { .method = cases[i].method,
			.url = cases[i].url,
			.headers = &header,
			.header_count = 1 };
		struct http_response response;

		test_case = cases[i].name;
		http_response_init(&response, 10);
		CHECK_ERR(http_call(h, &request, &response, &err), &err, ERR_INVALID);
		CHECK(!str_contains(str_from(err.text), STR("secret")));
		http_response_release(&response);
	}
	http_close(h);
}

/* A proxy would see the credentials of the machine, or answer in the place of its services. */
static void test_local(void)
{
	static const struct {
		const char *url;
		bool is_local;
	} cases[] = {
		{ "http://localhost/", true },
		{ "http://LOCALHOST:8080/", true },
		{ "http://127.0.0.1:4566/x", true },
		{ "http://127.255.255.254/", true },
		{ "http://169.254.169.254/latest/", true },
		{ "http://169.254.170.2/v2", true },
		{ "http://169.254.170.23/v1", true },
		{ "http://[::1]:80/", true },
		{ "http://[0:0:0:0:0:0:0:1]/", true },
		{ "http://[fd00:ec2::254]/", true },
		{ "http://[fd00:ec2::23]/v1", true },
		{ "http://[FD00:EC2:0:0::23]/v1", true },
		{ "http://[fe80::1]/", true },
		{ "http://[febf::1]/", true },
		{ "https://sqs.eu-west-1.amazonaws.com/", false },
		{ "http://localhost.example.com/", false },
		{ "http://127.0.0.1.example.com/", false },
		{ "http://169.254.example.com/", false },
		{ "http://128.0.0.1/", false },
		{ "http://169.255.0.1/", false },
		{ "http://10.0.0.1/", false },
		{ "http://[fec0::1]/", false },
		{ "http://[fd00:ec3::1]/", false },
		{ "http://[::2]/", false },
		{ "http://[2001:db8::1]/", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_request r = { .method = "GET", .url = cases[i].url };
		bool is_local = !cases[i].is_local;
		struct err err;

		test_case = cases[i].url;
		CHECK_OK(http_request_check(&r, &is_local, &err), &err);
		CHECK_INT(is_local, cases[i].is_local);
	}
}

static bool has_line(const struct curl_slist *lines, const char *line)
{
	for (; lines; lines = lines->next)
		if (strcmp(lines->data, line) == 0)
			return true;
	return false;
}

/* libcurl is told not to ask before it sends a body, but for large ones. */
static void test_expect(void)
{
	static const struct {
		size_t size;
		bool may_ask;
	} cases[] = { { 0, false }, { 1025, false }, { 1048576, false }, { 1048577, true } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_request r = { .method = "PUT",
			.body = { "", cases[i].size }, /* not read */
			.has_body = true };
		struct curl_slist *lines = NULL;
		struct err err;

		CHECK_OK(http_lines_make(&r, &lines, &err), &err);
		CHECK_INT(has_line(lines, "Expect:"), !cases[i].may_ask);
		CHECK(has_line(lines, "Accept:") && has_line(lines, "Content-Type:"));
		http_lines_free(lines);
	}
}

static void test_long_header(void)
{
	static char value[HTTP_HEADERS_MAX];
	struct http_header header = { "X", value };
	struct http_request r = { .method = "GET", .headers = &header, .header_count = 1 };
	struct curl_slist *lines = NULL;
	struct err err;

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 3] = '\0'; /* "X: " and this are as long as may be */
	CHECK_OK(http_lines_make(&r, &lines, &err), &err);
	http_lines_free(lines);
	lines = NULL;
	value[sizeof(value) - 3] = 'v';
	CHECK_ERR(http_lines_make(&r, &lines, &err), &err, ERR_INVALID);
	http_lines_free(lines);
}

static const struct test tests[] = {
	{ "refused", test_refused },
	{ "local", test_local },
	{ "expect", test_expect },
	{ "long header", test_long_header },
};

TEST_MAIN(tests)
