#include "webhook.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "mem.h"

enum { BASE64_LEN = 44, TIMESTAMP_DIGITS_MAX = 11 };

static const char *const verdicts[WEBHOOK_VERDICT_COUNT] = {
	[WEBHOOK_OK] = "ok",
	[WEBHOOK_INCOMPLETE] = "incomplete",
	[WEBHOOK_BAD_ID] = "bad_id",
	[WEBHOOK_BAD_TIMESTAMP] = "bad_timestamp",
	[WEBHOOK_TOO_OLD] = "too_old",
	[WEBHOOK_TOO_NEW] = "too_new",
	[WEBHOOK_BAD_SIGNATURE] = "bad_signature",
	[WEBHOOK_NO_MATCH] = "no_match",
};

const char *webhook_verdict_name(enum webhook_verdict verdict)
{
	return verdicts[verdict];
}

bool webhook_is_present(const struct webhook_headers *h)
{
	return h->id_count || h->timestamp_count || h->signature_count || h->other_count;
}

/* Without jumps: whether the next byte is a digit or a letter is a coin's toss to the processor. */
static unsigned is_id_byte(char c)
{
	unsigned byte = (unsigned char)c;

	return (unsigned)((byte | 0x20) - 'a' < 26) | (unsigned)(byte - '0' < 10) |
	    (unsigned)(c == '_') | (unsigned)(c == '-');
}

/* Without '.': it separates what is signed, and would let one signature fit two messages. */
bool webhook_id_is_valid(struct str id)
{
	unsigned good = 1;

	if (id.n == 0 || id.n > WEBHOOK_ID_MAX)
		return false;
	for (size_t i = 0; i < id.n; i++)
		good &= is_id_byte(id.p[i]);
	return good;
}

static bool is_complete(const struct webhook_headers *h)
{
	return h->id_count == 1 && h->timestamp_count == 1 && h->signature_count == 1 && h->id.n &&
	    h->timestamp.n && h->signature.n;
}

/* ^[1-9][0-9]{0,10}$: one spelling per instant, because the spelling is what is signed. */
static bool timestamp_read(struct str text, int64_t *out)
{
	uint64_t value;

	if (text.n > TIMESTAMP_DIGITS_MAX || !str_to_u64(text, &value) || text.p[0] == '0')
		return false;
	*out = (int64_t)value;
	return true;
}

/* Every part between blanks, empty ones (two blanks) left out; false when there are too many. */
static bool entries_split(struct str header, struct str out[WEBHOOK_ENTRIES_MAX], size_t *count)
{
	struct str entry;

	*count = 0;
	if (header.n > WEBHOOK_HEADER_MAX)
		return false;
	while (header.n) {
		(void)str_cut(header, ' ', &entry, &header);
		if (entry.n == 0)
			continue;
		if (*count == WEBHOOK_ENTRIES_MAX)
			return false;
		out[(*count)++] = entry;
	}
	return true;
}

/*
 * "v1,<base64>". The text is compared, not the bytes it decodes to: base64 can spell the
 * same bytes in several ways, and only one of them is a signature.
 */
static void signature_of(struct str key, struct str id, struct str timestamp, struct str body,
    char out[WEBHOOK_SIGNATURE_SIZE])
{
	const struct str parts[] = { id, STR("."), timestamp, STR("."), body };
	struct buf text = BUF_INIT(WEBHOOK_SIGNATURE_SIZE);
	unsigned char mac[HASH_SIZE];

	hash_hmac_sha256(key, parts, ARRAY_SIZE(parts), mac);
	buf_adds(&text, "v1,");
	hash_base64_encode(&text, (struct str){ (char *)mac, sizeof(mac) });
	assert(text.n == 3 + BASE64_LEN);
	memcpy(out, text.p, text.n + 1);
	buf_wipe(&text);
	mem_wipe(mac, sizeof(mac));
}

/* Whether any entry is the signature, in a time that does not tell which or how nearly. */
static bool is_among(struct str signature, const struct str *entries, size_t count)
{
	bool found = false;

	for (size_t i = 0; i < count; i++)
		found |= mem_eq_const_time(entries[i], signature);
	return found;
}

static enum webhook_verdict check_headers(const struct webhook_headers *h, int64_t now_s,
    struct str entries[WEBHOOK_ENTRIES_MAX], size_t *count)
{
	int64_t at_s;

	if (!is_complete(h))
		return WEBHOOK_INCOMPLETE;
	if (!webhook_id_is_valid(h->id))
		return WEBHOOK_BAD_ID;
	if (!timestamp_read(h->timestamp, &at_s))
		return WEBHOOK_BAD_TIMESTAMP;
	if (now_s - at_s > WEBHOOK_TOLERANCE_S)
		return WEBHOOK_TOO_OLD;
	if (at_s - now_s > WEBHOOK_TOLERANCE_S)
		return WEBHOOK_TOO_NEW;
	return entries_split(h->signature, entries, count) ? WEBHOOK_OK : WEBHOOK_BAD_SIGNATURE;
}

enum webhook_verdict webhook_verify(const struct webhook_headers *h, struct str body,
    const struct str *keys, size_t key_count, int64_t now_s, size_t *key_index)
{
	struct str entries[WEBHOOK_ENTRIES_MAX];
	size_t entry_count, matching = key_count;
	enum webhook_verdict verdict = check_headers(h, now_s, entries, &entry_count);

	if (verdict != WEBHOOK_OK)
		return verdict;
	for (size_t i = key_count; i-- > 0;) {
		char signature[WEBHOOK_SIGNATURE_SIZE];

		signature_of(keys[i], h->id, h->timestamp, body, signature);
		if (is_among(str_from(signature), entries, entry_count))
			matching = i; /* backwards, so that the first of several stays */
		mem_wipe(signature, sizeof(signature)); /* it would be accepted */
	}
	if (matching == key_count)
		return WEBHOOK_NO_MATCH;
	if (key_index)
		*key_index = matching;
	return WEBHOOK_OK;
}

int webhook_key(struct str secret, struct buf *key, struct err *err)
{
	static const struct str prefix = { "whsec_", 6 };
	struct str encoded = str_skip(secret, prefix.n);

	if (!str_has_prefix(secret, prefix)) {
		if (secret.n == 0)
			return err_set(err, ERR_INVALID, "secret: must not be empty");
		buf_add(key, secret);
		return key->full
		    ? err_set(err, ERR_INVALID, "secret: longer than %zu bytes", key->max)
		    : 0;
	}
	if (encoded.n == 0 || !hash_base64_decode(key, encoded))
		return err_set(err, ERR_INVALID,
		    "secret: what follows 'whsec_' must be base64 (RFC 4648, padded) of at most %zu bytes",
		    key->max);
	return 0;
}

void webhook_sign(struct str key, struct str id, int64_t timestamp_s, struct str body,
    char out[WEBHOOK_SIGNATURE_SIZE])
{
	char timestamp[24];

	(void)snprintf(timestamp, sizeof(timestamp), "%" PRId64, timestamp_s);
	signature_of(key, id, str_from(timestamp), body, out);
}
