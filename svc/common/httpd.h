/*
 * httpd: an HTTP/1.1 server for small requests; the home of libmicrohttpd.
 *
 * A few loop threads each own a listener (SO_REUSEPORT), its connections and their
 * requests; no lock is shared between loops. Everything the program is called with
 * happens in the loop thread of that request, and must not block.
 *
 * A request's life: on_head; its body; on_body; there the program answers, or defers
 * and lets another thread return it later, whereupon on_return is called in the loop
 * thread; on_done when the answer is sent or the client is gone. A deferred request
 * never goes away by itself: the program must return it.
 *
 * What the parser lets through although a proxy in front might read it differently
 * is refused with 400 before on_head (httpd_guard.h); heads, bodies and idle
 * connections have deadlines of their own.
 */
#ifndef OPS_HTTPD_H
#define OPS_HTTPD_H

#include "clock.h"
#include "settings.h"

/* The request header fields that anyone here looks at. */
enum httpd_field_name {
	HTTPD_AUTHORIZATION,
	HTTPD_CONTENT_ENCODING,
	HTTPD_CONTENT_LENGTH,
	HTTPD_CONTENT_TYPE,
	HTTPD_EXPECT,
	HTTPD_HOST,
	HTTPD_TRACEPARENT,
	HTTPD_TRANSFER_ENCODING,
	HTTPD_WEBHOOK_ID,
	HTTPD_WEBHOOK_OTHER, /* every other name that begins with "webhook-" */
	HTTPD_WEBHOOK_SIGNATURE,
	HTTPD_WEBHOOK_TIMESTAMP,
	HTTPD_X_FORWARDED_FOR,
	HTTPD_X_REQUEST_ID,
	HTTPD_FIELD_COUNT,
};

struct httpd_field {
	struct str value; /* of the last one */
	unsigned count;   /* how often the name was there */
};

/* Slices are valid until on_done. */
struct httpd_request {
	struct str method;
	struct str path; /* as sent, without the query; empty when it holds a percent sign */
	struct httpd_field fields[HTTPD_FIELD_COUNT];
	struct str body;            /* from on_body on, until httpd_drop_body() or httpd_answer() */
	int64_t started_us;         /* monotonic time at which the request line was there */
	unsigned loop;              /* 0 to httpd_loop_count() - 1 */
	unsigned status;            /* of the answer; 0: none yet */
	void *state;                /* the program's own, from on_head to on_done */
	struct httpd_request *next; /* the program's own while deferred */
};

enum { HTTPD_ANSWER_FIELD_MAX = 6, HTTPD_ADDRESS_SIZE = 46 /* INET6_ADDRSTRLEN */ };

struct httpd_answer {
	unsigned status;
	const char *type; /* Content-Type; NULL: no body */
	struct str body;  /* copied */
	struct {
		const char *name, *value;
	} fields[HTTPD_ANSWER_FIELD_MAX]; /* ended by a NULL name; values copied */
	bool is_last; /* close the connection behind it, at once if the body is not read yet */
};

struct httpd_app {
	/* May answer; then on_body is skipped. */
	void (*on_head)(struct httpd_request *r, void *arg);
	/* Must answer or defer. */
	void (*on_body)(struct httpd_request *r, void *arg);
	/* Must answer or defer again; or NULL. */
	void (*on_return)(struct httpd_request *r, void *arg);
	/* Forget it; or NULL. */
	void (*on_done)(struct httpd_request *r, void *arg);
	/* All that was ready is done; or NULL. */
	void (*on_turn_end)(unsigned loop, void *arg);
	/* Refuse with this status what httpd found wrong (400, 413, 414, 431, 503): must answer. */
	void (*on_refuse)(struct httpd_request *r, unsigned status, const char *why, void *arg);
};

struct httpd_options {
	struct setting_address listen;
	const char *server;  /* the Server field; borrowed for ever */
	unsigned loop_count; /* 0: one per processor */
	/*
	 * Over all loops, each of which takes its equal share and lets more wait, also when
	 * another still has room; lowered when descriptors do not suffice.
	 */
	unsigned connection_max;
	size_t body_max;            /* bytes of one body */
	size_t bodies_max;          /* bytes of all bodies held at one time; more is 503 */
	unsigned request_timeout_s; /* from the head's end to the body's end */
	const struct clock *clock;  /* NULL: clock_system */
	const struct httpd_app *app;
	void *arg;
};

struct httpd;

/* Version of the linked libmicrohttpd: "1.0.10". */
const char *httpd_library_version(void);

/* Listen; nothing is served yet. ERR_IO or ERR_DENIED: the address cannot be used. */
int httpd_open(struct httpd **out, const struct httpd_options *options, struct err *err)
    ATTR_MUST_CHECK;

/* Start the loops: from here on the program is called. */
int httpd_start(struct httpd *h, struct err *err) ATTR_MUST_CHECK;

uint16_t httpd_port(const struct httpd *h);
unsigned httpd_loop_count(const struct httpd *h);
unsigned httpd_connection_max(const struct httpd *h); /* the real one */
size_t httpd_connection_count(struct httpd *h);       /* open now; any thread */
size_t httpd_request_count(struct httpd *h);          /* under way now; any thread */

bool httpd_is_alive(struct httpd *h); /* every loop has turned lately; any thread */

/* ---- in the loop thread ---- */

/* Exactly once per request. */
void httpd_answer(struct httpd_request *r, const struct httpd_answer *answer);

/* Only from on_body and on_return: httpd_return() will follow. */
void httpd_defer(struct httpd_request *r);

/* The body is not needed any more: free its memory early. */
void httpd_drop_body(struct httpd_request *r);

/* The other end's address, numeric; lives as long as the request. */
const char *httpd_client(struct httpd_request *r);

/* ---- any thread ---- */

/* Give deferred requests of one loop, linked by `next`, back to it. */
void httpd_return(struct httpd *h, unsigned loop, struct httpd_request *list);

/* ---- stopping, in this order, by the thread that opened it ---- */

void httpd_drain(struct httpd *h);   /* from now on every answer closes its connection */
void httpd_quiesce(struct httpd *h); /* no new connections; idle ones are closed */

/* Wait until no request is under way, and let none begin; false: not so after timeout_ms. */
bool httpd_wait_idle(struct httpd *h, int64_t timeout_ms);

/* Stop the loops and close all. No request may be deferred. NULL is fine. */
void httpd_close(struct httpd *h);

#endif
