/*
 * client: what a sender of payloads does: puts the token to use in one of the three ways
 * of ops-api, posts, and reads the answer. Several threads may submit at once with one
 * client; it holds the token, so release it on every path.
 */
#ifndef OPS_CLIENT_H
#define OPS_CLIENT_H

#include "cli.h"
#include "http.h"
#include "objectkey.h"
#include "secret.h"
#include "webhook.h"

enum client_auth { CLIENT_SIGNATURE, CLIENT_TOKEN, CLIENT_BEARER };
#define CLIENT_AUTH_CHOICES "signature|token|bearer" /* in enum order */

enum { CLIENT_BODY_MAX = 4 * 1024 * 1024, CLIENT_ID_SIZE = 160 };

struct client {
	struct http *http;
	char url[CONTEXT_VALUE_MAX + 16]; /* of POST /submit */
	enum client_auth auth;
	struct secret_value token;
	struct buf key; /* of the signature */
	const struct clock *clock;
};

/* By the context and the options --auth and --timeout. The client is zeroed when this fails. */
int client_open(struct client *c, struct cli *cli, struct err *err) ATTR_MUST_CHECK;
void client_release(struct client *c);

/* The answer of ops-api; texts are cut to their sizes, "" when absent. */
struct client_answer {
	int status;
	char id[CLIENT_ID_SIZE];
	char object[OBJECTKEY_SIZE];
	char request_id[72];
	char error[160], detail[256];
	int64_t retry_after_s; /* 0: none */
	struct http_timing timing;
};

/*
 * Send one payload (at most CLIENT_BODY_MAX bytes) under a webhook id. 0 when an answer came,
 * whatever its status. ERR_INVALID: the token cannot be put into this payload; others of http_call(),
 * after which out->timing says how far the call came.
 */
int client_submit(const struct client *c, const char *id, struct str payload,
    struct client_answer *out, struct err *err) ATTR_MUST_CHECK;

/* Append the body as it is sent: the payload, with --auth token the token as its first member. */
int client_body(enum client_auth auth, struct str token, struct str payload, struct buf *out,
    struct err *err) ATTR_MUST_CHECK;

/*
 * Append what ops-api will store as the record's data for this payload: its own bytes, less the
 * `data` wrapper and line breaks. ERR_INVALID: not a payload.
 */
int client_stored_data(struct str payload, struct buf *out, struct err *err) ATTR_MUST_CHECK;

/* 0 for a 2xx answer; else -1 with the code that the status stands for and the answer's words. */
int client_judge(const struct client_answer *answer, struct err *err) ATTR_MUST_CHECK;

/* Set the next step for an answer that client_judge() refused or a call that failed; returns -1. */
int client_next(struct cli *cli, int status, const struct err *err);

/* Whether the same request may get another answer later: 429, 503 and their like. */
bool client_is_retryable(int status);

/* A new id: "opsctl_<uuid>". */
enum { CLIENT_NEW_ID_SIZE = 7 + UUID_TEXT_SIZE };
void client_new_id(const struct clock *clock, char out[CLIENT_NEW_ID_SIZE]);

#endif
