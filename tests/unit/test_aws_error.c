/* aws_error.c: what services say when they refuse, in every format, and what people read then. */
#include "aws_core.h"
#include "test.h"

static const struct {
	const char *name, *headers, *body;
	const char *code, *message, *region, *request_id;
} answers[] = {
	{ "JSON 1.0", "x-amzn-RequestId: r-1\r\n",
	    "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"no such queue\"}",
	    "QueueDoesNotExist", "no such queue", "", "r-1" },
	{ "JSON 1.1", "", "{\"__type\":\"ParameterNotFound\"}", "ParameterNotFound", "", "", "" },
	{ "JSON, capital Message", "", "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}",
	    "AccessDeniedException", "no", "", "" },
	{ "JSON, code and URL", "",
	    "{\"code\":\"a.b#ThrottlingException:http://internal.amazon.com/coral/\"}",
	    "ThrottlingException", "", "", "" },
	{ "JSON, type in a header",
	    "x-amzn-errortype: ValidationException:http://x/\r\nX-Amzn-Requestid: r-2\r\n",
	    "{\"message\":\"bad\"}", "ValidationException", "bad", "", "r-2" },
	{ "JSON, code in the query header",
	    "x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender\r\n", "{}",
	    "AWS.SimpleQueueService.NonExistentQueue", "", "", "" },
	{ "JSON, body before header", "x-amzn-query-error: Old;Sender\r\n",
	    "{\"__type\":\"a#New\"}", "New", "", "", "" },
	{ "JSON, numbers where texts belong", "", "{\"__type\":7,\"message\":[]}", "", "", "", "" },
	{ "JSON, torn", "x-amzn-errortype: Torn\r\n", "{\"__type\":\"Thr", "Torn", "", "", "" },

	{ "Query", "",
	    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>"
	    "<Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The token</Message>"
	    "</Error><RequestId>r-3</RequestId></ErrorResponse>",
	    "InvalidClientTokenId", "The token", "", "r-3" },
	{ "Query of EC2's kind", "",
	    "<Response><Errors><Error><Code>AuthFailure</Code><Message>no</Message></Error>"
	    "</Errors><RequestID>x</RequestID></Response>",
	    "AuthFailure", "no", "", "" },
	{ "S3", "x-amz-request-id: r-4\r\n",
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code>"
	    "<Message>The specified key does not exist.</Message><Key>a</Key>"
	    "<RequestId>r-body</RequestId><HostId>h</HostId></Error>",
	    "NoSuchKey", "The specified key does not exist.", "", "r-4" },
	{ "S3, region in the header", "x-amz-bucket-region: eu-west-1\r\n",
	    "<Error><Code>PermanentRedirect</Code><Endpoint>x.y</Endpoint></Error>",
	    "PermanentRedirect", "", "eu-west-1", "" },
	{ "S3, region in the body", "",
	    "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'us-east-1' is "
	    "wrong</Message><Region>eu-west-1</Region></Error>",
	    "AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong", "eu-west-1", "" },
	{ "a region that is none", "x-amz-bucket-region: evil.example/\r\n", "", "", "", "", "" },
	{ "S3 HEAD", "x-amz-request-id: r-5\r\n", "", "", "", "", "r-5" },
	{ "XML from a JSON service", "", "\n <Error><Code>ExpiredToken</Code></Error>",
	    "ExpiredToken", "", "", "" },
	{ "XML bomb", "",
	    "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><Error><Code>&b;</Code><Message>&b;</Message>"
	    "</Error>",
	    "", "", "", "" },

	{ "a proxy's page", "", "<html><head><title>502 Bad Gateway</title></head>", "", "", "",
	    "" },
	{ "plain text", "", "upstream connect error", "", "", "", "" },
	{ "nothing", "", "", "", "", "", "" },
	{ "an id for terminals", "x-amzn-requestid: \033[31mr\r\n", "", "", "", "", "" },
	{ "an empty document", "", "<Error/>", "", "", "", "" },
	{ "a list", "", "[\"__type\"]", "", "", "", "" },

	{ "a code that is a sentence", "", "{\"__type\":\"no such queue\"}", "", "", "", "" },
	{ "a code with markup", "", "{\"__type\":\"<b>\\u001b[31m\"}", "", "", "", "" },
	{ "a message of many lines", "",
	    "{\"__type\":\"InvalidSignatureException\",\"message\":\"The signature does not match."
	    "\\n\\nThe Canonical String should have been\\n'POST\\nx-amz-security-token:abc'\"}",
	    "InvalidSignatureException", "The signature does not match.", "", "" },
	{ "a message that quotes the secret key", "",
	    "{\"__type\":\"X\",\"message\":\"bad key wJalrXUtnFEMI\"}", "X", "[redacted]", "", "" },
	{ "a message that quotes the token", "",
	    "<Error><Code>InvalidToken</Code><Message>IQoJb3JpZ2lu is bad</Message></Error>",
	    "InvalidToken", "[redacted]", "", "" },
	{ "a message that quotes the value", "",
	    "{\"__type\":\"ValidationException\",\"message\":\"Value 'hunter2' at 'value'\"}",
	    "ValidationException", "[redacted]", "", "" },
};

static const struct str secrets[] = {
	{ "wJalrXUtnFEMI", 13 },
	{ "IQoJb3JpZ2lu", 12 },
	{ "hunter2", 7 },
	{ NULL, 0 },
};

static void response_of(struct http_response *r, const char *headers, const char *body)
{
	http_response_init(r, 1024 * 1024);
	buf_addf(&r->headers, "HTTP/1.1 400 Bad\r\n%s\r\n", headers);
	buf_adds(&r->body, body);
}

static void test_answers(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct http_response r;
		struct aws_error e;

		test_case = answers[i].name;
		response_of(&r, answers[i].headers, answers[i].body);
		aws_error_read(&r, secrets, ARRAY_SIZE(secrets), &e);
		CHECK_TEXT(e.code, answers[i].code);
		CHECK_TEXT(e.message, answers[i].message);
		CHECK_TEXT(e.region, answers[i].region);
		CHECK_TEXT(e.request_id, answers[i].request_id);
		http_response_release(&r);
	}
}

/* Fields longer than their places, and a secret that would be cut in two. */
static void test_limits(void)
{
	struct buf body = BUF_INIT(8192);
	struct http_response r;
	struct aws_error e;

	buf_adds(&body, "{\"__type\":\"");
	for (int i = 0; i < AWS_CODE_SIZE; i++)
		buf_addc(&body, 'C');
	buf_adds(&body, "\",\"message\":\"");
	for (int i = 0; i < AWS_MESSAGE_SIZE - 5; i++)
		buf_addc(&body, 'm');
	buf_adds(&body, "\"}");
	response_of(&r, "", buf_text(&body));
	aws_error_read(&r, NULL, 0, &e);
	CHECK_TEXT(e.code, "");
	CHECK_INT(strlen(e.message), AWS_MESSAGE_SIZE - 5);
	http_response_release(&r);

	buf_truncate(&body, body.n - 2);
	buf_adds(&body, "hunter2 and more\"}");
	response_of(&r, "", buf_text(&body));
	aws_error_read(&r, NULL, 0, &e);
	CHECK_INT(strlen(e.message), AWS_MESSAGE_SIZE - 1);
	aws_error_read(&r, secrets, ARRAY_SIZE(secrets), &e);
	CHECK_TEXT(e.message, "[redacted]");
	http_response_release(&r);
	buf_release(&body);
}

static const struct {
	const char *body;
	bool want;
} documents[] = {
	{ "<Error><Code>InternalError</Code></Error>", true },
	{ "<?xml version=\"1.0\"?>\n<Error><Code>SlowDown</Code></Error>", true },
	{ "<ErrorResponse><Error/></ErrorResponse>", true },
	{ "<ListBucketResult><Error/></ListBucketResult>", false },
	{ "<Error><Code>torn", false },
	{ "{\"Error\":1}", false },
	{ "", false },
};

static void test_documents(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		test_case = documents[i].body;
		CHECK_INT(aws_error_is_document(str_from(documents[i].body)), documents[i].want);
	}
}

/* ---- codes ---- */

static const struct {
	int status;
	const char *code;
	enum err_code want;
} codes[] = {
	{ 400, "ExpiredToken", ERR_CREDENTIALS },
	{ 400, "ExpiredTokenException", ERR_CREDENTIALS },
	{ 403, "InvalidClientTokenId", ERR_CREDENTIALS },
	{ 400, "UnrecognizedClientException", ERR_CREDENTIALS },
	{ 403, "InvalidAccessKeyId", ERR_CREDENTIALS },
	{ 403, "SignatureDoesNotMatch", ERR_CREDENTIALS },
	{ 400, "InvalidSignatureException", ERR_CREDENTIALS },
	{ 403, "RequestTimeTooSkewed", ERR_CREDENTIALS },
	{ 400, "IncompleteSignature", ERR_CREDENTIALS },
	{ 403, "MissingAuthenticationToken", ERR_CREDENTIALS },
	{ 401, "", ERR_CREDENTIALS },
	{ 403, "AccessDenied", ERR_DENIED },
	{ 400, "AccessDeniedException", ERR_DENIED },
	{ 400, "KmsAccessDenied", ERR_DENIED },
	{ 403, "OptInRequired", ERR_DENIED },
	{ 403, "", ERR_DENIED },
	{ 400, "QueueDoesNotExist", ERR_NOTFOUND },
	{ 400, "AWS.SimpleQueueService.NonExistentQueue", ERR_NOTFOUND },
	{ 400, "ParameterNotFound", ERR_NOTFOUND },
	{ 400, "ResourceNotFoundException", ERR_NOTFOUND },
	{ 404, "NoSuchKey", ERR_NOTFOUND },
	{ 404, "NoSuchBucket", ERR_NOTFOUND },
	{ 404, "", ERR_NOTFOUND },
	{ 412, "PreconditionFailed", ERR_CONFLICT },
	{ 409, "ConditionalRequestConflict", ERR_CONFLICT },
	{ 400, "HierarchyTypeMismatchException", ERR_CONFLICT },
	{ 400, "ParameterAlreadyExists", ERR_CONFLICT },
	{ 412, "", ERR_CONFLICT },
	{ 400, "ThrottlingException", ERR_BUSY },
	{ 403, "RequestThrottled", ERR_BUSY },
	{ 503, "SlowDown", ERR_BUSY },
	{ 403, "OverLimit", ERR_BUSY },
	{ 400, "RequestTimeout", ERR_BUSY },
	{ 400, "IDPCommunicationError", ERR_BUSY },
	{ 429, "", ERR_BUSY },
	{ 500, "InternalError", ERR_BUSY },
	{ 500, "", ERR_BUSY },
	{ 503, "", ERR_BUSY },
	{ 301, "PermanentRedirect", ERR_CONFIG },
	{ 307, "TemporaryRedirect", ERR_CONFIG },
	{ 400, "AuthorizationHeaderMalformed", ERR_CONFIG },
	{ 301, "", ERR_CONFIG },
	{ 400, "ValidationException", ERR_INVALID },
	{ 400, "InvalidMessageContents", ERR_INVALID },
	{ 413, "", ERR_INVALID },
	{ 400, "", ERR_INVALID },
	{ 304, "", ERR_CORRUPT },
	{ 600, "", ERR_CORRUPT },
	{ 100, "", ERR_CORRUPT },
};

static void test_codes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		char name[128];

		snprintf(name, sizeof(name), "%d %s", codes[i].status, codes[i].code);
		test_case = name;
		CHECK_TEXT(err_name(aws_error_code(codes[i].status, str_from(codes[i].code))),
		    err_name(codes[i].want));
	}
	test_case = "";
}

/* ---- texts ---- */

#define K_32     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define LONG_KEY K_32 K_32 K_32

static const struct {
	const char *name;
	enum aws_op op;
	const char *resource, *bucket, *key;
	int status;
	struct aws_error error;
	const char *want;
} texts[] = {
	{ "who, what and on what", SQS_SEND_MESSAGE_BATCH, "ops", "", "", 403,
	    { .code = "AccessDenied",
		.message = "User: arn:aws:sts::1:assumed-role/api/x is not authorized to perform: "
			   "sqs:sendmessage on resource: arn:aws:sqs:eu-west-1:1:ops because no "
			   "identity-based policy allows the sqs:sendmessage action" },
	    "sqs SendMessageBatch on queue 'ops': AccessDenied: arn:aws:sts::1:assumed-role/api/x "
	    "may not sqs:sendmessage on arn:aws:sqs:eu-west-1:1:ops: no identity-based policy "
	    "allows the sqs:sendmessage action" },
	{ "the action from the row", S3_HEAD_OBJECT, NULL, "b", "a/b", 403,
	    { .code = "AccessDenied", .message = "Access Denied" },
	    "s3 HeadObject on key 'a/b': AccessDenied: the caller may not s3:GetObject: Access "
	    "Denied" },
	{ "denied without a word", S3_HEAD_BUCKET, NULL, "b", "", 403, { .code = "" },
	    "s3 HeadBucket on bucket 'b': HTTP 403: the caller may not s3:ListBucket, or is not known" },
	{ "another's permission is missing", SSM_GET_PARAMETER, "/t", "", "", 400,
	    { .code = "AccessDeniedException",
		.message = "User: arn:u is not authorized to perform: kms:Decrypt on resource: "
			   "arn:k" },
	    "ssm GetParameter on parameter '/t': AccessDeniedException: arn:u may not kms:Decrypt "
	    "on arn:k" },
	{ "not found", SQS_RECEIVE_MESSAGE, "x", "", "", 400,
	    { .code = "QueueDoesNotExist", .message = "no such queue" },
	    "sqs ReceiveMessage on queue 'x': QueueDoesNotExist: no such queue" },
	{ "no body", S3_HEAD_OBJECT, NULL, "b", "k", 404, { .code = "" },
	    "s3 HeadObject on key 'k': HTTP 404" },
	{ "failed without a word", SSM_GET_PARAMETER, "/t", "", "", 500, { .code = "" },
	    "ssm GetParameter on parameter '/t': HTTP 500 and no more, from https://e:1" },
	{ "credentials", STS_GET_CALLER_IDENTITY, NULL, "", "", 403,
	    { .code = "ExpiredToken", .message = "it is expired" },
	    "sts GetCallerIdentity: ExpiredToken: it is expired (credentials of: profile x)" },
	{ "credentials without a word", STS_GET_CALLER_IDENTITY, NULL, "", "", 401, { .code = "" },
	    "sts GetCallerIdentity: HTTP 401 (credentials of: profile x)" },
	{ "another region", S3_PUT_OBJECT, NULL, "b", "k", 301,
	    { .code = "PermanentRedirect", .message = "use the endpoint", .region = "eu-west-1" },
	    "s3 PutObject on key 'k': PermanentRedirect: bucket 'b' is in eu-west-1, not in "
	    "us-east-1" },
	{ "another region, HEAD", S3_HEAD_OBJECT, NULL, "b", "k", 400,
	    { .code = "", .region = "eu-west-1" },
	    "s3 HeadObject on key 'k': HTTP 400: bucket 'b' is in eu-west-1, not in us-east-1" },
	{ "the same region, HEAD", S3_HEAD_OBJECT, NULL, "b", "k", 400,
	    { .code = "", .region = "us-east-1" }, "s3 HeadObject on key 'k': HTTP 400" },
	{ "a long key", S3_PUT_OBJECT, NULL, "b", LONG_KEY "k", 500,
	    { .code = "InternalError", .message = "try again" },
	    "s3 PutObject on key '" LONG_KEY "...': InternalError: try again" },
};

static void test_texts(void)
{
	const struct creds creds = { .provider = "profile x", .renew = "" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct aws_request r = { .op = texts[i].op,
			.resource = texts[i].resource,
			.bucket = str_from(texts[i].bucket),
			.key = str_from(texts[i].key) };
		struct aws_exchange x = { .request = &r,
			.op = &aws_operations[r.op],
			.region = "us-east-1",
			.endpoint = { .url = "https://e:1" },
			.creds = &creds };
		struct err err = { 0 };

		test_case = texts[i].name;
		x.service = &aws_services[x.op->service];
		CHECK_INT(aws_error_set(&x, &texts[i].error, texts[i].status, &err), -1);
		CHECK_TEXT(err.text, texts[i].want);
	}
}

static void test_text_names_renewal(void)
{
	const struct creds creds = { .provider = "profile x: sso",
		.session_token = "",
		.renew = "aws sso login --profile x" };
	const struct aws_request r = { .op = STS_GET_CALLER_IDENTITY };
	const struct aws_exchange x = { .request = &r,
		.op = &aws_operations[r.op],
		.service = &aws_services[AWS_STS],
		.region = "us-east-1",
		.creds = &creds };
	struct err err = { 0 };

	CHECK_INT(aws_error_set(&x, &(struct aws_error){ .code = "ExpiredToken" }, 400, &err), -1);
	CHECK_TEXT(err.text,
	    "sts GetCallerIdentity: ExpiredToken (credentials of: profile x: sso; renew with: aws "
	    "sso login --profile x)");
}

static const struct test tests[] = {
	{ "answers", test_answers },
	{ "limits", test_limits },
	{ "documents", test_documents },
	{ "codes", test_codes },
	{ "texts", test_texts },
	{ "text names renewal", test_text_names_renewal },
};

TEST_MAIN(tests)
