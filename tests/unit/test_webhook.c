/* Limits, on a message of our own. */
#include "webhook.h"

#include "test.h"

static const struct str key_one = { "key one", 7 };

static struct webhook_headers signed_headers(const char *id, char signature[WEBHOOK_SIGNATURE_SIZE])
{
	webhook_sign(key_one, str_from(id), 1700000000, STR("{}"), signature);
	return (struct webhook_headers){ str_from(id), STR("1700000000"), str_from(signature), 1, 1,
		1, 0 };
}

static enum webhook_verdict verify(const struct webhook_headers *h, int64_t now_s)
{
	return webhook_verify(h, STR("{}"), &key_one, 1, now_s, NULL);
}

static void test_presence(void)
{
	char signature[WEBHOOK_SIGNATURE_SIZE];
	struct webhook_headers good = signed_headers("msg_1", signature), h;
	unsigned *const counts[] = { &h.id_count, &h.timestamp_count, &h.signature_count };

	CHECK_INT(verify(&good, 1700000000), WEBHOOK_OK);
	CHECK(!webhook_is_present(&(struct webhook_headers){ 0 }));
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		h = good;
		*counts[i] = 0;
		CHECK(webhook_is_present(&h));
		CHECK_INT(verify(&h, 1700000000), WEBHOOK_INCOMPLETE);
		*counts[i] = 2;
		CHECK_INT(verify(&h, 1700000000), WEBHOOK_INCOMPLETE);
		h = (struct webhook_headers){ 0 };
		*counts[i] = 1;
		CHECK(webhook_is_present(&h));
	}
	h = good;
	h.signature = STR_NONE;
	CHECK_INT(verify(&h, 1700000000), WEBHOOK_INCOMPLETE);
	h = good;
	h.timestamp = STR("");
	CHECK_INT(verify(&h, 1700000000), WEBHOOK_INCOMPLETE);
}

static void test_ids(void)
{
	static const struct {
		const char *id;
		bool ok;
	} cases[] = {
		{ "", false },
		{ "a", true },
		{ "Az09_-", true },
		{ "0123456789012345678901234567890123456789012345678901234567890123", true },
		{ "01234567890123456789012345678901234567890123456789012345678901234", false },
		{ "a.b", false },
		{ "a b", false },
		{ "a/b", false },
		{ "a\"b", false },
		{ "a\n", false },
		{ "\xc3\xa9", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].id;
		CHECK_INT(webhook_id_is_valid(str_from(cases[i].id)), cases[i].ok);
	}
	CHECK(!webhook_id_is_valid((struct str){ "a\0b", 3 }));
}

static void test_id_bytes(void)
{
	static const char good[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

	for (int i = 0; i < 256; i++) {
		char byte = (char)i;

		CHECK_INT(webhook_id_is_valid((struct str){ &byte, 1 }),
		    i != 0 && strchr(good, i) != NULL);
	}
}

static void test_window(void)
{
	char signature[WEBHOOK_SIGNATURE_SIZE];
	struct webhook_headers h = signed_headers("msg_1", signature);

	CHECK_INT(verify(&h, 1700000000 + WEBHOOK_TOLERANCE_S), WEBHOOK_OK);
	CHECK_INT(verify(&h, 1700000000 + WEBHOOK_TOLERANCE_S + 1), WEBHOOK_TOO_OLD);
	CHECK_INT(verify(&h, 1700000000 - WEBHOOK_TOLERANCE_S), WEBHOOK_OK);
	CHECK_INT(verify(&h, 1700000000 - WEBHOOK_TOLERANCE_S - 1), WEBHOOK_TOO_NEW);
	h.timestamp = STR("99999999999");
	CHECK_INT(verify(&h, 1700000000), WEBHOOK_TOO_NEW);
	h.timestamp = STR("100000000000");
	CHECK_INT(verify(&h, 1700000000), WEBHOOK_BAD_TIMESTAMP);
	h.timestamp = STR("0");
	CHECK_INT(verify(&h, 0), WEBHOOK_BAD_TIMESTAMP);
}

static void test_entries(void)
{
	static const char other[] = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ";
	char signature[WEBHOOK_SIGNATURE_SIZE];
	struct webhook_headers h = signed_headers("msg_1", signature);
	struct buf text = BUF_INIT(2 * WEBHOOK_HEADER_MAX);

	for (size_t before = 0; before <= WEBHOOK_ENTRIES_MAX; before++) {
		buf_reset(&text);
		for (size_t i = 0; i < before; i++)
			buf_adds(&text, other);
		buf_adds(&text, signature);
		h.signature = buf_str(&text);
		CHECK_INT(verify(&h, 1700000000),
		    before < WEBHOOK_ENTRIES_MAX ? WEBHOOK_OK : WEBHOOK_BAD_SIGNATURE);
	}
	buf_reset(&text);
	buf_adds(&text, signature);
	while (text.n < WEBHOOK_HEADER_MAX)
		buf_addc(&text, ' ');
	h.signature = buf_str(&text);
	CHECK_INT(verify(&h, 1700000000), WEBHOOK_OK);
	buf_addc(&text, ' ');
	h.signature = buf_str(&text);
	CHECK_INT(verify(&h, 1700000000), WEBHOOK_BAD_SIGNATURE);
	h.signature = STR(" ");
	CHECK_INT(verify(&h, 1700000000), WEBHOOK_NO_MATCH);
	buf_release(&text);
}

static void test_keys(void)
{
	const struct str keys[] = { STR("key zero"), key_one, STR("key two") };
	char signature[WEBHOOK_SIGNATURE_SIZE];
	struct webhook_headers h = signed_headers("msg_1", signature);
	size_t index = 99;

	CHECK_INT(webhook_verify(&h, STR("{}"), keys, 3, 1700000000, &index), WEBHOOK_OK);
	CHECK_INT(index, 1);
	CHECK_INT(webhook_verify(&h, STR("{}"), keys, 1, 1700000000, &index), WEBHOOK_NO_MATCH);
	CHECK_INT(webhook_verify(&h, STR("{}"), keys, 0, 1700000000, &index), WEBHOOK_NO_MATCH);
	CHECK_INT(webhook_verify(&h, STR("{} "), keys, 3, 1700000000, &index), WEBHOOK_NO_MATCH);
	CHECK_INT(index, 1);
}

static void test_secrets(void)
{
	static const struct {
		const char *secret, *key; /* key NULL: refused */
	} cases[] = {
		{ "", NULL },
		{ "whsec_", NULL },
		{ "whsec_YWJj", "abc" },
		{ "whsec_YWJjZA==", "abcd" },
		{ "whsec_YWJjZA", NULL },
		{ "whsec_YWJjZB==", NULL },
		{ "whsec_YW Jj", NULL },
		{ "whsec_YWJj\n", NULL },
		{ "whsec", "whsec" },
		{ "Whsec_YWJj", "Whsec_YWJj" },
		{ "$DJISA<$#45ex3RtYr", "$DJISA<$#45ex3RtYr" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf key = BUF_INIT(32);
		struct err err;

		test_case = cases[i].secret;
		if (cases[i].key) {
			CHECK_OK(webhook_key(str_from(cases[i].secret), &key, &err), &err);
			CHECK_STR(buf_str(&key), str_from(cases[i].key));
		} else
			CHECK_ERR(webhook_key(str_from(cases[i].secret), &key, &err), &err,
			    ERR_INVALID);
		buf_release(&key);
	}
}

static void test_secret_limits(void)
{
	struct buf key = BUF_INIT(4);
	struct err err;

	CHECK_OK(webhook_key(STR("abcd"), &key, &err), &err);
	buf_reset(&key);
	CHECK_ERR(webhook_key(STR("abcde"), &key, &err), &err, ERR_INVALID);
	CHECK_INT(key.n, 0);
	buf_reset(&key);
	CHECK_OK(webhook_key(STR("whsec_YWJjZA=="), &key, &err), &err);
	buf_reset(&key);
	CHECK_ERR(webhook_key(STR("whsec_YWJjZGU="), &key, &err), &err, ERR_INVALID);
	buf_release(&key);
}

static void test_names(void)
{
	for (int i = 0; i < WEBHOOK_VERDICT_COUNT; i++)
		CHECK(webhook_verdict_name((enum webhook_verdict)i)[0] != '\0');
}

static const struct test tests[] = {
	{ "presence", test_presence },
	{ "ids", test_ids },
	{ "id bytes", test_id_bytes },
	{ "window", test_window },
	{ "entries", test_entries },
	{ "keys", test_keys },
	{ "secrets", test_secrets },
	{ "secret limits", test_secret_limits },
	{ "names", test_names },
};

TEST_MAIN(tests)
