#include "queue_sqs_attribute.h"

#include "test.h"

#define X_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define B_256                                                                                      \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0"   \
	"BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+A"   \
	"gYKDhIWGh4iJiouMjY6PkJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmqq6ytrq+wsbKztLW2t7i5uru8vb6/wM"   \
	"HCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t/g4eLj5OXm5+jp6uvs7e7v8PHy8/T19vf4+fr7/P3+/w=="

/* The digests are what ElasticMQ 1.7.1 and moto 5.2.3 both answered to boto3. */
static const struct {
	const char *name, *json, *md5;
} vectors[] = {
	{ "none", "{}", "" },
	{ "two",
	    "{\"records\":{\"DataType\":\"Number\",\"StringValue\":\"7\"},"
	    "\"object\":{\"DataType\":\"String\",\"StringValue\":\"x\"}}",
	    "ea5e2a0858ebac1eab0814c0fb4f60be" },
	{ "ours",
	    "{\"traceparent\":{\"DataType\":\"String\",\"StringValue\":"
	    "\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"},"
	    "\"records\":{\"DataType\":\"Number\",\"StringValue\":\"1000\"},"
	    "\"sha256\":{\"DataType\":\"String\",\"StringValue\":"
	    "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"},"
	    "\"object\":{\"DataType\":\"String\",\"StringValue\":"
	    "\"2026/11/21/08/01934e2b-7d0c-7000-8000-000000000001.ndjson\"}}",
	    "f4df16fa8a95d2d694dbb15b09b88c33" },
	{ "binary", "{\"pic\":{\"DataType\":\"Binary.png\",\"BinaryValue\":\"" B_256 "\"}}",
	    "be8aafa3af523b3238cf59f74270b47c" },
	{ "order and types",
	    "{\"b\":{\"DataType\":\"Number.int\",\"StringValue\":\"1\"},"
	    "\"a\":{\"DataType\":\"String\",\"StringValue\":\"\\u00e9\\u20ac\\ud83d\\ude00\"},"
	    "\"A\":{\"DataType\":\"String.x\",\"StringValue\":\"2\"},"
	    "\"a-b\":{\"DataType\":\"Binary\",\"BinaryValue\":\"AA==\"},"
	    "\"a.b\":{\"DataType\":\"String\",\"StringValue\":\" \"}}",
	    "0f8ddee26340ed9bd3a9494cc8b7d090" },
};

static struct json *parse(const char *text)
{
	struct json *doc;
	struct err err;

	if (json_parse(str_from(text), &doc, &err) != 0)
		test_die("%s: %s", text, err.text);
	return doc;
}

/* Read, digested, written, read and digested again. */
static void test_vectors(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct buf out = BUF_INIT(4096);
		char md5[DIGEST_MD5_HEX_SIZE];
		struct sqs_attributes all, again;
		struct json *doc = parse(vectors[i].json), *copy;
		struct json_writer w;
		struct err err;

		test_case = vectors[i].name;
		CHECK_OK(sqs_attributes_read(doc, &all, &err), &err);
		CHECK_OK(sqs_attributes_md5(&all, md5, &err), &err);
		CHECK_TEXT(md5, vectors[i].md5);
		json_writer_init(&w, &out);
		json_object_begin(&w);
		sqs_attributes_write(&w, &all);
		json_object_end(&w);
		copy = parse(buf_text(&out));
		CHECK_OK(sqs_attributes_read(json_get(copy, "MessageAttributes"), &again, &err),
		    &err);
		CHECK_INT(again.count, all.count);
		CHECK_OK(sqs_attributes_md5(&again, md5, &err), &err);
		CHECK_TEXT(md5, vectors[i].md5);
		json_free(copy);
		json_free(doc);
		buf_release(&out);
	}
}

#define ONE(n) "\"" n "\":{\"DataType\":\"String\",\"StringValue\":\"x\"}"
#define NINE                                                                                       \
	ONE("1")                                                                                   \
	"," ONE("2") "," ONE("3") "," ONE("4") "," ONE("5") "," ONE("6") "," ONE("7") "," ONE(     \
	    "8") "," ONE("9")

static const struct {
	const char *name, *json;
	int count; /* -1: ERR_CORRUPT */
} reads[] = {
	{ "absent", "null", 0 },
	{ "ten", "{" NINE "," ONE("10") "}", 10 },
	{ "eleven", "{" NINE "," ONE("10") "," ONE("11") "}", -1 },
	{ "no name", "{" ONE("") "}", -1 },
	{ "no type", "{\"a\":{\"StringValue\":\"x\"}}", -1 },
	{ "empty value", "{\"a\":{\"DataType\":\"String\",\"StringValue\":\"\"}}", -1 },
	{ "value of the other kind", "{\"a\":{\"DataType\":\"Binary\",\"StringValue\":\"eA==\"}}",
	    -1 },
	{ "number for a value", "{\"a\":{\"DataType\":\"Number\",\"StringValue\":7}}", -1 },
	{ "no object", "{\"a\":\"x\"}", -1 },
};

static void test_reads(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
		struct json *doc = parse(reads[i].json);
		struct sqs_attributes all = { .count = 99 };
		struct err err;

		test_case = reads[i].name;
		if (reads[i].count < 0) {
			CHECK_ERR(sqs_attributes_read(doc, &all, &err), &err, ERR_CORRUPT);
			CHECK_INT(all.count, 99);
		} else {
			CHECK_OK(sqs_attributes_read(doc, &all, &err), &err);
			CHECK_INT(all.count, reads[i].count);
		}
		json_free(doc);
	}
}

static void test_not_base64(void)
{
	struct sqs_attributes all = { .count = 0 };
	char md5[DIGEST_MD5_HEX_SIZE];
	struct err err;

	sqs_attributes_add(&all, "good", "Binary", STR("eA=="));
	sqs_attributes_add(&all, "none", "String", STR_NONE); /* left out */
	sqs_attributes_add(&all, "bad", "Binary", STR("eA"));
	CHECK_INT(all.count, 2);
	CHECK_ERR(sqs_attributes_md5(&all, md5, &err), &err, ERR_CORRUPT);
	CHECK(str_contains(str_from(err.text), STR("'bad'")));
	CHECK(sqs_attributes_find(&all, "good") == &all.items[0]);
	CHECK(!sqs_attributes_find(&all, "none"));
}

static const struct test tests[] = {
	{ "vectors", test_vectors },
	{ "reads", test_reads },
	{ "not_base64", test_not_base64 },
};

TEST_MAIN(tests)
