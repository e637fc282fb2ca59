/*
 * httpd_guard: finds in a parsed request head what a stricter parser would have
 * refused. libmicrohttpd 1.0.10 refuses all of it itself; 0.9.75, which distributions
 * ship, accepts two lengths, LF line ends, folded lines and NUL, and a proxy in front
 * that reads such a head differently lets a client smuggle requests. Knows nothing of
 * the library's API, only (for 0.9) where it leaves a line's pieces. Pure; any thread.
 */
#ifndef OPS_HTTPD_GUARD_H
#define OPS_HTTPD_GUARD_H

#include "httpd.h"

struct httpd_guard {
	struct httpd_request *request; /* whose fields are filled */
	/* Whether name and value lie where 0.9's in-place parser leaves them, so that the gaps
	   between them tell how a line ended. */
	bool is_in_place;
	const char *line_end; /* in place: the NUL behind the previous piece of the head */
	size_t head_bytes;
	const char *why; /* the first thing that is wrong; NULL: nothing yet */
};

/* `target` as sent: printable ASCII, no "%00", every '%' with two hex digits. */
void httpd_guard_target(struct httpd_guard *g, struct str target);

/* The request line's version, which in place stands right behind the target. */
void httpd_guard_version(struct httpd_guard *g, const char *version);

/* One header field; goes into the request's table. */
void httpd_guard_field(struct httpd_guard *g, struct str name, struct str value);

/* After the last field: what only shows in the whole. */
void httpd_guard_end(struct httpd_guard *g, bool is_http_1_0);

/* The body's length, or -1 when there is none or it is chunked. Only after a clean guard. */
int64_t httpd_guard_length(const struct httpd_request *r);

#endif
