/* digest.c: the test suite of RFC 1321, the examples of RFC 3174, and pieces against the whole. */
#include "digest.h"

#include "test.h"

static const struct {
	const char *in, *md5, *sha1; /* NULL: not given by the RFC */
} cases[] = {
	{ "", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ "a", "0cc175b9c0f1b6a831c399e269772661", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8" },
	{ "abc", "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0", NULL },
	{ "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b", NULL },
	{ "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
	    "57edf4a22be3c955ac49da2e2107b67a", NULL },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "8215ef0796a20bcaaae116d3876c664a", "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
};

static void test_known(void)
{
	char md5[DIGEST_MD5_HEX_SIZE], sha1[DIGEST_SHA1_HEX_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].in;
		digest_md5_hex(str_from(cases[i].in), md5);
		CHECK_TEXT(md5, cases[i].md5);
		digest_sha1_hex(str_from(cases[i].in), sha1);
		if (cases[i].sha1)
			CHECK_TEXT(sha1, cases[i].sha1);
	}
	digest_md5_hex(STR_NONE, md5);
	CHECK_TEXT(md5, cases[0].md5);
}

static void test_pieces(void)
{
	char md5[DIGEST_MD5_HEX_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct str rest = str_from(cases[i].in);
		struct digest *d = digest_md5_begin();

		test_case = cases[i].in;
		digest_update(d, STR_NONE);
		for (size_t n = 1; rest.n > 0; n++) {
			digest_update(d, str_slice(rest, 0, n));
			rest = str_skip(rest, n);
		}
		digest_end_hex(d, md5);
		CHECK_TEXT(md5, cases[i].md5);
	}
}

static const struct test tests[] = { { "known", test_known }, { "pieces", test_pieces } };

TEST_MAIN(tests)
