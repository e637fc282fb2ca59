/* The vectors of Standard Webhooks: what other implementations sign and verify. */
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

static const struct test tests[] = {
	{ "sign vectors", test_sign_vectors },
	{ "verify vectors", test_verify_vectors },
	{ "dot confusion", test_dot_confusion },
	{ "rotation", test_rotation },
};

TEST_MAIN(tests)
