/*
 * http.c against a server on a free loopback port, one thread per connection. The path
 * of a request picks the row: what to answer, and whether the connection stays open.
 * The bytes received last are kept for the checks.
 */
#include "http.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

enum { REQUEST_MAX = 8 * 1024, CONNECTIONS_MAX = 256 };

struct row {
	const char *path;
	const char *answer; /* NULL: none, for as long as the client waits */
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
	{ "/silent", NULL, false, ERR_TIMEOUT, 0, "", "" },
};

static struct {
	int listener;
	unsigned port;
	pthread_t thread, threads[CONNECTIONS_MAX];
	pthread_mutex_t lock;
	char request[REQUEST_MAX + 1]; /* the last one, with its body */
	_Atomic size_t connections;
} server;

static size_t body_length(const char *head)
{
	const char *line = strstr(head, "\r\nContent-Length:");

	return line ? strtoul(line + strlen("\r\nContent-Length:"), NULL, 10) : 0;
}

/* One whole request, also kept as the last one; false when the client closed. */
static bool read_request(int fd, char text[REQUEST_MAX + 1])
{
	size_t n = 0;

	text[0] = '\0';
	for (;;) {
		const char *end = strstr(text, "\r\n\r\n");
		ssize_t got;

		if (end && n >= (size_t)(end + 4 - text) + body_length(text))
			break;
		got = read(fd, text + n, REQUEST_MAX - n);
		if (got <= 0)
			return false;
		n += (size_t)got;
		text[n] = '\0';
	}
	pthread_mutex_lock(&server.lock);
	memcpy(server.request, text, n + 1);
	pthread_mutex_unlock(&server.lock);
	return true;
}

static const struct row *find_row(const char *request)
{
	const char *path = strchr(request, ' ');

	for (size_t i = 0; path && i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].path);

		if (strncmp(path + 1, rows[i].path, n) == 0 && strchr(" ?", path[1 + n]))
			return &rows[i];
	}
	return NULL;
}

static void serve_requests(int fd)
{
	char request[REQUEST_MAX + 1];

	while (read_request(fd, request)) {
		const struct row *row = find_row(request);
		const char *answer = row ? row->answer : OK_HEAD "Content-Length: 0\r\n\r\n";

		if (!answer) {
			(void)!read(fd, (char[1]){ 0 }, 1); /* until the client gives up */
			return;
		}
		if (send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0 || (row && !row->keeps))
			return;
	}
}

static void *serve_connection(void *arg)
{
	int fd = (int)(intptr_t)arg;

	serve_requests(fd);
	close(fd);
	return NULL;
}

static void *serve(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		int fd = accept(server.listener, NULL, NULL);

		if (fd < 0)
			return NULL;
		if (pthread_create(&server.threads[i], NULL, serve_connection,
			(void *)(intptr_t)fd) != 0)
			test_die("no thread");
		server.connections = i + 1;
	}
	test_die("more than %d connections", CONNECTIONS_MAX);
}

static void server_start(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);

	server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server.listener < 0 || bind(server.listener, (struct sockaddr *)&a, n) != 0 ||
	    listen(server.listener, 16) != 0 ||
	    getsockname(server.listener, (struct sockaddr *)&a, &n) != 0)
		test_die("no listener on loopback");
	server.port = ntohs(a.sin_port);
	pthread_mutex_init(&server.lock, NULL);
	if (pthread_create(&server.thread, NULL, serve, NULL) != 0)
		test_die("no thread");
}

static void server_stop(void)
{
	shutdown(server.listener, SHUT_RDWR); /* accept() returns */
	pthread_join(server.thread, NULL);
	for (size_t i = 0; i < server.connections; i++)
		pthread_join(server.threads[i], NULL);
	close(server.listener);
}

static struct http *client_open(void)
{
	struct http_options options = { .user_agent = "test/1", .total_timeout_ms = 10000 };
	struct http *h = NULL;
	struct err err;

	if (http_open(&h, &options, &err) != 0)
		test_die("http_open: %s", err.text);
	return h;
}

static void url_of(char out[128], const char *path)
{
	snprintf(out, 128, "http://127.0.0.1:%u%s", server.port, path);
}

/* Forget the request seen last, so that a check cannot be met by an older one. */
static void forget(void)
{
	pthread_mutex_lock(&server.lock);
	server.request[0] = '\0';
	pthread_mutex_unlock(&server.lock);
}

static bool was_sent(const char *part)
{
	bool is_there;

	pthread_mutex_lock(&server.lock);
	is_there = strstr(server.request, part) != NULL;
	pthread_mutex_unlock(&server.lock);
	return is_there;
}

static void check_row(struct http *h, const struct row *row)
{
	char url[128];
	struct http_request request = { .method = "GET", .url = url };
	struct http_response response;
	struct err err = { 0 };

	url_of(url, row->path);
	if (!row->answer)
		request.total_timeout_ms = 50;
	http_response_init(&response, 100);
	if (row->code != ERR_NONE) {
		CHECK_ERR(http_call(h, &request, &response, &err), &err, row->code);
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

static void test_one_connection(void)
{
	struct http *h = client_open();
	size_t before = server.connections;

	for (int i = 0; i < 10; i++)
		check_row(h, &rows[0]);
	CHECK_INT(server.connections - before, 1);
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

static void test_refused_requests(void)
{
	static const struct {
		const char *name, *method, *url, *header, *value;
	} cases[] = {
		{ "no scheme", "GET", "127.0.0.1/", "X", "" },
		{ "file", "GET", "file:///etc/passwd", "X", "" },
		{ "no host", "GET", "http://", "X", "" },
		{ "port", "GET", "http://h:99999/", "X", "" },
		{ "user", "GET", "http://me:secret@127.0.0.1/", "X", "" },
		{ "method", "GET /x HTTP/1.1\r\nA: b\r\n", "http://127.0.0.1/", "X", "" },
		{ "line in value", "GET", "http://127.0.0.1/", "X", "a\r\nB: c" },
		{ "line in name", "GET", "http://127.0.0.1/", "X\nB", "c" },
		{ "blank name", "GET", "http://127.0.0.1/", "", "c" },
		{ "libcurl's file notation", "GET", "http://127.0.0.1/", "@/etc/passwd", "" },
	};
	struct http *h = client_open();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_header header = { cases[i].header, cases[i].value };
		struct http_request request = { .method = cases[i].method,
			.url = cases[i].url,
			.headers = &header,
			.header_count = 1 };
		struct http_response response;
		struct err err = { 0 };

		test_case = cases[i].name;
		http_response_init(&response, 10);
		CHECK_ERR(http_call(h, &request, &response, &err), &err, ERR_INVALID);
		CHECK(!str_contains(str_from(err.text), STR("secret")));
		http_response_release(&response);
	}
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
	size_t before = server.connections;

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
	CHECK(server.connections - before <= 2 * ARRAY_SIZE(callers));
	http_close(h);
}

static const struct test tests[] = {
	{ "answers", test_answers },
	{ "one connection", test_one_connection },
	{ "wire", test_wire },
	{ "head", test_head },
	{ "refused requests", test_refused_requests },
	{ "refused connection", test_refused_connection },
	{ "no proxy to loopback", test_no_proxy_to_loopback },
	{ "threads", test_threads },
};

int main(int argc, char **argv)
{
	int rc;

	server_start();
	rc = test_main(tests, ARRAY_SIZE(tests), argc, argv);
	server_stop();
	return rc;
}
