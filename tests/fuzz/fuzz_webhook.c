/*
 * webhook: the input is id, timestamp and signature header, a line each, then the body.
 * Whatever it is, it verifies only if the true signature is one of its entries. The
 * signature header is also tried as a secret.
 */
#include "webhook.h"

#include "fuzz.h"

static const struct str key = { "key", 3 };
static const int64_t now_s = 1700000000;

/* The entry among those of the header, by plain text. */
static bool has_entry(struct str header, struct str entry)
{
	struct str one;

	while (header.n) {
		(void)str_cut(header, ' ', &one, &header);
		if (str_eq(one, entry))
			return true;
	}
	return false;
}

static void check_verified(const struct webhook_headers *h, struct str body)
{
	char signature[WEBHOOK_SIGNATURE_SIZE];
	uint64_t at_s = 0;

	FUZZ_CHECK(webhook_id_is_valid(h->id) && str_to_u64(h->timestamp, &at_s));
	FUZZ_CHECK((int64_t)at_s >= now_s - WEBHOOK_TOLERANCE_S);
	FUZZ_CHECK((int64_t)at_s <= now_s + WEBHOOK_TOLERANCE_S);
	webhook_sign(key, h->id, (int64_t)at_s, body, signature);
	FUZZ_CHECK(has_entry(h->signature, str_from(signature)));
}

static void check_secret(struct str secret)
{
	struct buf loaded = BUF_INIT(256);
	struct err err;

	if (webhook_key(secret, &loaded, &err) == 0)
		FUZZ_CHECK(loaded.n > 0 && loaded.n <= secret.n);
	buf_wipe(&loaded);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str body = fuzz_input(bytes, size);
	struct webhook_headers h = { .id_count = 1, .timestamp_count = 1, .signature_count = 1 };
	const struct str keys[] = { STR("another"), key };
	size_t index = ARRAY_SIZE(keys);

	(void)str_cut(body, '\n', &h.id, &body);
	(void)str_cut(body, '\n', &h.timestamp, &body);
	(void)str_cut(body, '\n', &h.signature, &body);
	if (webhook_verify(&h, body, keys, ARRAY_SIZE(keys), now_s, &index) == WEBHOOK_OK) {
		FUZZ_CHECK(index < ARRAY_SIZE(keys));
		if (index == 1)
			check_verified(&h, body);
	}
	check_secret(h.signature);
	return 0;
}
