/*
 * One message in the words of SQS: what is made of deliveries, good and damaged, and of
 * confirmations.
 */
#include "queue_sqs_letter.h"

#include "mem.h"
#include "test.h"

#define X_64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define X_128 X_64 X_64

#define HELLO  "\"Body\":\"hello\",\"MD5OfBody\":\"5d41402abc4b2a76b9719d911017c592\""
#define NAMED  "\"MessageId\":\"m-1\",\"ReceiptHandle\":\"r-1\","
#define OBJECT "\"object\":{\"DataType\":\"String\",\"StringValue\":\"x\"}"
#define TWO                                                                                        \
	"\"MessageAttributes\":{" OBJECT                                                           \
	",\"records\":{\"DataType\":\"Number\",\"StringValue\":\"7\"}}"
#define TWO_MD5 "\"MD5OfMessageAttributes\":\"ea5e2a0858ebac1eab0814c0fb4f60be\""

static struct json *parse(const char *text)
{
	struct json *doc;
	struct err err;

	if (json_parse(str_from(text), &doc, &err) != 0)
		test_die("%s: %s", text, err.text);
	return doc;
}

static const struct {
	const char *name, *json;
	enum err_code fault;
} deliveries[] = {
	{ "foreign", "{" NAMED HELLO "}", ERR_NONE },
	{ "ours", "{" NAMED HELLO "," TWO "," TWO_MD5 "}", ERR_NONE },
	{ "body changed",
	    "{" NAMED "\"Body\":\"hell0\",\"MD5OfBody\":\"5d41402abc4b2a76b9719d911017c592\"}",
	    ERR_CORRUPT },
	{ "body cut by a NUL",
	    "{" NAMED "\"Body\":\"hello\\u0000more\","
	    "\"MD5OfBody\":\"9d83b2bd9fcd5c4a7e29a2bb5a7c1b58\"}",
	    ERR_CORRUPT },
	{ "no MD5", "{" NAMED "\"Body\":\"hello\"}", ERR_CORRUPT },
	{ "no body", "{" NAMED "\"MD5OfBody\":\"5d41402abc4b2a76b9719d911017c592\"}", ERR_CORRUPT },
	{ "empty body",
	    "{" NAMED "\"Body\":\"\",\"MD5OfBody\":\"d41d8cd98f00b204e9800998ecf8427e\"}",
	    ERR_INVALID },
	{ "attributes lost", "{" NAMED HELLO "," TWO_MD5 "}", ERR_CORRUPT },
	{ "attributes without MD5", "{" NAMED HELLO "," TWO "}", ERR_CORRUPT },
	{ "attributes changed", "{" NAMED HELLO ",\"MessageAttributes\":{" OBJECT "}," TWO_MD5 "}",
	    ERR_CORRUPT },
	{ "attribute without a value",
	    "{" NAMED HELLO ",\"MessageAttributes\":{\"object\":{\"DataType\":\"String\"}}," TWO_MD5
	    "}",
	    ERR_CORRUPT },
	{ "object too long",
	    "{" NAMED HELLO ",\"MessageAttributes\":{\"object\":{\"DataType\":\"String\","
	    "\"StringValue\":\"" X_128 "\"}},"
	    "\"MD5OfMessageAttributes\":\"@\"}",
	    ERR_INVALID },
	{ "sha256 too long",
	    "{" NAMED HELLO ",\"MessageAttributes\":{\"sha256\":{\"DataType\":\"String\","
	    "\"StringValue\":\"" X_64 "0\"}},"
	    "\"MD5OfMessageAttributes\":\"@\"}",
	    ERR_INVALID },
	{ "object in binary",
	    "{" NAMED HELLO ",\"MessageAttributes\":{\"object\":{\"DataType\":\"Binary\","
	    "\"BinaryValue\":\"eA==\"}},"
	    "\"MD5OfMessageAttributes\":\"@\"}",
	    ERR_INVALID },
	{ "traceparent too long",
	    "{" NAMED HELLO ",\"MessageAttributes\":{\"traceparent\":{\"DataType\":\"String\","
	    "\"StringValue\":\"" X_64 "\"}},"
	    "\"MD5OfMessageAttributes\":\"@\"}",
	    ERR_NONE },
	{ "records in words",
	    "{" NAMED HELLO ",\"MessageAttributes\":{\"records\":{\"DataType\":\"String\","
	    "\"StringValue\":\"many\"}},"
	    "\"MD5OfMessageAttributes\":\"@\"}",
	    ERR_NONE },
};

/* The row's text, with the right digest of its attributes in place of '@'. */
static struct json *parse_row(const char *text)
{
	struct json *first = parse(text), *doc;
	struct buf out = BUF_INIT(4096);
	char md5[DIGEST_MD5_HEX_SIZE] = "";
	struct str head, tail;
	struct sqs_attributes all;
	struct err err;

	if (sqs_attributes_read(json_get(first, "MessageAttributes"), &all, &err) == 0 &&
	    sqs_attributes_md5(&all, md5, &err) != 0)
		test_die("%s", err.text);
	if (str_cut(str_from(text), '@', &head, &tail))
		buf_addf(&out, "%.*s%s%.*s", STR_ARG(head), md5, STR_ARG(tail));
	else
		buf_adds(&out, text);
	doc = parse(buf_text(&out));
	buf_release(&out);
	json_free(first);
	return doc;
}

static void test_deliveries(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(deliveries); i++) {
		struct json *doc = parse_row(deliveries[i].json);
		struct queue_message m;
		struct sqs_delivery d;
		struct err err;

		test_case = deliveries[i].name;
		queue_message_init(&m);
		CHECK_OK(sqs_delivery_read(doc, &d, &err), &err);
		sqs_delivery_fill(&d, &m);
		CHECK_TEXT(m.id, "m-1");
		CHECK_TEXT(m.receipt, "r-1");
		CHECK_INT(m.fault.code, deliveries[i].fault);
		CHECK_INT(str_contains(str_from(m.fault.text), STR("message 'm-1'")),
		    deliveries[i].fault != ERR_NONE);
		queue_message_release(&m);
		json_free(doc);
	}
}

static void test_fill(void)
{
	static const char text[] = "{" NAMED HELLO "," TWO "," TWO_MD5
				   ",\"Attributes\":{\"SentTimestamp\":\"1795249600123\","
				   "\"ApproximateReceiveCount\":\"3\","
				   "\"DeadLetterQueueSourceArn\":\"arn:aws:sqs:r:1:ops\"}}";
	struct json *doc = parse(text);
	struct queue_message m;
	struct sqs_delivery d;
	struct err err;

	queue_message_init(&m);
	CHECK_OK(sqs_delivery_read(doc, &d, &err), &err);
	CHECK_TEXT(d.source_arn, "arn:aws:sqs:r:1:ops");
	sqs_delivery_fill(&d, &m);
	CHECK_STR(buf_str(&m.body), STR("hello"));
	CHECK_TEXT(m.object, "x");
	CHECK_INT(m.record_count, 7);
	CHECK_INT(m.sent_at_ms, INT64_C(1795249600123));
	CHECK_INT(m.receive_count, 3);
	queue_message_release(&m);
	json_free(doc);
}

/* A body that is over the limit is not held, and is refused. */
static void test_too_large(void)
{
	struct buf out = BUF_INIT(QUEUE_BODY_MAX + 4096);
	char *body = xmalloc(QUEUE_BODY_MAX + 2), md5[DIGEST_MD5_HEX_SIZE];
	struct queue_message m;
	struct sqs_delivery d;
	struct json *doc;
	struct err err;

	memset(body, 'x', QUEUE_BODY_MAX + 1);
	body[QUEUE_BODY_MAX + 1] = '\0';
	digest_md5_hex(str_from(body), md5);
	buf_addf(&out, "{" NAMED "\"MD5OfBody\":\"%s\",\"Body\":\"", md5);
	buf_adds(&out, body);
	buf_adds(&out, "\"}");
	doc = parse(buf_text(&out));
	queue_message_init(&m);
	CHECK_OK(sqs_delivery_read(doc, &d, &err), &err);
	CHECK_INT(d.fault.code, ERR_INVALID);
	sqs_delivery_fill(&d, &m);
	CHECK_INT(m.body.n, 0);
	queue_message_release(&m);
	json_free(doc);
	buf_release(&out);
	free(body);
}

static const char *const nameless[] = {
	"{}",
	"{\"MessageId\":\"\",\"ReceiptHandle\":\"r\"," HELLO "}",
	"{\"MessageId\":\"m\"," HELLO "}",
	"{\"MessageId\":\"m\",\"ReceiptHandle\":\"\"," HELLO "}",
	"{\"MessageId\":7,\"ReceiptHandle\":\"r\"," HELLO "}",
	"{\"MessageId\":\"" X_128 "\",\"ReceiptHandle\":\"r\"," HELLO "}",
	"[]",
	"\"message\"",
};

static void test_nameless(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(nameless); i++) {
		struct json *doc = parse(nameless[i]);
		struct sqs_delivery d;
		struct err err;

		test_case = nameless[i];
		CHECK_ERR(sqs_delivery_read(doc, &d, &err), &err, ERR_CORRUPT);
		json_free(doc);
	}
}

#define HELLO_SENT "\"MD5OfMessageBody\":\"5d41402abc4b2a76b9719d911017c592\""

static const struct {
	const char *name, *json;
	enum err_code result;
} confirmations[] = {
	{ "good", "{" HELLO_SENT "," TWO_MD5 "}", ERR_NONE },
	{ "nothing", "{}", ERR_IO },
	{ "no MD5 of attributes", "{" HELLO_SENT "}", ERR_IO },
	{ "no MD5 of the body", "{" TWO_MD5 "}", ERR_IO },
	{ "another body", "{\"MD5OfMessageBody\":\"00000000000000000000000000000000\"," TWO_MD5 "}",
	    ERR_IO },
	{ "other attributes", "{" HELLO_SENT ",\"MD5OfMessageAttributes\":\"00\"}", ERR_IO },
	{ "a number", "{\"MD5OfMessageBody\":5," TWO_MD5 "}", ERR_IO },
};

static void test_confirmations(void)
{
	struct queue_entry e = { .body = STR("hello"), .object = STR("x"), .record_count = 7 };

	for (size_t i = 0; i < ARRAY_SIZE(confirmations); i++) {
		struct json *doc = parse(confirmations[i].json);
		struct sqs_letter l;

		test_case = confirmations[i].name;
		sqs_letter_of(&e, &l);
		CHECK_INT(l.attributes.count, 2);
		sqs_letter_confirm(&l, doc);
		CHECK_INT(l.result.code, confirmations[i].result);
		json_free(doc);
	}
}

static void test_alphabet(void)
{
	const struct {
		const char *name;
		struct queue_entry entry;
		const char *says; /* NULL: good */
	} rows[] = {
		{ "good", { .body = STR("{\"a\":\"\xc3\xa9\"}\n") }, NULL },
		{ "control character", { .body = STR("ab\x01") }, "body: byte 2 (0x01)" },
		{ "not UTF-8", { .body = STR("abc\xff") }, "body: byte 3 (0xff)" },
		{ "object", { .body = STR("x"), .object = STR("a\nb\x7f\x08") },
		    "attribute object: byte 4 (0x08)" },
		{ "trace", { .body = STR("x"), .traceparent = STR("\xef\xbf\xbf") },
		    "attribute traceparent: byte 0 (0xef)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sqs_letter l;

		test_case = rows[i].name;
		sqs_letter_of(&rows[i].entry, &l);
		sqs_letter_check(&l);
		CHECK_INT(l.result.code, rows[i].says ? ERR_INVALID : ERR_NONE);
		if (rows[i].says)
			CHECK(str_contains(str_from(l.result.text), str_from(rows[i].says)));
		CHECK(sqs_letter_size(&l) <= queue_entry_size(&rows[i].entry));
	}
}

static const struct test tests[] = {
	{ "deliveries", test_deliveries },
	{ "fill", test_fill },
	{ "too_large", test_too_large },
	{ "nameless", test_nameless },
	{ "confirmations", test_confirmations },
	{ "alphabet", test_alphabet },
};

TEST_MAIN(tests)
