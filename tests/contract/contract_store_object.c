/* What is put into any store comes out of it, or an error says why not. */
#include "contract_store.h"
#include "mem.h"

static void test_round_trip(void)
{
	struct store_info info = { 0 };
	int64_t now_ms = clock_wall_ms(&clock_system);
	bool existed = true;
	struct err err;

	begin();
	CHECK_OK(put(store, KEY, STR("{\"a\":1}\n"), &existed, &err), &err);
	CHECK(!existed);
	check_get(KEY, STR("{\"a\":1}\n"));
	CHECK_OK(store_head(store, STR(KEY), &info, &err), &err);
	CHECK_INT(info.size_bytes, 8);
	CHECK(info.stored_at_ms > now_ms - 60000 && info.stored_at_ms < now_ms + 60000);
	CHECK_OK(store_check(store, &err), &err);
	end();
	store = open_again();
	check_get(KEY, STR("{\"a\":1}\n"));
	end();
}

static void test_sizes(void)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 900000, STORE_OBJECT_MAX };
	char *bytes = xmalloc(STORE_OBJECT_MAX + 1);
	char key[64];
	struct err err;

	for (size_t i = 0; i <= STORE_OBJECT_MAX; i++)
		bytes[i] = (char)(i * 131 + i / 251);
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		(void)snprintf(key, sizeof(key), "size/%zu", sizes[i]);
		test_case = key;
		CHECK_OK(put(store, key, (struct str){ bytes, sizes[i] }, NULL, &err), &err);
		check_get(key, (struct str){ bytes, sizes[i] });
	}
	CHECK_ERR(put(store, "size/more", (struct str){ bytes, STORE_OBJECT_MAX + 1 }, NULL, &err),
	    &err, ERR_INVALID);
	free(bytes);
	end();
}

static void test_if_absent(void)
{
	bool existed = false;
	struct err err;

	begin();
	CHECK_OK(put(store, KEY, STR("first"), NULL, &err), &err);
	CHECK_OK(put(store, KEY, STR("first"), &existed, &err), &err);
	CHECK(existed);
	CHECK_ERR(put(store, KEY, STR("other"), &existed, &err), &err, ERR_CONFLICT);
	CHECK(str_contains(str_from(err.text), STR(KEY)));
	CHECK_ERR(put(store, KEY, STR(""), &existed, &err), &err, ERR_CONFLICT);
	CHECK_ERR(put(store, KEY, STR("firs"), &existed, &err), &err, ERR_CONFLICT);
	check_get(KEY, STR("first"));
	end();
}

static void test_not_found(void)
{
	static const char *const rows[] = { "none", "2026/11/21/08/none", "2026/11", KEY "x" };
	struct buf out = BUF_INIT(100);
	struct store_info info;
	struct err err;

	begin();
	CHECK_OK(put(store, KEY, STR("x"), NULL, &err), &err);
	buf_adds(&out, "before");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i];
		CHECK_ERR(store_get(store, str_from(rows[i]), &out, NULL, &err), &err,
		    ERR_NOTFOUND);
		CHECK(str_contains(str_from(err.text), str_from(rows[i])));
		CHECK_ERR(store_head(store, str_from(rows[i]), &info, &err), &err, ERR_NOTFOUND);
		CHECK(str_contains(str_from(err.text), str_from(rows[i])));
	}
	CHECK_STR(buf_str(&out), STR("before"));
	buf_release(&out);
	end();
}

/* get appends, and leaves the buffer as it was when the object does not fit. */
static void test_reader_limit(void)
{
	struct buf out = BUF_INIT(10);
	struct err err;

	begin();
	CHECK_OK(put(store, "five", STR("12345"), NULL, &err), &err);
	CHECK_OK(store_get(store, STR("five"), &out, NULL, &err), &err);
	CHECK_OK(store_get(store, STR("five"), &out, NULL, &err), &err);
	CHECK_STR(buf_str(&out), STR("1234512345"));
	CHECK_ERR(store_get(store, STR("five"), &out, NULL, &err), &err, ERR_INVALID);
	CHECK_STR(buf_str(&out), STR("1234512345"));
	CHECK(!out.full);
	buf_reset(&out);
	buf_adds(&out, "eleven byte"); /* refused: and so is all that follows */
	CHECK_ERR(store_get(store, STR("five"), &out, NULL, &err), &err, ERR_INVALID);
	CHECK_INT(out.n, 0);
	buf_release(&out);
	end();
}

static void test_damaged(void)
{
	static const char *const rows[] = { "firsT", "first and more", "fir", "" };
	struct buf out = BUF_INIT(100);
	char key[32];
	struct err err;

	begin();
	buf_adds(&out, "before");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i];
		(void)snprintf(key, sizeof(key), "damaged/%zu", i);
		CHECK_OK(put(store, key, STR("first"), NULL, &err), &err);
		backend->damage(url, key, str_from(rows[i]));
		CHECK_ERR(store_get(store, str_from(key), &out, NULL, &err), &err, ERR_CORRUPT);
		CHECK(str_contains(str_from(err.text), str_from(key)));
		CHECK_STR(buf_str(&out), STR("before"));
		/* Nor does a put take the damage for what it was asked to store. */
		CHECK_ERR(put(store, key, STR("first"), NULL, &err), &err, ERR_CONFLICT);
	}
	buf_release(&out);
	end();
}

static void test_keys(void)
{
	static char long_key[STORE_KEY_MAX + 2];
	static const struct {
		const char *key;
		bool good;
	} rows[] = {
		{ "a", true },
		{ "a/b.c/d_e=f-g", true },
		{ "A9", true },
		{ "a..b", true },
		{ "a./b", true },
		{ "", false },
		{ "/", false },
		{ "/a", false },
		{ "a/", false },
		{ "a//b", false },
		{ ".", false },
		{ "..", false },
		{ "../a", false },
		{ "a/../b", false },
		{ "a/./b", false },
		{ "a/..", false },
		{ ".tmp/x", false },
		{ "a/.b", false },
		{ "a b", false },
		{ "a\nb", false },
		{ "a\\b", false },
		{ "a%2e", false },
		{ "\xc3\xa9", false },
	};
	struct store_info info;
	struct buf out = BUF_INIT(10);
	struct err err;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i].key;
		if (rows[i].good) {
			char key[64];

			(void)snprintf(key, sizeof(key), "%zu/%s", i, rows[i].key);
			CHECK_OK(put(store, key, STR("x"), NULL, &err), &err);
			check_get(key, STR("x"));
			continue;
		}
		CHECK_ERR(put(store, rows[i].key, STR("x"), NULL, &err), &err, ERR_INVALID);
		CHECK_ERR(store_get(store, str_from(rows[i].key), &out, NULL, &err), &err,
		    ERR_INVALID);
		CHECK_ERR(store_head(store, str_from(rows[i].key), &info, &err), &err, ERR_INVALID);
	}
	CHECK_ERR(store_put(store, (struct str){ "a\0b", 3 }, STR("x"), err.text, NULL, NULL, &err),
	    &err, ERR_INVALID);
	for (size_t i = 0; i <= STORE_KEY_MAX; i++)
		long_key[i] = i % 100 == 99 ? '/' : 'k';
	CHECK_ERR(put(store, long_key, STR("x"), NULL, &err), &err, ERR_INVALID);
	long_key[STORE_KEY_MAX] = '\0';
	CHECK_OK(put(store, long_key, STR("x"), NULL, &err), &err);
	check_get(long_key, STR("x"));
	end();
}

/* The digest is the caller's word: it must at least look like one. */
static void test_bad_digests(void)
{
	static const char *const rows[] = { "", "abc",
		"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a/" };
	struct err err;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i];
		CHECK_ERR(store_put(store, STR(KEY), STR("abc"), rows[i], NULL, NULL, &err), &err,
		    ERR_INVALID);
	}
	end();
}

static void test_bad_urls(void)
{
	static const char *const rows[] = { "", "store", "nosuch:thing", ":x" };
	struct store *s = NULL;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i];
		CHECK_ERR(store_open(&s, str_from(rows[i]), NULL, &err), &err, ERR_CONFIG);
		CHECK(s == NULL && str_contains(str_from(err.text), STR("file:")));
	}
}

static const struct test tests[] = {
	{ "round_trip", test_round_trip },
	{ "sizes", test_sizes },
	{ "if_absent", test_if_absent },
	{ "not_found", test_not_found },
	{ "reader_limit", test_reader_limit },
	{ "damaged", test_damaged },
	{ "keys", test_keys },
	{ "bad_digests", test_bad_digests },
	{ "bad_urls", test_bad_urls },
};

STORE_CONTRACT_MAIN(tests)
