/* A request from its first line to its answer. See httpd.h for the order of calls. */
#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "httpd_core.h"
#include "httpd_guard.h"
#include "log.h"
#include "mem.h"

static struct request *request_of(struct httpd_request *pub)
{
	return (struct request *)pub;
}

static struct httpd *httpd_of(const struct request *r)
{
	return r->conn->loop->httpd;
}

static void set_due(struct request *r, int64_t seconds)
{
	r->conn->due_ms = r->conn->loop->now_ms + seconds * 1000;
}

/* ---- body ---- */

static void body_release(struct request *r)
{
	if (r->body_counted)
		atomic_fetch_sub(&httpd_of(r)->body_bytes, r->body_counted);
	r->body_counted = 0;
	buf_wipe(&r->body); /* it may hold a token */
	r->pub.body = STR_NONE;
}

/* Count `bytes` of this body against what all bodies together may hold. */
static bool body_count(struct request *r, size_t bytes)
{
	struct httpd *h = httpd_of(r);

	if (bytes <= r->body_counted)
		return true;
	if (atomic_fetch_add(&h->body_bytes, bytes - r->body_counted) + bytes - r->body_counted >
	    h->o.bodies_max) {
		atomic_fetch_sub(&h->body_bytes, bytes - r->body_counted);
		return false;
	}
	r->body_counted = bytes;
	return true;
}

static void refuse(struct request *r, unsigned status, const char *why)
{
	struct httpd *h = httpd_of(r);

	h->o.app->on_refuse(&r->pub, status, why, h->o.arg);
	assert(r->response);
}

static bool body_begin(struct request *r)
{
	int64_t length = httpd_guard_length(&r->pub);

	if (length < 0) { /* chunked: grows as it comes */
		buf_init(&r->body, httpd_of(r)->o.body_max);
		return true;
	}
	if (!body_count(r, (size_t)length))
		return false;
	buf_init(&r->body, (size_t)length);
	return buf_room(&r->body, (size_t)length) != NULL; /* at once, to the byte */
}

/*
 * A body that will not be judged is read and dropped, so that the connection stays usable.
 * One over the limit can only be cut: no answer can be given in the middle of an upload.
 */
static enum MHD_Result body_add(struct request *r, struct str data)
{
	bool is_first = r->body_received == 0;

	if (data.n > httpd_of(r)->o.body_max - r->body_received)
		return MHD_NO;
	r->body_received += data.n;
	if (r->response)
		return MHD_YES;
	if ((is_first && !body_begin(r)) || !body_count(r, r->body_received)) {
		refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE, "too many bytes under way");
		return MHD_YES;
	}
	buf_add(&r->body, data);
	return r->body.full ? MHD_NO : MHD_YES;
}

/* ---- answer ---- */

static void add_field(struct MHD_Response *response, const char *name, const char *value)
{
	if (MHD_add_response_header(response, name, value) != MHD_YES)
		log_error("answer field dropped", "http.field", name, NULL);
}

static struct MHD_Response *make_response(const struct httpd *h, const struct httpd_answer *a,
    bool is_closing)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(a->body.n,
	    (void *)a->body.p, MHD_RESPMEM_MUST_COPY);

	if (!response)
		abort(); /* as xmalloc() would */
	add_field(response, "Server", h->o.server);
	if (a->type)
		add_field(response, "Content-Type", a->type);
	for (size_t i = 0; i < HTTPD_ANSWER_FIELD_MAX && a->fields[i].name; i++)
		add_field(response, a->fields[i].name, a->fields[i].value);
	if (is_closing)
		add_field(response, "Connection", "close");
	return response;
}

void httpd_answer(struct httpd_request *pub, const struct httpd_answer *answer)
{
	struct request *r = request_of(pub);
	struct httpd *h = httpd_of(r);

	assert(!r->response && pub->status == 0);
	r->is_closing = r->is_closing || answer->is_last ||
	    atomic_load_explicit(&h->is_draining, memory_order_relaxed);
	r->response = make_response(h, answer, r->is_closing);
	pub->status = answer->status;
	body_release(r);
}

/* Hand the answer to the library. Before the body is read this closes the connection. */
static enum MHD_Result send_answer(struct request *r)
{
	enum MHD_Result rc = MHD_queue_response(r->conn->mhd, r->pub.status, r->response);

	MHD_destroy_response(r->response);
	r->response = NULL;
	/* To take the answer, idle, and send the next head. */
	set_due(r, HTTPD_IDLE_S + HTTPD_HEAD_S);
	return rc;
}

void httpd_defer(struct httpd_request *pub)
{
	request_of(pub)->is_deferred = true;
}

void httpd_drop_body(struct httpd_request *pub)
{
	body_release(request_of(pub));
}

/* ---- head ---- */

static enum MHD_Result take_field(void *arg, enum MHD_ValueKind kind, const char *name,
    size_t name_size, const char *value, size_t value_size)
{
	(void)kind;
	httpd_guard_field(arg, (struct str){ name, name_size },
	    (struct str){ value ? value : "", value ? value_size : 0 });
	return MHD_YES;
}

static void guard_head(struct request *r, const char *version, struct httpd_guard *g)
{
	g->request = &r->pub;
	g->is_in_place = MHD_get_version()[0] == '0';
	g->head_bytes = r->target.n;
	g->line_end = r->target.p + r->target.n;
	g->why = r->target_fault;
	httpd_guard_version(g, version);
	(void)MHD_get_connection_values_n(r->conn->mhd, MHD_HEADER_KIND, take_field, g);
	httpd_guard_end(g, strcmp(version, MHD_HTTP_VERSION_1_0) == 0);
}

/* 0, or the status to refuse with before the body is read. */
static unsigned judge_head(struct request *r, const char *version, const char **why)
{
	struct httpd_guard guard = { .why = NULL };

	guard_head(r, version ? version : "", &guard);
	*why = guard.why;
	if (guard.why)
		return MHD_HTTP_BAD_REQUEST;
	if (r->target.n > HTTPD_TARGET_MAX) {
		*why = "request target too long";
		return MHD_HTTP_URI_TOO_LONG;
	}
	if (guard.head_bytes > HTTPD_HEAD_MAX) {
		*why = "request head too large";
		return MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
	}
	if (httpd_guard_length(&r->pub) > (int64_t)httpd_of(r)->o.body_max) {
		*why = "body too large";
		return MHD_HTTP_CONTENT_TOO_LARGE;
	}
	if (atomic_load(&httpd_of(r)->is_shut)) {
		*why = "stopping";
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	}
	return 0;
}

/* "http://host/path?query" and "/path?query" name the same: RFC 9112 section 3.2.2. */
static struct str path_of(struct str target)
{
	struct str path, query;

	(void)str_cut(target, '?', &path, &query);
	if (str_has_prefix(path, STR("http://"))) {
		path = str_skip(path, strlen("http://"));
		path = str_skip(path, str_find(path, '/'));
		if (path.n == 0)
			path = STR("/");
	}
	return path;
}

static bool has_body(const struct httpd_request *pub)
{
	return httpd_guard_length(pub) > 0 || pub->fields[HTTPD_TRANSFER_ENCODING].count > 0;
}

static bool expects_continue(const struct httpd_request *pub)
{
	return has_body(pub) && pub->fields[HTTPD_EXPECT].count > 0;
}

static enum MHD_Result begin(struct request *r, const char *method, const char *version)
{
	struct httpd *h = httpd_of(r);
	const char *why;
	unsigned refusal;

	r->is_begun = true;
	atomic_fetch_add(&h->request_count, 1); /* before is_shut is looked at: httpd_wait_idle() */
	r->pub.method = str_from(method);
	set_due(r, h->o.request_timeout_s);
	refusal = judge_head(r, version, &why);
	/* A client that asks first is not told to go on with what is refused already. */
	r->is_closing = refusal != 0 || expects_continue(&r->pub);
	if (refusal)
		refuse(r, refusal, why);
	else
		h->o.app->on_head(&r->pub, h->o.arg);
	if (r->response && r->is_closing)
		return send_answer(r);
	r->is_closing = false;
	return MHD_YES;
}

/* ---- the library's callbacks ---- */

void *httpd_on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
	struct loop *l = cls;
	struct request *r = xcalloc(1, sizeof(*r));
	struct httpd_guard guard = { .why = NULL };

	r->conn = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	r->conn->is_idle = false;
	r->pub.loop = l->index;
	r->pub.started_us = clock_mono_us(l->httpd->o.clock);
	/* What was sent is only seen here: the library goes on to unescape it where it stands. */
	r->target = str_from(target);
	httpd_guard_target(&guard, r->target);
	r->target_fault = guard.why;
	r->pub.path = path_of(r->target);
	if (str_find(r->pub.path, '%') < r->pub.path.n)
		r->pub.path = STR_NONE;
	return r;
}

static enum MHD_Result finish(struct request *r)
{
	struct httpd *h = httpd_of(r);

	if (r->pub.status != 0 && !r->response)
		return MHD_NO; /* the library refused the answer once already */
	if (!r->response) {
		r->pub.body = buf_str(&r->body);
		h->o.app->on_body(&r->pub, h->o.arg);
	}
	if (r->response)
		return send_answer(r);
	assert(r->is_deferred);
	r->conn->due_ms = 0;
	MHD_suspend_connection(r->conn->mhd);
	return MHD_YES;
}

enum MHD_Result httpd_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *data_size, void **context)
{
	struct request *r = *context;
	struct str piece = { data, *data_size };

	(void)cls;
	(void)mhd;
	(void)url; /* unescaped; on_target saw it as it was sent */
	if (!r->is_begun)
		return begin(r, method, version);
	if (piece.n == 0)
		return finish(r);
	*data_size = 0;
	return body_add(r, piece);
}

/*
 * The answer is queued while the connection is still suspended: 0.9.75 would otherwise look at
 * the socket first and drop the answer to a client that has closed its sending side.
 */
void httpd_request_resume(struct request *r)
{
	struct httpd *h = httpd_of(r);

	r->is_deferred = false;
	h->o.app->on_return(&r->pub, h->o.arg);
	if (!r->response) {
		assert(r->is_deferred);
		return;
	}
	(void)send_answer(r); /* if it cannot: finish() is called again and closes */
	MHD_resume_connection(r->conn->mhd);
}

void httpd_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_RequestTerminationCode why)
{
	struct request *r = *context;
	struct conn *c;

	(void)cls;
	(void)mhd;
	(void)why;
	if (!r)
		return;
	*context = NULL;
	c = r->conn;
	c->is_idle = true;
	c->idle_ms = c->loop->now_ms;
	if (r->is_begun) {
		struct httpd *h = httpd_of(r);

		if (h->o.app->on_done)
			h->o.app->on_done(&r->pub, h->o.arg);
		atomic_fetch_sub_explicit(&h->request_count, 1, memory_order_relaxed);
	}
	if (r->response)
		MHD_destroy_response(r->response);
	body_release(r);
	free(r);
}

static void address_text(const struct sockaddr *a, char out[HTTPD_ADDRESS_SIZE])
{
	const void *binary = NULL;

	if (a->sa_family == AF_INET)
		binary = &((const struct sockaddr_in *)(const void *)a)->sin_addr;
	else if (a->sa_family == AF_INET6)
		binary = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
	if (binary)
		(void)inet_ntop(a->sa_family, binary, out, HTTPD_ADDRESS_SIZE);
}

const char *httpd_client(struct httpd_request *pub)
{
	struct conn *c = request_of(pub)->conn;
	const union MHD_ConnectionInfo *info;

	if (c->client[0] == '\0') {
		info = MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
		if (info)
			address_text(info->client_addr, c->client);
	}
	return c->client;
}
