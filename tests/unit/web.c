#include "web.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096 };

static struct {
	web_fn *fn;
	void *arg;
	int listener;
	unsigned port;
	pthread_t thread, threads[CONNECTIONS_MAX];
	_Atomic int fds[CONNECTIONS_MAX]; /* -1: closed */
	_Atomic unsigned connections;
} web;

/* Set-up that fails fails the test. */
static void die(const char *what)
{
	fprintf(stderr, "set-up: %s\n", what);
	exit(1);
}

/* ---- reading ---- */

static size_t head_size(struct str text)
{
	for (size_t i = 0; i + 4 <= text.n; i++)
		if (memcmp(text.p + i, "\r\n\r\n", 4) == 0)
			return i + 4;
	return 0;
}

struct str web_header(struct str request, const char *name)
{
	struct str rest = str_slice(request, 0, head_size(request)), line, key, value;

	while (rest.n > 0) {
		str_cut(rest, '\n', &line, &rest);
		if (str_cut(line, ':', &key, &value) && str_eq_nocase(key, str_from(name)))
			return str_trim(value);
	}
	return STR_NONE;
}

struct str web_method(struct str request)
{
	struct str method, rest;

	str_cut(request, ' ', &method, &rest);
	return method;
}

struct str web_target(struct str request)
{
	struct str method, target, rest;

	str_cut(request, ' ', &method, &rest);
	str_cut(rest, ' ', &target, &rest);
	return target;
}

struct str web_body(struct str request)
{
	return str_skip(request, head_size(request));
}

static bool is_whole(struct str text)
{
	size_t head = head_size(text);
	uint64_t body = 0;

	if (head == 0)
		return false;
	(void)str_to_u64(web_header(text, "Content-Length"), &body);
	return text.n >= head + body;
}

static bool read_request(int fd, struct buf *request)
{
	buf_reset(request);
	while (!is_whole(buf_str(request))) {
		char *room = buf_room(request, 16 * 1024);
		ssize_t got = room ? read(fd, room, 16 * 1024) : -1;

		if (got <= 0)
			return false;
		buf_added(request, (size_t)got);
	}
	return true;
}

/* ---- answering ---- */

void web_answer(struct buf *answer, int status, const char *headers, struct str body)
{
	buf_addf(answer, "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n", status, headers, body.n);
	buf_add(answer, body);
}

static void *serve_connection(void *arg)
{
	_Atomic int *fd = arg;
	struct buf request = BUF_INIT(WEB_REQUEST_MAX), answer = BUF_INIT(WEB_REQUEST_MAX);
	bool keeps = true;

	while (keeps && read_request(*fd, &request)) {
		struct str rest;

		buf_reset(&answer);
		keeps = web.fn(web.arg, buf_str(&request), &answer);
		for (rest = buf_str(&answer); rest.n > 0;) {
			ssize_t sent = send(*fd, rest.p, rest.n, MSG_NOSIGNAL);

			if (sent <= 0)
				break;
			rest = str_skip(rest, (size_t)sent);
		}
		keeps = keeps && rest.n == 0;
	}
	close(atomic_exchange(fd, -1));
	buf_release(&request);
	buf_release(&answer);
	return NULL;
}

static void *serve(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < CONNECTIONS_MAX; i++) {
		int fd = accept(web.listener, NULL, NULL);

		if (fd < 0)
			return NULL;
		web.fds[i] = fd;
		/* Before its client can have an answer, and ask how many there were. */
		web.connections = i + 1;
		if (pthread_create(&web.threads[i], NULL, serve_connection, (void *)&web.fds[i]) !=
		    0)
			die("no thread");
	}
	die("more connections than there is room for");
	return NULL;
}

void web_start(web_fn *fn, void *arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);

	web.fn = fn;
	web.arg = arg;
	web.connections = 0;
	web.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (web.listener < 0 || bind(web.listener, (struct sockaddr *)&a, n) != 0 ||
	    listen(web.listener, 64) != 0 ||
	    getsockname(web.listener, (struct sockaddr *)&a, &n) != 0)
		die("no listener on loopback");
	web.port = ntohs(a.sin_port);
	if (pthread_create(&web.thread, NULL, serve, NULL) != 0)
		die("no thread");
}

void web_stop(void)
{
	shutdown(web.listener, SHUT_RDWR); /* accept() returns */
	pthread_join(web.thread, NULL);
	for (unsigned i = 0; i < web.connections; i++) {
		int fd = web.fds[i];

		if (fd >= 0)
			shutdown(fd, SHUT_RDWR); /* a client may keep it open */
		pthread_join(web.threads[i], NULL);
	}
	close(web.listener);
}

unsigned web_port(void)
{
	return web.port;
}

unsigned web_connections(void)
{
	return web.connections;
}
