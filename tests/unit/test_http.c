/*
 * http.c against a server on loopback. The path of a request picks the row: what to answer, and
 * whether the connection stays open. The bytes received last are kept for the checks.
 */
#include "http.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"
#include "web.h"

enum { REQUEST_MAX = 8 * 1024 };

struct row {
	const char *path;
	const char *answer; /* "" that keeps: none, for as long as the client waits */
	bool keeps;         /* the connection stays open after the answer */
	enum err_code code; /* what http_call() says; ERR_NONE: success */
	int status;
	const char *body, *header_x; /* of the answer, as http.h gives them */
};

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define X_50    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct row rows[] = {
	{ "/plain", OK_HEAD "X: a b \r\nContent-Length: 2\r\n\r\nhi", true, ERR_NONE, 200, "hi",
	    "a b" },
	{ "/created", "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", true, ERR_NONE, 201, "",
	    "" },
	{ "/missing", "HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone", true, ERR_NONE, 404,
	    "gone", "" },
	{ "/busy", "HTTP/1.1 503 No\r\nx: 2\r\nContent-Length: 0\r\n\r\n", true, ERR_NONE, 503, "",
	    "2" },
	{ "/redirect", "HTTP/1.1 302 No\r\nLocation: /plain\r\nContent-Length: 0\r\n\r\n", true,
	    ERR_NONE, 302, "", "" },
	{ "/continue",
	    "HTTP/1.1 100 Continue\r\nX: no\r\n\r\n" OK_HEAD "Content-Length: 2\r\n\r\nok", true,
	    ERR_NONE, 200, "ok", "" },
	{ "/chunked", OK_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
	    true, ERR_NONE, 200, "abc", "" },
	/* Without a body, whatever the head says: waiting for one would time out. */
	{ "/no-content", "HTTP/1.1 204 No\r\nX: 1\r\n\r\n", true, ERR_NONE, 204, "", "1" },
	{ "/no-content-of-5", "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", true, ERR_NONE, 204,
	    "", "" },
	{ "/not-modified", "HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", true, ERR_NONE, 304, "",
	    "" },
	{ "/switching", "HTTP/1.1 101 No\r\nUpgrade: x\r\n\r\n", false, ERR_IO, 0, "", "" },
	{ "/trailer", OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: no\r\n\r\n",
	    true, ERR_NONE, 200, "a", "" },
	{ "/first-counts", OK_HEAD "X: 1\r\nX: 2\r\nContent-Length: 0\r\n\r\n", true, ERR_NONE, 200,
	    "", "1" },
	{ "/two-lengths", OK_HEAD "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", false,
	    ERR_CORRUPT, 0, "", "" },
	{ "/negative-length", OK_HEAD "Content-Length: -1\r\n\r\nab", false, ERR_CORRUPT, 0, "",
	    "" },
	{ "/bad-chunk", OK_HEAD "Transfer-Encoding: chunked\r\n\r\nx\r\nab\r\n", false, ERR_IO, 0,
	    "", "" },
	{ "/until-close", OK_HEAD "\r\nall", false, ERR_NONE, 200, "all", "" },
	{ "/at-limit", OK_HEAD "Content-Length: 100\r\n\r\n" X_50 X_50, true, ERR_NONE, 200,
	    X_50 X_50, "" },
	{ "/over-limit", OK_HEAD "Content-Length: 101\r\n\r\n" X_50 X_50 "y", false, ERR_CORRUPT, 0,
	    "", "" },
	{ "/torn-body", OK_HEAD "Content-Length: 20\r\n\r\nhalf", false, ERR_IO, 0, "", "" },
	{ "/torn-chunk", OK_HEAD "Transfer-Encoding: chunked\r\n\r\n20\r\nhalf", false, ERR_IO, 0,
	    "", "" },
	{ "/torn-line", "HTTP/1.1 2", false, ERR_IO, 0, "", "" },
	{ "/torn-head", OK_HEAD "Content-Le", false, ERR_IO, 0, "", "" },
	{ "/torn-after-line", OK_HEAD "Content-Length: 0\r\n", false, ERR_IO, 0, "", "" },
	{ "/torn-interim", "HTTP/1.1 100 Continue\r\n\r\n", false, ERR_IO, 0, "", "" },
	{ "/nothing", "", false, ERR_IO, 0, "", "" },
	{ "/not-http", "220 mail ready\r\n", false, ERR_CORRUPT, 0, "", "" },
	{ "/silent", "", true, ERR_TIMEOUT, 0, "", "" },
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char last_request[REQUEST_MAX + 1]; /* with its body */

static const struct row *find_row(struct str request)
{
	struct str path, query;

	(void)str_cut(web_target(request), '?', &path, &query);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_is(path, rows[i].path))
			return &rows[i];
	return NULL;
}

static bool answer_row(void *arg, struct str request, struct buf *answer)
{
	const struct row *row = find_row(request);

	(void)arg;
	pthread_mutex_lock(&lock);
	snprintf(last_request, sizeof(last_request), "%.*s", STR_ARG(request));
	pthread_mutex_unlock(&lock);
	buf_adds(answer, row ? row->answer : OK_HEAD "Content-Length: 0\r\n\r\n");
	return !row || row->keeps;
}

static struct http *client_open(void)
{
	struct http_options options = { .user_agent = "test/1", .total_timeout_ms = 120000 };
	struct http *h = NULL;
	struct err err;

	if (http_open(&h, &options, &err) != 0)
		test_die("http_open: %s", err.text);
	return h;
}

static void url_of(char out[128], const char *path)
{
	snprintf(out, 128, "http://127.0.0.1:%u%s", web_port(), path);
}

/* Forget the request seen last, so that a check cannot be met by an older one. */
static void forget(void)
{
	pthread_mutex_lock(&lock);
	last_request[0] = '\0';
	pthread_mutex_unlock(&lock);
}

static bool was_sent(const char *part)
{
	bool is_there;

	pthread_mutex_lock(&lock);
	is_there = strstr(last_request, part) != NULL;
	pthread_mutex_unlock(&lock);
	return is_there;
}

static void check_row(struct http *h, const struct row *row)
{
	char url[128];
	struct http_request request = { .method = "GET", .url = url };
	struct http_response response;
	struct err err = { 0 };

	url_of(url, row->path);
	if (row->code == ERR_TIMEOUT)
		request.total_timeout_ms = 50;
	http_response_init(&response, 100);
	if (row->code != ERR_NONE) {
		CHECK_ERR(http_call(h, &request, &response, &err), &err, row->code);
		CHECK(str_has_prefix(str_from(err.text), STR("GET http://127.0.0.1:")));
		CHECK(!str_contains(str_from(err.text), str_from(row->path)));
	} else {
		CHECK_OK(http_call(h, &request, &response, &err), &err);
		CHECK_INT(response.status, row->status);
		CHECK_STR(buf_str(&response.body), str_from(row->body));
		CHECK_STR(http_response_header(&response, "x"), str_from(row->header_x));
		CHECK(response.timing.total_us > 0);
	}
	http_response_release(&response);
}

static void test_answers(void)
{
	struct http *h = client_open();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i].path;
		check_row(h, &rows[i]);
	}
	http_close(h);
}

static void test_trailer(void)
{
	struct http *h = client_open();
	struct http_response response;
	char url[128];
	struct http_request request = { .method = "GET", .url = url };
	struct err err;

	url_of(url, "/trailer");
	http_response_init(&response, 100);
	CHECK_OK(http_call(h, &request, &response, &err), &err);
	CHECK_STR(http_response_trailer(&response, "x"), STR("no"));
	CHECK_STR(http_response_trailer(&response, "transfer-encoding"), STR(""));
	url_of(url, "/plain");
	CHECK_OK(http_call(h, &request, &response, &err), &err);
	CHECK_STR(http_response_trailer(&response, "x"), STR(""));
	http_response_release(&response);
	http_close(h);
}

/* Nothing of the answer before shows in a response that is used again. */
static void test_response_again(void)
{
	struct http *h = client_open();
	struct http_response response;
	char url[128];
	struct http_request request = { .method = "GET", .url = url };
	struct err err;

	url_of(url, "/plain");
	http_response_init(&response, 100);
	CHECK_OK(http_call(h, &request, &response, &err), &err);
	CHECK_INT(response.status, 200);
	request.url = "ftp://127.0.0.1/";
	CHECK_ERR(http_call(h, &request, &response, &err), &err, ERR_INVALID);
	CHECK_INT(response.status, 0);
	CHECK(response.body.n == 0 && response.headers.n == 0);
	http_response_release(&response);
	http_close(h);
}

static void test_one_connection(void)
{
	struct http *h = client_open();
	size_t before = web_connections();

	for (int i = 0; i < 10; i++)
		check_row(h, &rows[0]);
	CHECK_INT(web_connections() - before, 1);
	http_close(h);
}

/* What stands on the wire is what was asked for, and nothing that libcurl would add. */
static void test_wire(void)
{
	static const struct http_header headers[] = {
		{ "X-One", "1" },
		{ "X-Empty", "" },
		{ "Content-Type", "application/json" },
	};
	struct http *h = client_open();
	struct http_response response;
	char url[128], body[3000];
	struct http_request request = { .method = "PUT",
		.url = url,
		.has_body = true,
		.headers = headers,
		.header_count = ARRAY_SIZE(headers) };
	struct err err;

	memset(body, 'b', sizeof(body)); /* over 1 KiB: libcurl would wait for 100 Continue */
	request.body = (struct str){ body, sizeof(body) };
	url_of(url, "/a/../b/./c//d%2Fe?x=1+2&y=%20");
	forget();
	http_response_init(&response, 100);
	CHECK_OK(http_call(h, &request, &response, &err), &err);
	CHECK(was_sent("PUT /a/../b/./c//d%2Fe?x=1+2&y=%20 HTTP/1.1\r\n"));
	CHECK(was_sent("\r\nX-One: 1\r\n"));
	CHECK(was_sent("\r\nX-Empty:\r\n"));
	CHECK(was_sent("\r\nContent-Type: application/json\r\n"));
	CHECK(was_sent("\r\nContent-Length: 3000\r\n"));
	CHECK(was_sent("\r\nUser-Agent: test/1\r\n"));
	CHECK(!was_sent("Expect") && !was_sent("Accept"));

	request = (struct http_request){ .method = "POST", .url = url, .has_body = true };
	forget();
	CHECK_OK(http_call(h, &request, &response, &err), &err);
	CHECK(was_sent("POST /") && was_sent("\r\nContent-Length: 0\r\n"));
	CHECK(!was_sent("Content-Type"));
	http_response_release(&response);
	http_close(h);
}

static void test_head(void)
{
	struct http *h = client_open();
	struct http_response response;
	char url[128];
	struct http_request request = { .method = "HEAD", .url = url };
	struct err err;

	/* Length without a body: waiting for one would time out. */
	url_of(url, "/missing");
	http_response_init(&response, 0);
	CHECK_OK(http_call(h, &request, &response, &err), &err);
	CHECK_INT(response.status, 404);
	CHECK_STR(http_response_header(&response, "content-length"), STR("4"));
	http_response_release(&response);
	http_close(h);
}

static void test_refused_connection(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct http *h = client_open();
	struct http_response response;
	char url[128];
	struct http_request request = { .method = "GET", .url = url };
	struct err err;

	/* Bound but not listening: nobody else can take the port meanwhile. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		test_die("no socket");
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", ntohs(a.sin_port));
	http_response_init(&response, 10);
	CHECK_ERR(http_call(h, &request, &response, &err), &err, ERR_IO);
	http_response_release(&response);
	http_close(h);
	close(fd);
}

/* Nothing but the proxy would refuse: port 1 of this machine does not listen. */
static void test_no_proxy_to_loopback(void)
{
	struct http *h = client_open();

	if (setenv("http_proxy", "http://127.0.0.1:1", 1) != 0)
		test_die("setenv");
	check_row(h, &rows[0]);
	unsetenv("http_proxy");
	http_close(h);
}

/* Threads count for themselves: the checks of test.h are the main thread's. */
struct caller {
	struct http *http;
	unsigned good;
	pthread_t thread;
};

static void *call_often(void *arg)
{
	struct caller *c = arg;
	char url[128];
	struct http_request request = { .method = "GET", .url = url };
	struct http_response response;
	struct err err;

	url_of(url, "/chunked");
	http_response_init(&response, 100);
	for (int i = 0; i < 50; i++)
		if (http_call(c->http, &request, &response, &err) == 0 &&
		    str_is(buf_str(&response.body), "abc"))
			c->good++;
	http_response_release(&response);
	return NULL;
}

static void test_threads(void)
{
	struct http *h = client_open();
	struct caller callers[8] = { { 0 } };
	size_t before = web_connections();

	for (size_t i = 0; i < ARRAY_SIZE(callers); i++) {
		callers[i].http = h;
		if (pthread_create(&callers[i].thread, NULL, call_often, &callers[i]) != 0)
			test_die("no thread");
	}
	for (size_t i = 0; i < ARRAY_SIZE(callers); i++) {
		pthread_join(callers[i].thread, NULL);
		CHECK_INT(callers[i].good, 50);
	}
	/* 400 calls; libcurl may drop a connection that it finds readable, but not one per call. */
	CHECK(web_connections() - before <= 2 * ARRAY_SIZE(callers));
	http_close(h);
}

static const struct test tests[] = {
	{ "answers", test_answers },
	{ "trailer", test_trailer },
	{ "response again", test_response_again },
	{ "one connection", test_one_connection },
	{ "wire", test_wire },
	{ "head", test_head },
	{ "refused connection", test_refused_connection },
	{ "no proxy to loopback", test_no_proxy_to_loopback },
	{ "threads", test_threads },
};

int main(int argc, char **argv)
{
	int rc;

	web_start(answer_row, NULL);
	rc = test_main(tests, ARRAY_SIZE(tests), argc, argv);
	web_stop();
	return rc;
}
