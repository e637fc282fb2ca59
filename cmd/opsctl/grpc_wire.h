/*
 * grpc_wire: what is read and written of gRPC's wire: URLs, length-prefixed messages, the status
 * behind an answer, and the two messages of a health check. Pure; any bytes may come in.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
#ifndef OPS_GRPC_WIRE_H
#define OPS_GRPC_WIRE_H

#include "grpc.h"

enum { GRPC_URL_MAX = 1200, GRPC_SERVICE_MAX = 200, GRPC_PREFIX_SIZE = 5 };

struct grpc_url {
	char http[GRPC_URL_MAX]; /* the same as a URL of HTTP */
	bool is_health;
	char service[GRPC_SERVICE_MAX]; /* of ?service=; "" without */
};

/* ERR_INVALID says what it must look like. */
int grpc_url_parse(const char *text, struct grpc_url *out, struct err *err) ATTR_MUST_CHECK;

/* Append a message as it is sent: not compressed, its length before it. */
void grpc_frame(struct buf *out, struct str message);

/* The one message of a body. ERR_CORRUPT: none, more than one, compressed, or cut. */
int grpc_unframe(struct str body, struct str *message, struct err *err) ATTR_MUST_CHECK;

/* Status and message of a whole HTTP answer. ERR_CORRUPT: it is not gRPC, or cut. */
int grpc_read_status(const struct http_response *r, struct grpc_result *out, struct err *err)
    ATTR_MUST_CHECK;

/* Append grpc-message, decoded; what is not an escape stays as it is. */
void grpc_message_decode(struct buf *out, struct str text);

/* grpc.health.v1.HealthCheckRequest and HealthCheckResponse. */
void grpc_health_request(struct buf *out, const char *service);
int grpc_health_read(struct str message, enum grpc_health *out, struct err *err) ATTR_MUST_CHECK;

#endif
