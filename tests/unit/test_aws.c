/* What aws.h makes of answers, and what it tells. */
#include "aws_peer.h"

/* ---- answers ---- */

enum wanted { RAW, JSON, XML };

static const struct {
	const char *name;
	enum wanted wanted;
	enum aws_op op;
	int status;
	const char *headers, *body;
	enum err_code want;
	const char *want_code, *want_text;
	unsigned want_attempts;
} answers[] = {
	{ "JSON", JSON, SQS_GET_QUEUE_ATTRIBUTES, 200, "", "{\"Attributes\":{}}", ERR_NONE, "", "",
	    1 },
	{ "JSON, empty", JSON, SQS_PURGE_QUEUE, 200, "", "", ERR_NONE, "", "", 1 },
	{ "JSON, a list", JSON, SQS_PURGE_QUEUE, 200, "", "[]", ERR_CORRUPT, "",
	    "sqs PurgeQueue on queue 'ops': HTTP 200: the answer is not a JSON object", 3 },
	{ "JSON, a page instead", JSON, SQS_PURGE_QUEUE, 200, "", "<html></html>", ERR_CORRUPT, "",
	    "sqs PurgeQueue on queue 'ops': HTTP 200: the answer is not a JSON object", 3 },
	{ "XML", XML, STS_GET_CALLER_IDENTITY, 200, "", "<a/>", ERR_NONE, "", "", 1 },
	{ "XML, torn", XML, STS_GET_CALLER_IDENTITY, 200, "", "<a>", ERR_CORRUPT, "", NULL, 3 },
	{ "XML, empty", XML, S3_LIST_OBJECTS_V2, 200, "", "", ERR_CORRUPT, "", NULL, 3 },
	{ "XML, a bomb", XML, S3_LIST_OBJECTS_V2, 200, "", "<!DOCTYPE a [<!ENTITY b \"b\">]><a/>",
	    ERR_CORRUPT, "", NULL, 3 },
	{ "an error with status 200", XML, S3_LIST_OBJECTS_V2, 200, "",
	    "<Error><Code>InternalError</Code><Message>try again</Message></Error>", ERR_BUSY,
	    "InternalError", "s3 ListObjectsV2 on bucket 'ops': InternalError: try again", 3 },
	{ "an error with status 200, unread", RAW, S3_PUT_OBJECT, 200, "",
	    "<Error><Code>SlowDown</Code></Error>", ERR_BUSY, "SlowDown", NULL, 3 },
	{ "an object that looks like an error", RAW, S3_GET_OBJECT, 200, "",
	    "<Error><Code>SlowDown</Code></Error>", ERR_NONE, "", "", 1 },
	{ "an error of S3", RAW, S3_GET_OBJECT, 404, "x-amz-request-id: r-1\r\n",
	    "<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>", ERR_NOTFOUND,
	    "NoSuchKey", "s3 GetObject on key 'ops': NoSuchKey: gone", 1 },
	{ "a precondition", RAW, S3_PUT_OBJECT, 412, "",
	    "<Error><Code>PreconditionFailed</Code></Error>", ERR_CONFLICT, "PreconditionFailed",
	    "s3 PutObject on key 'ops': PreconditionFailed", 1 },
	{ "HEAD without a body", RAW, S3_HEAD_OBJECT, 403, "", "", ERR_DENIED, "",
	    "s3 HeadObject on key 'ops': HTTP 403: the caller may not s3:GetObject, or is not known",
	    1 },
	{ "not found", JSON, SSM_GET_PARAMETER, 400, "", "{\"__type\":\"ParameterNotFound\"}",
	    ERR_NOTFOUND, "ParameterNotFound",
	    "ssm GetParameter on parameter 'ops': ParameterNotFound", 1 },
	{ "invalid", JSON, SQS_SEND_MESSAGE_BATCH, 400, "",
	    "{\"__type\":\"com.amazonaws.sqs#BatchEntryIdsNotDistinct\",\"message\":\"twice\"}",
	    ERR_INVALID, "BatchEntryIdsNotDistinct",
	    "sqs SendMessageBatch on queue 'ops': BatchEntryIdsNotDistinct: twice", 1 },
	{ "throttled to the end", JSON, SQS_SEND_MESSAGE_BATCH, 400, "",
	    "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}", ERR_BUSY,
	    "ThrottlingException",
	    "sqs SendMessageBatch on queue 'ops': ThrottlingException: Rate exceeded", 3 },
	{ "a proxy's page", JSON, SQS_SEND_MESSAGE_BATCH, 502, "Content-Type: text/html\r\n",
	    "<html>Bad Gateway</html>", ERR_BUSY, "", NULL, 3 },
	{ "another region", XML, S3_LIST_OBJECTS_V2, 301,
	    "x-amz-bucket-region: us-west-2\r\nLocation: http://127.0.0.1:1/\r\n",
	    "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>", ERR_CONFIG,
	    "PermanentRedirect",
	    "s3 ListObjectsV2 on bucket 'ops': PermanentRedirect: bucket 'ops' is in us-west-2, "
	    "not in eu-west-1",
	    1 },
	{ "expired for good", JSON, SQS_PURGE_QUEUE, 403, "",
	    "{\"__type\":\"ExpiredTokenException\",\"message\":\"is expired\"}", ERR_CREDENTIALS,
	    "ExpiredTokenException", NULL, 1 },
};

static size_t answer_index;

static bool answer_row(struct str request, unsigned number, struct buf *answer)
{
	(void)number;
	web_answer(answer, answers[answer_index].status, answers[answer_index].headers,
	    str_is(web_method(request), "HEAD") ? STR_NONE : str_from(answers[answer_index].body));
	return true;
}

static int call_wanted(struct aws *a, const struct aws_request *r, enum wanted wanted,
    struct aws_answer *answer, struct err *err)
{
	struct json *json = NULL;
	struct xml *xml = NULL;
	int rc;

	if (wanted == RAW)
		return aws_call(a, r, answer, err);
	rc = wanted == JSON ? aws_call_json(a, r, answer, &json, err)
			    : aws_call_xml(a, r, answer, &xml, err);
	CHECK_INT(rc == 0, json || xml);
	json_free(json);
	xml_free(xml);
	return rc;
}

static void test_answers(void)
{
	struct aws *a = peer_client();
	struct aws_answer answer;

	aws_answer_init(&answer); /* one for all: what stood in it before must not show */
	peer_handle(answer_row);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct aws_request r = { .op = answers[i].op,
			.resource = "ops",
			.bucket = STR("ops"),
			.key = STR("k") };
		struct err err = { 0 };
		int rc;

		test_case = answers[i].name;
		answer_index = i;
		rc = call_wanted(a, &r, answers[i].wanted, &answer, &err);
		CHECK_TEXT(err_name(rc == 0 ? ERR_NONE : err.code), err_name(answers[i].want));
		CHECK_INT(answer.status, answers[i].status);
		CHECK_TEXT(answer.code, answers[i].want_code);
		CHECK_INT(answer.attempts, answers[i].want_attempts);
		if (answers[i].want_text && rc != 0)
			CHECK_TEXT(err.text, answers[i].want_text);
		CHECK_TEXT(answer.bucket_region,
		    strstr(answers[i].headers, "us-west-2") ? "us-west-2" : "");
		CHECK_TEXT(answer.request_id, strstr(answers[i].headers, "r-1") ? "r-1" : "");
	}
	aws_answer_release(&answer);
	aws_close(a);
}

/* ---- who, where, how many ---- */

static bool answer_identity(struct str request, unsigned number, struct buf *answer)
{
	(void)request;
	(void)number;
	web_answer(answer, 200, "",
	    STR("<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
		"<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/x</Arn>"
		"<UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
		"</GetCallerIdentityResponse>"));
	return true;
}

static void test_identity(void)
{
	struct aws *a = peer_client();
	struct aws_identity who;
	struct err err = { 0 };

	peer_handle(answer_identity);
	CHECK_OK(aws_identity(a, &who, &err), &err);
	CHECK_TEXT(who.account, "123456789012");
	CHECK_TEXT(who.arn, "arn:aws:iam::123456789012:user/x");
	CHECK(who.provider[0] != '\0');
	CHECK_INT(who.expires_at, 0);

	peer_handle(peer_answer_nothing);
	CHECK_ERR(aws_identity(a, &who, &err), &err, ERR_CORRUPT);
	aws_close(a);
}

static void test_region_and_counts(void)
{
	struct aws *a = peer_client_with((struct aws_options){ .region = "ap-southeast-2" });
	struct aws_request r = { .op = SQS_PURGE_QUEUE };
	struct aws_counts counts;
	const char *region = NULL;
	bool is_real = true;
	struct err err = { 0 };

	CHECK_OK(aws_region(a, &region, &err), &err);
	CHECK_TEXT(region, "ap-southeast-2");
	CHECK_OK(aws_is_real(a, AWS_SQS, &is_real, &err), &err);
	CHECK(!is_real);

	peer_handle(peer_answer_nothing);
	CHECK_OK(aws_call(a, &r, NULL, &err), &err);
	CHECK(str_contains(peer_header("Authorization"), STR("/ap-southeast-2/sqs/")));
	r.region = "eu-north-1";
	CHECK_OK(aws_call(a, &r, NULL, &err), &err);
	CHECK(str_contains(peer_header("Authorization"), STR("/eu-north-1/sqs/")));
	aws_counts(a, AWS_SQS, &counts);
	CHECK_INT(counts.calls, 2);
	CHECK_INT(counts.retries, 0);
	aws_counts(a, AWS_S3, &counts);
	CHECK_INT(counts.calls, 0);
	aws_close(a);
}

/* What is wrong with the set-up is said by every call until it is right. */
static void test_no_region(void)
{
	struct aws *a = peer_client();
	struct aws_request r = { .op = SQS_PURGE_QUEUE };
	struct err err = { 0 };

	unsetenv("AWS_REGION");
	for (int i = 0; i < 2; i++)
		CHECK_ERR(aws_call(a, &r, NULL, &err), &err, ERR_CONFIG);
	CHECK(str_contains(str_from(err.text), STR("AWS_REGION")));
	setenv("AWS_REGION", "eu-west-1", 1);
	peer_handle(peer_answer_nothing);
	CHECK_OK(aws_call(a, &r, NULL, &err), &err);
	aws_close(a);
}

/* The provider's words stand alone: they end in what to do, and there is room for them. */
static void test_no_credentials(void)
{
	struct aws *a = peer_client();
	struct aws_request r = { .op = SQS_PURGE_QUEUE };
	struct aws_answer answer;
	struct err err = { 0 };

	aws_answer_init(&answer);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	unsetenv("AWS_SESSION_TOKEN");
	peer_handle(peer_answer_nothing);
	CHECK_ERR(aws_call(a, &r, &answer, &err), &err, ERR_CREDENTIALS);
	CHECK(!str_contains(str_from(err.text), STR("PurgeQueue")));
	CHECK_INT(answer.status, 0);
	CHECK_INT(answer.attempts, 0);
	CHECK_INT(peer_requests(), 0);
	aws_answer_release(&answer);
	aws_close(a);
	peer_environment();
}

static const struct {
	const char *name, *app_id;
	const char *want; /* at the end */
} agents[] = {
	{ "none", "", "cfg/retry-mode#standard" },
	{ "an id", "team-a", "cfg/retry-mode#standard app/team-a" },
	{ "blanks", "team a", "cfg/retry-mode#standard" },
	{ "50 characters", "12345678901234567890123456789012345678901234567890",
	    "app/12345678901234567890123456789012345678901234567890" },
	{ "51 characters", "123456789012345678901234567890123456789012345678901",
	    "cfg/retry-mode#standard" },
};

static void test_user_agent(void)
{
	peer_handle(peer_answer_nothing);
	for (size_t i = 0; i < ARRAY_SIZE(agents); i++) {
		struct aws *a = peer_client();
		struct aws_request r = { .op = SQS_PURGE_QUEUE };
		struct err err = { 0 };

		test_case = agents[i].name;
		setenv("AWS_SDK_UA_APP_ID", agents[i].app_id, 1);
		CHECK_OK(aws_call(a, &r, NULL, &err), &err);
		CHECK(str_has_suffix(peer_header("User-Agent"), str_from(agents[i].want)));
		aws_close(a);
	}
	unsetenv("AWS_SDK_UA_APP_ID");
}

static const struct test tests[] = {
	{ "answers", test_answers },
	{ "identity", test_identity },
	{ "region and counts", test_region_and_counts },
	{ "no region", test_no_region },
	{ "user agent", test_user_agent },
	{ "no credentials", test_no_credentials },
};

PEER_MAIN(tests)
