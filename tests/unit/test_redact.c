/* redact.c: what must not be seen, by name and by value, in every way in which it may be written. */
#include "redact.h"

#include "test.h"

static const struct {
	const char *name, *in, *want;
} headers[] = {
	{ "plain", "Host: sqs.eu-west-1.amazonaws.com", "Host: sqs.eu-west-1.amazonaws.com" },
	{ "authorization", "Authorization: AWS4-HMAC-SHA256 Credential=A, Signature=f00",
	    "Authorization: [redacted]" },
	{ "without case", "x-amz-SECURITY-token: abc", "x-amz-SECURITY-token: [redacted]" },
	{ "metadata token", "X-aws-ec2-metadata-token: abc",
	    "X-aws-ec2-metadata-token: [redacted]" },
	{ "sso", "x-amz-sso_bearer_token: abc", "x-amz-sso_bearer_token: [redacted]" },
	{ "cookie", "Set-Cookie: a=b", "Set-Cookie: [redacted]" },
	{ "key of a customer", "x-amz-server-side-encryption-customer-key: abc",
	    "x-amz-server-side-encryption-customer-key: [redacted]" },
	{ "empty", "Authorization:", "Authorization: [redacted]" },
	{ "presigned URL", "Location: https://h/k?X-Amz-Signature=f00&x=1",
	    "Location: https://h/k?X-Amz-Signature=[redacted]&x=1" },
	{ "by value", "x-amz-meta-note: hunter2 and more", "x-amz-meta-note: [redacted] and more" },
	{ "not a header", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK" },
	{ "control characters", "X: a\033[1mb\177", "X: a.[1mb." },
	{ "nothing", "", "" },
};

static const struct str secrets[] = { { "hunter2", 7 }, { "", 0 }, { "a \"\\/\n&+\xc3\xa9z", 11 },
	{ "\xf0\x9f\x98\x80key", 7 }, { "}to", 3 } };

static void test_headers(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		struct buf out = BUF_INIT(1024);

		test_case = headers[i].name;
		redact_header(&out, str_from(headers[i].in), secrets, ARRAY_SIZE(secrets));
		CHECK_TEXT(buf_text(&out), headers[i].want);
		buf_release(&out);
	}
}

static const struct {
	const char *name, *in, *want;
} bodies[] = {
	{ "nothing", "", "" },
	/* JSON */
	{ "member", "{\"SecretString\":\"abc\",\"Name\":\"x\"}",
	    "{\"SecretString\":\"[redacted]\",\"Name\":\"x\"}" },
	{ "blanks", "{ \"token\" :\t\"abc\" }", "{ \"token\" :.\"[redacted]\" }" },
	{ "value of SSM", "{\"Parameter\":{\"Type\":\"SecureString\",\"Value\":\"abc\"}}",
	    "{\"Parameter\":{\"Type\":\"SecureString\",\"Value\":\"[redacted]\"}}" },
	{ "quote inside", "{\"Password\":\"a\\\"b\",\"x\":1}",
	    "{\"Password\":\"[redacted]\",\"x\":1}" },
	{ "backslash at the end", "{\"Password\":\"ab\\\\\",\"x\":1}",
	    "{\"Password\":\"[redacted]\",\"x\":1}" },
	{ "number", "{\"token\":123,\"x\":1}", "{\"token\":[redacted],\"x\":1}" },
	{ "array", "{\"tokens\":[\"a]\",[\"b\"]],\"x\":1}", "{\"tokens\":[redacted],\"x\":1}" },
	{ "object", "{\"secrets\":{\"a\":\"}\\\"\"},\"x\":1}", "{\"secrets\":[redacted],\"x\":1}" },
	{ "JSON in JSON", "{\"Body\":\"{\\\"token\\\":\\\"a\\\\\\\"b\\\",\\\"x\\\":1}\"}",
	    "{\"Body\":\"{\\\"token\\\":\\\"[redacted]\\\",\\\"x\\\":1}\"}" },
	{ "empty value", "{\"token\":\"\",\"x\":1}", "{\"token\":\"\",\"x\":1}" },
	{ "page token", "{\"NextToken\":\"abc\"}", "{\"NextToken\":\"abc\"}" },
	{ "page of S3", "https://h/b?continuation-token=abc&x=1",
	    "https://h/b?continuation-token=abc&x=1" },
	{ "presigned", "https://h/b?X-Amz-Security-Token=abc&x=1",
	    "https://h/b?X-Amz-Security-Token=[redacted]&x=1" },
	{ "name of a secret", "{\"SecretId\":\"prod/x\"}", "{\"SecretId\":\"prod/x\"}" },
	{ "name as value", "{\"Code\":\"ExpiredToken\",\"x\":1}",
	    "{\"Code\":\"ExpiredToken\",\"x\":1}" },
	{ "no end", "{\"token\":\"abc", "{\"token\":\"[redacted]" },
	{ "container without end", "{\"tokens\":[\"abc\"", "{\"tokens\":[redacted]" },
	{ "name only", "{\"token\":", "{\"token\":" },
	/* XML */
	{ "element", "<SecretAccessKey>abc</SecretAccessKey><x>1</x>",
	    "<SecretAccessKey>[redacted]</SecretAccessKey><x>1</x>" },
	{ "prefix", "<a:SessionToken>abc</a:SessionToken>",
	    "<a:SessionToken>[redacted]</a:SessionToken>" },
	{ "attributes", "<Token id=\"1\">abc</Token>", "<Token id=\"1\">[redacted]</Token>" },
	{ "children", "<Secrets><a>b</a></Secrets>", "<Secrets>[redacted]</Secrets>" },
	{ "no end tag", "<Password>abc</x>", "<Password>[redacted]" },
	{ "empty element", "<Token/><x>1</x>", "<Token/><x>1</x>" },
	{ "code", "<Code>ExpiredToken</Code>", "<Code>ExpiredToken</Code>" },
	{ "what S3 wanted to be signed",
	    "<CanonicalRequest>x-amz-security-token:a</CanonicalRequest>",
	    "<CanonicalRequest>[redacted]</CanonicalRequest>" },
	/* forms */
	{ "field", "Action=x&WebIdentityToken=a%2Bb&y=1",
	    "Action=x&WebIdentityToken=[redacted]&y=1" },
	{ "list", "P.member.1.Value=abc&y=1", "P.member.1.Value=[redacted]&y=1" },
	{ "last field", "a=1&Password=abc", "a=1&Password=[redacted]" },
	/* by value */
	{ "raw", "hunter2 hunter2hunter2", "[redacted] [redacted][redacted]" },
	{ "JSON escapes", "\"a \\\"\\\\\\/\\n&+\\u00E9z\"", "\"[redacted]\"" },
	{ "JSON surrogates", "\"\\uD83D\\ude00key\"", "\"[redacted]\"" },
	{ "half a surrogate", "\"\\uD83Dkey\"", "\"\\uD83Dkey\"" },
	{ "URL", "x=a+%22%5C%2F%0a%26%2B%C3%A9z&y", "x=[redacted]&y" },
	{ "XML entities", "<a>a &quot;\\/&#10;&amp;+&#xE9;z</a>", "<a>[redacted]</a>" },
	{ "half of it", "hunter", "hunter" },
	{ "in a name", "{\"hunter2token\":\"abc\"}", "{\"[redacted]token\":\"[redacted]\"}" },
	{ "to the middle of a name", "{}token=abc&x", "{[redacted]ken=[redacted]&x" },
	{ "control characters", "a\r\n\tb\033", "a...b." },
};

static void test_bodies(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct buf out = BUF_INIT(1024);

		test_case = bodies[i].name;
		redact_body(&out, str_from(bodies[i].in), 1000, secrets, ARRAY_SIZE(secrets));
		CHECK_TEXT(buf_text(&out), bodies[i].want);
		buf_release(&out);
	}
}

/* Wherever it is cut, no part of a secret stands before the cut. */
static void test_cut(void)
{
	static const struct {
		size_t max;
		const char *want;
	} cases[] = {
		{ 0, "... (14 bytes)" },
		{ 3, "abc... (14 bytes)" },
		{ 4, "abc[redacted]... (14 bytes)" },
		{ 9, "abc[redacted]... (14 bytes)" },
		{ 10, "abc[redacted]... (14 bytes)" },
		{ 13, "abc[redacted]def... (14 bytes)" },
		{ 14, "abc[redacted]defg" },
		{ 15, "abc[redacted]defg" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = BUF_INIT(1024);

		redact_body(&out, STR("abchunter2defg"), cases[i].max, secrets, 1);
		CHECK_TEXT(buf_text(&out), cases[i].want);
		buf_release(&out);
	}
}

static const struct test tests[] = {
	{ "headers", test_headers },
	{ "bodies", test_bodies },
	{ "cut", test_cut },
};

TEST_MAIN(tests)
