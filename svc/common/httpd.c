/* Opening and stopping; the work is in httpd_loop.c and httpd_request.c. */
#include "httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpd_core.h"
#include "mem.h"

enum {
	LOOP_MAX = 64,
	DESCRIPTORS_KEPT = 128, /* of the admin port, the queue, the log */
	CONNECTIONS_MIN = 8,
	BACKLOG = 4096,
	WAIT_STEP_MS = 5,
	STUCK_MS = 15000, /* loops turn at least once a second */
};

const char *httpd_library_version(void)
{
	return MHD_get_version();
}

/* ---- listeners ---- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t address_of(const struct setting_address *listen, uint16_t port, union address *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, listen->host, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		return sizeof(out->v4);
	}
	(void)inet_pton(AF_INET6, listen->host, &out->v6.sin6_addr); /* the settings checked it */
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons(port);
	return sizeof(out->v6);
}

static int bind_one(const struct httpd *h, uint16_t port, bool is_shared, struct err *err)
{
	union address a;
	socklen_t size = address_of(&h->o.listen, port, &a);
	int one = 1;
	int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_errno(err, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    (is_shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) != 0) ||
	    bind(fd, &a.any, size) != 0) {
		(void)err_errno(err, "listen on %s:%u", h->o.listen.host, (unsigned)port);
		(void)close(fd);
		return -1;
	}
	return fd;
}

static uint16_t port_of(int fd)
{
	union address a;
	socklen_t size = sizeof(a);

	memset(&a, 0, sizeof(a));
	(void)getsockname(fd, &a.any, &size); /* cannot fail on a bound socket */
	return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

/*
 * Several listeners may share a port only by SO_REUSEPORT, which would also let a second
 * process of the same user share it unnoticed. A first bind without it finds that out.
 */
static int check_port(const struct httpd *h, struct err *err)
{
	int fd = bind_one(h, h->port, false, err);

	if (fd < 0)
		return -1;
	(void)close(fd);
	return 0;
}

/* Where no port is given the first picks one: the kernel never picks one that is in use. */
static int listen_one(struct httpd *h, struct err *err)
{
	int fd = bind_one(h, h->port, true, err);

	if (fd < 0)
		return -1;
	h->port = port_of(fd);
	if (listen(fd, BACKLOG) != 0) {
		(void)err_errno(err, "listen on %s:%u", h->o.listen.host, (unsigned)h->port);
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* ---- open ---- */

/* As many connections as there may be descriptors; the soft limit is ours to raise. */
static unsigned connection_max(unsigned wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return wanted;
	if (limit.rlim_cur < (rlim_t)wanted + DESCRIPTORS_KEPT) {
		limit.rlim_cur = limit.rlim_max < (rlim_t)wanted + DESCRIPTORS_KEPT
		    ? limit.rlim_max
		    : (rlim_t)wanted + DESCRIPTORS_KEPT;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* read again below */
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= (rlim_t)wanted + DESCRIPTORS_KEPT)
		return wanted;
	if (limit.rlim_cur >= 2 * DESCRIPTORS_KEPT)
		return (unsigned)limit.rlim_cur - DESCRIPTORS_KEPT;
	return limit.rlim_cur > 2 * CONNECTIONS_MIN ? (unsigned)limit.rlim_cur / 2
						    : CONNECTIONS_MIN;
}

static unsigned loops_wanted(unsigned asked)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = asked ? asked : (unsigned)(processors > 0 ? processors : 1);

	return n < LOOP_MAX ? n : LOOP_MAX;
}

static int open_loops(struct httpd *h, struct err *err)
{
	for (unsigned i = 0; i < h->loop_count; i++) {
		struct loop *l = &h->loops[i];
		int fd = listen_one(h, err);

		l->conn_max = (h->connection_max + h->loop_count - 1) / h->loop_count;
		if (fd < 0 || httpd_loop_open(l, fd, err) != 0)
			return -1;
	}
	return 0;
}

int httpd_open(struct httpd **out, const struct httpd_options *options, struct err *err)
{
	struct httpd *h = xcalloc(1, sizeof(*h));

	h->o = *options;
	if (!h->o.clock)
		h->o.clock = &clock_system;
	h->connection_max = connection_max(options->connection_max);
	h->loop_count = loops_wanted(options->loop_count);
	h->loops = xcalloc(h->loop_count, sizeof(*h->loops));
	for (unsigned i = 0; i < h->loop_count; i++) {
		struct loop *l = &h->loops[i];

		l->httpd = h;
		l->index = i;
		l->listen_fd = l->outer_fd = l->wake_fd = -1;
		l->returned_tail = &l->returned;
		pthread_mutex_init(&l->lock, NULL);
	}
	h->port = options->listen.port;
	if ((h->port != 0 && check_port(h, err) != 0) || open_loops(h, err) != 0) {
		httpd_close(h);
		return -1;
	}
	*out = h;
	return 0;
}

int httpd_start(struct httpd *h, struct err *err)
{
	for (unsigned i = 0; i < h->loop_count; i++)
		if (httpd_loop_start(&h->loops[i], err) != 0)
			return -1;
	return 0;
}

/* ---- questions ---- */

uint16_t httpd_port(const struct httpd *h)
{
	return h->port;
}

unsigned httpd_loop_count(const struct httpd *h)
{
	return h->loop_count;
}

unsigned httpd_connection_max(const struct httpd *h)
{
	return h->connection_max;
}

size_t httpd_connection_count(struct httpd *h)
{
	size_t n = 0;

	for (unsigned i = 0; i < h->loop_count; i++)
		n += atomic_load_explicit(&h->loops[i].count, memory_order_relaxed);
	return n;
}

size_t httpd_request_count(struct httpd *h)
{
	return atomic_load(&h->request_count);
}

bool httpd_is_alive(struct httpd *h)
{
	int64_t now_ms = clock_mono_ms(h->o.clock);

	for (unsigned i = 0; i < h->loop_count; i++)
		if (now_ms - atomic_load_explicit(&h->loops[i].turned_ms, memory_order_relaxed) >
		    STUCK_MS)
			return false;
	return true;
}

/* ---- stop ---- */

static void wake_all(struct httpd *h)
{
	for (unsigned i = 0; i < h->loop_count; i++)
		httpd_loop_wake(&h->loops[i]);
}

void httpd_drain(struct httpd *h)
{
	atomic_store(&h->is_draining, true);
}

void httpd_quiesce(struct httpd *h)
{
	atomic_store(&h->is_draining, true);
	atomic_store(&h->is_quiescing, true);
	wake_all(h);
}

static bool wait_for_none(struct httpd *h, int64_t deadline_ms)
{
	while (httpd_request_count(h) > 0) {
		if (clock_mono_ms(h->o.clock) >= deadline_ms)
			return false;
		clock_sleep_ms(WAIT_STEP_MS);
	}
	return true;
}

/*
 * A head that is half sent may become a request at any moment, and the library aborts when it is
 * stopped with one deferred. So when none is under way the door is shut, and those are waited for
 * that came through it meanwhile: begin() counts before it looks, this shuts before it counts.
 */
bool httpd_wait_idle(struct httpd *h, int64_t timeout_ms)
{
	int64_t deadline_ms = clock_mono_ms(h->o.clock) + timeout_ms;

	if (!wait_for_none(h, deadline_ms))
		return false;
	atomic_store(&h->is_shut, true);
	return wait_for_none(h, deadline_ms);
}

void httpd_close(struct httpd *h)
{
	if (!h)
		return;
	atomic_store(&h->is_stopping, true);
	for (unsigned i = 0; i < h->loop_count; i++)
		httpd_loop_close(&h->loops[i]);
	free(h->loops);
	free(h);
}
