/*
 * auth: whether a request may submit. Any webhook-* header decides alone; else the
 * Authorization header; else the body's token: a wrong credential is never rescued by
 * a lower one. Judged in two steps, because a signature is checked over the raw bytes,
 * before they are JSON, and the rest after it. One audit line per decision.
 * Loop threads.
 */
#ifndef OPS_AUTH_H
#define OPS_AUTH_H

#include "api_settings.h"
#include "keyring.h"
#include "payload.h"
#include "webhook.h"

enum auth_scheme {
	AUTH_SCHEME_NONE,
	AUTH_SCHEME_SIGNATURE,
	AUTH_SCHEME_BEARER,
	AUTH_SCHEME_TOKEN,
	AUTH_SCHEME_COUNT
};

enum auth_step {
	AUTH_PASSED,
	AUTH_OPEN, /* not decided yet: auth_check_token() goes on */
	AUTH_REFUSED,
	AUTH_UNKNOWN, /* no key matched; it may be one that was just rotated in */
	AUTH_INVALID, /* the body's token is no string: a fault of the payload, not of a credential */
};

struct auth {
	enum auth_scheme scheme;
	enum webhook_verdict verdict;
	struct key_name key; /* set when passed */
	unsigned generation; /* of the keys that were judged by */
	struct webhook_headers webhook;
	int64_t timestamp_s; /* of a verified signature */
};

/* First step, before JSON: the signature, if there is one or must be one. */
enum auth_step auth_check_signature(struct auth *a, enum auth_mode mode, struct keyring *k,
    const struct httpd_request *r, int64_t now_s);

/* Second step, when the first left it open: bearer or body token. Never AUTH_OPEN. */
enum auth_step auth_check_token(struct auth *a, struct keyring *k, const struct httpd_request *r,
    const struct payload *p);

/* What a refused request is told: "Invalid token", and the challenge of its 401. */
const char *auth_error(const struct auth *a);
const char *auth_challenge(enum auth_mode mode);

/* Log the decision, with the request's id and the client's address, and count it. */
struct auth_context {
	const char *request_id;
	struct httpd_request *request;
	const char *trace_id, *span_id; /* or NULL */
};
void auth_audit(const struct auth *a, bool is_accepted, const struct auth_context *context);

/* The credentials were accepted, and then the request was not: log why, for who counts records. */
void auth_audit_refusal(const struct auth *a, const char *reason,
    const struct auth_context *context);

/* A verified signature's id was seen before: log it. */
void auth_audit_replay(const struct auth *a, const char *outcome,
    const struct auth_context *context);

#endif
