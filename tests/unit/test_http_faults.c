/*
 * http.c against a peer that does wrong: answers cut at every byte, answers without end, heads
 * without end, a body that is refused before it is sent, a port that does not answer.
 */
#include "http.h"
#include "raw_peer.h"

/* ---- the client ---- */

static struct http *client_open(void)
{
	struct http_options options = { .user_agent = "test/1", .total_timeout_ms = 120000 };
	struct http *h = NULL;
	struct err err;

	if (http_open(&h, &options, &err) != 0)
		test_die("http_open: %s", err.text);
	return h;
}

static int get(struct http *h, struct http_response *response, struct err *err)
{
	char url[64];
	struct http_request request = { .method = "GET", .url = url };

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", peer.port);
	return http_call(h, &request, response, err);
}

/* ---- cut answers ---- */

static void serve_cut(int fd)
{
	struct linger at_once = { .l_onoff = 1 };

	if (!peer_read_request(fd) || !peer_put(fd, str_slice(str_from(peer.answer), 0, peer.cut)))
		return;
	if (peer.resets)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static const struct {
	const char *name, *answer;
	int status;
	const char *body;
	size_t spare; /* bytes at the end without which the answer is whole already */
} answers[] = {
	{ "length", "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 12\r\n\r\n{\"a\":\"bcde\"}", 200,
	    "{\"a\":\"bcde\"}", 0 },
	{ "no body", "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 0\r\n\r\n", 200, "", 0 },
	{ "no content", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", 204, "", 0 },
	{ "chunks",
	    "HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "5\r\n{\"a\":\r\n2;e=1\r\n1}\r\n0\r\n\r\n",
	    200, "{\"a\":1}", 1 },
	{ "trailers",
	    "HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "2\r\nab\r\n0\r\nChecksum: 1\r\n\r\n",
	    200, "ab", 1 },
	{ "interim",
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: n\r\n\r\n"
	    "HTTP/1.1 503 No\r\nX: y\r\nContent-Length: 2\r\n\r\nno",
	    503, "no", 0 },
	{ "bare line feeds", "HTTP/1.1 200 OK\nX: y\nContent-Length: 2\n\nab", 200, "ab", 0 },
	{ "HTTP/1.0", "HTTP/1.0 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nab", 200, "ab", 0 },
};

static void check_cut(struct http *h, size_t i, size_t cut)
{
	struct http_response response;
	struct err err = { 0 };
	int rc;

	peer.answer = answers[i].answer;
	peer.cut = cut;
	http_response_init(&response, 100);
	rc = get(h, &response, &err);
	if (rc == 0) {
		CHECK_INT(response.status, answers[i].status);
		CHECK_STR(buf_str(&response.body), str_from(answers[i].body));
		CHECK_STR(http_response_header(&response, "x"), STR("y"));
	}
	if (rc == 0 && cut < strlen(peer.answer) - answers[i].spare)
		TEST_FAIL("%zu of %zu bytes are taken for all", cut, strlen(peer.answer));
	if (rc != 0)
		CHECK(err.code == ERR_IO || err.code == ERR_CORRUPT);
	if (!peer.resets && cut == strlen(peer.answer))
		CHECK_INT(rc, 0);
	http_response_release(&response);
}

/* Never success with another body; with half of it, never success at all. */
static void test_cut(void)
{
	struct http *h = client_open();

	peer_start(serve_cut);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(answers); i++) {
		size_t k = i / 2;

		test_case = answers[k].name;
		peer.resets = i % 2;
		for (size_t cut = 0; cut <= strlen(answers[k].answer); cut++)
			check_cut(h, k, cut);
	}
	peer.resets = false;
	http_close(h);
	peer_stop();
}

/* The first request of a connection is answered whole, the second is cut. */
static void serve_second_cut(int fd)
{
	if (peer_read_request(fd) && peer_put(fd, str_from(peer.answer)) && peer_read_request(fd))
		(void)peer_put(fd, str_slice(str_from(peer.answer), 0, peer.cut));
}

static void check_second_cut(size_t cut)
{
	struct http *h = client_open();
	struct http_response response;
	struct err err = { 0 };
	bool is_sent_again = cut < strlen("HTTP/1.1 200 OK\r\n");
	int rc;

	peer.cut = cut;
	peer.calls = 0;
	http_response_init(&response, 100);
	CHECK_OK(get(h, &response, &err), &err);
	rc = get(h, &response, &err);
	CHECK_INT(rc, is_sent_again || cut == strlen(peer.answer) ? 0 : -1);
	CHECK_INT(peer.calls, is_sent_again ? 2 : 1);
	if (rc == 0)
		CHECK_STR(buf_str(&response.body), str_from(answers[0].body));
	http_response_release(&response);
	http_close(h);
}

/*
 * A connection that the other side closed while it was idle looks as if cut at byte 0: libcurl
 * sends again, and does so until a whole line of the answer came.
 */
static void test_cut_of_reused(void)
{
	peer_start(serve_second_cut);
	peer.answer = answers[0].answer;
	for (size_t cut = 0; cut <= strlen(peer.answer); cut++)
		check_second_cut(cut);
	peer_stop();
}

/* ---- without end ---- */

enum { GIB = 1024 * 1024 * 1024, PIECE = 64 * 1024, TAKEN_MAX = 64 * 1024 * 1024 };

/* peer.answer, then `piece` up to a GiB, until the client has had enough. */
static void serve_endless(int fd)
{
	static char piece[PIECE];

	memset(piece, 'x', sizeof(piece));
	if (!peer_read_request(fd) || !peer_put(fd, str_from(peer.answer)))
		return;
	while (peer.sent < GIB && peer_put(fd, (struct str){ piece, sizeof(piece) }))
		peer.sent += sizeof(piece);
}

static void test_endless(void)
{
	static const struct {
		const char *name, *answer;
		enum err_code code; /* ERR_NONE: any */
	} cases[] = {
		{ "length", "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", ERR_CORRUPT },
		{ "chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\n",
		    ERR_CORRUPT },
		{ "until it closes", "HTTP/1.1 200 OK\r\n\r\n", ERR_CORRUPT },
		{ "header line", "HTTP/1.1 200 OK\r\nX: ", ERR_NONE },
		{ "status line", "HTTP/1.1 200 ", ERR_NONE },
		{ "no HTTP", "", ERR_NONE },
	};
	struct http *h = client_open();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_response response;
		struct err err = { 0 };

		test_case = cases[i].name;
		peer.answer = cases[i].answer;
		peer_start(serve_endless);
		http_response_init(&response, 1000);
		CHECK_INT(get(h, &response, &err), -1);
		CHECK(cases[i].code == ERR_NONE || err.code == cases[i].code);
		CHECK(response.body.cap <= 1001 && response.headers.cap <= 128 * 1024);
		http_response_release(&response);
		peer_stop();
		CHECK(peer.sent < TAKEN_MAX); /* what the sockets hold, and not the GiB */
	}
	http_close(h);
}

/* Lines without end: each is fine, their sum is not. */
static void serve_lines(int fd)
{
	if (!peer_read_request(fd) || !peer_put(fd, STR("HTTP/1.1 200 OK\r\n")))
		return;
	while (peer.sent < GIB &&
	    peer_put(fd, STR("X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")))
		peer.sent += 47;
}

static void test_endless_head(void)
{
	struct http *h = client_open();
	struct http_response response;
	struct err err;

	peer_start(serve_lines);
	http_response_init(&response, 1000);
	CHECK_ERR(get(h, &response, &err), &err, ERR_CORRUPT);
	http_response_release(&response);
	http_close(h);
	peer_stop();
	CHECK(peer.sent < TAKEN_MAX);
}

/* ---- large bodies ---- */

static _Atomic bool was_asked; /* with Expect */

enum { LARGE = 1024 * 1024 + 1 };

static bool read_body(int fd)
{
	static char bytes[PIECE];
	size_t left = LARGE;

	while (left > 0) {
		ssize_t n = read(fd, bytes, left < sizeof(bytes) ? left : sizeof(bytes));

		if (n <= 0)
			return false;
		left -= (size_t)n;
	}
	return true;
}

/* The status that peer.cut is, before or after the body came. */
static void serve_put(int fd)
{
	char answer[128], head[4096];

	snprintf(answer, sizeof(answer), "HTTP/1.1 %zu X\r\nContent-Length: 0\r\n\r\n", peer.cut);
	if (!peer_read_head(fd, head, sizeof(head)))
		return;
	was_asked = strstr(head, "\r\nExpect: 100-continue\r\n") != NULL;
	if (peer.cut == 200 &&
	    (!peer_put(fd, STR("HTTP/1.1 100 Continue\r\n\r\n")) || !read_body(fd)))
		return;
	(void)peer_put(fd, str_from(answer));
}

/* Above 1 MiB the body waits until it is wanted, and a refusal comes instead of it. */
static void test_continue(void)
{
	static const int statuses[] = { 200, 403, 503 };
	static char body[LARGE];
	struct http *h = client_open();

	peer_start(serve_put);
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct http_response response;
		char url[64];
		struct http_request request = { .method = "PUT",
			.url = url,
			.body = { body, sizeof(body) },
			.has_body = true };
		struct err err;

		peer.cut = (size_t)statuses[i];
		was_asked = false;
		snprintf(url, sizeof(url), "http://127.0.0.1:%u/", peer.port);
		http_response_init(&response, 100);
		CHECK_OK(http_call(h, &request, &response, &err), &err);
		CHECK_INT(response.status, statuses[i]);
		CHECK(was_asked);
		http_response_release(&response);
	}
	http_close(h);
	peer_stop();
}

/* ---- a port that does not answer ---- */

/* Full: nobody accepts, and what comes next gets no answer from the system. */
static int fill_backlog(int fds[], size_t count)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&a, n) != 0 ||
	    listen(listener, 0) != 0 || getsockname(listener, (struct sockaddr *)&a, &n) != 0)
		test_die("no listener on loopback");
	peer.port = ntohs(a.sin_port);
	for (size_t i = 0; i < count; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fds[i] < 0)
			test_die("no socket");
		(void)connect(fds[i], (struct sockaddr *)&a, sizeof(a)); /* may be under way */
	}
	return listener;
}

/* The request's own limit counts, not the client's minute: else this test would not end in time. */
static void test_connect_timeout(void)
{
	struct http *h = client_open();
	int fds[8], listener = fill_backlog(fds, ARRAY_SIZE(fds));
	char url[64];
	struct http_request request = { .method = "GET", .url = url, .connect_timeout_ms = 50 };
	struct http_response response;
	struct err err;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", peer.port);
	http_response_init(&response, 100);
	CHECK_ERR(http_call(h, &request, &response, &err), &err, ERR_TIMEOUT);
	http_response_release(&response);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	close(listener);
	http_close(h);
}

static const struct test tests[] = {
	{ "cut", test_cut },
	{ "cut of reused", test_cut_of_reused },
	{ "endless", test_endless },
	{ "endless head", test_endless_head },
	{ "continue", test_continue },
	{ "connect timeout", test_connect_timeout },
};

TEST_MAIN(tests)
