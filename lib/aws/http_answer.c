#include <string.h>

#include "http_core.h"

/* One line per call. An interim answer (1xx) or a proxy's comes before the final one. */
size_t http_take_header(char *data, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;
	struct str line = { data, size * n };
	struct buf *to = &c->response->headers;

	if (str_has_prefix(line, STR("HTTP/"))) {
		buf_reset(&c->response->headers);
		c->head_is_whole = false;
	}
	if (c->head_is_whole)
		to = &c->response->trailers; /* what follows the head, whatever libcurl calls it */
	else if (str_trim(line).n == 0)
		c->head_is_whole = true;
	buf_add(to, line);
	c->head_is_too_large = to->full;
	return to->full ? 0 : line.n;
}

/* What went wrong is read whole, also where a stream was asked for. */
static bool is_taken(const struct http_call *c)
{
	long status = 0;

	(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	return c->request->take && status >= 200 && status < 300;
}

size_t http_take_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;
	struct str bytes = { data, size * n };

	c->body_size += bytes.n;
	if (is_taken(c)) {
		c->has_enough = !c->request->take(c->request->take_arg, bytes);
		return c->has_enough ? 0 : bytes.n;
	}
	buf_add(&c->response->body, bytes);
	return c->response->body.full ? 0 : bytes.n;
}

bool http_is_stopped(const struct http_stop *stop)
{
	return stop->is_wanted && stop->is_wanted(stop->arg);
}

int http_on_progress(void *arg, curl_off_t down_max, curl_off_t down, curl_off_t up_max,
    curl_off_t up)
{
	struct http_call *c = arg;

	(void)down_max, (void)down, (void)up_max, (void)up; /* libcurl's own signature */
	c->is_stopped = c->is_stopped || http_is_stopped(c->stop);
	if (c->request->take && !c->has_enough)
		c->has_enough = !c->request->take(c->request->take_arg, STR_NONE);
	return c->is_stopped || c->has_enough;
}

/* What is not ERR_IO. */
static const struct {
	CURLcode code;
	enum err_code err;
} error_codes[] = {
	{ CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT },
	{ CURLE_URL_MALFORMAT, ERR_INVALID },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERR_CORRUPT }, /* HTTP/0.9: the scheme was judged before */
	{ CURLE_WEIRD_SERVER_REPLY, ERR_CORRUPT },
	{ CURLE_HTTP2, ERR_CORRUPT }, /* its framing: HTTP/1.1, or none */
	{ CURLE_BAD_CONTENT_ENCODING, ERR_CORRUPT },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_CONFIG },
	{ CURLE_SSL_CACERT_BADFILE, ERR_CONFIG },
	{ CURLE_SSL_ISSUER_ERROR, ERR_CONFIG },
};

static int call_failed(const struct http_call *c, CURLcode code, struct err *err)
{
	const char *why = c->detail[0] ? c->detail : curl_easy_strerror(code);
	enum err_code kind = ERR_IO;

	for (size_t i = 0; i < ARRAY_SIZE(error_codes); i++)
		if (error_codes[i].code == code)
			kind = error_codes[i].err;
	if (c->is_stopped)
		return err_set(err, ERR_STOPPED, "given up, we stop");
	if (c->has_enough)
		return err_set(err, ERR_STOPPED, "the answer was not wanted to its end");
	if (c->response->body.full || c->head_is_too_large)
		return err_set(err, ERR_CORRUPT, "the answer is larger than %zu bytes",
		    c->head_is_too_large ? (size_t)HTTP_HEADERS_MAX : c->response->body.max);
	return err_set(err, kind, "%s", why);
}

static int64_t info_us(CURL *easy, CURLINFO info)
{
	curl_off_t us = 0;

	(void)curl_easy_getinfo(easy, info, &us); /* stays 0 where the step was skipped */
	return us;
}

/* libcurl tells no time of a connection whose encryption failed, but counts it. */
static enum http_step step_of(const struct http_timing *t, bool has_connected, bool is_tls)
{
	if (t->dns_us == 0)
		return HTTP_DNS;
	if (t->connect_us == 0 && !has_connected)
		return HTTP_TCP;
	return is_tls && t->tls_us == 0 ? HTTP_TLS : HTTP_ANSWER;
}

static void read_timing(CURL *easy, bool is_tls, struct http_timing *t)
{
	long connects = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
	t->dns_us = info_us(easy, CURLINFO_NAMELOOKUP_TIME_T);
	t->connect_us = info_us(easy, CURLINFO_CONNECT_TIME_T);
	t->tls_us = info_us(easy, CURLINFO_APPCONNECT_TIME_T);
	t->first_byte_us = info_us(easy, CURLINFO_STARTTRANSFER_TIME_T);
	t->total_us = info_us(easy, CURLINFO_TOTAL_TIME_T);
	t->step = step_of(t, connects > 0, is_tls);
	t->is_reused = connects == 0 && t->connect_us > 0;
	if (t->is_reused)
		t->dns_us = t->connect_us = t->tls_us = 0; /* libcurl: some of its own */
}

static bool has_body(const struct http_call *c)
{
	return strcmp(c->request->method, "HEAD") != 0 && c->response->status != 204 &&
	    c->response->status != 304;
}

/* Every Content-Length must be the length that came; libcurl looks at one of them. */
static bool is_as_long_as_told(const struct http_call *c)
{
	struct str rest = buf_str(&c->response->headers), line, name, value;
	uint64_t length;

	if (!has_body(c) || http_response_header(c->response, "Transfer-Encoding").n > 0)
		return true;
	while (rest.n > 0) {
		(void)str_cut(rest, '\n', &line, &rest);
		(void)str_cut(line, ':', &name, &value);
		if (str_eq_nocase(name, STR("Content-Length")) &&
		    (!str_to_u64(str_trim(value), &length) || length != c->body_size))
			return false;
	}
	return true;
}

static int read_status(struct http_call *c, struct err *err)
{
	long status = 0;

	(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	/* libcurl calls an answer whole when its connection closed in the middle of the headers. */
	if (!c->head_is_whole || status < 200)
		return err_set(err, ERR_IO, "the answer broke off in its headers");
	c->response->status = (int)status;
	if (is_as_long_as_told(c))
		return 0;
	return err_set(err, ERR_CORRUPT, "the answer is not as long as it says");
}

int http_answer_judge(struct http_call *c, CURLcode code, struct err *err)
{
	int rc = code == CURLE_OK ? read_status(c, err) : call_failed(c, code, err);

	read_timing(c->easy, str_has_prefix(str_from(c->request->url), STR("https:")),
	    &c->response->timing);
	return rc == 0
	    ? 0
	    : err_wrap(err, "%s %.*s", c->request->method, STR_ARG(http_origin(c->request->url)));
}

void http_response_init(struct http_response *r, size_t body_max)
{
	*r = (struct http_response){ 0 };
	buf_init(&r->headers, HTTP_HEADERS_MAX);
	buf_init(&r->trailers, HTTP_HEADERS_MAX);
	buf_init(&r->body, body_max);
}

void http_response_release(struct http_response *r)
{
	if (!r)
		return;
	buf_wipe(&r->headers);
	buf_wipe(&r->trailers);
	buf_wipe(&r->body); /* may be a secret's value */
	r->status = 0;
}

static struct str find_value(struct str rest, const char *name)
{
	struct str line, key, value;

	while (rest.n > 0) {
		str_cut(rest, '\n', &line, &rest);
		if (str_cut(line, ':', &key, &value) && str_eq_nocase(key, str_from(name)))
			return str_trim(value);
	}
	return STR_NONE;
}

struct str http_response_header(const struct http_response *r, const char *name)
{
	return find_value(buf_str(&r->headers), name);
}

struct str http_response_trailer(const struct http_response *r, const char *name)
{
	return find_value(buf_str(&r->trailers), name);
}
