/*
 * http: an HTTP client, the home of libcurl. Connections are pooled by scheme, host and port,
 * and reused; each call is synchronous and may be made from any thread. No redirects, no netrc,
 * no proxy to this machine and link-local addresses; TLS 1.2 or newer, verified.
 */
#ifndef OPS_HTTP_H
#define OPS_HTTP_H

#include "buf.h"
#include "clock.h"
#include "err.h"

struct http;

/*
 * Whether calls are to be given up (ERR_STOPPED): asked before each begins, and then from its thread
 * at least once a second. NULL: never.
 */
struct http_stop {
	bool (*is_wanted)(void *arg);
	void *arg;
};

struct http_options {
	const char *user_agent;    /* required; borrowed */
	const char *ca_bundle;     /* path, or NULL: SSL_CERT_FILE, else the library's default */
	int connect_timeout_ms;    /* 0: 5,000 */
	int total_timeout_ms;      /* 0: 30,000 */
	const struct clock *clock; /* of the pool; borrowed; NULL: clock_system */
	struct http_stop stop;
};

int http_open(struct http **out, const struct http_options *options, struct err *err)
    ATTR_MUST_CHECK;
void http_close(struct http *h); /* no call may be under way */

struct http_header {
	const char *name, *value;
};

/*
 * Takes the next bytes of an answer's body; also called with none, about once a second while
 * nothing comes. false: enough, the call ends with ERR_STOPPED. In the thread of the call.
 */
typedef bool http_take_fn(void *arg, struct str bytes);

struct http_request {
	const char *method; /* "GET" */
	const char *url;    /* http or https */
	const struct http_header *headers;
	size_t header_count;
	struct str body;
	bool has_body;
	int connect_timeout_ms, total_timeout_ms; /* 0: those of the options */
	/*
	 * HTTP/2: of an http URL without asking first, of an https one if the other side agrees.
	 * Else HTTP/1.1: AWS speaks nothing newer, and a handle has one call at a time.
	 */
	bool http2;
	/* What a tape (http_tape.h) may keep of it. */
	const struct str *secrets; /* values that it may not hold */
	size_t secret_count;
	bool is_off_tape; /* nothing: it is for credentials */
	/* Not the body, of an answer only that of a 2xx: a client's data, a command line. */
	bool hides_request, hides_answer;
	/* Of a body that is no text so many bytes; those behind them as zeros. 0: none of it. */
	size_t keeps_bytes;
	http_take_fn *take; /* NULL: the body is collected; so is that of any answer but a 2xx */
	void *take_arg;
};

/* What a call does, one after the other. */
enum http_step { HTTP_DNS, HTTP_TCP, HTTP_TLS, HTTP_ANSWER };

/* Where the time went, from the start of the call, in microseconds; 0 when a step was skipped. */
struct http_timing {
	int64_t dns_us, connect_us, tls_us, first_byte_us, total_us;
	bool is_reused;      /* an open connection was used */
	enum http_step step; /* that it was at when it ended, well or not */
};

struct http_response {
	int status;
	struct buf headers;  /* raw lines of the final answer, without trailers */
	struct buf trailers; /* raw lines, as they came behind the body */
	struct buf body;     /* its max is the limit: larger is ERR_CORRUPT */
	struct http_timing timing;
};

/* `body_max` bounds the answer. Release after every call, also a failed one. */
void http_response_init(struct http_response *r, size_t body_max);
void http_response_release(struct http_response *r);

/*
 * Any whole answer is success, 4xx and 5xx included; but where neither Content-Length nor chunks
 * say so, nobody can tell whether it is whole: it ends with its connection. ERR_TIMEOUT (also after
 * 30 s without a byte), ERR_IO (refused, reset, name not found, torn answer), ERR_CORRUPT (too
 * large, not HTTP), ERR_INVALID (bad URL, header or method), ERR_CONFIG (the other side's
 * certificate is not trusted), ERR_STOPPED (`stop`, or `take` has enough). The text names method,
 * scheme, host and port: what follows in a URL may be a secret, or long. The program ignores SIGPIPE.
 */
int http_call(struct http *h, const struct http_request *request, struct http_response *response,
    struct err *err) ATTR_MUST_CHECK;

/* Value of a header or trailer, trimmed, or empty. */
struct str http_response_header(const struct http_response *r, const char *name);
struct str http_response_trailer(const struct http_response *r, const char *name);

/*
 * The date of Date, Last-Modified and others, in all three forms of RFC 9110, section 5.6.7; Unix s.
 * The day of the week is a name, and not compared with the date. Two digits of a year from 70 on
 * are of the last century.
 */
bool http_date_parse(struct str text, int64_t *out_s);

/* Version line of the linked library, for --version. */
const char *http_library_version(void);

#endif
