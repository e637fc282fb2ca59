#include "auth.h"

#include <stdlib.h>
#include <string.h>

#include "api_metrics.h"
#include "log.h"

static const char *const scheme_names[AUTH_SCHEME_COUNT] = {
	[AUTH_SCHEME_NONE] = "none",
	[AUTH_SCHEME_SIGNATURE] = "signature",
	[AUTH_SCHEME_BEARER] = "bearer",
	[AUTH_SCHEME_TOKEN] = "token",
};

/* ---- signature ---- */

struct signed_request {
	struct auth *auth;
	struct str body;
	int64_t now_s;
};

static bool verify(void *arg, const struct str *keys, size_t count, size_t *index)
{
	struct signed_request *s = arg;

	s->auth->verdict = webhook_verify(&s->auth->webhook, s->body, keys, count, s->now_s, index);
	return s->auth->verdict == WEBHOOK_OK;
}

static void read_headers(struct auth *a, const struct httpd_request *r)
{
	const struct httpd_field *id = &r->fields[HTTPD_WEBHOOK_ID];
	const struct httpd_field *timestamp = &r->fields[HTTPD_WEBHOOK_TIMESTAMP];
	const struct httpd_field *signature = &r->fields[HTTPD_WEBHOOK_SIGNATURE];

	a->webhook = (struct webhook_headers){ .id = id->value,
		.id_count = id->count,
		.timestamp = timestamp->value,
		.timestamp_count = timestamp->count,
		.signature = signature->value,
		.signature_count = signature->count,
		.other_count = r->fields[HTTPD_WEBHOOK_OTHER].count };
}

enum auth_step auth_check_signature(struct auth *a, enum auth_mode mode, struct keyring *k,
    const struct httpd_request *r, int64_t now_s)
{
	struct signed_request s = { .auth = a, .body = r->body, .now_s = now_s };
	uint64_t timestamp_s = 0;

	*a = (struct auth){ .scheme = AUTH_SCHEME_NONE };
	read_headers(a, r);
	if (!webhook_is_present(&a->webhook))
		return mode == AUTH_SIGNATURE ? AUTH_REFUSED : AUTH_OPEN;
	a->scheme = AUTH_SCHEME_SIGNATURE;
	if (!keyring_match_signature(k, verify, &s, &a->key, &a->generation))
		return a->verdict == WEBHOOK_NO_MATCH ? AUTH_UNKNOWN : AUTH_REFUSED;
	(void)str_to_u64(a->webhook.timestamp, &timestamp_s); /* verified: it is a number */
	a->timestamp_s = (int64_t)timestamp_s;
	return mode == AUTH_TOKEN ? AUTH_OPEN : AUTH_PASSED;
}

/* ---- tokens ---- */

/* RFC 6750 section 2.1; the scheme's name in any case. false: not a bearer token at all. */
static bool bearer_token(struct str header, struct str *token)
{
	struct str scheme;

	return str_cut(header, ' ', &scheme, token) && str_eq_nocase(scheme, STR("Bearer")) &&
	    (*token = str_trim(*token), token->n > 0);
}

static enum auth_step match(struct auth *a, struct keyring *k, struct str token)
{
	return keyring_match_token(k, token, &a->key, &a->generation) ? AUTH_PASSED : AUTH_UNKNOWN;
}

static enum auth_step check_bearer(struct auth *a, struct keyring *k,
    const struct httpd_field *field)
{
	struct str token;

	a->scheme = AUTH_SCHEME_BEARER;
	if (field->count != 1 || !bearer_token(field->value, &token))
		return AUTH_REFUSED;
	return match(a, k, token);
}

static enum auth_step check_body(struct auth *a, struct keyring *k, const struct payload *p)
{
	struct buf token = BUF_INIT(SECRET_MAX);
	enum auth_step step = AUTH_REFUSED; /* longer than any secret */

	a->scheme = AUTH_SCHEME_TOKEN;
	if (p->token_kind != SCAN_STRING)
		return AUTH_INVALID;
	scan_unescape(p->token, &token);
	if (!token.full)
		step = match(a, k, buf_str(&token));
	buf_wipe(&token);
	return step;
}

enum auth_step auth_check_token(struct auth *a, struct keyring *k, const struct httpd_request *r,
    const struct payload *p)
{
	const struct httpd_field *authorization = &r->fields[HTTPD_AUTHORIZATION];

	a->key = (struct key_name){ .is_previous = false }; /* not that of a signature before it */
	if (authorization->count > 0)
		return check_bearer(a, k, authorization);
	if (p->has_token)
		return check_body(a, k, p);
	a->scheme = AUTH_SCHEME_NONE;
	return AUTH_REFUSED;
}

/* ---- what is said about it ---- */

const char *auth_error(const struct auth *a)
{
	/* One text for signatures: which check failed is no client's business. */
	static const char *const errors[AUTH_SCHEME_COUNT] = {
		[AUTH_SCHEME_NONE] = "Missing credentials",
		[AUTH_SCHEME_SIGNATURE] = "Invalid signature",
		[AUTH_SCHEME_BEARER] = "Invalid token",
		[AUTH_SCHEME_TOKEN] = "Invalid token",
	};

	return errors[a->scheme];
}

const char *auth_challenge(enum auth_mode mode)
{
	static const char *const challenges[] = {
		[AUTH_EITHER] = "Bearer realm=\"ops-api\", StandardWebhooks realm=\"ops-api\"",
		[AUTH_TOKEN] = "Bearer realm=\"ops-api\"",
		[AUTH_SIGNATURE] = "StandardWebhooks realm=\"ops-api\"",
	};

	return challenges[mode];
}

/* The hop that the nearest proxy saw: its own entry is the last one. */
static const char *forwarded_ip(const struct httpd_request *r, char out[HTTPD_ADDRESS_SIZE])
{
	struct str list = r->fields[HTTPD_X_FORWARDED_FOR].value, hop;

	while (str_cut(list, ',', &hop, &list))
		continue;
	hop = str_trim(hop);
	if (hop.n == 0 || hop.n >= HTTPD_ADDRESS_SIZE || !str_only(hop, "0123456789abcdefABCDEF.:"))
		return NULL;
	memcpy(out, hop.p, hop.n);
	out[hop.n] = '\0';
	return out;
}

static const char *webhook_id(const struct auth *a, char out[WEBHOOK_ID_MAX + 1])
{
	if (a->webhook.id_count != 1 || !webhook_id_is_valid(a->webhook.id))
		return NULL;
	memcpy(out, a->webhook.id.p, a->webhook.id.n);
	out[a->webhook.id.n] = '\0';
	return out;
}

static void write_audit(const struct auth *a, enum log_level level, const char *action,
    const char *outcome, const char *reason, const struct auth_context *c)
{
	char forwarded[HTTPD_ADDRESS_SIZE], id[WEBHOOK_ID_MAX + 1];
	bool has_key = a->key.fingerprint[0] != '\0';

	if (!log_is_on(level))
		return;
	log_write(level, "audit", "event.dataset", "ops.audit", "event.action", action,
	    "event.outcome", outcome, "event.reason", reason, "auth.scheme",
	    scheme_names[a->scheme], "secret.fingerprint", has_key ? a->key.fingerprint : NULL,
	    "secret.version", has_key && a->key.version[0] ? a->key.version : NULL,
	    "http.request.id", c->request_id, "client.address", httpd_client(c->request),
	    "network.forwarded_ip", forwarded_ip(c->request, forwarded), "webhook.id",
	    webhook_id(a, id), "trace_id", c->trace_id, "span_id", c->span_id, NULL);
}

void auth_audit(const struct auth *a, bool is_accepted, const struct auth_context *context)
{
	bool is_signature = a->scheme == AUTH_SCHEME_SIGNATURE;
	const char *reason = NULL;

	if (is_accepted) {
		count_auth(a->scheme, a->key.is_previous ? AUTH_KEY_PREVIOUS : AUTH_KEY_CURRENT);
		write_audit(a, LOG_INFO,
		    a->key.is_previous ? "previous-key-used" : "token-accepted", "success", NULL,
		    context);
		return;
	}
	count_auth(a->scheme, AUTH_KEY_NONE);
	if (is_signature)
		reason = webhook_verdict_name(a->verdict);
	else if (a->scheme == AUTH_SCHEME_NONE)
		reason = "missing";
	write_audit(a, LOG_WARN, is_signature ? "signature-refused" : "token-refused", "failure",
	    reason, context);
}

void auth_audit_refusal(const struct auth *a, const char *reason,
    const struct auth_context *context)
{
	write_audit(a, LOG_INFO, "submission-refused", "failure", reason, context);
}

void auth_audit_replay(const struct auth *a, const char *outcome,
    const struct auth_context *context)
{
	write_audit(a, LOG_INFO, "replay", outcome, NULL, context);
}
