#include "httpd_guard.h"

#include "test.h"

/* ---- as libmicrohttpd 1.0 hands a head over: pieces, wherever they are ---- */

static struct httpd_request request;

static const char *judge(const char *target, const char *version, const char *const *fields)
{
	struct httpd_guard g = { .request = &request };

	memset(&request, 0, sizeof(request));
	httpd_guard_target(&g, str_from(target));
	httpd_guard_version(&g, version);
	for (; fields && fields[0]; fields += 2)
		httpd_guard_field(&g, str_from(fields[0]), str_from(fields[1]));
	httpd_guard_end(&g, strcmp(version, "HTTP/1.0") == 0);
	return g.why;
}

static void targets(void)
{
	static const struct {
		const char *target;
		bool is_good;
	} cases[] = {
		{ "/", true },
		{ "/submit?a=b%20c", true },
		{ "http://host/submit", true },
		{ "*", true },
		{ "/%00", false },
		{ "/%zz", false },
		{ "/%2", false },
		{ "/%", false },
		{ "/a b", false },
		{ "/a\tb", false },
		{ "/\x7f", false },
		{ "/\x80", false },
		{ "/%41", true },
	};
	static const char *const host[] = { "Host", "x", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].target;
		CHECK((judge(cases[i].target, "HTTP/1.1", host) == NULL) == cases[i].is_good);
	}
}

/* Any name of the family counts, so that nobody can sign in vain. */
static void webhook_family(void)
{
	static const char *const head[] = { "Host", "x", "WebHook-Retry", "1", "webhook-", "2",
		"webhook-id", "3", "webhooks-id", "4", "webhook", "5", NULL };

	CHECK(judge("/", "HTTP/1.1", head) == NULL);
	CHECK_INT(request.fields[HTTPD_WEBHOOK_OTHER].count, 2);
	CHECK_INT(request.fields[HTTPD_WEBHOOK_ID].count, 1);
}

static void fields(void)
{
	static const struct {
		const char *name, *version, *why;
		const char *fields[8];
	} cases[] = {
		{ "plain", "HTTP/1.1", NULL, { "Host", "x" } },
		{ "length", "HTTP/1.1", NULL, { "Host", "x", "content-LENGTH", "12" } },
		{ "chunked", "HTTP/1.1", NULL, { "Host", "x", "Transfer-Encoding", "Chunked" } },
		{ "no host, 1.0", "HTTP/1.0", NULL, { "A", "b" } },
		{ "tab in a value", "HTTP/1.1", NULL, { "Host", "x", "A", "b\tc" } },
		{ "high bytes in a value", "HTTP/1.1", NULL, { "Host", "x", "A", "\xc3\xa4" } },
		{ "no host", "HTTP/1.1", "Host", { "A", "b" } },
		{ "two hosts", "HTTP/1.0", "Host", { "Host", "x", "Host", "x" } },
		{ "two lengths", "HTTP/1.1", "more than one Content-Length",
		    { "Host", "x", "Content-Length", "1", "Content-Length", "1" } },
		{ "empty length", "HTTP/1.1", "Content-Length",
		    { "Host", "x", "Content-Length", "" } },
		{ "signed length", "HTTP/1.1", "Content-Length",
		    { "Host", "x", "Content-Length", "+1" } },
		{ "list of lengths", "HTTP/1.1", "Content-Length",
		    { "Host", "x", "Content-Length", "1, 1" } },
		{ "length and chunked", "HTTP/1.1", "both Content-Length and Transfer-Encoding",
		    { "Host", "x", "Content-Length", "1", "Transfer-Encoding", "chunked" } },
		{ "other encoding", "HTTP/1.1", "Transfer-Encoding",
		    { "Host", "x", "Transfer-Encoding", "gzip, chunked" } },
		{ "two encodings", "HTTP/1.1", "Transfer-Encoding",
		    { "Host", "x", "Transfer-Encoding", "chunked", "Transfer-Encoding",
			"chunked" } },
		{ "chunked, 1.0", "HTTP/1.0", "Transfer-Encoding in HTTP/1.0",
		    { "Transfer-Encoding", "chunked" } },
		{ "blank before the colon", "HTTP/1.1", "field name",
		    { "Host", "x", "Content-Length ", "1" } },
		{ "empty name", "HTTP/1.1", "field name", { "Host", "x", "", "1" } },
		{ "CR in a value", "HTTP/1.1", "control character in a field",
		    { "Host", "x", "A", "b\rc" } },
		{ "DEL in a value", "HTTP/1.1", "control character in a field",
		    { "Host", "x", "A", "b\x7f" } },
		{ "no version", "", "HTTP version", { "Host", "x" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *why = judge("/", cases[i].version, cases[i].fields);

		test_case = cases[i].name;
		CHECK_TEXT(why ? why : "good", cases[i].why ? cases[i].why : "good");
	}
}

static void lengths(void)
{
	static const struct {
		const char *digits;
		int64_t length;
	} cases[] = {
		{ NULL, -1 },
		{ "0", 0 },
		{ "000", 0 },
		{ "262144", 262144 },
		{ "0000000000000000000000007", 7 },
		{ "999999999999999", 999999999999999 },
		{ "9999999999999999", INT64_MAX },
		{ "18446744073709551616", INT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *fields[] = { "Host", "x", cases[i].digits ? "Content-Length" : NULL,
			cases[i].digits, NULL };

		test_case = cases[i].digits ? cases[i].digits : "none";
		CHECK(judge("/", "HTTP/1.1", fields) == NULL);
		CHECK_INT(httpd_guard_length(&request), cases[i].length);
	}
}

/* ---- as 0.9 leaves it: one buffer in which separators were overwritten by NUL ---- */

/* Where a word begins in bytes that hold NULs; set-up fails when it is not there. */
static const char *at(const char *bytes, size_t n, const char *word)
{
	for (size_t i = 0; i + strlen(word) <= n; i++)
		if (memcmp(bytes + i, word, strlen(word)) == 0)
			return bytes + i;
	test_die("no '%s'", word);
}

static void in_place(void)
{
#define HEAD(text) text, sizeof(text) - 1
	static const struct {
		const char *name;
		const char *head;
		size_t n;
		bool is_good;
	} cases[] = {
		{ "CR LF", HEAD("/\0HTTP/1.1\0\0Host\0 x\0\0A\0 b\0\0\0\0"), true },
		{ "no blank behind the colon", HEAD("/\0HTTP/1.1\0\0Host\0x\0\0A\0b\0\0\0\0"),
		    true },
		{ "LF behind the request line", HEAD("/\0HTTP/1.1\0Host\0 x\0\0A\0 b\0\0\0\0"),
		    false },
		{ "LF between fields", HEAD("/\0HTTP/1.1\0\0Host\0 x\0A\0 b\0\0\0\0"), false },
		{ "NUL in a value", HEAD("/\0HTTP/1.1\0\0Host\0 x\0y\0\0A\0 b\0\0\0\0"), false },
		{ "NUL in the last value", HEAD("/\0HTTP/1.1\0\0Host\0 x\0\0A\0 b\0y\0\0\0\0"),
		    false },
		{ "NUL in the target", HEAD("/\0z HTTP/1.1\0\0Host\0 x\0\0A\0 b\0\0\0\0"), false },
		{ "a skipped line", HEAD("/\0HTTP/1.1\0\0Host\0 x\0\0\0 c\0\0A\0 b\0\0\0\0"),
		    false },
		{ "a line without a name", HEAD("/\0HTTP/1.1\0\0Host\0 x\0\0A\0 b\0\0\0 c\0\0\0"),
		    false },
		{ "LF behind the last field", HEAD("/\0HTTP/1.1\0\0Host\0 x\0\0A\0 b\0\0\0{}"),
		    false },
		{ "a value elsewhere", HEAD("/\0HTTP/1.1\0\0Host\0 x\0\0A\0 c\0\0\0\0b\0\0"),
		    false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct httpd_guard g = { .request = &request, .is_in_place = true };
		const char *head = cases[i].head;
		size_t n = cases[i].n;

		memset(&request, 0, sizeof(request));
		test_case = cases[i].name;
		httpd_guard_target(&g, str_from(head));
		httpd_guard_version(&g, at(head, n, "HTTP/1.1"));
		httpd_guard_field(&g, str_from(at(head, n, "Host")), str_from(at(head, n, "x")));
		httpd_guard_field(&g, str_from(at(head, n, "A")), str_from(at(head, n, "b")));
		httpd_guard_end(&g, false);
		CHECK((g.why == NULL) == cases[i].is_good);
	}
}

static const struct test tests[] = {
	{ "targets", targets },
	{ "fields", fields },
	{ "webhook family", webhook_family },
	{ "lengths", lengths },
	{ "in place", in_place },
};

TEST_MAIN(tests)
