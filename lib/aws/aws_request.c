#include <string.h>

#include "aws_core.h"
#include "mem.h"

enum {
	OWN_HEADERS = 12, /* at most so many beside the caller's; and Authorization */
	PATH_MAX_BYTES = 8 * 1024,
	URL_MAX_BYTES = ENDPOINT_URL_MAX + SIGV4_TEXT_MAX,
	SHORT_MAX = 160,
};

static const char *method(const struct aws_exchange *x)
{
	return x->op->method ? x->op->method : "POST";
}

/* ---- where to ---- */

/*
 * A bucket becomes part of the host name on AWS, where path style is being withdrawn; but a name
 * with dots would not match the certificate, and other servers often have only one host name.
 */
static bool is_virtual_host(const struct aws_exchange *x)
{
	return x->service->protocol == AWS_REST_XML && !x->endpoint.is_override &&
	    x->request->bucket.n > 0 &&
	    str_only(x->request->bucket, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

static void make_host(const struct aws_exchange *x, struct endpoint_parts p, struct buf *out)
{
	if (is_virtual_host(x)) {
		buf_add(out, x->request->bucket);
		buf_addc(out, '.');
	}
	if (x->op->host_prefix && !x->endpoint.is_override)
		buf_adds(out, x->op->host_prefix);
	buf_add(out, p.host);
}

static void make_path(const struct aws_exchange *x, struct endpoint_parts p, struct buf *out)
{
	const struct aws_request *r = x->request;

	buf_add(out, p.path);
	if (r->bucket.n > 0 && !is_virtual_host(x)) {
		buf_addc(out, '/');
		buf_add(out, r->bucket);
	}
	if (r->key.n > 0 || out->n == 0) {
		buf_addc(out, '/');
		buf_add(out, r->key);
	}
}

/* ---- headers ---- */

struct headers {
	struct sigv4_pair pairs[SIGV4_PAIRS_MAX];
	size_t count;
};

static void add(struct headers *h, const char *name, struct str value)
{
	h->pairs[h->count++] = (struct sigv4_pair){ str_from(name), value };
}

static const char *const content_types[] = {
	[AWS_JSON_1_0] = "application/x-amz-json-1.0",
	[AWS_JSON_1_1] = "application/x-amz-json-1.1",
	[AWS_QUERY] = "application/x-www-form-urlencoded; charset=utf-8",
	[AWS_REST_XML] = NULL, /* the caller's, of what it puts */
};

static bool is_json(const struct aws_exchange *x)
{
	return x->service->protocol == AWS_JSON_1_0 || x->service->protocol == AWS_JSON_1_1;
}

/* What is signed, and the texts that it points to. */
struct draft {
	struct endpoint_parts place;
	struct buf host, path;
	char date[SIGV4_DATE_SIZE], target[SHORT_MAX], attempt[SHORT_MAX];
	struct headers headers;
	struct sigv4_request request;
};

static int draft_texts(const struct aws_exchange *x, struct draft *d, struct err *err)
{
	make_host(x, d->place, &d->host);
	make_path(x, d->place, &d->path);
	sigv4_date(d->request.at_s, d->date);
	/* Both are short: names of the table, and two numbers. */
	(void)snprintf(d->target, sizeof(d->target), "%s.%s",
	    x->service->target ? x->service->target : "", x->op->name);
	(void)snprintf(d->attempt, sizeof(d->attempt), "attempt=%u; max=%u", x->retry.attempt,
	    x->retry.max);
	if (d->host.full || d->path.full)
		return err_set(err, ERR_INVALID, "bucket or key is too long");
	return 0;
}

/* All that is sent is signed. */
static int draft_headers(const struct aws_exchange *x, struct draft *d, struct err *err)
{
	const struct aws_request *r = x->request;
	const char *content_type = content_types[x->service->protocol];
	struct headers *h = &d->headers;

	if (r->header_count + OWN_HEADERS > SIGV4_PAIRS_MAX)
		return err_set(err, ERR_INVALID, "%zu headers: at most %d are possible",
		    r->header_count, SIGV4_PAIRS_MAX - OWN_HEADERS);

	add(h, "Host", buf_str(&d->host));
	add(h, "X-Amz-Date", str_from(d->date));
	if (*x->creds->session_token)
		add(h, "X-Amz-Security-Token", str_from(x->creds->session_token));
	if (content_type)
		add(h, "Content-Type", str_from(content_type));
	if (is_json(x))
		add(h, "X-Amz-Target", str_from(d->target));
	if (x->service->has_query_mode)
		add(h, "x-amzn-query-mode", STR("true"));
	if (x->service->protocol == AWS_REST_XML)
		add(h, "x-amz-content-sha256", str_from(x->body_sha256));
	add(h, "amz-sdk-invocation-id", str_from(x->id));
	add(h, "amz-sdk-request", str_from(d->attempt));
	for (size_t i = 0; i < r->header_count; i++)
		h->pairs[h->count++] = r->headers[i];
	return 0;
}

/* The time is taken once: it stands in a header, in the scope, and is what the key is made for. */
static int draft_make(const struct aws_exchange *x, struct draft *d, struct err *err)
{
	bool is_s3 = x->service->protocol == AWS_REST_XML;

	*d = (struct draft){
		.place = endpoint_split(x->endpoint.url),
		.host = BUF_INIT(ENDPOINT_URL_MAX),
		.path = BUF_INIT(PATH_MAX_BYTES),
	};
	d->request = (struct sigv4_request){
		.method = str_from(method(x)),
		.query = x->request->query,
		.query_count = x->request->query_count,
		.payload_hash = str_from(x->body_sha256),
		.is_path_encoded_once = is_s3,
		.is_path_kept = is_s3,
		.region = str_from(x->region),
		.service = str_from(x->service->signing_name),
		.at_s = clock_wall_s(x->aws->clock) + x->skew_s,
	};
	if (draft_texts(x, d, err) != 0 || draft_headers(x, d, err) != 0)
		return -1;
	d->request.path = buf_str(&d->path);
	d->request.headers = d->headers.pairs;
	d->request.header_count = d->headers.count;
	return 0;
}

static void draft_release(struct draft *d)
{
	buf_release(&d->host);
	buf_release(&d->path);
}

static const char *terminated(struct buf *text, struct str s)
{
	char *at = buf_room(text, s.n + 1); /* there is room: it was counted */

	if (s.n)
		memcpy(at, s.p, s.n);
	at[s.n] = '\0';
	buf_added(text, s.n + 1);
	return at;
}

/* The pairs as C strings, in one block that does not move while it is filled. */
static void write_lines(const struct headers *h, struct aws_signed *out)
{
	size_t need = 0;

	for (size_t i = 0; i < h->count; i++)
		need += h->pairs[i].name.n + h->pairs[i].value.n + 2;
	buf_init(&out->text, need);
	(void)buf_room(&out->text, need);
	for (size_t i = 0; i < h->count; i++) {
		out->headers[i].name = terminated(&out->text, h->pairs[i].name);
		out->headers[i].value = terminated(&out->text, h->pairs[i].value);
	}
	out->headers[h->count] = (struct http_header){ "Authorization",
		buf_text(&out->authorization) };
	out->http.headers = out->headers;
	out->http.header_count = h->count + 1;
}

/* ---- signing ---- */

/* A digest of all that a key is derived from, the secret included: one key id, one key. */
static void name_key(const struct sigv4_request *s, const struct creds *creds, const char *date,
    unsigned char out[HASH_SIZE])
{
	struct str parts[] = { str_from(creds->access_key_id), STR("\n"), { date, 8 }, STR("\n"),
		s->region, STR("\n"), s->service };

	hash_hmac_sha256(str_from(creds->secret_access_key), parts, ARRAY_SIZE(parts), out);
}

static void signing_key(const struct aws_exchange *x, const struct sigv4_request *s,
    const char *date, unsigned char out[HASH_SIZE])
{
	struct aws_signing_key *kept = &x->client->signing_key;
	unsigned char name[HASH_SIZE];
	bool is_kept;

	name_key(s, x->creds, date, name);
	pthread_mutex_lock(&x->aws->lock);
	is_kept = kept->is_set && memcmp(kept->name, name, HASH_SIZE) == 0;
	if (is_kept)
		memcpy(out, kept->key, HASH_SIZE);
	pthread_mutex_unlock(&x->aws->lock);
	if (is_kept)
		return;

	sigv4_signing_key(s, str_from(x->creds->secret_access_key), out);
	pthread_mutex_lock(&x->aws->lock);
	kept->is_set = true;
	memcpy(kept->name, name, HASH_SIZE);
	memcpy(kept->key, out, HASH_SIZE);
	pthread_mutex_unlock(&x->aws->lock);
}

static int authorize(const struct aws_exchange *x, const struct draft *d, struct buf *out,
    struct err *err)
{
	struct sigv4_keys keys = {
		.access_key_id = str_from(x->creds->access_key_id),
		.secret_access_key = str_from(x->creds->secret_access_key),
		.session_token = str_from(x->creds->session_token),
	};
	unsigned char key[HASH_SIZE];
	int rc;

	signing_key(x, &d->request, d->date, key);
	rc = sigv4_authorize(&d->request, &keys, key, out, err);
	mem_wipe(key, sizeof(key));
	return rc;
}

static int make_url(const struct draft *d, struct buf *out, struct err *err)
{
	buf_add(out, d->place.scheme);
	buf_adds(out, "://");
	buf_add(out, buf_str(&d->host));
	sigv4_target(&d->request, out);
	return out->full ? err_set(err, ERR_INVALID, "key and query are too long for a URL") : 0;
}

static void init(struct aws_signed *s)
{
	*s = (struct aws_signed){ 0 };
	buf_init(&s->url, URL_MAX_BYTES);
	buf_init(&s->authorization, SIGV4_TEXT_MAX);
}

static void fill(const struct aws_exchange *x, int timeout_ms, struct aws_signed *out)
{
	out->http.method = method(x);
	out->http.url = buf_text(&out->url);
	out->http.body = x->body;
	out->http.has_body = strcmp(method(x), "POST") == 0 || strcmp(method(x), "PUT") == 0;
	out->http.total_timeout_ms = timeout_ms;
	aws_exchange_secrets(x, out->secrets);
	out->http.secrets = out->secrets;
	out->http.secret_count = AWS_SECRETS;
	out->http.hides_request = x->op->hides_request;
	out->http.hides_answer = x->op->hides_answer;
	out->http.take = x->request->take;
	out->http.take_arg = x->request->take_arg;
}

int aws_sign(const struct aws_exchange *x, int timeout_ms, struct aws_signed *out, struct err *err)
{
	struct draft draft;
	int rc = -1;

	init(out);
	if (draft_make(x, &draft, err) == 0 &&
	    authorize(x, &draft, &out->authorization, err) == 0 &&
	    make_url(&draft, &out->url, err) == 0) {
		write_lines(&draft.headers, out);
		fill(x, timeout_ms, out);
		rc = 0;
	}
	draft_release(&draft);
	return rc;
}

void aws_signed_release(struct aws_signed *s)
{
	buf_release(&s->url);
	buf_wipe(&s->authorization);
	buf_wipe(&s->text); /* the token stands in it */
}
