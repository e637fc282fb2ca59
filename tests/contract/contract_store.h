/*
 * contract_store: the backends that contract_store_*.c run against, and the store under
 * test. To add a backend, add a row to `backends`; no case may be changed for it.
 */
#ifndef OPS_TEST_CONTRACT_STORE_H
#define OPS_TEST_CONTRACT_STORE_H

#include "contract.h"
#include "place.h"
#include "store.h"

/* ---- backends ---- */

struct backend {
	const char *name;
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

static const struct backend backends[] = {
	{ "file", file_fresh, file_damage },
};
static const struct backend *backend;

/* ---- the store under test ---- */

#define KEY "2026/11/21/08/01934e2b-7d0c-7000-8000-000000000001.ndjson"

static char url[PLACE_PATH_SIZE + 64];
static struct store *store;

static inline struct store *open_again(void)
{
	struct store_options options = { .create = true };
	struct store *s;
	struct err err;

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
