/* creds_imds.c: the two steps of version 2, and what may come back instead. */
#include "fake_creds.h"
#include "test.h"

#define TOKEN  "PUT /latest/api/token "
#define LIST   "GET /latest/meta-data/iam/security-credentials/ "
#define ROLE   "GET /latest/meta-data/iam/security-credentials/my.role@x "
#define REGION "GET /latest/meta-data/placement/region "
#define KEYS                                                                                       \
	"{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",\"AccessKeyId\":\"A\",\"SecretAccessKey\":"   \
	"\"" SENTINEL "\",\"Token\":\"t\",\"Expiration\":\"2026-11-21T09:00:00Z\"}"

static const struct fake_row good[] = {
	{ TOKEN, 200, "", "token-" SENTINEL, false },
	{ LIST, 200, "", "my.role@x\nother\n", false },
	{ ROLE, 200, "", KEYS, false },
	{ REGION, 200, "", "eu-west-1\n", false },
};

static const struct fake_setting ec2 = {
	.config = "",
	.variables = { { "AWS_EC2_METADATA_DISABLED", NULL, "false" },
	    { "AWS_EC2_METADATA_SERVICE_ENDPOINT", "/", NULL } },
};

static void test_sent(void)
{
	struct fake_session s;

	fake_open_in(&s, &ec2, NULL);
	fake_answer(good, ARRAY_SIZE(good));
	CHECK_TEXT(fake_get(&s), "A/" SENTINEL "/t//EC2 metadata//3600");
	CHECK_INT(fake_requests(), 3);
	CHECK(fake_was_sent("\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"));
	CHECK(fake_was_sent("\r\nx-aws-ec2-metadata-token: token-" SENTINEL "\r\n"));
	test_case = "the token is kept";
	clock_fake_advance(&s.clock, 55 * 60 * 1000);
	(void)fake_get(&s);
	CHECK_INT(fake_requests(), 5);
	fake_close(&s);
}

static void test_region(void)
{
	static const struct {
		const char *name;
		struct fake_row rows[2];
		enum err_code code;
	} cases[] = {
		{ "not a region",
		    { { TOKEN, 200, "", "t", false }, { REGION, 200, "", "a/b", false } },
		    ERR_CORRUPT },
		{ "too long",
		    { { TOKEN, 200, "", "t", false },
			{ REGION, 200, "",
			    "a234567890123456789012345678901234567890123456789012345678901234",
			    false } },
		    ERR_CORRUPT },
		{ "empty", { { TOKEN, 200, "", "t", false }, { REGION, 200, "", "", false } },
		    ERR_CORRUPT },
		{ "none", { { TOKEN, 200, "", "t", false }, { REGION, 404, "", "", false } },
		    ERR_NOTFOUND },
		{ "switched off",
		    { { TOKEN, 403, "", "", false }, { REGION, 200, "", "a", false } },
		    ERR_NOTFOUND },
		{ "no answer", { { TOKEN, 0, "", "", false }, { REGION, 200, "", "a", false } },
		    ERR_NOTFOUND },
	};
	struct fake_session s;
	struct err err;
	char region[REGION_MAX + 1] = "untouched";

	fake_open_in(&s, &ec2, NULL);
	fake_answer(good, ARRAY_SIZE(good));
	CHECK_OK(creds_region(s.cache, region, &err), &err);
	CHECK_TEXT(region, "eu-west-1");
	fake_close(&s);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].name;
		fake_open_in(&s, &ec2, NULL);
		fake_answer(cases[i].rows, ARRAY_SIZE(cases[i].rows));
		CHECK_ERR(creds_region(s.cache, region, &err), &err, cases[i].code);
		CHECK_TEXT(region, "eu-west-1");
		fake_close(&s);
	}

	test_case = "off by the environment";
	fake_open_in(&s, &ec2, NULL);
	env_set("AWS_EC2_METADATA_DISABLED", "TRUE");
	fake_answer(good, ARRAY_SIZE(good));
	CHECK_ERR(creds_region(s.cache, region, &err), &err, ERR_NOTFOUND);
	CHECK_INT(fake_requests(), 0);
	fake_close(&s);
}

/* Rows that are not named are those of `good`. */
static void test_answers(void)
{
	static const struct {
		const char *name;
		struct fake_row row;
		const char *want;
		unsigned requests;
	} cases[] = {
		{ "switched off", { TOKEN, 403, "", "", false },
		    "credentials: no AWS credentials: AWS_ACCESS_KEY_ID is not set, profile 'default' "
		    "has none (aws configure, aws sso login), there is no container endpoint; EC2 "
		    "metadata: no token: HTTP 403 (switched off, or not EC2's)",
		    1 },
		{ "another cloud", { TOKEN, 405, "", "", false }, "credentials: no AWS", 1 },
		{ "refused", { TOKEN, 0, "", "", false },
		    "credentials: no AWS credentials: AWS_ACCESS_KEY_ID is not set, profile 'default' "
		    "has none (aws configure, aws sso login), there is no container endpoint; EC2 "
		    "metadata: PUT http://127.0.0.1:",
		    1 },
		{ "down", { TOKEN, 503, "", "", false }, "busy: EC2 metadata: no token: HTTP 503",
		    1 },
		{ "empty token", { TOKEN, 200, "", " \n", false },
		    "corrupt: EC2 metadata: the token is empty", 1 },
		{ "a token of two lines", { TOKEN, 200, "", "a\r\nX: " SENTINEL, false },
		    "credentials: EC2 metadata: header 'x-aws-ec2-metadata-token': characters not "
		    "allowed",
		    1 },
		{ "no role", { LIST, 404, "", "", false },
		    "credentials: no AWS credentials: AWS_ACCESS_KEY_ID is not set, profile 'default' "
		    "has none (aws configure, aws sso login), there is no container endpoint; EC2 "
		    "metadata: this instance has no role",
		    2 },
		{ "no name of a role", { LIST, 200, "", "../x", false },
		    "corrupt: EC2 metadata: not the name of a role", 2 },
		{ "empty list", { LIST, 200, "", "", false },
		    "corrupt: EC2 metadata: not the name of a role", 2 },
		{ "token refused twice", { LIST, 401, "", SENTINEL, false },
		    "credentials: EC2 metadata: /latest/meta-data/iam/security-credentials/: HTTP "
		    "401",
		    4 },
		{ "list is down", { LIST, 500, "", "", false }, "busy: EC2 metadata: ", 2 },
		/* One more is libcurl's own: the connection was open from the call before. */
		{ "list without an answer", { LIST, 0, "", "", false },
		    "io: EC2 metadata: GET http://127.0.0.1:", 3 },
		{ "a refusal in a 200",
		    { ROLE, 200, "",
			"{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot "
			"assume\"}",
			false },
		    "credentials: EC2 metadata: role my.role@x: AssumeRoleUnauthorizedAccess: EC2 "
		    "cannot assume",
		    3 },
		{ "not JSON", { ROLE, 200, "", "<" SENTINEL ">", false },
		    "corrupt: EC2 metadata: role my.role@x: not JSON", 3 },
		{ "no key", { ROLE, 200, "", "{\"Code\":\"Success\"}", false },
		    "corrupt: EC2 metadata: role my.role@x: AccessKeyId is missing", 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_row rows[1 + ARRAY_SIZE(good)];
		struct fake_session s;

		test_case = cases[i].name;
		rows[0] = cases[i].row;
		memcpy(rows + 1, good, sizeof(good));
		fake_open_in(&s, &ec2, NULL);
		fake_answer(rows, ARRAY_SIZE(rows));
		CHECK_BEGINS(fake_get(&s), cases[i].want);
		CHECK_INT(fake_requests(), cases[i].requests);
		fake_close(&s);
	}
}

/* A second, once; and what it may mean in a container. */
static void test_silent(void)
{
	static const struct fake_row silent[] = { { TOKEN, 200, "", "t", true } };
	struct fake_session s;
	const char *got;

	fake_timeout_ms = 0;
	fake_open_in(&s, &ec2, NULL);
	fake_timeout_ms = FAKE_TIMEOUT_MS;
	fake_answer(silent, ARRAY_SIZE(silent));
	got = fake_get(&s);
	fake_wait_held(1); /* a busy machine reads it later than that */
	CHECK_BEGINS(got, "credentials: no AWS credentials: ");
	CHECK(strstr(got, "(not on EC2; or in a container there: its hop limit must be 2)"));
	CHECK_INT(fake_requests(), 1);
	fake_release();
	fake_close(&s);
}

static void test_endpoint(void)
{
	struct fake_session s;
	char config[256];

	test_case = "of the profile";
	fake_clear();
	env_set("AWS_EC2_METADATA_DISABLED", NULL);
	(void)snprintf(config, sizeof(config), "[default]\nec2_metadata_service_endpoint = %s\n",
	    fake_url(""));
	fake_open(&s, config, NULL);
	fake_answer(good, ARRAY_SIZE(good));
	CHECK_BEGINS(fake_get(&s), "A/");
	fake_close(&s);

	test_case = "a mode that is none";
	fake_clear();
	env_set("AWS_EC2_METADATA_DISABLED", NULL);
	env_set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5");
	fake_open(&s, "", NULL);
	CHECK_TEXT(fake_get(&s),
	    "config: EC2 metadata: endpoint mode 'IPv5': must be IPv4 or IPv6");
	fake_close(&s);

	test_case = "a URL that is none";
	fake_clear();
	env_set("AWS_EC2_METADATA_DISABLED", NULL);
	env_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "169.254.169.254");
	fake_open(&s, "", NULL);
	CHECK_BEGINS(fake_get(&s), "config: EC2 metadata: endpoint URL: must be http");
	fake_close(&s);
}

static const struct test tests[] = {
	{ "sent", test_sent },
	{ "region", test_region },
	{ "answers", test_answers },
	{ "silent", test_silent },
	{ "endpoint", test_endpoint },
};

FAKE_MAIN(tests)
