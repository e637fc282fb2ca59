/* What a put to S3 makes of each answer, and what it asks. */
#include "fake_s3.h"
#include "test.h"

#define KEY   "2024/11/21/10/01934e2b-7d0c-7000-8000-000000000001.ndjson"
#define BYTES "{\"a\":1}\n"

/* Of BYTES, and of "other", as S3 writes them. */
#define SUM       "x-amz-checksum-sha256: 40ZDICGwQXlRjZYU81YMzXE1Sk7hAd3LiT1pWanWMBw=\n"
#define SUM_OTHER "x-amz-checksum-sha256: 2SmKENGwc1g33EvYXaxkGw887yekfl1TpU8vP1svz/o=\n"
#define HEX       "e346432021b04179518d9614f3560ccd71354a4ee101ddcb893d6959a9d6301c"
#define META      "x-amz-meta-sha256: " HEX "\n"
#define ETAG      "ETag: \"1\"\n"

#define STORED                                                                                     \
	{                                                                                          \
		.status = 200, .headers = ETAG                                                     \
	}
#define EXISTS                                                                                     \
	{                                                                                          \
		.status = 412, .code = "PreconditionFailed"                                        \
	}
#define RACE                                                                                       \
	{                                                                                          \
		.status = 409, .code = "ConditionalRequestConflict"                                \
	}
#define LACKS                                                                                      \
	{                                                                                          \
		.status = 501, .code = "NotImplemented"                                            \
	}
#define MISSING                                                                                    \
	{                                                                                          \
		.status = 404                                                                      \
	}
#define HEAD(text)                                                                                 \
	{                                                                                          \
		.status = 200, .headers = text "Content-Length: 8\n"                               \
	}
#define BYTES_OF(text)                                                                             \
	{                                                                                          \
		.status = 200, .body = text                                                        \
	}

enum { ANSWERS_MAX = 6 };

static const struct row {
	const char *name;
	struct fake_answer answers[ANSWERS_MAX];
	const char *calls;
	enum err_code code; /* ERR_NONE: success */
	bool existed, is_real;
} rows[] = {
	{ "stored", { STORED }, "PUT? ", ERR_NONE, false, true },
	{ "stored, checksum confirmed", { { .status = 200, .headers = ETAG SUM } }, "PUT? ",
	    ERR_NONE, false, true },
	{ "other checksum", { { .status = 200, .headers = ETAG SUM_OTHER } }, "PUT? ", ERR_IO,
	    false, true },
	{ "no ETag", { { .status = 200 }, STORED }, "PUT? PUT? ", ERR_NONE, false, true },
	{ "no ETag, then it is there", { { .status = 200 }, EXISTS, HEAD(SUM) }, "PUT? PUT? HEAD ",
	    ERR_NONE, true, true },
	{ "never an ETag",
	    { { .status = 200 }, { .status = 200 }, { .status = 200 }, { .status = 200 },
		{ .status = 200 }, { .status = 200 } },
	    "PUT? PUT? PUT? PUT? PUT? PUT? ", ERR_IO, false, true },
	{ "no answer", { { .status = 0 } }, "PUT? ", ERR_IO, false, true },

	{ "there, same checksum", { EXISTS, HEAD(SUM) }, "PUT? HEAD ", ERR_NONE, true, true },
	{ "there, other checksum", { EXISTS, HEAD(SUM_OTHER) }, "PUT? HEAD ", ERR_CONFLICT, false,
	    true },
	{ "there, the checksum outweighs metadata", { EXISTS, HEAD(SUM_OTHER META) }, "PUT? HEAD ",
	    ERR_CONFLICT, false, true },
	{ "there, same metadata", { EXISTS, HEAD(META) }, "PUT? HEAD ", ERR_NONE, true, true },
	{ "there, checksum of parts and metadata",
	    { EXISTS, HEAD("x-amz-checksum-sha256: AAAA-2\n" META) }, "PUT? HEAD ", ERR_NONE, true,
	    true },
	{ "there, no digest, same bytes", { EXISTS, HEAD(""), BYTES_OF(BYTES) }, "PUT? HEAD GET ",
	    ERR_NONE, true, true },
	{ "there, no digest, other bytes", { EXISTS, HEAD(""), BYTES_OF("other") },
	    "PUT? HEAD GET ", ERR_CONFLICT, false, true },
	{ "there, metadata that is none, other bytes",
	    { EXISTS, HEAD("x-amz-meta-sha256: yes\n"), BYTES_OF("other") }, "PUT? HEAD GET ",
	    ERR_CONFLICT, false, true },
	{ "there, larger than any of ours",
	    { EXISTS, { .status = 200, .headers = "Content-Length: 1048577\n" } }, "PUT? HEAD ",
	    ERR_CONFLICT, false, true },
	{ "there, and gone again", { EXISTS, MISSING, STORED }, "PUT? HEAD PUT? ", ERR_NONE, false,
	    true },
	{ "there, not to be seen", { EXISTS, { .status = 403 } }, "PUT? HEAD ", ERR_DENIED, false,
	    true },
	{ "there, HEAD refused", { EXISTS, { .status = 400 } }, "PUT? HEAD ", ERR_IO, false, true },
	{ "there, GET in trouble", { EXISTS, HEAD(""), { .status = 503 } }, "PUT? HEAD GET ",
	    ERR_BUSY, false, true },

	{ "race", { RACE, STORED }, "PUT? PUT? ", ERR_NONE, false, true },
	{ "race lost", { RACE, EXISTS, HEAD(SUM) }, "PUT? PUT? HEAD ", ERR_NONE, true, true },
	{ "race without end", { RACE, RACE, RACE, RACE, RACE, RACE },
	    "PUT? PUT? PUT? PUT? PUT? PUT? ", ERR_BUSY, false, true },
	{ "other conflict", { { .status = 409, .code = "ExistingObjectIsDirectory" } }, "PUT? ",
	    ERR_IO, false, true },

	{ "denied", { { .status = 403, .code = "AccessDenied" } }, "PUT? ", ERR_DENIED, false,
	    true },
	{ "no bucket", { { .status = 404, .code = "NoSuchBucket" } }, "PUT? ", ERR_NOTFOUND, false,
	    true },
	{ "slow down", { { .status = 503, .code = "SlowDown" } }, "PUT? ", ERR_BUSY, false, true },
	{ "changed on the way", { { .status = 400, .code = "BadDigest" } }, "PUT? ", ERR_IO, false,
	    true },
	{ "refused", { { .status = 405, .code = "MethodNotAllowed" } }, "PUT? ", ERR_IO, false,
	    true },
	{ "error in a 200", { { .status = 200, .code = "InternalError" } }, "PUT? ", ERR_IO, false,
	    true },
	{ "key disabled", { { .status = 400, .code = "KMS.DisabledException" } }, "PUT? ",
	    ERR_DENIED, false, true },
	{ "key pending deletion", { { .status = 400, .code = "KMS.KMSInvalidStateException" } },
	    "PUT? ", ERR_DENIED, false, true },
	{ "no such key", { { .status = 400, .code = "KMS.NotFoundException" } }, "PUT? ",
	    ERR_CONFIG, false, true },
	{ "key service busy", { { .status = 400, .code = "KMS.ThrottlingException" } }, "PUT? ",
	    ERR_BUSY, false, true },

	{ "no conditions on AWS", { LACKS }, "PUT? ", ERR_BUSY, false, true },
	{ "no conditions", { LACKS, MISSING, STORED }, "PUT? HEAD PUT ", ERR_NONE, false, false },
	{ "no conditions, says 400",
	    { { .status = 400, .code = "NotImplemented" }, MISSING, STORED }, "PUT? HEAD PUT ",
	    ERR_NONE, false, false },
	{ "no conditions, there", { LACKS, HEAD(META) }, "PUT? HEAD ", ERR_NONE, true, false },
	{ "no conditions, other there", { LACKS, HEAD(SUM_OTHER) }, "PUT? HEAD ", ERR_CONFLICT,
	    false, false },
	{ "no conditions, refused by one", { LACKS, MISSING, EXISTS }, "PUT? HEAD PUT ", ERR_IO,
	    false, false },
	{ "no conditions, no writes either", { LACKS, MISSING, LACKS }, "PUT? HEAD PUT ", ERR_BUSY,
	    false, false },

	{ "elsewhere", { { .status = 301, .region = "eu-west-3" }, STORED }, "PUT? PUT?@eu-west-3 ",
	    ERR_NONE, false, true },
	{ "elsewhere for now", { { .status = 307, .region = "eu-west-3" }, STORED },
	    "PUT? PUT?@eu-west-3 ", ERR_NONE, false, true },
	{ "signed for another region",
	    { { .status = 400, .code = "AuthorizationHeaderMalformed", .region = "eu-west-3" },
		STORED },
	    "PUT? PUT?@eu-west-3 ", ERR_NONE, false, true },
	{ "elsewhere, who knows where", { { .status = 301 } }, "PUT? ", ERR_CONFIG, false, true },
	{ "elsewhere again",
	    { { .status = 301, .region = "eu-west-3" }, { .status = 301, .region = "eu-west-1" } },
	    "PUT? PUT?@eu-west-3 ", ERR_CONFIG, false, true },
};

static int put(struct store *s, bool *existed, struct err *err)
{
	struct store_metadata metadata = { .record_count = 1 };

	return store_put(s, STR(KEY), STR(BYTES), HEX, &metadata, existed, err);
}

static void test_answers(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct store *s = fake_s3_open("s3://bucket/in/");
		bool existed = false;
		size_t count = 0;
		struct err err;

		test_case = row->name;
		while (
		    count < ANSWERS_MAX && (row->answers[count].status || row->answers[count].code))
			count++;
		fake_s3_be_real(row->is_real);
		fake_s3_answers(row->answers, count ? count : 1);
		if (row->code == ERR_NONE)
			CHECK_OK(put(s, &existed, &err), &err);
		else
			CHECK_ERR(put(s, &existed, &err), &err, row->code);
		CHECK_INT(existed, row->existed);
		CHECK_STR(fake_s3_calls(), str_from(row->calls));
		if (row->code != ERR_NONE)
			CHECK(str_contains(str_from(err.text), STR(KEY)));
		fake_s3_close(s);
	}
}

/* ---- what is asked ---- */

static const struct {
	const char *name, *url, *key, *want;
	struct store_metadata metadata;
} requests[] = {
	{ "envelope", "s3://bucket/in/", KEY,
	    "bucket bucket\nkey in/" KEY "\n"
	    "If-None-Match: *\n"
	    "Content-Type: application/x-ndjson\n" SUM META
	    "x-amz-meta-envelope-id: 01934e2b-7d0c-7000-8000-000000000001\n"
	    "x-amz-meta-accepted-at: 2024-11-21T10:01:33.196Z\n"
	    "x-amz-meta-written-at: 2026-11-21T08:26:40.123Z\n"
	    "x-amz-meta-records: 12\n"
	    "x-amz-meta-sent-at: 2026-11-21T08:26:39.000Z\n"
	    "x-amz-meta-received-at: 2026-11-21T08:26:39.500Z\n"
	    "x-amz-meta-message-id: 5d1a-x_y\n"
	    "x-amz-meta-traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n",
	    { .record_count = 12,
		.sent_at_ms = 1795249599000,
		.received_at_ms = 1795249599500,
		.message_id = { "5d1a-x_y", 8 },
		.traceparent = { "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		    55 } } },
	{ "foreign, nothing known", "s3://bucket", "foreign/2026/11/21/08/1-x",
	    "bucket bucket\nkey foreign/2026/11/21/08/1-x\n"
	    "If-None-Match: *\n"
	    "Content-Type: application/octet-stream\n" SUM META
	    "x-amz-meta-written-at: 2026-11-21T08:26:40.123Z\n",
	    { 0 } },
	{ "id that no header may hold", "s3://bucket/a b+%20\xc3\xbc", "k",
	    "bucket bucket\nkey a b+%20\xc3\xbck\n"
	    "If-None-Match: *\n"
	    "Content-Type: application/octet-stream\n" SUM META
	    "x-amz-meta-written-at: 2026-11-21T08:26:40.123Z\n",
	    { .message_id = { "a\r\nb", 4 } } },
	{ "encrypted", "s3://bucket/?sse=aws:kms&kms-key-id=alias/k&bucket-key=true", "k",
	    "bucket bucket\nkey k\n"
	    "If-None-Match: *\n"
	    "Content-Type: application/octet-stream\n" SUM META
	    "x-amz-meta-written-at: 2026-11-21T08:26:40.123Z\n"
	    "x-amz-server-side-encryption: aws:kms\n"
	    "x-amz-server-side-encryption-aws-kms-key-id: alias/k\n"
	    "x-amz-server-side-encryption-bucket-key-enabled: true\n",
	    { 0 } },
};

static void test_requests(void)
{
	static const struct fake_answer stored[] = { STORED };

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		struct store *s = fake_s3_open(requests[i].url);
		struct err err;

		test_case = requests[i].name;
		fake_s3_answers(stored, 1);
		CHECK_OK(store_put(s, str_from(requests[i].key), STR(BYTES), HEX,
			     &requests[i].metadata, NULL, &err),
		    &err);
		CHECK_STR(fake_s3_last(), str_from(requests[i].want));
		CHECK_STR(fake_s3_last_body(), STR(BYTES));
		fake_s3_close(s);
	}
}

/* ---- what is remembered and told ---- */

static void test_unconditional(void)
{
	static const struct fake_answer answers[] = { LACKS, MISSING, LACKS, LACKS, MISSING, STORED,
		MISSING, STORED, HEAD(SUM) };
	struct store *s = fake_s3_open("s3://bucket/in/");
	bool existed;
	struct err err;

	fake_s3_answers(answers, ARRAY_SIZE(answers));
	CHECK_ERR(put(s, &existed, &err), &err, ERR_BUSY); /* it writes nothing at all */
	CHECK_STR(fake_s3_notices(), STR_NONE);
	for (size_t i = 0; i < 3; i++) {
		CHECK_OK(put(s, &existed, &err), &err);
		CHECK_INT(existed, i == 2);
	}
	CHECK_STR(fake_s3_calls(), STR("PUT? HEAD PUT PUT? HEAD PUT HEAD PUT HEAD "));
	CHECK(str_has_prefix(fake_s3_notices(), STR("the server does not write if absent")));
	CHECK_INT(str_find(fake_s3_notices(), '\n'), fake_s3_notices().n - 1); /* told once */
	fake_s3_close(s);
}

/* All calls of a put share its time, and none begins behind it. */
static void test_time(void)
{
	static const struct fake_answer answers[] = { RACE, EXISTS, MISSING, STORED };
	struct store *s = fake_s3_open("s3://bucket/in/");
	bool existed;
	struct err err;

	fake_s3_answers(answers, ARRAY_SIZE(answers));
	fake_s3_take_ms(12000);
	CHECK_ERR(put(s, &existed, &err), &err, ERR_NOTFOUND);
	CHECK_STR(fake_s3_calls(), STR("PUT? PUT? HEAD "));
	CHECK_INT(fake_s3_last_total_ms(), S3_TOTAL_MS - 2 * 12000);
	fake_s3_take_ms(0);
	CHECK_OK(put(s, &existed, &err), &err);
	CHECK_INT(fake_s3_last_total_ms(), S3_TOTAL_MS);
	fake_s3_close(s);
}

static void test_region_is_kept(void)
{
	static const struct fake_answer answers[] = { { .status = 301, .region = "eu-west-3" },
		STORED, STORED, { .status = 301, .region = "eu-west-1" }, STORED, STORED };
	struct store *s = fake_s3_open("s3://bucket/in/");
	bool existed;
	struct err err;

	fake_s3_answers(answers, ARRAY_SIZE(answers));
	for (size_t i = 0; i < 4; i++)
		CHECK_OK(put(s, &existed, &err), &err);
	CHECK_STR(fake_s3_calls(),
	    STR("PUT? PUT?@eu-west-3 PUT?@eu-west-3 PUT?@eu-west-3 PUT?@eu-west-1 PUT?@eu-west-1 "));
	fake_s3_close(s);
}

static void test_encryption(void)
{
	static const struct {
		const char *headers;
		bool is_told;
	} cases[] = {
		{ ETAG "x-amz-server-side-encryption: aws:kms\n", false },
		{ ETAG "x-amz-server-side-encryption: AES256\n", true },
		{ ETAG, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_answer answers[] = { { .status = 200, .headers = cases[i].headers },
			{ .status = 200, .headers = cases[i].headers } };
		struct store *s = fake_s3_open("s3://bucket/in/?sse=aws:kms");
		bool existed;
		struct err err;

		test_case = cases[i].headers;
		fake_s3_answers(answers, ARRAY_SIZE(answers));
		CHECK_OK(put(s, &existed, &err), &err);
		CHECK_OK(put(s, &existed, &err), &err);
		CHECK_INT(str_contains(fake_s3_notices(), STR("encrypts")), cases[i].is_told);
		CHECK_INT(str_find(fake_s3_notices(), '\n'),
		    fake_s3_notices().n - cases[i].is_told); /* at most once */
		fake_s3_close(s);
	}
}

static const struct test tests[] = {
	{ "answers", test_answers },
	{ "requests", test_requests },
	{ "unconditional", test_unconditional },
	{ "time", test_time },
	{ "region_is_kept", test_region_is_kept },
	{ "encryption", test_encryption },
};

TEST_MAIN(tests)
