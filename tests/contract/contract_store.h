/*
 * contract_store: the backends that contract_store_*.c run against, and the store under
 * test. To add a backend, add a row to `backends`; no case may be changed for it.
 *
 * Without further ado against files. With CONTRACT_STORE_URL=s3://bucket/prefix in the environment,
 * beside the SDKs' variables, against a server: every case under a prefix of its own, which stays.
 * What CONTRACT_PEER, "versitygw 1.7.0", is known to answer wrongly stands in contract_peer.h.
 */
#ifndef OPS_TEST_CONTRACT_STORE_H
#define OPS_TEST_CONTRACT_STORE_H

#include "contract_client.h"
#include "contract_peer.h"
#include "mem.h"
#include "place.h"
#include "store.h"
#include "store_s3_url.h"
#include "test.h"

/* ---- backends ---- */

struct backend {
	const char *scheme;
	void (*fresh)(struct buf *url); /* append the URL of a store that is new and empty */
	/* Change the bytes of an object behind the store's back; the key's object exists. */
	void (*damage)(const char *url, const char *key, struct str bytes);
};

static void file_fresh(struct buf *url)
{
	char path[PLACE_PATH_SIZE];

	place_new(path, "store");
	buf_addf(url, "file:%s", path);
}

static void file_damage(const char *url, const char *key, struct str bytes)
{
	char path[PLACE_PATH_SIZE * 2];

	(void)snprintf(path, sizeof(path), "%s/%s", url + strlen("file:"), key);
	place_write(path, bytes, 0600);
}

static void s3_fresh(struct buf *url)
{
	struct str place, options;
	bool has_options = str_cut(str_from(getenv("CONTRACT_STORE_URL")), '?', &place, &options);
	unsigned char random[8];

	hash_random(random, sizeof(random));
	buf_add(url, place);
	buf_add_hex(url, random, sizeof(random));
	buf_adds(url, "/");
	if (has_options)
		buf_addf(url, "?%.*s", STR_ARG(options));
}

/* As another program would write it: no condition, no digest. */
static void s3_damage(const char *url, const char *key, struct str bytes)
{
	struct buf name = BUF_INIT(STORE_PREFIX_MAX + STORE_KEY_MAX);
	struct aws_request r = { .op = S3_PUT_OBJECT, .body = bytes };
	struct aws_answer answer;
	struct s3_url place;
	struct err err;

	if (s3_url_parse(str_from(url), &place, &err) != 0)
		test_die("%s", err.text);
	buf_add(&name, place.prefix);
	buf_adds(&name, key);
	r.bucket = place.bucket;
	r.key = buf_str(&name);
	aws_answer_init(&answer);
	if (aws_call(client(), &r, &answer, &err) != 0)
		test_die("%s", err.text);
	aws_answer_release(&answer);
	buf_release(&name);
}

static const struct backend backends[] = {
	{ "file", file_fresh, file_damage },
	{ "s3", s3_fresh, s3_damage },
};
static const struct backend *backend;

/* The row of CONTRACT_STORE_URL's scheme, or the first. */
static inline void pick_backend(void)
{
	const char *url = getenv("CONTRACT_STORE_URL");
	struct str scheme = STR("file"), rest;

	if (url)
		(void)str_cut(str_from(url), ':', &scheme, &rest);
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
		if (str_is(scheme, backends[i].scheme))
			backend = &backends[i];
	if (!backend)
		test_die("CONTRACT_STORE_URL=%s: no such backend", url);
}

static inline int run_contract(const struct test *tests, size_t count, int argc, char **argv)
{
	int rc;

	pick_backend();
	printf("%s: ", peer_name() ? peer_name() : backend->scheme);
	rc = test_main(tests, count, argc, argv);
	if (backend->fresh == s3_fresh)
		aws_close(client());
	return rc;
}

#define STORE_CONTRACT_MAIN(tests)                                                                 \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		return run_contract(tests, ARRAY_SIZE(tests), argc, argv);                         \
	}

/* ---- the store under test ---- */

#define KEY "2026/11/21/08/01934e2b-7d0c-7000-8000-000000000001.ndjson"

static char url[1024];
static struct store *store;

static inline struct store *open_again(void)
{
	struct store_options options = { .create = true };
	struct store *s;
	struct err err;

	if (backend->fresh == s3_fresh)
		options.aws = client();
	if (store_open(&s, str_from(url), &options, &err) != 0)
		test_die("%s: %s", url, err.text);
	return s;
}

static inline void begin(void)
{
	struct buf text = BUF_INIT(sizeof(url) - 1);

	backend->fresh(&text);
	memcpy(url, buf_text(&text), text.n + 1);
	buf_release(&text);
	store = open_again();
}

static inline void end(void)
{
	store_close(store);
}

static inline int put(struct store *s, const char *key, struct str bytes, bool *existed,
    struct err *err)
{
	struct store_metadata metadata = { .record_count = 1,
		.sent_at_ms = 1,
		.received_at_ms = 2 };
	char sha256[HASH_HEX_SIZE];

	hash_sha256_hex(bytes, sha256);
	return store_put(s, str_from(key), bytes, sha256, &metadata, existed, err);
}

static inline void check_get(const char *key, struct str want)
{
	struct buf got = BUF_INIT(STORE_OBJECT_MAX);
	struct store_info info = { 0 };
	char sha256[HASH_HEX_SIZE];
	struct err err;

	CHECK_OK(store_get(store, str_from(key), &got, &info, &err), &err);
	CHECK(str_eq(buf_str(&got), want));
	CHECK_INT(info.size_bytes, want.n);
	hash_sha256_hex(want, sha256);
	if (info.sha256[0])
		CHECK_TEXT(info.sha256, sha256);
	buf_release(&got);
}

#endif
