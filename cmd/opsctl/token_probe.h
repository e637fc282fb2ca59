/*
 * token_probe: asks a running ops-api whether it accepts a token, without anything being
 * queued: a signed request whose payload no policy accepts is answered 400 when the
 * credentials were good and 401 when they were not. That the answer is one of ops-api shows in the
 * request id, which it repeats.
 */
#ifndef OPS_TOKEN_PROBE_H
#define OPS_TOKEN_PROBE_H

#include "clock.h"
#include "err.h"
#include "str.h"

struct http;

/* What the ids of its requests begin with, so that nobody takes them for a client's. */
#define TOKEN_REQUEST_PREFIX "opsctl-"

struct token_probe {
	bool is_accepted;
	bool is_by_bearer; /* signatures are refused (OPS_AUTH=token), the token itself is not */
	int status;        /* of the last answer */
};

struct token_question {
	struct http *http;
	const char *url; /* of ops-api */
	struct str token;
	const struct clock *clock;
	int64_t deadline_ms;    /* monotonic: all its requests end by then */
	const char *request_id; /* of its requests, which an answer must have; NULL: any of ours */
	/* The token itself is not sent: who answers at that address is not certain. */
	bool is_by_signature;
};

/*
 * ERR_BUSY: any other answer; ERR_CORRUPT: with a request id, not one of ops-api; ERR_TIMEOUT: none
 * in time; others of http_call().
 */
int token_probe(const struct token_question *q, struct token_probe *out, struct err *err)
    ATTR_MUST_CHECK;

#endif
