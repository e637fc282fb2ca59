#include "token_probe.h"

#include <inttypes.h>
#include <limits.h>

#include "ports.h"
#include "uuid.h"
#include "webhook.h"

enum {
	URL_MAX = 2048,
	STATUS_REFUSED = 401,
	STATUS_ACCEPTED = 400,
	BEARER_SIZE = SECRET_MAX + sizeof("Bearer "),
	HEADERS_MAX = 5,
	REQUEST_ID_SIZE = sizeof(TOKEN_REQUEST_PREFIX) + UUID_TEXT_SIZE,
};

/* Flat, and without what every policy asks of a flat one. */
#define PAYLOAD STR("{}")

static int take_status(const struct token_question *q, const struct http_response *response,
    int *status, struct err *err)
{
	if (q->request_id != NULL &&
	    !str_is(http_response_header(response, "X-Request-Id"), q->request_id))
		return err_set(err, ERR_CORRUPT, "%s: what answers there is not ops-api", q->url);
	*status = response->status;
	return 0;
}

static int post(const struct token_question *q, const struct http_header *headers, size_t count,
    int *status, struct err *err)
{
	char id[REQUEST_ID_SIZE] = TOKEN_REQUEST_PREFIX;
	struct http_header all[HEADERS_MAX] = { { "X-Request-Id",
	    q->request_id != NULL ? q->request_id : id } };
	int64_t left_ms = q->deadline_ms - clock_mono_ms(q->clock);
	struct buf url = BUF_INIT(URL_MAX);
	struct http_request request = { .method = "POST",
		.headers = all,
		.header_count = 1 + count,
		.body = PAYLOAD,
		.has_body = true,
		.secrets = &q->token,
		.secret_count = 1,
		.total_timeout_ms = (int)(left_ms < INT_MAX ? left_ms : INT_MAX) };
	struct http_response response;
	int rc;

	if (left_ms <= 0)
		return err_set(err, ERR_TIMEOUT, "%s: no answer about the token in time", q->url);
	uuid_v7(q->clock, id + strlen(id));
	memcpy(all + 1, headers, count * sizeof(*headers));
	http_response_init(&response, 64 * 1024);
	ports_url(&url, q->url, "/submit");
	request.url = buf_text(&url);
	rc = http_call(q->http, &request, &response, err);
	if (rc == 0)
		rc = take_status(q, &response, status, err);
	http_response_release(&response);
	buf_release(&url);
	return rc;
}

static int post_signed(const struct token_question *q, int *status, struct err *err)
{
	char signature[WEBHOOK_SIGNATURE_SIZE], id[UUID_TEXT_SIZE], timestamp[24];
	int64_t now_s = clock_wall_s(q->clock);
	struct buf key = BUF_INIT(SECRET_MAX);
	const struct http_header headers[] = {
		{ "Content-Type", "application/json" },
		{ "webhook-id", id },
		{ "webhook-timestamp", timestamp },
		{ "webhook-signature", signature },
	};
	int rc = webhook_key(q->token, &key, err);

	if (rc == 0) {
		uuid_v7(q->clock, id);
		(void)snprintf(timestamp, sizeof(timestamp), "%" PRId64, now_s);
		webhook_sign(buf_str(&key), str_from(id), now_s, PAYLOAD, signature);
		rc = post(q, headers, ARRAY_SIZE(headers), status, err);
	}
	buf_wipe(&key);
	return rc;
}

static int post_bearer(const struct token_question *q, int *status, struct err *err)
{
	struct buf value = BUF_INIT(BEARER_SIZE);
	int rc;

	buf_addf(&value, "Bearer %.*s", STR_ARG(q->token));
	rc = post(q,
	    (const struct http_header[]){ { "Content-Type", "application/json" },
		{ "Authorization", buf_text(&value) } },
	    2, status, err);
	buf_wipe(&value);
	return rc;
}

int token_probe(const struct token_question *q, struct token_probe *out, struct err *err)
{
	struct token_probe probe = { 0 };

	if (post_signed(q, &probe.status, err) == -1)
		return -1;
	if (probe.status == STATUS_REFUSED && !q->is_by_signature) {
		if (post_bearer(q, &probe.status, err) == -1)
			return -1;
		probe.is_by_bearer = probe.status == STATUS_ACCEPTED;
	}
	/* Accepted now: the token was read again between the two, unless a signature still is not. */
	if (probe.is_by_bearer) {
		int status = 0;

		if (post_signed(q, &status, err) == -1)
			return -1;
		probe.is_by_bearer = status == STATUS_REFUSED;
	}
	if (probe.status != STATUS_ACCEPTED && probe.status != STATUS_REFUSED)
		return err_set(err, ERR_BUSY, "%s answers %d, which says nothing about the token",
		    q->url, probe.status);
	probe.is_accepted = probe.status == STATUS_ACCEPTED;
	*out = probe;
	return 0;
}
