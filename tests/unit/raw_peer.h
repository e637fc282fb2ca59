/*
 * raw_peer: a peer that may do wrong: one thread on a free loopback port that serves one connection
 * after the other, by a function of the test. One at a time per program. See web.h for one that
 * does right.
 */
#ifndef OPS_TEST_RAW_PEER_H
#define OPS_TEST_RAW_PEER_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

static struct {
	int listener;
	unsigned port;
	pthread_t thread;
	void (*serve)(int fd);
	const char *_Atomic answer;
	_Atomic size_t cut;     /* bytes of it that are sent */
	_Atomic bool resets;    /* RST in place of FIN */
	_Atomic size_t sent;    /* by endless answers */
	_Atomic unsigned calls; /* connections */
} peer;

static inline void *peer_run(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(peer.listener, NULL, NULL)) >= 0) {
		peer.calls++;
		peer.serve(fd);
		close(fd);
	}
	return NULL;
}

static inline void peer_start(void (*serve)(int fd))
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);

	peer.serve = serve;
	peer.calls = 0;
	peer.sent = 0;
	peer.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (peer.listener < 0 || bind(peer.listener, (struct sockaddr *)&a, n) != 0 ||
	    listen(peer.listener, 16) != 0 ||
	    getsockname(peer.listener, (struct sockaddr *)&a, &n) != 0)
		test_die("no listener on loopback");
	peer.port = ntohs(a.sin_port);
	if (pthread_create(&peer.thread, NULL, peer_run, NULL) != 0)
		test_die("no thread");
}

static inline void peer_stop(void)
{
	shutdown(peer.listener, SHUT_RDWR); /* accept() returns */
	pthread_join(peer.thread, NULL);
	close(peer.listener);
}

/* Up to the end of a head, whose last bytes are read alone; false: the client closed. */
static inline bool peer_read_head(int fd, char *head, size_t size)
{
	size_t n = 0;

	while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0)
		if (n + 1 == size || read(fd, head + n++, 1) != 1)
			return false;
	head[n] = '\0';
	return true;
}

static inline bool peer_read_request(int fd)
{
	char head[4096];

	return peer_read_head(fd, head, sizeof(head));
}

static inline bool peer_put(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		s = str_skip(s, (size_t)n);
	}
	return true;
}

#endif
