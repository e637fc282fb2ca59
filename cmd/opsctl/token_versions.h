/*
 * token_versions: current and previous token of a context, how they are shown (fingerprints
 * only), and which of them ops-api accepts.
 */
#ifndef OPS_TOKEN_VERSIONS_H
#define OPS_TOKEN_VERSIONS_H

#include "cli.h"
#include "hash.h"
#include "http.h"
#include "secret.h"
#include "token_probe.h"

enum { TOKEN_DOCUMENT_MAX = 16 * 1024 };

/* Both versions; the previous one may be missing. */
struct token_versions {
	struct secret *secret;
	const char *url;
	struct secret_value values[2];
	bool has_previous; /* false also when it was not asked for */
	char fingerprints[2][HASH_FINGERPRINT_SIZE];
};

/* Open the secret of the context and read one version of it, or both; on -1 nothing is left open and the next step is set. */
int token_versions_open(struct cli *cli, struct token_versions *v, struct err *err) ATTR_MUST_CHECK;
int token_current_open(struct cli *cli, struct token_versions *v, struct err *err) ATTR_MUST_CHECK;
void token_versions_release(struct token_versions *v);

/* Read again, after a rotation. */
int token_versions_read(struct token_versions *v, struct err *err) ATTR_MUST_CHECK;

void token_versions_print(struct cli *cli, const struct token_versions *v);

/* The member "current" or "previous", with the token itself if it is revealed. */
void token_version_json(struct json_writer *w, const struct token_versions *v,
    enum secret_which which, bool is_revealed);

/* A document about them; the end prints it if JSON is wanted, and wipes it. */
void token_document_begin(struct cli *cli, struct json_writer *w, struct buf *out,
    const char *schema, const struct token_versions *v);
void token_document_end(struct cli *cli, struct json_writer *w, struct buf *out);

struct token_check {
	struct http *http;
	const char *url;
	struct token_probe probes[2];
};

enum { TOKEN_ANSWER_MS = 5000 }; /* what ops-api has for an answer where nobody says otherwise */

/* Close c->http with http_close(), also after -1. */
int token_check_open(struct cli *cli, struct token_check *c, struct err *err) ATTR_MUST_CHECK;
int token_check_ask(struct cli *cli, struct token_check *c, const struct token_versions *v,
    int timeout_ms, struct err *err) ATTR_MUST_CHECK;
void token_check_json(struct json_writer *w, const struct token_check *c,
    const struct token_versions *v);
void token_check_print(struct cli *cli, const struct token_check *c,
    const struct token_versions *v);

#endif
