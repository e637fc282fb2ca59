/*
 * aws: calls operations of AWS services: resolves region, endpoint and credentials, signs, sends,
 * retries (retry.h), corrects the clock (skew.h), and turns every failure into a struct err that
 * names operation, resource and what to do. One client serves all services and threads.
 *
 * Reads the SDKs' own variables and files (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL,
 * AWS_CA_BUNDLE, AWS_MAX_ATTEMPTS, ...) and nothing of ours.
 */
#ifndef OPS_AWS_H
#define OPS_AWS_H

#include <stdatomic.h>

#include "aws_ops.h"
#include "clock.h"
#include "http.h"
#include "json.h"
#include "sigv4.h"
#include "xml.h"

struct aws;

enum aws_trace { AWS_TRACE_OFF, AWS_TRACE_CALLS /* one line each */, AWS_TRACE_WIRE };

struct aws_options {
	const char *program; /* "ops-api/0.1.0"; begins the user agent */
	const char *profile; /* named: only this one is asked; NULL: as the SDKs */
	const char *region;  /* NULL: as the SDKs */
	/*
	 * For every operation that is called; NULL: as the SDKs. What stands behind it is not asked
	 * for credentials: it would be sent tokens that were meant for STS and SSO.
	 */
	const char *endpoint_url;
	const struct clock *clock; /* NULL: clock_system */
	int creds_timeout_ms;      /* as timeout_ms of creds_options */
	/*
	 * Whoever calls has a way to repeat and to slow down: a call that was throttled, or whose
	 * outcome is unknown, is its caller's. Only a wrong clock and refused credentials are still
	 * repaired and tried again here.
	 */
	bool caller_repeats;
	struct http_stop stop; /* of calls, and of what they need: credentials, the region */
	enum aws_trace trace;
	void (*trace_line)(void *arg, struct str line); /* redacted; any thread */
	void *trace_arg;
};

/* Does no I/O: files, region and credentials are read by the first call. Strings are copied. */
int aws_open(struct aws **out, const struct aws_options *options, struct err *err) ATTR_MUST_CHECK;
void aws_close(struct aws *a); /* no call may be under way */

/*
 * For the calls of a program that shares its client: total_ms for those that set none (0: no limit),
 * and `stop` in the place of that of the options. Before the first call.
 */
void aws_bound(struct aws *a, int total_ms, struct http_stop stop);

/* Borrowed for the duration of the call. */
struct aws_request {
	enum aws_op op;
	struct str body; /* JSON, form (Query: without Action and Version), or object bytes */
	const char *body_sha256;  /* hex, when the caller knows it */
	const char *resource;     /* bare name, for error texts; the row adds its noun: queue 'x' */
	struct str secret;        /* a value in the body that no trace and no error text may hold */
	const char *region;       /* NULL: the client's */
	const char *endpoint_url; /* when none is configured; NULL: AWS's own */
	const atomic_bool *stop;  /* once true: no further attempt, no pause; may be NULL */
	int wait_s;               /* long poll: its timeout is this and 10 s */
	int total_ms;             /* of all attempts and the pauses between; 0: no such limit */
	size_t answer_max;        /* bytes; 0: 1 MiB */
	http_take_fn *take;       /* takes a body of success as it comes; NULL: it is collected */
	void *take_arg;

	/* S3 */
	struct str bucket, key; /* decoded */
	const struct sigv4_pair *query;
	size_t query_count;
	const struct sigv4_pair *headers; /* further ones, all signed */
	size_t header_count;
};

enum { AWS_CODE_SIZE = 96, AWS_REQUEST_ID_SIZE = 128 };

struct aws_answer {
	int status;               /* of the last attempt; 0: none came */
	char code[AWS_CODE_SIZE]; /* the service's error code, "QueueDoesNotExist"; "" when none */
	char request_id[AWS_REQUEST_ID_SIZE];
	char bucket_region[64]; /* S3: where the bucket says it is, or "" */
	unsigned attempts;
	struct http_response http; /* headers and body of the last attempt */
};

/* One answer may serve many calls, one after the other: its memory is used again. */
void aws_answer_init(struct aws_answer *answer);
void aws_answer_release(struct aws_answer *answer); /* wipes */

/*
 * 0: status 2xx. -1: *answer still tells status and code, where an answer came. Codes:
 * ERR_CREDENTIALS none, expired, unknown; ERR_DENIED (text: action, resource, and who was
 * refused when the service says so); ERR_NOTFOUND; ERR_CONFLICT (409, 412); ERR_BUSY throttled or
 * 5xx after all attempts; ERR_INVALID other 4xx; ERR_TIMEOUT, ERR_IO no answer, outcome unknown;
 * ERR_CORRUPT not what the protocol says; ERR_STOPPED given up; ERR_CONFIG no region, bad endpoint, untrusted peer, a
 * bucket of another region (bucket_region: where it is; call again with that region).
 */
int aws_call(struct aws *a, const struct aws_request *r, struct aws_answer *answer, struct err *err)
    ATTR_MUST_CHECK;

/*
 * For JSON services: aws_call(), and the parsed body, which is an object ({} when empty); free
 * with json_free(). *answer may be NULL.
 */
int aws_call_json(struct aws *a, const struct aws_request *r, struct aws_answer *answer,
    struct json **out, struct err *err) ATTR_MUST_CHECK;

/* The same for Query and S3 answers. */
int aws_call_xml(struct aws *a, const struct aws_request *r, struct aws_answer *answer,
    struct xml **out, struct err *err) ATTR_MUST_CHECK;

/* Whether endpoints are AWS's own; false: compatible servers, from a configured URL. */
int aws_is_real(struct aws *a, enum aws_service_id service, bool *out, struct err *err)
    ATTR_MUST_CHECK;

/* "eu-west-1"; ERR_CONFIG says how to set one. Valid until aws_close(). */
int aws_region(struct aws *a, const char **out, struct err *err) ATTR_MUST_CHECK;

/* Seconds by which the services' clock is ahead of ours. */
int64_t aws_skew_s(const struct aws *a);

/* When the credentials in use expire, Unix s; 0: never, or there are none yet. Asks nobody. */
int64_t aws_creds_expire_at(const struct aws *a);

/* Who calls, from STS, and where the credentials came from. */
struct aws_identity {
	char account[16], arn[512], provider[256];
	int64_t expires_at; /* Unix s; 0: never */
};
int aws_identity(struct aws *a, struct aws_identity *out, struct err *err) ATTR_MUST_CHECK;

/* Requests sent so far, for metrics and the bill: all, those that were repeats, those refused. */
struct aws_counts {
	uint64_t calls, retries, throttled;
};
void aws_counts(const struct aws *a, enum aws_service_id service, struct aws_counts *out);

#endif
