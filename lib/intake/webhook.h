/*
 * webhook: Standard Webhooks 1.0.0, symmetric v1 (HMAC-SHA256 over
 * "<id>.<timestamp>.<body>"), read strictly where the reference libraries differ;
 * cases: tests/data/standard-webhooks. Source: the specification's sections
 * "Webhook metadata" and "Signature scheme". Pure; any thread.
 */
#ifndef OPS_WEBHOOK_H
#define OPS_WEBHOOK_H

#include "buf.h"
#include "err.h"

enum {
	WEBHOOK_TOLERANCE_S = 300, /* both sides, inclusive */
	WEBHOOK_ID_MAX = 64,       /* [A-Za-z0-9_-] */
	WEBHOOK_ENTRIES_MAX = 8,
	WEBHOOK_HEADER_MAX = 1024,
	WEBHOOK_SIGNATURE_SIZE = 48, /* "v1," + 44 + NUL */
};

/*
 * The three headers as received; count is how often the name was there, other_count how many
 * there were whose names begin with "webhook-" too.
 */
struct webhook_headers {
	struct str id, timestamp, signature;
	unsigned id_count, timestamp_count, signature_count, other_count;
};

enum webhook_verdict {
	WEBHOOK_OK,
	WEBHOOK_INCOMPLETE, /* a header is missing, empty or there twice */
	WEBHOOK_BAD_ID,
	WEBHOOK_BAD_TIMESTAMP,
	WEBHOOK_TOO_OLD,
	WEBHOOK_TOO_NEW,
	WEBHOOK_BAD_SIGNATURE, /* too long, too many entries */
	WEBHOOK_NO_MATCH,
	WEBHOOK_VERDICT_COUNT,
};

/* For the log only: the client gets one text for all of them. */
const char *webhook_verdict_name(enum webhook_verdict verdict);

/* Whether any webhook-* header is there, so that it alone decides. */
bool webhook_is_present(const struct webhook_headers *h);

bool webhook_id_is_valid(struct str id);

/*
 * Every key is compared with every entry, without early exit. *key_index (may be NULL)
 * is the first key that matched.
 */
enum webhook_verdict webhook_verify(const struct webhook_headers *h, struct str body,
    const struct str *keys, size_t key_count, int64_t now_s, size_t *key_index);

/*
 * The HMAC key of a secret, appended to *key: the decoded base64 after "whsec_", else
 * the secret's own bytes. ERR_INVALID: empty, or not canonical base64.
 */
int webhook_key(struct str secret, struct buf *key, struct err *err) ATTR_MUST_CHECK;

/* "v1,<base64>", terminated. id and timestamp must be valid. */
void webhook_sign(struct str key, struct str id, int64_t timestamp_s, struct str body,
    char out[WEBHOOK_SIGNATURE_SIZE]);

#endif
