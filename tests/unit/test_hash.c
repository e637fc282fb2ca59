#include "hash.h"

#include "test.h"

/* FIPS 180-4's examples (csrc.nist.gov) and the length at which padding needs a block more. */
static void test_sha256(void)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char hex[HASH_HEX_SIZE];

		hash_sha256_hex(str_from(cases[i].text), hex);
		CHECK_TEXT(hex, cases[i].hex);
	}
}

static void test_incremental(void)
{
	unsigned char whole[HASH_SIZE], parts[HASH_SIZE];
	struct buf text = BUF_INIT(1000000), hex = BUF_INIT(HASH_HEX_LEN);
	struct hash *h = hash_begin();

	for (int i = 0; i < 1000000; i++)
		buf_addc(&text, 'a');
	for (size_t at = 0, step = 0; at < text.n; at += step, step++)
		hash_update(h, str_slice(buf_str(&text), at, at + step));
	hash_end(h, parts);
	hash_sha256(buf_str(&text), whole);
	CHECK(memcmp(whole, parts, HASH_SIZE) == 0);
	buf_add_hex(&hex, parts, HASH_SIZE);
	CHECK_TEXT(buf_text(&hex),
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	h = hash_begin();
	hash_update(h, STR_NONE);
	hash_end(h, parts);
	hash_sha256(STR_NONE, whole);
	CHECK(memcmp(whole, parts, HASH_SIZE) == 0);
	buf_release(&text);
	buf_release(&hex);
}

/* RFC 4231 section 4; a key or data of one repeated byte is given by its length. */
static void test_hmac(void)
{
	static const struct {
		const char *key, *data;
		char key_byte, data_byte;
		size_t key_len, data_len;
		const char *hex;
	} cases[] = {
		{ NULL, "Hi There", 0x0b, 0, 20, 0,
		    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ "Jefe", "what do ya want for nothing?", 0, 0, 0, 0,
		    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ NULL, NULL, (char)0xaa, (char)0xdd, 20, 50,
		    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
		{ NULL, "Test Using Larger Than Block-Size Key - Hash Key First", (char)0xaa, 0,
		    131, 0, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
		/* Of exactly one block, the longest that is not hashed, and one more: Python's hmac. */
		{ NULL, "data", 'k', 0, 64, 0,
		    "93244b031118b8060c6619e5900fcf916faefb2d8d020fecb22ae0f62275db08" },
		{ NULL, "data", 'k', 0, 65, 0,
		    "a79b53d0bf1cb4bb00c301979e6e60ef792a435cafabd76ab9e8989bbdef2dff" },
		{ NULL,
		    "This is a test using a larger than block-size key and a larger than block-size "
		    "data. The key needs to be hashed before being used by the HMAC algorithm.",
		    (char)0xaa, 0, 131, 0,
		    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf key = BUF_INIT(200), data = BUF_INIT(200), hex = BUF_INIT(HASH_HEX_LEN);
		unsigned char mac[HASH_SIZE];
		struct str parts[3];

		buf_adds(&key, cases[i].key);
		for (size_t k = 0; k < cases[i].key_len; k++)
			buf_addc(&key, cases[i].key_byte);
		buf_adds(&data, cases[i].data);
		for (size_t k = 0; k < cases[i].data_len; k++)
			buf_addc(&data, cases[i].data_byte);
		parts[0] = str_slice(buf_str(&data), 0, 3);
		parts[1] = STR_NONE;
		parts[2] = str_skip(buf_str(&data), 3);
		hash_hmac_sha256(buf_str(&key), parts, 3, mac);
		buf_add_hex(&hex, mac, HASH_SIZE);
		CHECK_TEXT(buf_text(&hex), cases[i].hex);
		buf_release(&key);
		buf_release(&data);
		buf_release(&hex);
	}
}

static void test_hmac_empty(void)
{
	unsigned char mac[HASH_SIZE];
	struct buf hex = BUF_INIT(HASH_HEX_LEN);

	hash_hmac_sha256(STR_NONE, NULL, 0, mac);
	buf_add_hex(&hex, mac, HASH_SIZE);
	CHECK_TEXT(buf_text(&hex),
	    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	buf_release(&hex);
}

/* RFC 4648 section 10. */
static void test_base64(void)
{
	static const struct {
		const char *data, *text;
	} cases[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xfe", "+//+" },
	};
	struct buf out = BUF_INIT(16);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].text;
		buf_reset(&out);
		hash_base64_encode(&out, str_from(cases[i].data));
		CHECK_TEXT(buf_text(&out), cases[i].text);
		buf_reset(&out);
		CHECK(hash_base64_decode(&out, str_from(cases[i].text)));
		CHECK_TEXT(buf_text(&out), cases[i].data);
	}
	buf_release(&out);
}

static void test_base64_refuses(void)
{
	static const struct str texts[] = {
		{ "Z", 1 },
		{ "Zg", 2 },
		{ "Zg=", 3 },
		{ "Zg===", 5 },
		{ "Zh==", 4 },
		{ "Zm9=", 4 },
		{ "====", 4 },
		{ "A===", 4 },
		{ "=AAA", 4 },
		{ "A=AA", 4 },
		{ "Zg==Zg==", 8 },
		{ "Zm9v\n", 5 },
		{ "Zm\n9v", 5 },
		{ "Zm9v Zg=", 8 },
		{ "-_-_", 4 },
		{ "Zm9\0", 4 },
		{ "\0\0\0\0", 4 },
		{ "Zm9\xff", 4 },
	};
	struct buf out = BUF_INIT(16);

	buf_adds(&out, "kept");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CHECK(!hash_base64_decode(&out, texts[i]));
		CHECK_TEXT(buf_text(&out), "kept");
		CHECK(!out.full);
	}
	buf_release(&out);
}

static void test_base64_limits(void)
{
	for (size_t max = 0; max < 7; max++) {
		struct buf bytes = BUF_INIT(max), text = BUF_INIT(max + 3);

		CHECK_INT(hash_base64_decode(&bytes, STR("Zm9vYg==")), max >= 4);
		CHECK_INT(bytes.n, max >= 4 ? 4 : 0);
		hash_base64_encode(&text, STR("foob"));
		CHECK_INT(text.n, max >= 5 ? 8 : 0);
		buf_release(&bytes);
		buf_release(&text);
	}
	for (size_t n = 0; n < 200; n++) {
		struct buf text = BUF_INIT(300), again = BUF_INIT(200);
		char bytes[200];

		hash_random(bytes, n);
		hash_base64_encode(&text, (struct str){ bytes, n });
		CHECK(hash_base64_decode(&again, buf_str(&text)));
		CHECK_STR(buf_str(&again), ((struct str){ bytes, n }));
		buf_release(&text);
		buf_release(&again);
	}
}

static void test_random(void)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };

	hash_random(a, 0);
	hash_random(a, sizeof(a));
	hash_random(b, sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
}

static void test_fingerprint(void)
{
	char fingerprint[HASH_FINGERPRINT_SIZE];

	hash_fingerprint(STR("abc"), fingerprint);
	CHECK_TEXT(fingerprint, "ba7816bf");
}

static const struct test tests[] = {
	{ "sha256", test_sha256 },
	{ "incremental", test_incremental },
	{ "hmac", test_hmac },
	{ "hmac empty", test_hmac_empty },
	{ "base64", test_base64 },
	{ "base64 refuses", test_base64_refuses },
	{ "base64 limits", test_base64_limits },
	{ "random", test_random },
	{ "fingerprint", test_fingerprint },
};

TEST_MAIN(tests)
