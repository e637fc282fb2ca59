/*
 * grpc: unary calls of gRPC, over HTTP/2 on http.h. Each is synchronous; several threads may call
 * at once. What is read of the wire is in grpc_wire.h.
 *
 * A URL is grpc://host:port/package.Service/Method (cleartext HTTP/2) or grpcs:// (TLS). Without a
 * path the method is that of health checks; it alone may be followed by ?service=NAME.
 */
#ifndef OPS_GRPC_H
#define OPS_GRPC_H

#include "buf.h"
#include "err.h"
#include "http.h"

/* https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
enum grpc_status {
	GRPC_OK,
	GRPC_CANCELLED,
	GRPC_UNKNOWN,
	GRPC_INVALID_ARGUMENT,
	GRPC_DEADLINE_EXCEEDED,
	GRPC_NOT_FOUND,
	GRPC_ALREADY_EXISTS,
	GRPC_PERMISSION_DENIED,
	GRPC_RESOURCE_EXHAUSTED,
	GRPC_FAILED_PRECONDITION,
	GRPC_ABORTED,
	GRPC_OUT_OF_RANGE,
	GRPC_UNIMPLEMENTED,
	GRPC_INTERNAL,
	GRPC_UNAVAILABLE,
	GRPC_DATA_LOSS,
	GRPC_UNAUTHENTICATED,
	GRPC_STATUS_COUNT,
};

const char *grpc_status_name(enum grpc_status status); /* "UNAVAILABLE" */

/* What grpc.health.v1.Health/Check says; the first four have the numbers of its messages. */
enum grpc_health {
	GRPC_HEALTH_UNKNOWN,
	GRPC_HEALTH_SERVING,
	GRPC_HEALTH_NOT_SERVING,
	GRPC_HEALTH_SERVICE_UNKNOWN, /* it does not know the service that was named */
	GRPC_HEALTH_MISSING,         /* the server has no health service */
	GRPC_HEALTH_FAILED,          /* the call ended with a status other than OK */
	GRPC_HEALTH_NOT_ASKED,       /* another method was called */
	GRPC_HEALTH_COUNT,
};

enum { GRPC_MESSAGE_MAX = 256, GRPC_REPLY_MAX = 64 * 1024 };

struct grpc_result {
	enum grpc_status status;
	int http_status;                /* 200, except where something before the server answered */
	char message[GRPC_MESSAGE_MAX]; /* grpc-message, decoded and cut; "" without */
	enum grpc_health health;
	struct http_timing timing;
};

/*
 * Ask the method of a URL with an empty message, on a connection of its own. 0 when the call has a
 * status, whatever it is; an HTTP error on the way counts as the status that gRPC has for it.
 * timeout_ms is also told to the server. ERR_INVALID: the URL; ERR_CORRUPT: not gRPC, or a cut
 * answer; others of http_call(), among them ERR_STOPPED.
 */
int grpc_probe(const char *url, int timeout_ms, struct http_stop stop, struct grpc_result *out,
    struct err *err) ATTR_MUST_CHECK;

/* Whether that is good: the call went well, and a health service says SERVING. */
bool grpc_is_good(const struct grpc_result *r);

/* In words: "SERVING", "NOT_SERVING", "UNAVAILABLE: no upstream", "no health service". */
void grpc_describe(const struct grpc_result *r, char *out, size_t size);

#endif
