#include "grpc_wire.h"

#include <stdio.h>
#include <string.h>

#define HEALTH_METHOD "/grpc.health.v1.Health/Check"

/* ---- URL ---- */

static const struct {
	const char *from, *to;
} schemes[] = {
	{ "grpc://", "http://" },
	{ "grpcs://", "https://" },
};

static int bad_url(const char *text, const char *why, struct err *err)
{
	return err_set(err, ERR_INVALID,
	    "'%s': %s; it is grpc://HOST:PORT/package.Service/Method, or grpcs://", text, why);
}

static bool is_method(struct str path)
{
	struct str service, method;

	return str_has_prefix(path, STR("/")) &&
	    str_cut(str_skip(path, 1), '/', &service, &method) && service.n > 0 && method.n > 0 &&
	    str_find(method, '/') == method.n;
}

/* "service=NAME"; nothing else may stand there. */
static bool take_query(struct str query, struct grpc_url *out)
{
	struct str name, value;

	if (!str_cut(query, '=', &name, &value) || !str_is(name, "service") ||
	    value.n >= sizeof(out->service))
		return false;
	(void)snprintf(out->service, sizeof(out->service), "%.*s", STR_ARG(value));
	return true;
}

static const char *scheme_of(struct str text, struct str *rest)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		if (!str_has_prefix(text, str_from(schemes[i].from)))
			continue;
		*rest = str_skip(text, strlen(schemes[i].from));
		return schemes[i].to;
	}
	return NULL;
}

int grpc_url_parse(const char *text, struct grpc_url *out, struct err *err)
{
	struct str rest = STR_NONE, host, path, query;
	const char *scheme = scheme_of(str_from(text), &rest);
	struct grpc_url url = { 0 };
	bool has_query = str_cut(rest, '?', &rest, &query);

	if (!scheme)
		return bad_url(text, "not a URL of gRPC", err);
	host = str_slice(rest, 0, str_find(rest, '/'));
	path = str_skip(rest, host.n);
	if (path.n <= 1)
		path = STR(HEALTH_METHOD);
	url.is_health = str_is(path, HEALTH_METHOD);
	if (host.n == 0)
		return bad_url(text, "no host", err);
	if (!is_method(path))
		return bad_url(text, "no method", err);
	if (has_query && (!url.is_health || !take_query(query, &url)))
		return bad_url(text, "only a health check has ?service=NAME", err);
	if ((size_t)snprintf(url.http, sizeof(url.http), "%s%.*s%.*s", scheme, STR_ARG(host),
		STR_ARG(path)) >= sizeof(url.http))
		return err_set(err, ERR_INVALID, "'%.40s...': too long for a URL", text);
	*out = url;
	return 0;
}

/* ---- messages ---- */

void grpc_frame(struct buf *out, struct str message)
{
	const char head[GRPC_PREFIX_SIZE] = { 0, (char)(message.n >> 24), (char)(message.n >> 16),
		(char)(message.n >> 8), (char)message.n };

	buf_add(out, (struct str){ head, sizeof(head) });
	buf_add(out, message);
}

static size_t length_of(struct str head)
{
	size_t n = 0;

	for (size_t i = 1; i < GRPC_PREFIX_SIZE; i++)
		n = n << 8 | (unsigned char)head.p[i];
	return n;
}

int grpc_unframe(struct str body, struct str *message, struct err *err)
{
	struct str rest = str_skip(body, GRPC_PREFIX_SIZE);
	size_t n;

	if (body.n == 0)
		return err_set(err, ERR_CORRUPT, "the status is OK, but no message came");
	if (body.n < GRPC_PREFIX_SIZE)
		return err_set(err, ERR_CORRUPT, "the answer is cut");
	/* We named no encoding that we take. */
	if (body.p[0] != 0)
		return err_set(err, ERR_CORRUPT,
		    "the answer is compressed, which was not asked for");
	n = length_of(body);
	if (n > rest.n)
		return err_set(err, ERR_CORRUPT, "the answer is cut: %zu of %zu bytes", rest.n, n);
	if (n < rest.n)
		return err_set(err, ERR_CORRUPT, "more than one message came: not a unary method");
	*message = rest;
	return 0;
}

/* ---- status ---- */

static const char *const status_names[] = {
	[GRPC_OK] = "OK",
	[GRPC_CANCELLED] = "CANCELLED",
	[GRPC_UNKNOWN] = "UNKNOWN",
	[GRPC_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
	[GRPC_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
	[GRPC_NOT_FOUND] = "NOT_FOUND",
	[GRPC_ALREADY_EXISTS] = "ALREADY_EXISTS",
	[GRPC_PERMISSION_DENIED] = "PERMISSION_DENIED",
	[GRPC_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
	[GRPC_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
	[GRPC_ABORTED] = "ABORTED",
	[GRPC_OUT_OF_RANGE] = "OUT_OF_RANGE",
	[GRPC_UNIMPLEMENTED] = "UNIMPLEMENTED",
	[GRPC_INTERNAL] = "INTERNAL",
	[GRPC_UNAVAILABLE] = "UNAVAILABLE",
	[GRPC_DATA_LOSS] = "DATA_LOSS",
	[GRPC_UNAUTHENTICATED] = "UNAUTHENTICATED",
};
_Static_assert(ARRAY_SIZE(status_names) == GRPC_STATUS_COUNT, "a name for each status");

const char *grpc_status_name(enum grpc_status status)
{
	return status_names[status];
}

/*
 * For answers without a grpc-status, which something before the server gave:
 * https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
 */
static const struct {
	int http;
	enum grpc_status status;
} http_statuses[] = {
	{ 400, GRPC_INTERNAL },
	{ 401, GRPC_UNAUTHENTICATED },
	{ 403, GRPC_PERMISSION_DENIED },
	{ 404, GRPC_UNIMPLEMENTED },
	{ 429, GRPC_UNAVAILABLE },
	{ 502, GRPC_UNAVAILABLE },
	{ 503, GRPC_UNAVAILABLE },
	{ 504, GRPC_UNAVAILABLE },
};

static enum grpc_status status_of_http(int http)
{
	for (size_t i = 0; i < ARRAY_SIZE(http_statuses); i++)
		if (http_statuses[i].http == http)
			return http_statuses[i].status;
	return GRPC_UNKNOWN;
}

static enum grpc_status status_of_text(struct str text)
{
	uint64_t n;

	return str_to_u64(text, &n) && n < GRPC_STATUS_COUNT ? (enum grpc_status)n : GRPC_UNKNOWN;
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;
	long i = at ? at - digits : -1;

	return (int)(i > 15 ? i - 6 : i);
}

void grpc_message_decode(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		int high = text.n - i > 2 ? hex_value(text.p[i + 1]) : -1;
		int low = high >= 0 ? hex_value(text.p[i + 2]) : -1;
		bool is_escape = text.p[i] == '%' && low >= 0;

		buf_addc(out, is_escape ? (char)(high << 4 | low) : text.p[i]);
		i += is_escape ? 2 : 0;
	}
}

/* Whole characters only, and nothing that would steer a terminal. */
static void copy_message(struct str decoded, char out[GRPC_MESSAGE_MAX])
{
	size_t n = 0;

	while (decoded.n > 0) {
		size_t length = str_utf8_length(decoded);
		bool is_plain = length > 0 && (unsigned char)decoded.p[0] >= ' ' &&
		    decoded.p[0] != 0x7f;

		length = length > 0 ? length : 1;
		if (n + length >= GRPC_MESSAGE_MAX)
			break;
		for (size_t i = 0; i < length; i++)
			out[n++] = is_plain ? decoded.p[i] : '?';
		decoded = str_skip(decoded, length);
	}
	out[n] = '\0';
}

static void read_message(struct str text, struct grpc_result *out)
{
	struct buf decoded = { 0 };

	buf_init(&decoded, text.n); /* decoding never makes it longer */
	grpc_message_decode(&decoded, text);
	copy_message(buf_str(&decoded), out->message);
	buf_release(&decoded);
}

static int judge_http(const struct http_response *r, struct grpc_result *out, struct err *err)
{
	struct str type = http_response_header(r, "content-type");

	if (r->status == 200 && str_has_prefix(type, STR("application/grpc")))
		return err_set(err, ERR_CORRUPT, "the answer ended without a grpc-status");
	if (r->status == 200)
		return err_set(err, ERR_CORRUPT,
		    "answers HTTP/2, but not gRPC: content type '%.*s'", STR_ARG(type));
	out->status = status_of_http(r->status);
	(void)snprintf(out->message, sizeof(out->message), "HTTP %d", r->status);
	return 0;
}

int grpc_read_status(const struct http_response *r, struct grpc_result *out, struct err *err)
{
	struct str status = http_response_trailer(r, "grpc-status");
	struct str message = http_response_trailer(r, "grpc-message");

	if (!str_has_prefix(buf_str(&r->headers), STR("HTTP/2")))
		return err_set(err, ERR_CORRUPT, "does not speak HTTP/2, which gRPC needs");
	/* An answer without a message may have no other head than what else stands behind it. */
	if (status.n == 0) {
		status = http_response_header(r, "grpc-status");
		message = http_response_header(r, "grpc-message");
	}
	out->http_status = r->status;
	out->message[0] = '\0';
	if (status.n == 0)
		return judge_http(r, out, err);
	out->status = status_of_text(status);
	read_message(message, out);
	return 0;
}

/* ---- the messages of a health check ---- */

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5, VARINT_MAX = 10 };

void grpc_health_request(struct buf *out, const char *service)
{
	size_t n = strlen(service);

	if (n == 0)
		return; /* a field with its default is left out */
	buf_addc(out, 1 << 3 | WIRE_BYTES);
	for (; n > 0x7f; n >>= 7)
		buf_addc(out, (char)(n | 0x80));
	buf_addc(out, (char)n);
	buf_adds(out, service);
}

static bool take_varint(struct str *rest, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < rest->n && i < VARINT_MAX; i++) {
		unsigned char c = (unsigned char)rest->p[i];

		*out |= (uint64_t)(c & 0x7f) << (7 * i);
		if (c < 0x80) {
			*rest = str_skip(*rest, i + 1);
			return true;
		}
	}
	return false;
}

static bool take_bytes(struct str *rest, uint64_t n)
{
	if (n > rest->n)
		return false;
	*rest = str_skip(*rest, n);
	return true;
}

/* Past one value; a number is put into *value. */
static bool take_value(struct str *rest, unsigned wire, uint64_t *value)
{
	switch (wire) {
	case WIRE_VARINT:
		return take_varint(rest, value);
	case WIRE_64:
		return take_bytes(rest, 8);
	case WIRE_BYTES:
		return take_varint(rest, value) && take_bytes(rest, *value);
	case WIRE_32:
		return take_bytes(rest, 4);
	default:
		return false;
	}
}

int grpc_health_read(struct str message, enum grpc_health *out, struct err *err)
{
	uint64_t tag, value = 0, status = GRPC_HEALTH_UNKNOWN;

	while (message.n > 0) {
		if (!take_varint(&message, &tag) || tag >> 3 == 0 ||
		    !take_value(&message, tag & 7, &value))
			return err_set(err, ERR_CORRUPT, "the answer is no HealthCheckResponse");
		if (tag == (1 << 3 | WIRE_VARINT))
			status = value; /* the last one counts */
	}
	/* A number of a newer version is not SERVING, that much is known. */
	*out = status <= GRPC_HEALTH_SERVICE_UNKNOWN ? (enum grpc_health)status
						     : GRPC_HEALTH_UNKNOWN;
	return 0;
}
