#include "sigv4.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "mem.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

enum { DAY_LEN = 8, EXPIRES_MAX_S = 604800 };

/* ---- the stages ---- */

static void put_digits(char *out, size_t width, int value)
{
	for (size_t i = width; i-- > 0; value /= 10)
		out[i] = (char)('0' + value % 10);
}

void sigv4_date(int64_t at_s, char out[SIGV4_DATE_SIZE])
{
	struct clock_utc t;

	clock_utc_from_ms(at_s * 1000, &t);
	put_digits(out, 4, t.year);
	put_digits(out + 4, 2, t.month);
	put_digits(out + 6, 2, t.day);
	out[DAY_LEN] = 'T';
	put_digits(out + 9, 2, t.hour);
	put_digits(out + 11, 2, t.minute);
	put_digits(out + 13, 2, t.second);
	out[15] = 'Z';
	out[16] = '\0';
}

static void add_scope(const struct sigv4_request *r, const char *date, struct buf *out)
{
	buf_add(out, (struct str){ date, DAY_LEN });
	buf_addc(out, '/');
	buf_add(out, r->region);
	buf_addc(out, '/');
	buf_add(out, r->service);
	buf_adds(out, "/aws4_request");
}

void sigv4_string_to_sign(const struct sigv4_request *r, struct str canonical_request,
    struct buf *out)
{
	char date[SIGV4_DATE_SIZE], hash[HASH_HEX_SIZE];

	hash_sha256_hex(canonical_request, hash); /* first: it may stand in `out` */
	sigv4_date(r->at_s, date);
	buf_adds(out, ALGORITHM "\n");
	buf_adds(out, date);
	buf_addc(out, '\n');
	add_scope(r, date, out);
	buf_addc(out, '\n');
	buf_adds(out, hash);
}

void sigv4_signing_key(const struct sigv4_request *r, struct str secret_access_key,
    unsigned char out[HASH_SIZE])
{
	char date[SIGV4_DATE_SIZE];
	const struct str steps[] = { { date, DAY_LEN }, r->region, r->service,
		STR("aws4_request") };
	struct buf first = BUF_INIT(SIGV4_TEXT_MAX);
	struct str key;

	sigv4_date(r->at_s, date);
	buf_adds(&first, "AWS4");
	buf_add(&first, secret_access_key);
	key = buf_str(&first);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		hash_hmac_sha256(key, &steps[i], 1, out);
		key = (struct str){ (char *)out, HASH_SIZE };
	}
	buf_wipe(&first);
}

void sigv4_signature(const unsigned char key[HASH_SIZE], struct str string_to_sign,
    char out[HASH_HEX_SIZE])
{
	unsigned char mac[HASH_SIZE];

	hash_hmac_sha256((struct str){ (const char *)key, HASH_SIZE }, &string_to_sign, 1, mac);
	hex_encode(mac, sizeof(mac), out);
	out[HASH_HEX_LEN] = '\0';
}

/* ---- all of them ---- */

/* Drop what stands after `start`, leaving nothing of it in memory. */
static void forget(struct buf *b, size_t start)
{
	if (b->n > start)
		mem_wipe(b->p + start, b->n - start);
	buf_truncate(b, start);
}

/* All stages; their texts stand at the end of `scratch` meanwhile, so that nothing is allocated. */
static int sign(const struct sigv4_request *r, const struct sigv4_keys *keys,
    const unsigned char *signing_key, struct buf *scratch, char out[HASH_HEX_SIZE], struct err *err)
{
	size_t start = scratch->n, middle;
	unsigned char own_key[HASH_SIZE];
	int rc = -1;

	if (sigv4_canonical_request(r, scratch, err) != 0)
		goto out;
	middle = scratch->n;
	sigv4_string_to_sign(r, str_skip(buf_str(scratch), start), scratch);
	if (scratch->full) {
		(void)err_set(err, ERR_INVALID, "request to sign: too long");
		goto out;
	}
	if (!signing_key)
		sigv4_signing_key(r, keys->secret_access_key, own_key);
	sigv4_signature(signing_key ? signing_key : own_key, str_skip(buf_str(scratch), middle),
	    out);
	rc = 0;
out:
	mem_wipe(own_key, sizeof(own_key));
	forget(scratch, start);
	return rc;
}

static void add_credential(const struct sigv4_request *r, const struct sigv4_keys *keys,
    const char *date, struct buf *out)
{
	buf_add(out, keys->access_key_id);
	buf_addc(out, '/');
	add_scope(r, date, out);
}

int sigv4_authorize(const struct sigv4_request *r, const struct sigv4_keys *keys,
    const unsigned char *signing_key, struct buf *out, struct err *err)
{
	char date[SIGV4_DATE_SIZE], signature[HASH_HEX_SIZE];
	size_t start = out->n;

	if (sign(r, keys, signing_key, out, signature, err) != 0)
		return -1;
	sigv4_date(r->at_s, date);
	buf_adds(out, ALGORITHM " Credential=");
	add_credential(r, keys, date, out);
	buf_adds(out, ", SignedHeaders=");
	sigv4_signed_headers(r, out);
	buf_adds(out, ", Signature=");
	buf_adds(out, signature);
	if (!out->full)
		return 0;
	buf_truncate(out, start);
	return err_set(err, ERR_INVALID, "request to sign: too long");
}

/* Texts of the query pairs that presigning adds. */
struct presign_texts {
	struct buf credential, signed_headers;
	char date[SIGV4_DATE_SIZE], expires[16];
};

static int presign(const struct sigv4_request *r, const struct sigv4_keys *keys,
    const struct presign_texts *t, struct buf *out, struct err *err)
{
	const struct sigv4_pair added[] = {
		{ STR("X-Amz-Algorithm"), STR(ALGORITHM) },
		{ STR("X-Amz-Credential"), buf_str(&t->credential) },
		{ STR("X-Amz-Date"), str_from(t->date) },
		{ STR("X-Amz-Expires"), str_from(t->expires) },
		{ STR("X-Amz-SignedHeaders"), buf_str(&t->signed_headers) },
		{ STR("X-Amz-Security-Token"), keys->session_token }, /* the last: may be none */
	};
	size_t added_count = ARRAY_SIZE(added) - (keys->session_token.n == 0);
	struct sigv4_pair query[SIGV4_PAIRS_MAX];
	struct sigv4_request whole = *r;
	char signature[HASH_HEX_SIZE];

	if (r->query_count > SIGV4_PAIRS_MAX - added_count)
		return err_set(err, ERR_INVALID, "request to sign: at most %zu query parameters",
		    SIGV4_PAIRS_MAX - added_count);
	if (r->query_count)
		memcpy(query, r->query, r->query_count * sizeof(*query));
	memcpy(query + r->query_count, added, added_count * sizeof(*query));
	whole.query = query;
	whole.query_count = r->query_count + added_count;
	if (sign(&whole, keys, NULL, out, signature, err) != 0)
		return -1;

	sigv4_target(&whole, out);
	buf_adds(out, "&X-Amz-Signature=");
	buf_adds(out, signature);
	return 0;
}

int sigv4_presign(const struct sigv4_request *r, const struct sigv4_keys *keys, unsigned expires_s,
    struct buf *out_target, struct err *err)
{
	struct presign_texts texts = {
		.credential = BUF_INIT(SIGV4_TEXT_MAX),
		.signed_headers = BUF_INIT(SIGV4_TEXT_MAX),
	};
	size_t start = out_target->n;
	int rc = -1;

	if (expires_s < 1 || expires_s > EXPIRES_MAX_S)
		return err_set(err, ERR_INVALID, "expiry of %u s: must be 1 to %d", expires_s,
		    EXPIRES_MAX_S);

	sigv4_date(r->at_s, texts.date);
	(void)snprintf(texts.expires, sizeof(texts.expires), "%u", expires_s); /* fits */
	add_credential(r, keys, texts.date, &texts.credential);
	sigv4_signed_headers(r, &texts.signed_headers);
	rc = presign(r, keys, &texts, out_target, err);
	if (rc == 0 && (out_target->full || texts.credential.full || texts.signed_headers.full)) {
		buf_truncate(out_target, start);
		rc = err_set(err, ERR_INVALID, "request to sign: too long");
	}
	buf_release(&texts.credential);
	buf_release(&texts.signed_headers);
	return rc;
}
