#include "grpc.h"

#include <stdio.h>

#include "grpc_wire.h"

enum {
	REQUEST_MAX = 64 * 1024,
	TIMEOUT_SIZE = 16,
	GRPC_TIMEOUT_MAX_MS = 99999999,
};

struct grpc_request {
	const char *url;
	struct http_stop stop;
	size_t keeps_bytes; /* as http.h has it */
	struct str message; /* protobuf; empty is a message whose fields all have their defaults */
	int timeout_ms;
};

/* A call on its way. */
struct outgoing {
	struct http *http;
	const struct grpc_request *request;
	bool has_message; /* false: not even an empty one */
};

static int post(const struct outgoing *o, const char *url, struct http_response *answer,
    struct err *err)
{
	int total_ms = o->request->timeout_ms;
	char timeout[TIMEOUT_SIZE];
	const struct http_header headers[] = {
		{ "content-type", "application/grpc" },
		{ "te", "trailers" },
		{ "grpc-timeout", timeout },
	};
	struct buf body = BUF_INIT(REQUEST_MAX);
	struct http_request call = { .method = "POST",
		.url = url,
		.headers = headers,
		.header_count = ARRAY_SIZE(headers),
		.has_body = o->has_message,
		.http2 = true,
		.keeps_bytes = o->request->keeps_bytes,
		.total_timeout_ms = total_ms };
	int rc;

	(void)snprintf(timeout, sizeof(timeout), "%dm",
	    total_ms < GRPC_TIMEOUT_MAX_MS ? total_ms : GRPC_TIMEOUT_MAX_MS);
	grpc_frame(&body, o->request->message);
	call.body = buf_str(&body);
	rc = body.full ? err_set(err, ERR_INVALID, "the message is larger than %d bytes",
			     REQUEST_MAX - GRPC_PREFIX_SIZE)
		       : http_call(o->http, &call, answer, err);
	buf_release(&body);
	return rc;
}

/* The message of a call that went well; others may have one, and nobody looks at it. */
static int read_reply(const struct http_response *answer, struct buf *reply, struct err *err)
{
	struct str message;

	if (grpc_unframe(buf_str(&answer->body), &message, err) != 0)
		return -1;
	buf_add(reply, message);
	if (reply->full)
		return err_set(err, ERR_CORRUPT, "the answer is larger than %zu bytes", reply->max);
	return 0;
}

static int read_answer(const struct http_response *answer, const char *url, struct buf *reply,
    struct grpc_result *out, struct err *err)
{
	struct grpc_result result = { .health = GRPC_HEALTH_NOT_ASKED, .timing = answer->timing };

	if (grpc_read_status(answer, &result, err) != 0 ||
	    (result.status == GRPC_OK && read_reply(answer, reply, err) != 0))
		return err_wrap(err, "%s", url);
	*out = result;
	return 0;
}

static int call(const struct outgoing *o, struct buf *reply, struct grpc_result *out,
    struct err *err)
{
	struct grpc_url url;
	struct http_response answer;
	int rc;

	if (grpc_url_parse(o->request->url, &url, err) != 0)
		return -1;
	http_response_init(&answer, GRPC_PREFIX_SIZE + reply->max);
	rc = post(o, url.http, &answer, err);
	if (rc == 0)
		rc = read_answer(&answer, o->request->url, reply, out, err);
	http_response_release(&answer);
	return rc;
}

/* ---- health ---- */

static int read_health(struct str reply, struct grpc_result *out, struct err *err)
{
	if (out->status == GRPC_OK)
		return grpc_health_read(reply, &out->health, err);
	out->health = GRPC_HEALTH_FAILED;
	if (out->status == GRPC_UNIMPLEMENTED)
		out->health = GRPC_HEALTH_MISSING;
	else if (out->status == GRPC_NOT_FOUND)
		out->health = GRPC_HEALTH_SERVICE_UNKNOWN;
	return 0;
}

static int ask(const struct grpc_url *url, const struct grpc_request *request, bool has_message,
    struct grpc_result *out, struct err *err)
{
	const struct http_options options = {
		.user_agent = "opsctl/" OPS_VERSION,
		.stop = request->stop,
	};
	struct buf reply = BUF_INIT(GRPC_REPLY_MAX);
	struct outgoing outgoing = { NULL, request, has_message };
	struct grpc_result result;
	int rc = http_open(&outgoing.http, &options, err);

	if (rc == 0)
		rc = call(&outgoing, &reply, &result, err);
	if (rc == 0 && url->is_health)
		rc = read_health(buf_str(&reply), &result, err);
	http_close(outgoing.http);
	buf_release(&reply);
	if (rc == 0)
		*out = result;
	return rc;
}

/*
 * A server that refuses a call does not wait for its message, and resets what is still being sent;
 * when libcurl sees that before the answer, the answer is lost. Without a message nothing can be
 * reset, and such a server says the same; from any other that would be no call at all.
 */
static bool is_refused(const struct grpc_url *url, const struct grpc_request *request,
    struct grpc_result *out)
{
	struct grpc_result result;
	struct err ignored; /* the first one stays */

	if (ask(url, request, false, &result, &ignored) != 0 ||
	    (result.status != GRPC_UNIMPLEMENTED && result.status != GRPC_UNAUTHENTICATED &&
		result.status != GRPC_PERMISSION_DENIED))
		return false;
	*out = result;
	return true;
}

int grpc_probe(const char *url, int timeout_ms, struct http_stop stop, struct grpc_result *out,
    struct err *err)
{
	/* Of what other methods answer a recording holds no more than is looked at. */
	struct grpc_request request = { .url = url,
		.stop = stop,
		.keeps_bytes = GRPC_PREFIX_SIZE,
		.timeout_ms = timeout_ms };
	struct buf message = BUF_INIT(GRPC_SERVICE_MAX + GRPC_PREFIX_SIZE);
	struct grpc_url parsed;
	int rc;

	if (grpc_url_parse(url, &parsed, err) != 0)
		return -1;
	if (parsed.is_health) {
		request.keeps_bytes = SIZE_MAX; /* a status, and no more */
		grpc_health_request(&message, parsed.service);
	}
	request.message = buf_str(&message);
	rc = ask(&parsed, &request, true, out, err);
	if (rc != 0 && err->code == ERR_IO && is_refused(&parsed, &request, out))
		rc = 0;
	buf_release(&message);
	return rc;
}

/* ---- in words ---- */

static const char *const health_words[] = {
	[GRPC_HEALTH_UNKNOWN] = "UNKNOWN",
	[GRPC_HEALTH_SERVING] = "SERVING",
	[GRPC_HEALTH_NOT_SERVING] = "NOT_SERVING",
	[GRPC_HEALTH_SERVICE_UNKNOWN] = "SERVICE_UNKNOWN",
	[GRPC_HEALTH_MISSING] = "no health service",
	[GRPC_HEALTH_FAILED] = NULL, /* the status says more */
	[GRPC_HEALTH_NOT_ASKED] = NULL,
};
_Static_assert(ARRAY_SIZE(health_words) == GRPC_HEALTH_COUNT, "words for each");

bool grpc_is_good(const struct grpc_result *r)
{
	return r->status == GRPC_OK &&
	    (r->health == GRPC_HEALTH_SERVING || r->health == GRPC_HEALTH_NOT_ASKED);
}

void grpc_describe(const struct grpc_result *r, char *out, size_t size)
{
	const char *words = health_words[r->health];

	if (!words)
		words = grpc_status_name(r->status);
	(void)snprintf(out, size, "%s%s%s", words, *r->message ? ": " : "", r->message);
}
