#include "http.h"

#include <string.h>

#include "http_core.h"
#include "http_tape.h"
#include "mem.h"

enum {
	CONNECT_TIMEOUT_MS = 5000,
	TOTAL_TIMEOUT_MS = 30000,
	/* Not a byte for so long: the other side is gone. Longer than the longest poll, 20 s. */
	SILENCE_MAX_S = 30,
	/* libcurl's default is for ever: a busy connection would never follow a change in DNS. */
	LIFETIME_S = 300,
};

struct http {
	char *user_agent;
	char *ca_bundle; /* NULL: the library's default */
	int connect_timeout_ms, total_timeout_ms;
	struct http_stop stop;
	struct http_pool pool;
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static CURLcode library_result;

static void library_init(void)
{
	library_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int or_else(int value, int fallback)
{
	return value ? value : fallback;
}

int http_open(struct http **out, const struct http_options *options, struct err *err)
{
	const char *bundle = options->ca_bundle ? options->ca_bundle : getenv("SSL_CERT_FILE");
	struct http *h;

	(void)pthread_once(&library_once, library_init); /* cannot fail with these arguments */
	if (library_result != CURLE_OK)
		return err_set(err, ERR_IO, "libcurl: %s", curl_easy_strerror(library_result));

	h = xcalloc(1, sizeof(*h));
	h->user_agent = xstrdup(options->user_agent);
	h->ca_bundle = bundle && *bundle ? xstrdup(bundle) : NULL;
	h->connect_timeout_ms = or_else(options->connect_timeout_ms, CONNECT_TIMEOUT_MS);
	h->total_timeout_ms = or_else(options->total_timeout_ms, TOTAL_TIMEOUT_MS);
	h->stop = options->stop;
	http_pool_init(&h->pool, options->clock ? options->clock : &clock_system);
	*out = h;
	return 0;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	http_pool_release(&h->pool);
	free(h->user_agent);
	free(h->ca_bundle);
	free(h);
}

static void set_times(const struct http *h, const struct http_call *c)
{
	const struct http_request *r = c->request;
	long connect_ms = or_else(r->connect_timeout_ms, h->connect_timeout_ms);
	long total_ms = or_else(r->total_timeout_ms, h->total_timeout_ms);

	curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, total_ms);
	curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_MAX_S);
	/* Without this libcurl times DNS out with SIGALRM, which threads do not survive. */
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c->easy, CURLOPT_MAXAGE_CONN, (long)HTTP_IDLE_AGE_S);
	curl_easy_setopt(c->easy, CURLOPT_MAXLIFETIME_CONN, (long)LIFETIME_S);
}

static long http_version(const struct http_request *r)
{
	if (!r->http2)
		return CURL_HTTP_VERSION_1_1;
	return str_has_prefix(str_from(r->url), STR("https:"))
	    ? CURL_HTTP_VERSION_2TLS
	    : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
}

static void set_connection(const struct http *h, struct http_call *c, bool is_local)
{
	curl_easy_setopt(c->easy, CURLOPT_URL, c->request->url);
	/* A key with "/../" in it is a name, not a path to be walked; and it was signed so. */
	curl_easy_setopt(c->easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/* Another place wants another signature; and our own headers would go there, token and all. */
	curl_easy_setopt(c->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	if (is_local)
		curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, http_version(c->request));
	curl_easy_setopt(c->easy, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(c->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (h->ca_bundle)
		curl_easy_setopt(c->easy, CURLOPT_CAINFO, h->ca_bundle);
	curl_easy_setopt(c->easy, CURLOPT_MAXCONNECTS, 4L);
	curl_easy_setopt(c->easy, CURLOPT_USERAGENT, h->user_agent);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->detail);
}

static void set_message(struct http_call *c)
{
	const struct http_request *r = c->request;

	if (r->has_body) {
		curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
		curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, r->body.p ? r->body.p : "");
	} else if (strcmp(r->method, "HEAD") == 0) {
		curl_easy_setopt(c->easy, CURLOPT_NOBODY, 1L);
	}
	curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, r->method);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->lines);
	curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, http_take_header);
	curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, http_take_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
}

static void set_end(struct http_call *c)
{
	/* Else a name server that does not answer is awaited, whatever the timeouts. */
	curl_easy_setopt(c->easy, CURLOPT_QUICK_EXIT, 1L);
	if (!c->stop->is_wanted && !c->request->take)
		return;
	curl_easy_setopt(c->easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c->easy, CURLOPT_XFERINFOFUNCTION, http_on_progress);
	curl_easy_setopt(c->easy, CURLOPT_XFERINFODATA, c);
}

/*
 * libcurl sends once more, on a new connection, when a reused one turns out to be closed before
 * a line of the answer came: every call of ours may be repeated (its key or id stays the same).
 */
static int call(struct http *h, const struct http_request *request, struct http_response *response,
    struct err *err)
{
	struct http_call c = { .request = request, .response = response, .stop = &h->stop };
	uint64_t origin = http_pool_origin(request);
	bool is_local = false;
	int rc = -1;

	if (http_request_check(request, &is_local, err) != 0)
		return -1;
	if (http_is_stopped(&h->stop))
		return err_set(err, ERR_STOPPED, "not called, we stop");

	c.easy = http_pool_take(&h->pool, origin, err);
	if (!c.easy)
		return -1;
	if (http_lines_make(request, &c.lines, err) != 0)
		goto out;

	set_connection(h, &c, is_local);
	set_times(h, &c);
	set_message(&c);
	set_end(&c);
	rc = http_answer_judge(&c, curl_easy_perform(c.easy), err);
out:
	http_pool_give(&h->pool, c.easy, origin);
	http_lines_free(c.lines);
	return rc;
}

int http_call(struct http *h, const struct http_request *request, struct http_response *response,
    struct err *err)
{
	struct http_tape *tape = http_tape_installed();
	int64_t began_ms;
	int rc;

	response->status = 0;
	buf_reset(&response->headers);
	buf_reset(&response->trailers);
	buf_reset(&response->body);
	if (!tape)
		return call(h, request, response, err);
	if (http_tape_is_player(tape))
		return http_tape_play(tape, request, response, err);
	began_ms = clock_wall_ms(&clock_system);
	rc = call(h, request, response, err);
	http_tape_keep(tape, request, response, rc == 0 ? NULL : err, began_ms);
	return rc;
}

const char *http_library_version(void)
{
	return curl_version();
}
