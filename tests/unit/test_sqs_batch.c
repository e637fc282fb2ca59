#include "queue_sqs_batch.h"

#include "test.h"

enum { COUNT = 3 };

static struct json *parse(const char *text)
{
	struct json *doc;
	struct err err;

	if (json_parse(str_from(text), &doc, &err) != 0)
		test_die("%s: %s", text, err.text);
	return doc;
}

#define DONE(id)  "{\"Id\":\"" id "\"}"
#define FAIL(id)  "{\"Id\":\"" id "\",\"SenderFault\":true,\"Code\":\"X\"}"
#define OK(list)  "\"Successful\":[" list "]"
#define BAD(list) "\"Failed\":[" list "]"

static const struct {
	const char *name, *json;
	enum sqs_said said[COUNT];
} reads[] = {
	{ "all done", "{" OK(DONE("0") "," DONE("1") "," DONE("2")) "}",
	    { SQS_SAID_DONE, SQS_SAID_DONE, SQS_SAID_DONE } },
	{ "other order", "{" OK(DONE("2") "," DONE("0")) "," BAD(FAIL("1")) "}",
	    { SQS_SAID_DONE, SQS_SAID_FAILED, SQS_SAID_DONE } },
	{ "all failed", "{" BAD(FAIL("0") "," FAIL("1") "," FAIL("2")) "," OK("") "}",
	    { SQS_SAID_FAILED, SQS_SAID_FAILED, SQS_SAID_FAILED } },
	{ "nothing", "{}", { SQS_SAID_NOTHING, SQS_SAID_NOTHING, SQS_SAID_NOTHING } },
	{ "one is missing", "{" OK(DONE("0") "," DONE("2")) "}",
	    { SQS_SAID_DONE, SQS_SAID_NOTHING, SQS_SAID_DONE } },
	{ "twice done", "{" OK(DONE("1") "," DONE("1")) "}",
	    { SQS_SAID_NOTHING, SQS_SAID_TWICE, SQS_SAID_NOTHING } },
	{ "done and failed", "{" OK(DONE("0") "," DONE("1")) "," BAD(FAIL("0")) "}",
	    { SQS_SAID_TWICE, SQS_SAID_DONE, SQS_SAID_NOTHING } },
	{ "three times", "{" OK(DONE("0") "," DONE("0")) "," BAD(FAIL("0")) "}",
	    { SQS_SAID_TWICE, SQS_SAID_NOTHING, SQS_SAID_NOTHING } },
	{ "ids that are none of ours",
	    "{" OK(DONE("3") "," DONE("-1") "," DONE("00") "," DONE("") "," DONE("1")) "}",
	    { SQS_SAID_NOTHING, SQS_SAID_DONE, SQS_SAID_NOTHING } },
	{ "no lists", "{\"Successful\":\"0\",\"Failed\":7}",
	    { SQS_SAID_NOTHING, SQS_SAID_NOTHING, SQS_SAID_NOTHING } },
	{ "no objects", "{\"Successful\":[\"0\",1,null,[]]}",
	    { SQS_SAID_NOTHING, SQS_SAID_NOTHING, SQS_SAID_NOTHING } },
};

static void test_reads(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
		struct json *doc = parse(reads[i].json);
		struct sqs_verdict verdicts[COUNT];

		test_case = reads[i].name;
		sqs_batch_read(doc, COUNT, verdicts);
		for (size_t k = 0; k < COUNT; k++)
			CHECK_INT(verdicts[k].said, reads[i].said[k]);
		json_free(doc);
	}
}

static const struct {
	const char *entry;
	enum err_code result, lease;
} failures[] = {
	{ "\"SenderFault\":true,\"Code\":\"InvalidMessageContents\"", ERR_INVALID, ERR_INVALID },
	{ "\"SenderFault\":true,\"Code\":\"InvalidParameterValue\"", ERR_INVALID, ERR_CONFLICT },
	{ "\"SenderFault\":true,\"Code\":\"ReceiptHandleIsInvalid\"", ERR_INVALID, ERR_CONFLICT },
	{ "\"SenderFault\":true,\"Code\":\"MessageNotInflight\"", ERR_INVALID, ERR_CONFLICT },
	{ "\"SenderFault\":true,\"Code\":\"AWS.SimpleQueueService.MessageNotInflight\"",
	    ERR_INVALID, ERR_CONFLICT },
	{ "\"SenderFault\":false,\"Code\":\"InternalError\"", ERR_BUSY, ERR_BUSY },
	{ "\"SenderFault\":false,\"Code\":\"SomethingNew\"", ERR_BUSY, ERR_BUSY },
	{ "\"SenderFault\":true,\"Code\":\"SomethingNew\"", ERR_INVALID, ERR_INVALID },
	{ "\"SenderFault\":true,\"Code\":\"RequestThrottled\"", ERR_BUSY, ERR_BUSY },
	{ "\"SenderFault\":true,\"Code\":\"KmsThrottled\"", ERR_BUSY, ERR_BUSY },
	{ "\"SenderFault\":true,\"Code\":\"KmsDisabled\"", ERR_DENIED, ERR_DENIED },
	{ "\"SenderFault\":true,\"Code\":\"AccessDenied\"", ERR_DENIED, ERR_DENIED },
	{ "\"Code\":\"NoFaultIsTold\"", ERR_BUSY, ERR_BUSY },
	{ "\"SenderFault\":true", ERR_INVALID, ERR_INVALID },
	{ "\"SenderFault\":\"true\",\"Code\":7", ERR_BUSY, ERR_BUSY },
};

static void test_codes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		struct buf text = BUF_INIT(512);
		struct sqs_verdict v;
		struct json *doc;
		struct err result = { 0 }, lease = { 0 };

		test_case = failures[i].entry;
		buf_addf(&text, "{\"Failed\":[{\"Id\":\"0\",%s,\"Message\":\"why\"}]}",
		    failures[i].entry);
		doc = parse(buf_text(&text));
		sqs_batch_read(doc, 1, &v);
		sqs_verdict_result(&v, &result);
		sqs_verdict_lease(&v, &lease);
		CHECK_INT(result.code, failures[i].result);
		CHECK_INT(lease.code, failures[i].lease);
		CHECK(str_has_suffix(str_from(result.text), STR(": why")));
		json_free(doc);
		buf_release(&text);
	}
}

static void test_unknown(void)
{
	static const enum sqs_said unknown[] = { SQS_SAID_NOTHING, SQS_SAID_TWICE };
	struct sqs_verdict v = { .said = SQS_SAID_DONE };
	struct err err = { .code = ERR_BUSY, .text = "before" };

	sqs_verdict_result(&v, &err);
	CHECK_INT(err.code, ERR_NONE);
	CHECK_TEXT(err.text, "");
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		v.said = unknown[i];
		sqs_verdict_result(&v, &err);
		CHECK_INT(err.code, ERR_IO);
		sqs_verdict_lease(&v, &err);
		CHECK_INT(err.code, ERR_IO);
	}
}

static const struct test tests[] = {
	{ "reads", test_reads },
	{ "codes", test_codes },
	{ "unknown", test_unknown },
};

TEST_MAIN(tests)
