#include "ring.h"

#include <string.h>

#include "log.h"
#include "mem.h"
#include "webhook.h"

/* ---- one key ---- */

static void key_wipe(struct key *key)
{
	buf_wipe(&key->webhook);
	mem_wipe(key, sizeof(*key));
}

static void token_mac(const struct ring_source *source, struct str token,
    unsigned char out[HASH_SIZE])
{
	hash_hmac_sha256((struct str){ (const char *)source->mac_key, HASH_SIZE }, &token, 1, out);
}

static int key_make(const struct ring_source *source, const struct secret_value *value,
    struct key *out, struct err *err)
{
	struct str bytes = buf_str(&value->bytes);

	*out = (struct key){ .webhook = BUF_INIT(SECRET_MAX) };
	if (webhook_key(bytes, &out->webhook, err) != 0) {
		key_wipe(out);
		return -1;
	}
	token_mac(source, bytes, out->token_mac);
	hash_fingerprint(bytes, out->name.fingerprint);
	memcpy(out->name.version, value->version, sizeof(out->name.version));
	return 0;
}

static int key_read(const struct ring_source *source, enum secret_which which, struct key *out,
    struct err *err)
{
	struct secret_value value;
	int rc;

	secret_value_init(&value);
	rc = secret_get(source->secret, which, &value, err);
	if (rc == 0)
		rc = key_make(source, &value, out, err);
	if (rc == 0 && which == SECRET_PREVIOUS) {
		out->name.is_previous = true;
		out->is_end_guessed = value.changed_at == 0;
		out->not_after_s = source->grace_s +
		    (out->is_end_guessed ? source->known_at : value.changed_at);
	}
	secret_value_wipe(&value);
	return rc;
}

static bool key_is_valid(const struct key *key, int64_t now_s)
{
	return !key->name.is_previous || now_s < key->not_after_s;
}

/* ---- both ---- */

void ring_wipe(struct ring *ring)
{
	for (size_t i = 0; i < ring->count; i++)
		key_wipe(&ring->keys[i]);
	ring->count = 0;
}

void ring_keep_end(struct ring *fresh, const struct ring *before)
{
	struct key *key = &fresh->keys[1];
	const struct key *same = &before->keys[1];

	if (fresh->count > 1 && before->count > 1 && key->is_end_guessed &&
	    memcmp(key->token_mac, same->token_mac, HASH_SIZE) == 0)
		key->not_after_s = same->not_after_s;
}

/* Whether there is no such version, or one that no further try makes good. */
static bool is_unusable(enum err_code code)
{
	return code == ERR_NOTFOUND || code == ERR_DENIED || code == ERR_INVALID;
}

int ring_read(const struct ring_source *source, struct ring *out, struct err *err)
{
	*out = (struct ring){ .count = 0 };
	if (key_read(source, SECRET_CURRENT, &out->keys[0], err) != 0)
		return -1;
	out->count = 1;
	if (source->grace_s == 0)
		return 0;
	if (key_read(source, SECRET_PREVIOUS, &out->keys[1], err) == 0) {
		out->count = 2;
		return 0;
	}
	if (!is_unusable(err->code)) {
		ring_wipe(out);
		return -1;
	}
	if (err->code != ERR_NOTFOUND)
		log_warn("previous secret not used", "error.type", err_name(err->code),
		    "error.message", err->text, NULL);
	return 0;
}

bool ring_is_same(const struct ring *a, const struct ring *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (memcmp(a->keys[i].token_mac, b->keys[i].token_mac, HASH_SIZE) != 0 ||
		    a->keys[i].not_after_s != b->keys[i].not_after_s)
			return false;
	return true;
}

const struct key *ring_find_token(const struct ring *ring, const struct ring_source *source,
    struct str token, int64_t now_s)
{
	const struct key *found = NULL;
	unsigned char mac[HASH_SIZE];

	token_mac(source, token, mac);
	for (size_t i = ring->count; i-- > 0;) { /* the current one wins over an equal one */
		const struct key *key = &ring->keys[i];
		bool is_equal = mem_eq_const_time((struct str){ (const char *)mac, HASH_SIZE },
		    (struct str){ (const char *)key->token_mac, HASH_SIZE });

		if (is_equal && key_is_valid(key, now_s))
			found = key;
	}
	return found;
}

size_t ring_webhook_keys(const struct ring *ring, int64_t now_s, struct str out[KEYRING_MAX])
{
	size_t count = 0;

	while (count < ring->count && key_is_valid(&ring->keys[count], now_s)) {
		out[count] = buf_str(&ring->keys[count].webhook);
		count++;
	}
	return count;
}
