#include "store_s3_url.h"

#include "test.h"
#define X_64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define X_512 X_64 X_64 X_64 X_64 X_64 X_64 X_64 X_64

struct good {
	const char *url, *bucket, *prefix, *sse, *kms_key_id, *bucket_key;
};

#define ARN "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab"

static const struct good good[] = {
	{ "s3://abc", "abc", "", "", "", "" },
	{ "s3://abc/", "abc", "", "", "", "" },
	{ "s3://abc/in", "abc", "in", "", "", "" },
	{ "s3://abc/in/", "abc", "in/", "", "", "" },
	{ "s3://abc//in//x/", "abc", "/in//x/", "", "", "" },
	{ "s3://abc/../x", "abc", "../x", "", "", "" },
	{ "s3://abc/a b+c=d%20e&f#g\xc3\xbc/", "abc", "a b+c=d%20e&f#g\xc3\xbc/", "", "", "" },
	{ "s3://My.bucket_1-x/p", "My.bucket_1-x", "p", "", "", "" },
	{ "s3://0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde",
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde", "", "", "", "" },
	{ "s3://abc/" X_512, "abc", X_512, "", "", "" },
	{ "s3://abc?sse=AES256", "abc", "", "AES256", "", "" },
	{ "s3://abc/in/?sse=aws:kms", "abc", "in/", "aws:kms", "", "" },
	{ "s3://abc/in/?sse=aws:kms&kms-key-id=" ARN "&bucket-key=true", "abc", "in/", "aws:kms",
	    ARN, "true" },
	{ "s3://abc/in/?bucket-key=false&sse=aws:kms", "abc", "in/", "aws:kms", "", "false" },
	{ "s3://abc/?kms-key-id=alias/a=b&sse=aws:kms:dsse", "abc", "", "aws:kms:dsse", "alias/a=b",
	    "" },
};

static void test_good(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const struct good *row = &good[i];
		struct s3_url u;
		struct err err;

		test_case = row->url;
		CHECK_OK(s3_url_parse(str_from(row->url), &u, &err), &err);
		CHECK_STR(u.bucket, str_from(row->bucket));
		CHECK_STR(u.prefix, str_from(row->prefix));
		CHECK_STR(u.sse, str_from(row->sse));
		CHECK_STR(u.kms_key_id, str_from(row->kms_key_id));
		CHECK_STR(u.bucket_key, str_from(row->bucket_key));
	}
}

/* What the text must name. */
static const struct {
	const char *url, *names;
} bad[] = {
	{ "s3:", "s3://<bucket>" },
	{ "s3:abc/x", "s3://<bucket>" },
	{ "s3:/abc", "s3://<bucket>" },
	{ "S3://abc", "s3://<bucket>" },
	{ "s3://", "bucket ''" },
	{ "s3:///in", "bucket ''" },
	{ "s3://ab", "bucket 'ab'" },
	{ "s3://" X_64, "bucket '" },
	{ "s3://a/b", "bucket 'a'" },
	{ "s3://.abc", "bucket '.abc'" },
	{ "s3://-abc", "bucket '-abc'" },
	{ "s3://a..b", "bucket 'a..b'" },
	{ "s3://a b/x", "bucket 'a b'" },
	{ "s3://abc@evil/x", "bucket 'abc@evil'" },
	{ "s3://abc:80/x", "bucket 'abc:80'" },
	{ "s3://abc/" X_512 "x", "513 bytes" },
	{ "s3://abc/a\nb", "control" },
	{ "s3://abc/a\x7f", "control" },
	{ "s3://abc/x?sse=aws:kms\n", "control" },
	{ "s3://abc/x?", "option ''" },
	{ "s3://abc/x?see=aws:kms", "option 'see'" },
	{ "s3://abc/x?sse", "sse" },
	{ "s3://abc/x?sse=", "sse" },
	{ "s3://abc/x?sse=kms", "aws:kms" },
	{ "s3://abc/x?sse=aws", "aws:kms" },
	{ "s3://abc/x?sse=AES256&sse=AES256", "sse: given twice" },
	{ "s3://abc/x?sse=AES256&", "option ''" },
	{ "s3://abc/x?kms-key-id=", "kms-key-id" },
	{ "s3://abc/x?kms-key-id=k", "needs sse=aws:kms" },
	{ "s3://abc/x?sse=AES256&kms-key-id=k", "needs sse=aws:kms" },
	{ "s3://abc/x?sse=AES256&bucket-key=true", "needs sse=aws:kms" },
	{ "s3://abc/x?sse=aws:kms:dsse&bucket-key=true", "needs sse=aws:kms" },
	{ "s3://abc/x?sse=aws:kms&bucket-key=yes", "true|false" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct s3_url u = { .bucket = STR("untouched") };
		struct err err;

		test_case = bad[i].url;
		CHECK_ERR(s3_url_parse(str_from(bad[i].url), &u, &err), &err, ERR_CONFIG);
		if (strlen(bad[i].url) < 100)
			CHECK(str_contains(str_from(err.text), str_from(bad[i].names)));
		CHECK_STR(u.bucket, STR("untouched"));
	}
}

static const struct test tests[] = {
	{ "good", test_good },
	{ "bad", test_bad },
};

TEST_MAIN(tests)
