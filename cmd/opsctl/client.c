#include "client.h"

#include <assert.h>

#include "payload.h"
#include "ports.h"

enum { ANSWER_MAX = 64 * 1024, HEADERS_COUNT = 4, BEARER_MAX = SECRET_MAX + 16 };

static enum client_auth auth_of(const char *name)
{
	if (strcmp(name, "token") == 0)
		return CLIENT_TOKEN;
	return strcmp(name, "bearer") == 0 ? CLIENT_BEARER : CLIENT_SIGNATURE;
}

int client_open(struct client *c, struct cli *cli, struct err *err)
{
	struct buf submit_url = { .max = sizeof(c->url) - 1 };
	const char *url;

	*c = (struct client){ .auth = auth_of(cli_text(cli, "auth")), .clock = cli->clock };
	buf_init(&c->key, SECRET_MAX);
	if (context_require(&cli->context, CONTEXT_URL, &url, err) != 0 ||
	    ports_token(cli, &c->token, err) != 0)
		goto fail;
	if (c->auth == CLIENT_SIGNATURE && webhook_key(buf_str(&c->token.bytes), &c->key, err) != 0)
		goto fail;
	if (ports_http(&c->http, (int)cli_ms(cli, "timeout"), err) != 0)
		goto fail;

	ports_url(&submit_url, url, "/submit");
	(void)snprintf(c->url, sizeof(c->url), "%s", buf_text(&submit_url));
	buf_release(&submit_url);
	return 0;
fail:
	client_release(c);
	return -1;
}

void client_release(struct client *c)
{
	http_close(c->http);
	c->http = NULL;
	secret_value_wipe(&c->token);
	buf_wipe(&c->key);
}

/* ---- the request ---- */

/* {"a":1} becomes {"token":"...","a":1}: as clients of the body token write it. */
static int add_token(struct buf *out, struct str token, struct str payload, struct err *err)
{
	struct payload parsed;
	enum payload_fault fault;
	size_t brace = str_find(payload, '{');
	struct str rest = str_skip(payload, brace + 1);

	if (payload_parse(payload, &parsed, &fault, err) != 0)
		return err_wrap(err, "the token cannot be put into the payload");
	if (parsed.has_token)
		return err_set(err, ERR_INVALID, "the payload has a token of its own");

	buf_add(out, str_slice(payload, 0, brace + 1));
	buf_adds(out, "\"token\":\"");
	json_escape(out, token);
	buf_addc(out, '"');
	if (str_trim(rest).p[0] != '}')
		buf_addc(out, ',');
	buf_add(out, rest);
	return 0;
}

int client_body(enum client_auth auth, struct str token, struct str payload, struct buf *out,
    struct err *err)
{
	if (auth == CLIENT_TOKEN) {
		if (add_token(out, token, payload, err) != 0)
			return -1;
	} else {
		buf_add(out, payload);
	}
	if (out->full)
		return err_set(err, ERR_INVALID, "the payload is larger than %zu bytes", out->max);
	return 0;
}

int client_stored_data(struct str payload, struct buf *out, struct err *err)
{
	struct payload parsed;
	enum payload_fault fault;
	size_t from = out->n;

	if (payload_parse(payload, &parsed, &fault, err) != 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(parsed.data); i++)
		buf_add(out, parsed.data[i]);
	if (out->full)
		return err_set(err, ERR_INVALID, "the payload is larger than %zu bytes", out->max);
	for (size_t i = from; i < out->n; i++)
		if (out->p[i] == '\n' || out->p[i] == '\r')
			out->p[i] = ' ';
	return 0;
}

/* The headers of one request and the texts behind them. */
struct headers {
	struct http_header rows[HEADERS_COUNT];
	size_t count;
	char timestamp[24];
	char signature[WEBHOOK_SIGNATURE_SIZE];
	struct buf bearer;
};

static void add_header(struct headers *h, const char *name, const char *value)
{
	assert(h->count < HEADERS_COUNT);
	h->rows[h->count++] = (struct http_header){ name, value };
}

static void make_headers(const struct client *c, const char *id, struct str body, struct headers *h)
{
	int64_t now_s = clock_wall_s(c->clock);

	buf_init(&h->bearer, BEARER_MAX);
	add_header(h, "Content-Type", "application/json");
	if (c->auth == CLIENT_SIGNATURE) {
		(void)snprintf(h->timestamp, sizeof(h->timestamp), "%lld", (long long)now_s);
		webhook_sign(buf_str(&c->key), str_from(id), now_s, body, h->signature);
		add_header(h, "webhook-id", id);
		add_header(h, "webhook-timestamp", h->timestamp);
		add_header(h, "webhook-signature", h->signature);
	} else if (c->auth == CLIENT_BEARER) {
		buf_adds(&h->bearer, "Bearer ");
		buf_add(&h->bearer, buf_str(&c->token.bytes));
		add_header(h, "Authorization", buf_text(&h->bearer));
	}
}

/* ---- the answer ---- */

static void copy(char *out, size_t size, struct str s)
{
	(void)snprintf(out, size, "%.*s", STR_ARG(s)); /* cut: for people to read */
}

static void read_answer(const struct http_response *r, struct client_answer *out)
{
	struct str retry_after = http_response_header(r, "Retry-After");
	struct json *doc = NULL;
	uint64_t seconds = 0;
	struct err ignored; /* a page that is not JSON still has its status */

	*out = (struct client_answer){ .status = r->status, .timing = r->timing };
	copy(out->request_id, sizeof(out->request_id), http_response_header(r, "X-Request-Id"));
	if (str_to_u64(retry_after, &seconds) && seconds < 3600)
		out->retry_after_s = (int64_t)seconds;
	if (json_parse(buf_str(&r->body), &doc, &ignored) != 0)
		return;
	copy(out->id, sizeof(out->id), str_from(json_get_text(json_get(doc, "id"), "")));
	copy(out->object, sizeof(out->object),
	    str_from(json_get_text(json_get(doc, "object"), "")));
	copy(out->error, sizeof(out->error), str_from(json_get_text(json_get(doc, "error"), "")));
	copy(out->detail, sizeof(out->detail),
	    str_from(json_get_text(json_get(doc, "detail"), "")));
	json_free(doc);
}

int client_submit(const struct client *c, const char *id, struct str payload,
    struct client_answer *out, struct err *err)
{
	struct buf body = BUF_INIT(CLIENT_BODY_MAX);
	struct headers headers = { .count = 0 };
	const struct str token = buf_str(&c->token.bytes);
	struct http_request request = {
		.method = "POST",
		.url = c->url,
		.has_body = true,
		.secrets = &token,
		.secret_count = 1,
		.hides_request = true, /* the payload may be a client's */
	};
	struct http_response response;
	int rc = -1;

	*out = (struct client_answer){ 0 };
	http_response_init(&response, ANSWER_MAX);
	if (client_body(c->auth, buf_str(&c->token.bytes), payload, &body, err) != 0)
		goto out;
	make_headers(c, id, buf_str(&body), &headers);
	request.headers = headers.rows;
	request.header_count = headers.count;
	request.body = buf_str(&body);
	if (http_call(c->http, &request, &response, err) != 0) {
		out->timing = response.timing;
		goto out;
	}
	read_answer(&response, out);
	rc = 0;
out:
	http_response_release(&response);
	buf_wipe(&headers.bearer);
	buf_wipe(&body); /* may hold the token */
	return rc;
}

/* ---- what an answer means ---- */

/* First row whose range holds the status. */
static const struct verdict {
	int from, to;
	enum err_code code;
	bool is_retryable;
	const char *next;
} verdicts[] = {
	{ 200, 299, ERR_NONE, false, NULL },
	{ 400, 400, ERR_INVALID, false, "what a payload must be: ops-api(8), Payloads" },
	{ 401, 403, ERR_DENIED, false, "run: opsctl token check" },
	{ 404, 405, ERR_NOTFOUND, false,
	    "run: opsctl context show  # is the URL that of ops-api?" },
	{ 408, 408, ERR_TIMEOUT, true, "run: opsctl health" },
	{ 413, 413, ERR_INVALID, false, "the limit is OPS_MAX_BODY_BYTES of ops-api" },
	{ 422, 422, ERR_CONFLICT, false, "another payload was sent under this id: use a new --id" },
	{ 429, 429, ERR_BUSY, true, "try again later" },
	{ 400, 499, ERR_INVALID, false, "see ops-api(8)" },
	{ 500, 502, ERR_IO, true, "run: opsctl health" },
	{ 503, 503, ERR_BUSY, true, "run: opsctl health" },
	{ 504, 504, ERR_TIMEOUT, true, "run: opsctl health" },
	{ 0, 999, ERR_CORRUPT, false, "run: opsctl context show  # is the URL that of ops-api?" },
};

static const struct verdict *verdict_of(int status)
{
	const struct verdict *v = verdicts;

	while (status < v->from || status > v->to)
		v++;
	return v;
}

int client_judge(const struct client_answer *answer, struct err *err)
{
	const struct verdict *v = verdict_of(answer->status);
	const char *text = answer->error[0] ? answer->error : "no reason given";

	if (v->code == ERR_NONE)
		return 0;
	return err_set(err, v->code, "HTTP %d: %s%s%s", answer->status, text,
	    answer->detail[0] ? ": " : "", answer->detail);
}

int client_next(struct cli *cli, int status, const struct err *err)
{
	if (status > 0)
		return cli_next(cli, "%s", verdict_of(status)->next);
	if (err->code == ERR_IO && cli->context.local_dir[0])
		return cli_next(cli, "run: opsctl up");
	return err->code == ERR_IO || err->code == ERR_TIMEOUT ? cli_next(cli, "run: opsctl health")
							       : -1;
}

bool client_is_retryable(int status)
{
	return verdict_of(status)->is_retryable;
}

void client_new_id(const struct clock *clock, char out[CLIENT_NEW_ID_SIZE])
{
	char uuid[UUID_TEXT_SIZE];

	uuid_v7(clock, uuid);
	(void)snprintf(out, CLIENT_NEW_ID_SIZE, "opsctl_%s", uuid); /* fits by its size */
}
