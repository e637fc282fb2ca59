#include "http.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>

#include "mem.h"

enum {
	CONNECT_TIMEOUT_MS = 5000,
	TOTAL_TIMEOUT_MS = 30000,
	HEADERS_MAX = 64 * 1024,
	IDLE_MAX = 256, /* handles kept; more callers at once than that open new connections */
	/*
	 * Shorter than the idle limit of load balancers (ALB: 60 s), so that it is seldom the
	 * other side that closes first.
	 */
	IDLE_AGE_S = 50,
	/* libcurl's default is for ever: a busy connection would never follow a change in DNS. */
	LIFETIME_S = 300,
};

/*
 * Each easy handle owns its connections (libcurl cannot share them between threads), so
 * the pool is a pool of handles. Last in, first out: at low load one warm connection
 * serves all calls, and the others grow old and close.
 */
struct http {
	char *user_agent;
	char *ca_bundle; /* NULL: the library's default */
	int connect_timeout_ms, total_timeout_ms;
	pthread_mutex_t lock; /* of what follows */
	CURL *idle[IDLE_MAX];
	size_t idle_count;
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static CURLcode library_result;

static void library_init(void)
{
	library_result = curl_global_init(CURL_GLOBAL_DEFAULT);
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
	h->connect_timeout_ms = options->connect_timeout_ms ? options->connect_timeout_ms
							    : CONNECT_TIMEOUT_MS;
	h->total_timeout_ms = options->total_timeout_ms ? options->total_timeout_ms
							: TOTAL_TIMEOUT_MS;
	pthread_mutex_init(&h->lock, NULL);
	*out = h;
	return 0;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->idle_count; i++)
		curl_easy_cleanup(h->idle[i]);
	pthread_mutex_destroy(&h->lock);
	free(h->user_agent);
	free(h->ca_bundle);
	free(h);
}

/* ---- the pool ---- */

static CURL *pool_take(struct http *h, struct err *err)
{
	CURL *easy = NULL;

	pthread_mutex_lock(&h->lock);
	if (h->idle_count > 0)
		easy = h->idle[--h->idle_count];
	pthread_mutex_unlock(&h->lock);
	if (!easy)
		easy = curl_easy_init();
	if (!easy)
		(void)err_set(err, ERR_IO, "libcurl: no handle");
	return easy;
}

static void pool_give(struct http *h, CURL *easy)
{
	curl_easy_reset(easy); /* forgets all options, keeps the connections */
	pthread_mutex_lock(&h->lock);
	if (h->idle_count < IDLE_MAX) {
		h->idle[h->idle_count++] = easy;
		easy = NULL; /* now the pool's */
	}
	pthread_mutex_unlock(&h->lock);
	if (easy)
		curl_easy_cleanup(easy);
}

/* ---- the request ---- */

/* One call's state, on its caller's stack. */
struct call {
	const struct http *http;
	const struct http_request *request;
	struct http_response *response;
	CURL *easy;
	struct curl_slist *lines;
	bool head_is_whole;
	bool head_is_too_large;
	char detail[CURL_ERROR_SIZE];
};

static bool is_token(struct str s)
{
	return s.n > 0 &&
	    str_only(s,
		"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

/* A line break in a value would begin another header of the caller's choosing. */
static bool is_field_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool has_header(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (str_eq_nocase(str_from(r->headers[i].name), str_from(name)))
			return true;
	return false;
}

static void add_line(struct call *c, const char *line)
{
	struct curl_slist *longer = curl_slist_append(c->lines, line);

	if (!longer)
		abort(); /* out of memory, as everywhere */
	c->lines = longer;
}

/* libcurl's notation: "Name: value", "Name;" sends it empty, "Name:" takes a default away. */
static int add_headers(struct call *c, struct err *err)
{
	static const char *const defaults[] = { "Accept", "Content-Type", "Expect" };

	for (size_t i = 0; i < c->request->header_count; i++) {
		const struct http_header *h = &c->request->headers[i];
		struct buf line = BUF_INIT(HEADERS_MAX);
		bool is_full;

		if (!is_token(str_from(h->name)) || !is_field_value(str_from(h->value)))
			return err_set(err, ERR_INVALID, "header '%s': characters not allowed",
			    h->name);

		buf_addf(&line, *h->value ? "%s: %s" : "%s;", h->name, h->value);
		is_full = line.full;
		if (!is_full)
			add_line(c, buf_text(&line));
		buf_wipe(&line); /* may be a credential */
		if (is_full)
			return err_set(err, ERR_INVALID, "header '%s': too long", h->name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		if (!has_header(c->request, defaults[i])) {
			char line[32];

			/* Fits: see the table. */
			(void)snprintf(line, sizeof(line), "%s:", defaults[i]);
			add_line(c, line);
		}
	}
	return 0;
}

/* Overwritten before it is freed: Authorization and signatures stand in it. */
static void free_lines(struct curl_slist *lines)
{
	for (struct curl_slist *l = lines; l; l = l->next)
		mem_wipe(l->data, strlen(l->data));
	curl_slist_free_all(lines);
}

/* This machine and link-local metadata services are never behind a proxy. */
static bool is_local_host(struct str host)
{
	return str_eq_nocase(host, STR("localhost")) || str_has_prefix(host, STR("127.")) ||
	    str_has_prefix(host, STR("169.254.")) || str_is(host, "[::1]") ||
	    str_is(host, "[fd00:ec2::254]");
}

/* Checks the URL; *is_local says that no proxy may stand between. */
static int judge_url(const char *url, bool *is_local, struct err *err)
{
	struct str text = str_from(url);
	CURLU *parts = NULL;
	char *host = NULL, *user = NULL;
	CURLUcode code;
	int rc = -1;

	/* libcurl would take a URL without a scheme for http. */
	if (!str_has_prefix(text, STR("https://")) && !str_has_prefix(text, STR("http://")))
		return err_set(err, ERR_INVALID, "URL '%s': must begin with http:// or https://",
		    url);

	parts = curl_url();
	if (!parts)
		abort();
	code = curl_url_set(parts, CURLUPART_URL, url, CURLU_PATH_AS_IS);
	if (code == CURLUE_OK)
		code = curl_url_get(parts, CURLUPART_HOST, &host, 0);
	if (code != CURLUE_OK) {
		(void)err_set(err, ERR_INVALID, "URL '%s': %s", url, curl_url_strerror(code));
		goto out;
	}
	if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK) {
		(void)err_set(err, ERR_INVALID, "URL of %s: must not hold a user name", host);
		goto out;
	}

	*is_local = is_local_host(str_from(host));
	rc = 0;
out:
	curl_free(user);
	curl_free(host);
	curl_url_cleanup(parts);
	return rc;
}

/* ---- the answer ---- */

/* One line per call. An interim answer (1xx) or a proxy's comes before the final one. */
static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
	struct call *c = arg;
	struct str line = { data, size * n };

	if (str_has_prefix(line, STR("HTTP/"))) {
		buf_reset(&c->response->headers);
		c->head_is_whole = false;
	}
	if (str_trim(line).n == 0)
		c->head_is_whole = true;
	buf_add(&c->response->headers, line);
	c->head_is_too_large = c->response->headers.full;
	return c->head_is_too_large ? 0 : line.n;
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
	struct call *c = arg;
	struct str bytes = { data, size * n };

	buf_add(&c->response->body, bytes);
	return c->response->body.full ? 0 : bytes.n;
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
	{ CURLE_BAD_CONTENT_ENCODING, ERR_CORRUPT },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_CONFIG },
	{ CURLE_SSL_CACERT_BADFILE, ERR_CONFIG },
	{ CURLE_SSL_ISSUER_ERROR, ERR_CONFIG },
};

static int call_failed(const struct call *c, CURLcode code, struct err *err)
{
	const char *why = c->detail[0] ? c->detail : curl_easy_strerror(code);
	enum err_code kind = ERR_IO;

	for (size_t i = 0; i < ARRAY_SIZE(error_codes); i++)
		if (error_codes[i].code == code)
			kind = error_codes[i].err;
	if (c->response->body.full || c->head_is_too_large)
		return err_set(err, ERR_CORRUPT, "%s %s: the answer is larger than %zu bytes",
		    c->request->method, c->request->url,
		    c->head_is_too_large ? (size_t)HEADERS_MAX : c->response->body.max);
	return err_set(err, kind, "%s %s: %s", c->request->method, c->request->url, why);
}

static int64_t info_us(CURL *easy, CURLINFO info)
{
	curl_off_t us = 0;

	(void)curl_easy_getinfo(easy, info, &us); /* stays 0 where the step was skipped */
	return us;
}

static void read_timing(CURL *easy, struct http_timing *t)
{
	long connects = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
	t->dns_us = info_us(easy, CURLINFO_NAMELOOKUP_TIME_T);
	t->connect_us = info_us(easy, CURLINFO_CONNECT_TIME_T);
	t->tls_us = info_us(easy, CURLINFO_APPCONNECT_TIME_T);
	t->first_byte_us = info_us(easy, CURLINFO_STARTTRANSFER_TIME_T);
	t->total_us = info_us(easy, CURLINFO_TOTAL_TIME_T);
	t->is_reused = connects == 0;
	if (t->is_reused)
		t->dns_us = t->connect_us = t->tls_us = 0; /* libcurl: some of its own */
}

static int read_status(struct call *c, struct err *err)
{
	long status = 0;

	(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	/* libcurl calls an answer whole when its connection closed in the middle of the headers. */
	if (!c->head_is_whole || status < 200)
		return err_set(err, ERR_IO, "%s %s: the answer broke off in its headers",
		    c->request->method, c->request->url);
	c->response->status = (int)status;
	return 0;
}

/* ---- the call ---- */

static void set_connection(struct call *c, bool is_local)
{
	const struct http *h = c->http;
	int total_ms = c->request->total_timeout_ms ? c->request->total_timeout_ms
						    : h->total_timeout_ms;

	curl_easy_setopt(c->easy, CURLOPT_URL, c->request->url);
	/* A key with "/../" in it is a name, not a path to be walked; and it was signed so. */
	curl_easy_setopt(c->easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	if (is_local)
		curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c->easy, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(c->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (h->ca_bundle)
		curl_easy_setopt(c->easy, CURLOPT_CAINFO, h->ca_bundle);
	/* Without this libcurl times DNS out with SIGALRM, which threads do not survive. */
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)h->connect_timeout_ms);
	curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)total_ms);
	curl_easy_setopt(c->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c->easy, CURLOPT_MAXAGE_CONN, (long)IDLE_AGE_S);
	curl_easy_setopt(c->easy, CURLOPT_MAXLIFETIME_CONN, (long)LIFETIME_S);
	curl_easy_setopt(c->easy, CURLOPT_MAXCONNECTS, 4L);
	curl_easy_setopt(c->easy, CURLOPT_USERAGENT, h->user_agent);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->detail);
}

static void set_message(struct call *c)
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
	curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
}

/*
 * libcurl sends once more, on a new connection, when a reused one turns out to be closed before
 * a byte of the answer came: every call of ours may be repeated (its key or id stays the same).
 */
int http_call(struct http *h, const struct http_request *request, struct http_response *response,
    struct err *err)
{
	struct call c = { .http = h, .request = request, .response = response };
	bool is_local = false;
	CURLcode code;
	int rc = -1;

	if (!is_token(str_from(request->method)))
		return err_set(err, ERR_INVALID, "method '%s': characters not allowed",
		    request->method);
	if (judge_url(request->url, &is_local, err) != 0)
		return -1;

	c.easy = pool_take(h, err);
	if (!c.easy)
		return -1;
	if (add_headers(&c, err) != 0)
		goto out;

	buf_reset(&response->headers);
	buf_reset(&response->body);
	set_connection(&c, is_local);
	set_message(&c);
	code = curl_easy_perform(c.easy);
	read_timing(c.easy, &response->timing);
	if (code != CURLE_OK)
		(void)call_failed(&c, code, err);
	else
		rc = read_status(&c, err);
out:
	pool_give(h, c.easy);
	free_lines(c.lines);
	return rc;
}

void http_response_init(struct http_response *r, size_t body_max)
{
	*r = (struct http_response){ 0 };
	buf_init(&r->headers, HEADERS_MAX);
	buf_init(&r->body, body_max);
}

void http_response_release(struct http_response *r)
{
	if (!r)
		return;
	buf_wipe(&r->headers);
	buf_wipe(&r->body); /* may be a secret's value */
	r->status = 0;
}

struct str http_response_header(const struct http_response *r, const char *name)
{
	struct str rest = buf_str(&r->headers), line, key, value;

	while (rest.n > 0) {
		str_cut(rest, '\n', &line, &rest);
		if (str_cut(line, ':', &key, &value) && str_eq_nocase(key, str_from(name)))
			return str_trim(value);
	}
	return STR_NONE;
}

const char *http_library_version(void)
{
	return curl_version();
}
