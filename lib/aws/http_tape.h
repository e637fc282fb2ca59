/*
 * http_tape: keeps what is said over HTTP, so that a command can be run again without a network.
 * While a tape is installed every http_call() goes by it: a recorder writes down each exchange, a
 * player answers from those of a recording and lets nothing through. One for the process, so that no
 * caller can forget it; installed before threads and taken away after them. Any thread may call.
 *
 * What is kept is redacted (redact.h): by name in JSON, XML and forms, and by value of the secrets
 * that the request names. Of headers only those are kept that answers are read by. Not kept at all:
 * requests that are off the tape (for credentials), the bodies that are a client's data, those that
 * are no text, in which nothing can be redacted (but see keeps_bytes in http.h), those that are too
 * large, and answers that are streams. A body is kept whole or not: half of one could not be read.
 */
#ifndef OPS_HTTP_TAPE_H
#define OPS_HTTP_TAPE_H

#include "clock.h"
#include "http.h"

enum {
	HTTP_TAPE_LINE_MAX = 8 * 1024 * 1024,
	HTTP_TAPE_BYTES_MAX = 64 * 1024 * 1024, /* of all lines; what follows is left out */
};

/* How errors for want of a recorded answer begin. */
#define HTTP_TAPE_LACKS "not in the recording: "

struct http_tape;

/* Gives each exchange to put(): one line of JSON, without its end; one at a time. */
typedef void http_tape_put_fn(void *arg, struct str line);
struct http_tape *http_tape_recorder(http_tape_put_fn *put, void *arg);

/* A player without exchanges, whose clock stands at `at_ms` and moves to the time of each answer. */
struct http_tape *http_tape_player(int64_t at_ms);
const struct clock *http_tape_clock(const struct http_tape *t); /* of a player */

/* Another exchange for a player: a line of put(). ERR_CORRUPT: not one. */
int http_tape_load(struct http_tape *t, struct str line, struct err *err) ATTR_MUST_CHECK;

void http_tape_close(struct http_tape *t); /* not while it is installed */

/* Exchanges kept or loaded, and those left out for their size. */
void http_tape_counts(const struct http_tape *t, uint64_t *kept, uint64_t *left_out);

void http_tape_install(struct http_tape *t); /* NULL: none */

/* ---- for http.c ---- */

struct http_tape *http_tape_installed(void);
bool http_tape_is_player(const struct http_tape *t);

/* failure: NULL when there was an answer. began_ms: wall time. */
void http_tape_keep(struct http_tape *t, const struct http_request *request,
    const struct http_response *response, const struct err *failure, int64_t began_ms);

/*
 * Answer as recorded: from the exchange of the same operation, URL and body; else with these but for
 * long numbers, which are mostly times; else of the same operation: the first that was not played yet.
 * ERR_NOTFOUND, HTTP_TAPE_LACKS: there is none, or its answer was not kept; else the
 * failure that was recorded.
 */
int http_tape_play(struct http_tape *t, const struct http_request *request,
    struct http_response *response, struct err *err) ATTR_MUST_CHECK;

#endif
