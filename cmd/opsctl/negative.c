#include "negative.h"

#include <assert.h>
#include <inttypes.h>

#include "mem.h"
#include "payload.h"
#include "ports.h"
#include "webhook.h"

enum {
	LARGE = 1024 * 1024 + 1024, /* more than any queue of ours takes in one message */
	BODY_MAX = 2 * LARGE,
	URL_SIZE = 2 * CONTEXT_VALUE_MAX,
	HEADERS_MAX = 8,
	ID_SIZE = WEBHOOK_ID_MAX + 1,
	ANSWER_MAX = 64 * 1024,
	FAR_OFF_S = 2 * WEBHOOK_TOLERANCE_S,
};

#define WHEN   "\"email_timestream\":\"1693561101\""
#define MARK   "\"email_subject\":\"%s\""
#define NESTED "{\"data\":{" WHEN "," MARK "}"

const struct negative_row negative_rows[] = {
	{ "no credentials", 401, NEGATIVE_NONE, .header = "WWW-Authenticate" },
	{ "wrong token in the body", 401, NEGATIVE_BODY_TOKEN, .header = "WWW-Authenticate" },
	{ "wrong bearer token", 401, NEGATIVE_BEARER, .header = "WWW-Authenticate" },
	{ "signed with another key", 401, NEGATIVE_KEY, .header = "WWW-Authenticate" },
	{ "bad signature, good bearer", 401, NEGATIVE_KEY_BEARER, .header = "WWW-Authenticate" },
	{ "body changed after signing", 401, NEGATIVE_TAMPERED, .header = "WWW-Authenticate" },
	{ "id changed after signing", 401, NEGATIVE_OTHER_ID, .header = "WWW-Authenticate" },
	{ "signature too old", 401, NEGATIVE_STALE, .header = "WWW-Authenticate" },
	{ "signature of the future", 401, NEGATIVE_EARLY, .header = "WWW-Authenticate" },
	{ "signature left out", 401, NEGATIVE_UNSIGNED, .header = "WWW-Authenticate" },
	{ "previous token", 401, NEGATIVE_PREVIOUS, .body = "{" MARK "}" },
	{ "empty body", 400, NEGATIVE_GOOD, .body = "" },
	{ "not JSON", 400, NEGATIVE_GOOD, .body = "%s" },
	{ "not an object", 400, NEGATIVE_GOOD, .body = "[{" WHEN "," MARK "}]" },
	{ "cut off", 400, NEGATIVE_GOOD, .body = "{" WHEN "," MARK },
	{ "two documents", 400, NEGATIVE_GOOD, .body = "{" WHEN "," MARK "}{}" },
	{ "not UTF-8", 400, NEGATIVE_GOOD, .body = "{" WHEN "," MARK ",\"x\":\"\xff\"}" },
	{ "NUL in a string", 400, NEGATIVE_GOOD, .body = "{" WHEN "," MARK ",\"x\":\"\\u0000\"}" },
	{ "no email_timestream", 400, NEGATIVE_GOOD, .body = "{" MARK "}" },
	{ "email_timestream no time", 400, NEGATIVE_GOOD,
	    .body = "{\"email_timestream\":\"soon\"," MARK "}" },
	{ "email_timestream twice", 400, NEGATIVE_GOOD, .body = "{" WHEN "," WHEN "," MARK "}" },
	{ "data not an object", 400, NEGATIVE_GOOD, .body = "{\"data\":\"%s\"}" },
	{ "member beside data", 400, NEGATIVE_GOOD, .body = NESTED ",\"more\":1}" },
	{ "too large", 413, NEGATIVE_GOOD, .bytes = LARGE },
	{ "wrong media type", 415, NEGATIVE_GOOD, .type = "text/plain" },
	{ "no media type", 415, NEGATIVE_GOOD, .type = "" },
	{ "compressed", 415, NEGATIVE_GOOD, .encoding = "gzip" },
	{ "GET", 405, NEGATIVE_GOOD, .method = "GET", .header = "Allow" },
	{ "PUT", 405, NEGATIVE_GOOD, .method = "PUT", .header = "Allow" },
	{ "DELETE", 405, NEGATIVE_GOOD, .method = "DELETE", .header = "Allow" },
	{ "wrong path", 404, NEGATIVE_GOOD, .path = "/submit/more" },
};
const size_t negative_row_count = ARRAY_SIZE(negative_rows);

/* ---- the body ---- */

static void add_marked(struct buf *out, const char *text, const char *mark)
{
	struct str head, tail;

	if (str_contains(str_from(text), STR("%s"))) {
		size_t at = (size_t)(strstr(text, "%s") - text);

		head = str_slice(str_from(text), 0, at);
		tail = str_skip(str_from(text), at + 2);
		buf_add(out, head);
		buf_adds(out, mark);
		buf_add(out, tail);
		return;
	}
	buf_adds(out, text);
}

static void make_body(const struct negative *n, const struct negative_row *row, struct buf *out)
{
	if (row->body) {
		add_marked(out, row->body, n->mark);
		return;
	}
	add_marked(out, "{" WHEN "," MARK, n->mark);
	if (row->auth == NEGATIVE_BODY_TOKEN)
		buf_adds(out, ",\"token\":\"wrong\"");
	if (row->bytes > 0) {
		buf_adds(out, ",\"x\":\"");
		while (out->n < row->bytes)
			buf_adds(out, "xxxxxxxxxxxxxxxx");
		buf_addc(out, '"');
	}
	buf_addc(out, '}');
}

/* ---- the head ---- */

struct head {
	struct http_header rows[HEADERS_MAX];
	size_t count;
	char id[ID_SIZE], timestamp[24], signature[WEBHOOK_SIGNATURE_SIZE];
	struct buf bearer;
};

static void add(struct head *h, const char *name, const char *value)
{
	assert(h->count < HEADERS_MAX);
	h->rows[h->count++] = (struct http_header){ name, value };
}

static void add_bearer(struct head *h, struct str token)
{
	buf_addf(&h->bearer, "Bearer %.*s", STR_ARG(token));
	add(h, "Authorization", buf_text(&h->bearer));
}

/* The time that it claims to be signed at. */
static int64_t signed_at_s(const struct negative *n, enum negative_auth auth)
{
	int64_t now_s = clock_wall_s(n->clock);

	if (auth == NEGATIVE_STALE)
		return now_s - FAR_OFF_S;
	return auth == NEGATIVE_EARLY ? now_s + FAR_OFF_S : now_s;
}

static int key_of(const struct negative *n, enum negative_auth auth, struct buf *key,
    struct err *err)
{
	bool is_previous = auth == NEGATIVE_PREVIOUS;
	const struct secret_value *token =
	    &n->tokens->values[is_previous ? SECRET_PREVIOUS : SECRET_CURRENT];

	if (auth == NEGATIVE_KEY || auth == NEGATIVE_KEY_BEARER) {
		buf_adds(key, "a key that nobody has");
		return 0;
	}
	return webhook_key(buf_str(&token->bytes), key, err);
}

static int sign(const struct negative *n, enum negative_auth auth, struct str body, struct head *h,
    struct err *err)
{
	struct buf key = BUF_INIT(SECRET_MAX);
	int64_t at_s = signed_at_s(n, auth);
	bool is_other = auth == NEGATIVE_OTHER_ID;
	int rc = key_of(n, auth, &key, err);

	if (rc == 0)
		webhook_sign(buf_str(&key), is_other ? STR("another") : str_from(h->id), at_s,
		    auth == NEGATIVE_TAMPERED ? STR("{}") : body, h->signature);
	buf_wipe(&key);
	if (rc != 0)
		return -1;
	(void)snprintf(h->timestamp, sizeof(h->timestamp), "%" PRId64, at_s);
	add(h, "webhook-id", h->id);
	add(h, "webhook-timestamp", h->timestamp);
	if (auth != NEGATIVE_UNSIGNED)
		add(h, "webhook-signature", h->signature);
	return 0;
}

static int add_credentials(const struct negative *n, enum negative_auth auth, struct str body,
    struct head *h, struct err *err)
{
	struct str current = buf_str(&n->tokens->values[SECRET_CURRENT].bytes);

	if (auth == NEGATIVE_NONE || auth == NEGATIVE_BODY_TOKEN)
		return 0;
	if (auth == NEGATIVE_BEARER)
		add_bearer(h, STR("wrong"));
	else if (auth == NEGATIVE_KEY_BEARER || (auth == NEGATIVE_GOOD && !n->signs))
		add_bearer(h, current);
	if (auth == NEGATIVE_BEARER || (auth == NEGATIVE_GOOD && !n->signs))
		return 0;
	if (auth == NEGATIVE_PREVIOUS && !n->signs) {
		add_bearer(h, buf_str(&n->tokens->values[SECRET_PREVIOUS].bytes));
		return 0;
	}
	return sign(n, auth, body, h, err);
}

static int make_head(const struct negative *n, const struct negative_row *row, size_t number,
    struct str body, struct head *h, struct err *err)
{
	*h = (struct head){ .bearer = BUF_INIT(SECRET_MAX + 16) };
	(void)snprintf(h->id, sizeof(h->id), "opsctl_neg_%s_%zu", n->mark, number);
	if (!row->type || *row->type)
		add(h, "Content-Type", row->type ? row->type : "application/json");
	if (row->encoding)
		add(h, "Content-Encoding", row->encoding);
	return add_credentials(n, row->auth, body, h, err);
}

/* ---- the call ---- */

static void call(const struct negative *n, const struct negative_row *row, const struct head *h,
    struct str body, struct negative_answer *out)
{
	const struct str secrets[] = { buf_str(&n->tokens->values[SECRET_CURRENT].bytes),
		buf_str(&n->tokens->values[SECRET_PREVIOUS].bytes) };
	struct buf url = BUF_INIT(URL_SIZE);
	struct http_request request = { .method = row->method ? row->method : "POST",
		.headers = h->rows,
		.header_count = h->count,
		.body = body,
		.secrets = secrets,
		.secret_count = n->tokens->has_previous ? 2 : 1 };
	struct http_response response;

	request.has_body = strcmp(request.method, "GET") != 0;
	ports_url(&url, n->url, row->path ? row->path : "/submit");
	request.url = buf_text(&url);
	http_response_init(&response, ANSWER_MAX);
	if (http_call(n->http, &request, &response, &out->err) == 0) {
		out->status = response.status;
		out->has_header = !row->header ||
		    http_response_header(&response, row->header).n > 0;
	}
	http_response_release(&response);
	buf_release(&url);
}

void negative_send(const struct negative *n, const struct negative_row *row, size_t number,
    struct negative_answer *out)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct head head;

	*out = (struct negative_answer){ 0 };
	make_body(n, row, &body);
	if (make_head(n, row, number, buf_str(&body), &head, &out->err) == 0)
		call(n, row, &head, buf_str(&body), out);
	buf_wipe(&head.bearer);
	buf_release(&body);
}
