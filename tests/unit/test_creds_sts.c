/* creds_sts.c: what is sent for a role, and what may come back. */
#include "fake_creds.h"
#include "test.h"

#define ARN "arn:aws:iam::123456789012:role/r"
#define RESULT(name, arn, key, secret, expiration)                                                 \
	"<" name "Response><" name "Result><AssumedRoleUser><Arn>" arn "</Arn></AssumedRoleUser>"  \
	"<Credentials><AccessKeyId>" key "</AccessKeyId><SecretAccessKey>" secret                  \
	"</SecretAccessKey><SessionToken>t</SessionToken><Expiration>" expiration                  \
	"</Expiration></Credentials></" name "Result></" name "Response>"
#define GOOD                                                                                       \
	RESULT("AssumeRole", "arn:aws:sts::123456789012:assumed-role/r/s", "R", SENTINEL,          \
	    "2026-11-21T09:00:00Z")
#define REFUSAL(code, message)                                                                     \
	"<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>" message          \
	"</Message></Error><RequestId>1</RequestId></ErrorResponse>"

static const char config[] = "[profile keys]\n"
			     "aws_access_key_id = K\n"
			     "aws_secret_access_key = " SENTINEL "\n"
			     "[profile session]\n"
			     "aws_access_key_id = K\n"
			     "aws_secret_access_key = " SENTINEL "\n"
			     "aws_session_token = token-" SENTINEL "\n"
			     "[profile role]\n"
			     "role_arn = " ARN "\n"
			     "source_profile = keys\n"
			     "[profile full]\n"
			     "role_arn = " ARN "\n"
			     "source_profile = session\n"
			     "external_id = a b&c/\n"
			     "role_session_name = me@x\n"
			     "duration_seconds = 43200\n"
			     "[profile token]\n"
			     "role_arn = " ARN "\n"
			     "web_identity_token_file = ~/token\n";

static const struct fake_row good[] = { { "POST / ", 200, "", GOOD, false } };

static const struct fake_setting sts = {
	.config = config,
	.variables = { { "AWS_REGION", NULL, "eu-west-1" }, { "AWS_ENDPOINT_URL_STS", "", NULL } },
};

static void test_sent(void)
{
	static const struct {
		const char *name, *profile;
		const char *parts[6], *absent;
	} cases[] = {
		{ "keys", "role",
		    { "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A"
		      "123456789012%3Arole%2Fr&RoleSessionName=ops-1795248000",
			"\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\n",
			"\r\nX-Amz-Date: 20261121T080000Z\r\n",
			"\r\nAuthorization: AWS4-HMAC-SHA256 "
			"Credential=K/20261121/eu-west-1/sts/aws4_request, "
			"SignedHeaders=content-type;host;x-amz-date, Signature=" },
		    "Token" },
		{ "session", "full",
		    { "&RoleSessionName=me%40x&ExternalId=a%20b%26c%2F&DurationSeconds=43200",
			"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, ",
			"\r\nX-Amz-Security-Token: token-" SENTINEL "\r\n" },
		    "WebIdentity" },
		{ "token", "token",
		    { "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=",
			"&WebIdentityToken=a.b%2B" SENTINEL },
		    "Authorization" },
	};

	fake_write("token", "a.b+" SENTINEL "\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_session s;

		test_case = cases[i].name;
		fake_answer(good, ARRAY_SIZE(good));
		fake_open_in(&s, &sts, cases[i].profile);
		CHECK(
		    str_has_prefix(str_from(fake_get(&s)), STR("R/" SENTINEL "/t/123456789012/")));
		for (size_t k = 0; k < ARRAY_SIZE(cases[i].parts) && cases[i].parts[k]; k++)
			if (!fake_was_sent(cases[i].parts[k]))
				TEST_FAIL("not sent: %s", cases[i].parts[k]);
		CHECK(!fake_was_sent(cases[i].absent));
		CHECK_INT(fake_requests(), 1);
		fake_close(&s);
	}
	fake_remove("token");
}

/* Kubernetes replaces the file. */
static void test_token_read_again(void)
{
	struct fake_session s;

	fake_answer(good, ARRAY_SIZE(good));
	fake_open_in(&s, &sts, "token");
	fake_write("token", "first");
	(void)fake_get(&s);
	fake_write("token", "second");
	clock_fake_advance(&s.clock, 50 * 60 * 1000);
	(void)fake_get(&s);
	CHECK(fake_was_sent("&WebIdentityToken=first"));
	CHECK(fake_was_sent("&WebIdentityToken=second"));
	test_case = "empty";
	fake_write("token", " \n");
	clock_fake_advance(&s.clock, 60 * 60 * 1000);
	CHECK_TEXT(fake_get(&s), "credentials: web identity token: ~/token: empty");
	fake_close(&s);
	fake_remove("token");
}

static void test_answers(void)
{
	static const struct {
		const char *name;
		struct fake_row row;
		const char *want;
		unsigned requests;
	} cases[] = {
		{ "denied", { "POST", 403, "", REFUSAL("AccessDenied", "User: me may not"), false },
		    "denied: profile role: role: STS AssumeRole: AccessDenied: User: me may not",
		    1 },
		{ "expired source", { "POST", 403, "", REFUSAL("ExpiredToken", "old"), false },
		    "credentials: renew with 'aws configure --profile keys': profile role: role: STS "
		    "AssumeRole: ExpiredToken: old",
		    1 },
		{ "a message with a secret",
		    { "POST", 400, "", REFUSAL("ValidationError", "got " SENTINEL), false },
		    "credentials: profile role: role: STS AssumeRole: ValidationError: [redacted]",
		    1 },
		{ "identity provider is down",
		    { "POST", 400, "", REFUSAL("IDPCommunicationError", "later"), false },
		    "busy: profile role: role: STS AssumeRole: IDPCommunicationError: later", 3 },
		{ "throttled", { "POST", 503, "", "busy", false },
		    "busy: profile role: role: STS AssumeRole: HTTP 503", 3 },
		{ "a proxy's page", { "POST", 502, "", "<html><p>no", false },
		    "busy: profile role: role: STS AssumeRole: HTTP 502", 3 },
		{ "no answer", { "POST", 0, "", "", false },
		    "io: profile role: role: STS AssumeRole: POST http://127.0.0.1:", 3 },
		{ "redirect", { "POST", 302, "Location: /x\r\n", "", false },
		    "config: profile role: role: STS AssumeRole: HTTP 302", 1 },
		{ "empty", { "POST", 200, "", "", false },
		    "corrupt: profile role: role: STS AssumeRole: ", 1 },
		{ "not XML", { "POST", 200, "", "{\"a\":\"" SENTINEL "\"}", false },
		    "corrupt: profile role: role: STS AssumeRole: ", 1 },
		{ "doctype", { "POST", 200, "", "<!DOCTYPE a><a/>", false },
		    "corrupt: profile role: role: STS AssumeRole: ", 1 },
		{ "no credentials",
		    { "POST", 200, "",
			"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>", false },
		    "corrupt: profile role: role: STS AssumeRole: no credentials in the answer",
		    1 },
		{ "no secret",
		    { "POST", 200, "", RESULT("A", "", "R", "", "2026-11-21T09:00:00Z"), false },
		    "corrupt: profile role: role: STS AssumeRole: no credentials in the answer",
		    1 },
		{ "no time", { "POST", 200, "", RESULT("A", "", "R", SENTINEL, "soon"), false },
		    "corrupt: profile role: role: STS AssumeRole: Expiration is not a time", 1 },
		{ "expired",
		    { "POST", 200, "", RESULT("A", "", "R", SENTINEL, "2026-11-21T08:00:00Z"),
			false },
		    "credentials: profile role: role: expired at 2026-11-21T08:00:00Z; renew with: aws "
		    "configure --profile keys",
		    1 },
		{ "not a header",
		    { "POST", 200, "", RESULT("A", "", "R\nX: y", SENTINEL, "2026-11-21T09:00:00Z"),
			false },
		    "credentials: profile role: role: its access key id has characters", 1 },
		{ "no account",
		    { "POST", 200, "",
			RESULT("A", "arn:aws", "R", SENTINEL, "2026-11-21T09:00:00Z"), false },
		    "R/" SENTINEL "/t//profile role: role/", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_session s;

		test_case = cases[i].name;
		fake_answer(&cases[i].row, 1);
		fake_open_in(&s, &sts, "role");
		CHECK_BEGINS(fake_get(&s), cases[i].want);
		CHECK_INT(fake_requests(), cases[i].requests);
		fake_close(&s);
	}
}

/* Signed again with the time that the answer told; remembered for the next one. */
static void test_skew(void)
{
	static const struct fake_row late[] = { { "POST", 403,
	    "Date: Sat, 21 Nov 2026 08:20:00 GMT\r\n", REFUSAL("SignatureDoesNotMatch", "late"),
	    false } };
	struct fake_session s;

	fake_answer(late, ARRAY_SIZE(late));
	fake_open_in(&s, &sts, "role");
	CHECK_BEGINS(fake_get(&s), "credentials: ");
	CHECK_INT(fake_requests(), 2);
	CHECK(fake_was_sent("\r\nX-Amz-Date: 20261121T080000Z\r\n"));
	CHECK(fake_was_sent("\r\nX-Amz-Date: 20261121T082000Z\r\n"));
	fake_answer(good, ARRAY_SIZE(good));
	clock_fake_advance(&s.clock, 1000);
	CHECK_BEGINS(fake_get(&s), "R/");
	CHECK(fake_was_sent("\r\nX-Amz-Date: 20261121T082001Z\r\n"));
	fake_close(&s);
}

static const struct test tests[] = {
	{ "sent", test_sent },
	{ "token read again", test_token_read_again },
	{ "answers", test_answers },
	{ "skew", test_skew },
};

FAKE_MAIN(tests)
