/*
 * httpd_core: what httpd.c, httpd_loop.c and httpd_request.c share; nobody else's.
 * Everything in a loop belongs to its thread, except `returned` and what is atomic.
 */
#ifndef OPS_HTTPD_CORE_H
#define OPS_HTTPD_CORE_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "httpd.h"

enum {
	/* Per connection, resident from its first request on; 16 KiB with what surrounds it. */
	HTTPD_POOL_BYTES = 15 * 1024,
	HTTPD_HEAD_MAX = HTTPD_POOL_BYTES / 2, /* the answer's head needs room in the same pool */
	HTTPD_TARGET_MAX = HTTPD_POOL_BYTES / 4,
	HTTPD_HEAD_S = 10,
	HTTPD_IDLE_S = 75, /* longer than the 60 s of load balancers, which must close first */
};

struct loop;

struct conn {
	struct conn *next, **link; /* all of the loop's; *link is what points here */
	struct loop *loop;
	struct MHD_Connection *mhd;
	int fd;
	bool is_idle;                    /* between requests */
	int64_t due_ms;                  /* cut it then; 0: never, its request is deferred */
	int64_t idle_ms;                 /* since when */
	char client[HTTPD_ADDRESS_SIZE]; /* "" until somebody asks */
};

/* One request; libmicrohttpd's request context. */
struct request {
	struct httpd_request pub; /* first: the program holds pointers to it */
	struct conn *conn;
	struct str target;        /* as the library left it: its bytes may be unescaped by now */
	const char *target_fault; /* what is wrong with it as it was sent, or NULL */
	struct buf body;
	size_t body_received;          /* bytes, also of a body that is dropped */
	size_t body_counted;           /* bytes of httpd.body_bytes that are this body's */
	struct MHD_Response *response; /* decided, not yet queued */
	bool is_begun;                 /* the head was judged: on_done is due */
	bool is_deferred;
	bool is_closing; /* the answer will be the connection's last */
};

struct loop {
	struct httpd *httpd;
	unsigned index;
	struct MHD_Daemon *daemon;
	pthread_t thread;
	bool is_running;
	int listen_fd; /* -1 once closed */
	int outer_fd;  /* epoll over the daemon's own and wake_fd */
	int wake_fd;
	struct conn *conns;
	unsigned conn_count, conn_max;
	int64_t now_ms, swept_ms;
	_Atomic size_t count;      /* of conns, for other threads */
	_Atomic int64_t turned_ms; /* when it last went round, for other threads */

	pthread_mutex_t lock; /* over returned */
	struct httpd_request *returned, **returned_tail;
};

struct httpd {
	struct httpd_options o;
	uint16_t port;
	unsigned loop_count;
	unsigned connection_max;
	struct loop *loops;
	atomic_bool is_draining, is_quiescing, is_shut, is_stopping;
	_Atomic size_t request_count;
	_Atomic size_t body_bytes;
};

/* httpd_loop.c */
int httpd_loop_open(struct loop *l, int listen_fd, struct err *err) ATTR_MUST_CHECK;
int httpd_loop_start(struct loop *l, struct err *err) ATTR_MUST_CHECK;
void httpd_loop_wake(struct loop *l);
void httpd_loop_close(struct loop *l);

/* httpd_request.c: libmicrohttpd's callbacks */
void *httpd_on_target(void *cls, const char *target, struct MHD_Connection *mhd);
enum MHD_Result httpd_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *data_size, void **context);
void httpd_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_RequestTerminationCode why);
/* One that came back from another thread. */
void httpd_request_resume(struct request *r);

#endif
