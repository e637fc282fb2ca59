/*
 * One loop: a libmicrohttpd daemon driven from outside by a thread of ours. The library's
 * own epoll thread is not used: it sleeps on exactly 128*k ready connections, and has
 * neither deadlines nor a place to act once per turn.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpd_core.h"
#include "log.h"
#include "mem.h"

enum { SWEEP_MS = 1000, QUIESCE_POLL_MS = 10, REUSE_IDLE_MS = 1000 };

static int64_t now_ms(const struct loop *l)
{
	return clock_mono_ms(l->httpd->o.clock);
}

/* ---- connections and their deadlines ---- */

static void conn_add(struct loop *l, struct MHD_Connection *mhd, void **context)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->loop = l;
	c->mhd = mhd;
	c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	c->is_idle = true;
	c->idle_ms = now_ms(l);
	c->due_ms = c->idle_ms + HTTPD_HEAD_S * 1000;
	c->next = l->conns;
	c->link = &l->conns;
	if (c->next)
		c->next->link = &c->next;
	l->conns = c;
	l->conn_count++;
	*context = c;
}

static void conn_remove(struct loop *l, struct conn *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	l->conn_count--;
	free(c);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct loop *l = cls;

	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		conn_add(l, mhd, context);
	else
		conn_remove(l, *context);
	atomic_store_explicit(&l->count, l->conn_count, memory_order_relaxed);
}

/* When the loop is full, or stops, an idle connection must give way. */
static bool must_go(const struct loop *l, const struct conn *c)
{
	if (c->due_ms && l->now_ms >= c->due_ms)
		return true;
	if (!c->is_idle)
		return false;
	if (atomic_load(&l->httpd->is_quiescing))
		return true;
	return l->conn_count >= l->conn_max && l->now_ms - c->idle_ms >= REUSE_IDLE_MS;
}

/* The library notices at its next turn, closes and frees: only it may do that. */
static void sweep(struct loop *l)
{
	l->swept_ms = l->now_ms;
	for (struct conn *c = l->conns; c; c = c->next)
		if (must_go(l, c))
			(void)shutdown(c->fd, SHUT_RDWR); /* ENOTCONN: it is gone already */
}

/* ---- turns ---- */

static void take_returned(struct loop *l)
{
	struct httpd_request *list, *next;

	pthread_mutex_lock(&l->lock);
	list = l->returned;
	l->returned = NULL;
	l->returned_tail = &l->returned;
	pthread_mutex_unlock(&l->lock);
	for (; list; list = next) {
		next = list->next; /* it may be deferred into another list at once */
		list->next = NULL;
		httpd_request_resume((struct request *)list);
	}
}

static void quiesce(struct loop *l)
{
	if (l->listen_fd < 0)
		return;
	(void)MHD_quiesce_daemon(l->daemon);
	(void)close(l->listen_fd); /* what the kernel had queued on it is reset */
	l->listen_fd = -1;
}

static int wait_ms(struct loop *l)
{
	MHD_UNSIGNED_LONG_LONG library_ms;
	int64_t ms = atomic_load(&l->httpd->is_quiescing) ? QUIESCE_POLL_MS : SWEEP_MS;

	if (MHD_get_timeout(l->daemon, &library_ms) == MHD_YES && (int64_t)library_ms < ms)
		ms = (int64_t)library_ms;
	return (int)ms;
}

static void turn(struct loop *l)
{
	struct httpd *h = l->httpd;
	struct epoll_event events[2];
	eventfd_t wakes;

	if (epoll_wait(l->outer_fd, events, ARRAY_SIZE(events), wait_ms(l)) < 0 && errno != EINTR)
		abort(); /* the descriptor is ours: a bug */

	(void)eventfd_read(l->wake_fd, &wakes); /* non-blocking; empty is normal */
	l->now_ms = now_ms(l);
	atomic_store_explicit(&l->turned_ms, l->now_ms, memory_order_relaxed);
	take_returned(l);
	if (atomic_load(&h->is_quiescing))
		quiesce(l);
	if (l->now_ms - l->swept_ms >= SWEEP_MS || atomic_load(&h->is_quiescing))
		sweep(l);
	if (MHD_run(l->daemon) != MHD_YES)
		abort();
	if (h->o.app->on_turn_end)
		h->o.app->on_turn_end(l->index, h->o.arg);
}

static void *loop_main(void *arg)
{
	struct loop *l = arg;

	while (!atomic_load(&l->httpd->is_stopping))
		turn(l);
	return NULL;
}

void httpd_loop_wake(struct loop *l)
{
	(void)eventfd_write(l->wake_fd, 1); /* EAGAIN: 2^64 wakes wait, so it wakes */
}

void httpd_return(struct httpd *h, unsigned loop, struct httpd_request *list)
{
	struct loop *l = &h->loops[loop];
	bool was_empty;

	if (!list)
		return;
	pthread_mutex_lock(&l->lock);
	was_empty = !l->returned;
	*l->returned_tail = list;
	while (list->next)
		list = list->next;
	l->returned_tail = &list->next;
	pthread_mutex_unlock(&l->lock);
	if (was_empty)
		httpd_loop_wake(l);
}

/* ---- open and close ---- */

static void ATTR_PRINTF(2, 0) on_library_log(void *arg, const char *fmt, va_list args)
{
	struct buf text = BUF_INIT(1024);

	(void)arg;
	if (!log_is_on(LOG_DEBUG))
		return;
	buf_addv(&text, fmt, args);
	log_debug("libmicrohttpd", "event.reason", buf_text(&text), NULL);
	buf_release(&text);
}

static int watch(struct loop *l, int fd, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (epoll_ctl(l->outer_fd, EPOLL_CTL_ADD, fd, &event) != 0)
		return err_errno(err, "epoll");
	return 0;
}

/*
 * Suspend and resume without the library's own wake-up descriptor: resuming happens in the
 * loop's thread, right before MHD_run(), so that one write() per answer would wake nobody.
 */
#define SUSPEND_WITHOUT_ITC ((unsigned)MHD_ALLOW_SUSPEND_RESUME & ~(unsigned)MHD_USE_ITC)

static struct MHD_Daemon *start_daemon(struct loop *l)
{
	struct MHD_OptionItem options[] = {
		{ MHD_OPTION_LISTEN_SOCKET, l->listen_fd, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, l->conn_max, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTPD_POOL_BYTES, NULL },
		{ MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
		{ MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)httpd_on_target, l },
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, l },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)httpd_on_completed, l },
		{ MHD_OPTION_END, 0, NULL },
	};

	/* The logger must come first: options that are read before it would report to stderr. */
	return MHD_start_daemon(MHD_USE_EPOLL | SUSPEND_WITHOUT_ITC | MHD_USE_ERROR_LOG, 0, NULL,
	    NULL, httpd_on_request, l, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
	    MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

int httpd_loop_open(struct loop *l, int listen_fd, struct err *err)
{
	l->listen_fd = listen_fd;
	l->now_ms = l->swept_ms = now_ms(l);
	atomic_store(&l->turned_ms, l->now_ms);
	l->outer_fd = epoll_create1(EPOLL_CLOEXEC);
	l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (l->outer_fd < 0 || l->wake_fd < 0)
		return err_errno(err, "event descriptors");
	l->daemon = start_daemon(l);
	if (!l->daemon)
		return err_set(err, ERR_IO, "libmicrohttpd does not start");
	if (watch(l, MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, err) != 0)
		return -1;
	return watch(l, l->wake_fd, err);
}

int httpd_loop_start(struct loop *l, struct err *err)
{
	errno = pthread_create(&l->thread, NULL, loop_main, l);
	if (errno != 0)
		return err_errno(err, "thread");
	l->is_running = true;
	return 0;
}

void httpd_loop_close(struct loop *l)
{
	if (l->is_running) {
		httpd_loop_wake(l);
		pthread_join(l->thread, NULL);
	}
	if (l->daemon) {
		quiesce(l);
		MHD_stop_daemon(l->daemon);
	}
	if (l->listen_fd >= 0)
		(void)close(l->listen_fd);
	if (l->outer_fd >= 0)
		(void)close(l->outer_fd);
	if (l->wake_fd >= 0)
		(void)close(l->wake_fd);
	pthread_mutex_destroy(&l->lock);
}
