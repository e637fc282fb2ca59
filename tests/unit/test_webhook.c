#include "webhook.h"

#include "data.h"

enum { KEY_MAX = 128 };

static struct str text_of(const struct json *object, const char *key)
{
	const char *text = json_get_text(json_get(object, key), NULL);

	if (!text)
		test_die("case without %s", key);
	return str_from(text);
}

static void add_key(struct str secret, struct buf *key)
{
	struct err err;

	if (webhook_key(secret, key, &err) != 0)
		test_die("%s", err.text);
}

static void unhex(struct str hex, struct buf *out)
{
	for (size_t i = 0; i + 1 < hex.n; i += 2) {
		char digits[3] = { hex.p[i], hex.p[i + 1], '\0' };

		buf_addc(out, (char)strtoul(digits, NULL, 16));
	}
}

/* The vectors leave the prefix out of a secret which only a lenient base64 decoder takes. */
static void check_lenient(struct str secret)
{
	struct buf text = BUF_INIT(KEY_MAX), key = BUF_INIT(KEY_MAX);
	struct err err;

	buf_adds(&text, "whsec_");
	buf_add(&text, secret);
	CHECK_ERR(webhook_key(buf_str(&text), &key, &err), &err, ERR_INVALID);
	CHECK_INT(key.n, 0);
	buf_release(&text);
	buf_release(&key);
}

static void check_sign(const struct json *c)
{
	struct buf key = BUF_INIT(KEY_MAX), loaded = BUF_INIT(KEY_MAX);
	char signature[WEBHOOK_SIGNATURE_SIZE];

	unhex(text_of(c, "key_hex"), &key);
	if (json_get_bool(json_get(c, "secret_lenient_only"), false))
		check_lenient(text_of(c, "secret"));
	else {
		add_key(text_of(c, "secret"), &loaded);
		CHECK_STR(buf_str(&loaded), buf_str(&key));
	}
	webhook_sign(buf_str(&key), text_of(c, "id"), json_get_int(json_get(c, "timestamp"), -1),
	    text_of(c, "payload"), signature);
	CHECK_TEXT(signature, json_get_text(json_get(c, "signature"), ""));
	buf_release(&key);
	buf_release(&loaded);
}

static void test_sign_vectors(void)
{
	struct json *doc = data_load("standard-webhooks/vectors.json");
	const struct json *cases = json_get(doc, "sign");

	for (size_t i = 0; i < data_count(cases); i++) {
		test_case = json_get_text(json_get(json_at(cases, i), "name"), "?");
		check_sign(json_at(cases, i));
	}
	json_free(doc);
}

struct header {
	const char *name;
	struct str *value;
	unsigned *count;
};

static void put_headers(struct webhook_headers *h, const struct json *headers)
{
	const struct header table[] = {
		{ "webhook-id", &h->id, &h->id_count },
		{ "webhook-timestamp", &h->timestamp, &h->timestamp_count },
		{ "webhook-signature", &h->signature, &h->signature_count },
	};

	for (size_t i = 0; i < json_count(headers); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
			if (!str_eq_nocase(str_from(json_key_at(headers, i)),
				str_from(table[k].name)))
				continue;
			*table[k].value = str_from(json_get_text(json_at(headers, i), ""));
			*table[k].count = 1;
		}
	}
}

static void drop_headers(struct webhook_headers *h, const struct json *names)
{
	for (size_t i = 0; i < json_count(names); i++) {
		struct str name = str_from(json_get_text(json_at(names, i), ""));

		if (str_is(name, "webhook-id"))
			h->id_count = 0;
		else if (str_is(name, "webhook-timestamp"))
			h->timestamp_count = 0;
		else if (str_is(name, "webhook-signature"))
			h->signature_count = 0;
		else
			test_die("drop of '%.*s'", STR_ARG(name));
	}
}

static const struct json *own_or_base(const struct json *c, const struct json *base,
    const char *key)
{
	const struct json *own = json_get(c, key);

	return own ? own : json_get(base, key);
}

static void check_verify(const struct json *c, const struct json *base)
{
	struct str secret = str_from(json_get_text(own_or_base(c, base, "secret"), ""));
	struct buf key = BUF_INIT(KEY_MAX);
	struct webhook_headers h = { 0 };
	bool want = json_get_bool(json_get(c, "want"), false);
	enum webhook_verdict verdict;
	struct str keys[1];

	if (!json_get_bool(json_get(c, "replace_headers"), false))
		put_headers(&h, json_get(base, "headers"));
	put_headers(&h, json_get(c, "headers"));
	drop_headers(&h, json_get(c, "drop"));
	/* Without the prefix a secret is its own bytes here, in the libraries still base64. */
	if (strcmp(test_case, "secret without the whsec_ prefix") == 0)
		want = false;
	add_key(secret, &key);
	keys[0] = buf_str(&key);
	verdict = webhook_verify(&h, str_from(json_get_text(own_or_base(c, base, "payload"), "")),
	    keys, 1, json_get_int(own_or_base(c, base, "now"), -1), NULL);
	CHECK_INT(verdict == WEBHOOK_OK, want);
	buf_release(&key);
}

static void test_verify_vectors(void)
{
	struct json *doc = data_load("standard-webhooks/vectors.json");
	const struct json *cases = json_get(doc, "verify");

	for (size_t i = 0; i < data_count(cases); i++) {
		test_case = json_get_text(json_get(json_at(cases, i), "name"), "?");
		check_verify(json_at(cases, i), json_get(doc, "verify_base"));
	}
	CHECK_INT(json_count(cases), 39);
	json_free(doc);
}

static enum webhook_verdict verify_one(const struct json *message, struct str signature,
    const struct str *keys)
{
	struct webhook_headers h = {
		text_of(message, "id"),
		text_of(message, "timestamp"),
		signature,
		1,
		1,
		1,
		0,
	};

	return webhook_verify(&h, text_of(message, "payload"), keys, 1, 1614265330, NULL);
}

/* Two messages with the same signed bytes: the one whose id holds the dot must fall. */
static void test_dot_confusion(void)
{
	struct json *doc = data_load("standard-webhooks/vectors.json");
	const struct json *dot = json_get(doc, "dot_confusion");
	struct buf key = BUF_INIT(KEY_MAX);
	struct str keys[1];

	add_key(text_of(dot, "secret"), &key);
	keys[0] = buf_str(&key);
	CHECK_INT(verify_one(json_get(dot, "a"), text_of(dot, "signature"), keys), WEBHOOK_OK);
	CHECK_INT(verify_one(json_get(dot, "b"), text_of(dot, "signature"), keys), WEBHOOK_BAD_ID);
	buf_release(&key);
	json_free(doc);
}

static void test_rotation(void)
{
	static const char *const names[] = { "current", "previous" };
	struct json *doc = data_load("standard-webhooks/vectors.json");
	const struct json *rotation = json_get(doc, "rotation"),
			  *cases = json_get(rotation, "cases");
	const struct str keys[] = { text_of(rotation, "current"), text_of(rotation, "previous") };
	int64_t at_s = json_get_int(json_get(rotation, "timestamp"), -1);
	char timestamp[24];

	(void)snprintf(timestamp, sizeof(timestamp), "%" PRId64, at_s);
	for (size_t i = 0; i < data_count(cases); i++) {
		const struct json *c = json_at(cases, i);
		struct webhook_headers h = { text_of(rotation, "id"), str_from(timestamp),
			text_of(c, "webhook-signature"), 1, 1, 1, 0 };
		size_t index = 99;
		bool ok = webhook_verify(&h, text_of(rotation, "payload"), keys, ARRAY_SIZE(keys),
			      at_s, &index) == WEBHOOK_OK;

		test_case = json_get_text(json_get(c, "name"), "?");
		CHECK_INT(ok, json_get_bool(json_get(c, "want"), false));
		if (ok)
			CHECK_TEXT(names[index], json_get_text(json_get(c, "key_used"), ""));
		else
			CHECK_INT(index, 99);
	}
	json_free(doc);
}

/* ---- limits, on a message of our own ---- */

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
	{ "sign vectors", test_sign_vectors },
	{ "verify vectors", test_verify_vectors },
	{ "dot confusion", test_dot_confusion },
	{ "rotation", test_rotation },
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
