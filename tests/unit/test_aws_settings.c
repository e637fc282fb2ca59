/* What services say of how a queue, a bucket, a parameter, a role ... is set up, as tables. */
#include "bucket.h"
#include "ecr.h"
#include "elb_attributes.h"
#include "iam.h"
#include "managed_secret.h"
#include "sns.h"
#include "sqs_settings.h"
#include "ssm_parameter.h"

#include "test.h"

static struct json *parse_json(const char *text)
{
	struct json *doc;
	struct err err;

	if (json_parse(str_from(text), &doc, &err) != 0)
		test_die("%s: %s", text, err.text);
	return doc;
}

static struct xml *parse_xml(const char *text)
{
	struct xml *root;
	struct err err;

	if (xml_parse(str_from(text), &root, &err) != 0)
		test_die("%s: %s", text, err.text);
	return root;
}

/* ---- SQS ---- */

static const struct {
	const char *name, *attributes;
	struct sqs_settings want;
	bool is_bad;
} queues[] = {
	{ "plain", "\"VisibilityTimeout\":\"60\",\"MessageRetentionPeriod\":\"345600\"",
	    { .visibility_s = 60, .retention_s = 345600, .delay_s = -1, .message_max = -1 },
	    false },
	{ "by SQS", "\"SqsManagedSseEnabled\":\"true\"",
	    { .visibility_s = -1,
		.retention_s = -1,
		.delay_s = -1,
		.message_max = -1,
		.is_encrypted = true },
	    false },
	{ "by a key", "\"KmsMasterKeyId\":\"alias/ops\"",
	    { .visibility_s = -1,
		.retention_s = -1,
		.delay_s = -1,
		.message_max = -1,
		.is_encrypted = true,
		.key = "alias/ops" },
	    false },
	{ "not encrypted", "\"SqsManagedSseEnabled\":\"false\"",
	    { .visibility_s = -1, .retention_s = -1, .delay_s = -1, .message_max = -1 }, false },
	{ "redrive, number in quotes",
	    "\"RedrivePolicy\":\"{\\\"deadLetterTargetArn\\\":\\\"arn:aws:sqs:r:1:d\\\","
	    "\\\"maxReceiveCount\\\":\\\"5\\\"}\"",
	    { .visibility_s = -1,
		.retention_s = -1,
		.delay_s = -1,
		.message_max = -1,
		.dead_arn = "arn:aws:sqs:r:1:d",
		.receives_max = 5 },
	    false },
	{ "redrive, number", "\"RedrivePolicy\":\"{\\\"maxReceiveCount\\\":3}\"",
	    { .visibility_s = -1,
		.retention_s = -1,
		.delay_s = -1,
		.message_max = -1,
		.receives_max = 3 },
	    false },
	{ "redrive is no JSON", "\"RedrivePolicy\":\"{\"", { .retention_s = 0 }, true },
	{ "TLS", "\"Policy\":\"{aws:SecureTransport}\",\"DelaySeconds\":\"x\"",
	    { .visibility_s = -1,
		.retention_s = -1,
		.delay_s = -1,
		.message_max = -1,
		.has_policy = true,
		.wants_tls = true },
	    false },
	{ "too large", "\"VisibilityTimeout\":\"99999999999\"",
	    { .visibility_s = -1, .retention_s = -1, .delay_s = -1, .message_max = -1 }, false },
	{ "empty", "", { .retention_s = 0 }, true },
};

static void test_queues(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(queues); i++) {
		const struct sqs_settings *want = &queues[i].want;
		struct sqs_settings got = { .visibility_s = 99 };
		struct json *doc;
		char text[1024];
		struct err err;

		test_case = queues[i].name;
		(void)snprintf(text, sizeof(text), "{\"Attributes\":{%s}}", queues[i].attributes);
		doc = parse_json(text);
		if (queues[i].is_bad) {
			CHECK_ERR(sqs_read_settings(doc, &got, &err), &err, ERR_CORRUPT);
			CHECK_INT(got.visibility_s, 99);
		} else {
			CHECK_OK(sqs_read_settings(doc, &got, &err), &err);
			CHECK_INT(got.visibility_s, want->visibility_s);
			CHECK_INT(got.retention_s, want->retention_s);
			CHECK_INT(got.delay_s, want->delay_s);
			CHECK_INT(got.message_max, want->message_max);
			CHECK_INT(got.is_encrypted, want->is_encrypted);
			CHECK_INT(got.has_policy, want->has_policy);
			CHECK_INT(got.wants_tls, want->wants_tls);
			CHECK_INT(got.receives_max, want->receives_max);
			CHECK_TEXT(got.key, want->key);
			CHECK_TEXT(got.dead_arn, want->dead_arn);
		}
		json_free(doc);
	}
}

/* ---- S3 ---- */

static void test_buckets(void)
{
	static const char encryption[] =
	    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
	    "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>"
	    "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
	static const char block[] =
	    "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>"
	    "<IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>TRUE</BlockPublicPolicy>"
	    "</PublicAccessBlockConfiguration>";
	struct xml *root = parse_xml(encryption);
	struct bucket_encryption e;
	struct bucket_block b;
	struct err err;

	test_case = "encryption";
	CHECK_OK(bucket_read_encryption(root, &e, &err), &err);
	CHECK(e.is_set);
	CHECK_TEXT(e.algorithm, "aws:kms");
	CHECK_TEXT(e.key, "k");
	CHECK_ERR(bucket_read_block(root, &b, &err), &err, ERR_CORRUPT);
	xml_free(root);
	root = parse_xml("<ServerSideEncryptionConfiguration/>");
	CHECK_OK(bucket_read_encryption(root, &e, &err), &err);
	CHECK(!e.is_set);
	xml_free(root);

	test_case = "block";
	root = parse_xml(block);
	CHECK_OK(bucket_read_block(root, &b, &err), &err);
	CHECK(b.is_set && b.acls && !b.ignored_acls && !b.policy && !b.restricted);
	CHECK_ERR(bucket_read_encryption(root, &e, &err), &err, ERR_CORRUPT);
	xml_free(root);
}

static void test_versioning(void)
{
	static const struct {
		const char *text;
		enum bucket_versioning want;
	} cases[] = {
		{ "<VersioningConfiguration/>", BUCKET_UNVERSIONED },
		{ "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
		    BUCKET_VERSIONED },
		{ "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
		    BUCKET_SUSPENDED },
		{ "<VersioningConfiguration><Status>?</Status></VersioningConfiguration>",
		    BUCKET_UNVERSIONED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct xml *root = parse_xml(cases[i].text);
		enum bucket_versioning v = BUCKET_UNVERSIONED;
		struct err err;

		test_case = cases[i].text;
		CHECK_OK(bucket_read_versioning(root, &v, &err), &err);
		CHECK_INT(v, cases[i].want);
		xml_free(root);
	}
}

/* ---- SSM ---- */

static void test_parameters(void)
{
	struct json *doc = parse_json("{\"Parameter\":{\"Type\":\"SecureString\",\"Version\":7,"
				      "\"LastModifiedDate\":1.5,\"Value\":\"secret\"}}");
	struct ssm_parameter p = { .version = 9 };
	struct err err;

	CHECK_OK(ssm_read_parameter(doc, &p, &err), &err);
	CHECK_TEXT(p.type, "SecureString");
	CHECK_INT(p.version, 7);
	CHECK_INT(p.changed_ms, 1500);
	json_free(doc);
	doc = parse_json("{\"Parameter\":null}");
	CHECK_ERR(ssm_read_parameter(doc, &p, &err), &err, ERR_CORRUPT);
	json_free(doc);
}

/* ---- Secrets Manager ---- */

static void test_secrets(void)
{
	static const struct {
		const char *name, *answer, *key, *current, *previous, *pending;
		bool rotates, is_deleted;
	} cases[] = {
		{ "new", "{\"ARN\":\"a\"}", "", "", "", "", false, false },
		{ "in use",
		    "{\"ARN\":\"a\",\"KmsKeyId\":\"k\",\"RotationEnabled\":true,"
		    "\"VersionIdsToStages\":{\"v1\":[\"AWSPREVIOUS\"],"
		    "\"v2\":[\"AWSCURRENT\",\"AWSPENDING\"],\"v0\":[]}}",
		    "k", "v2", "v1", "", true, false },
		{ "half rotated",
		    "{\"ARN\":\"a\",\"VersionIdsToStages\":{\"v2\":[\"AWSCURRENT\"],"
		    "\"v3\":[\"AWSPENDING\"]}}",
		    "", "v2", "", "v3", false, false },
		{ "deleted", "{\"ARN\":\"a\",\"DeletedDate\":1.5}", "", "", "", "", false, true },
		{ "garbage", "{\"ARN\":\"a\",\"VersionIdsToStages\":[1,{}],\"DeletedDate\":null}",
		    "", "", "", "", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json *doc = parse_json(cases[i].answer);
		struct managed_secret s;
		struct err err;

		test_case = cases[i].name;
		CHECK_OK(managed_secret_read(doc, &s, &err), &err);
		CHECK_TEXT(s.key, cases[i].key);
		CHECK_TEXT(s.current, cases[i].current);
		CHECK_TEXT(s.previous, cases[i].previous);
		CHECK_TEXT(s.pending, cases[i].pending);
		CHECK(s.rotates == cases[i].rotates);
		CHECK(s.is_deleted == cases[i].is_deleted);
		json_free(doc);
	}
}

static void test_no_secret(void)
{
	struct json *doc = parse_json("{\"Name\":\"x\"}");
	struct managed_secret s;
	struct err err;

	CHECK_ERR(managed_secret_read(doc, &s, &err), &err, ERR_CORRUPT);
	json_free(doc);
}

/* Half of a request would ask for another secret: nobody is asked. */
static void test_name_too_long(void)
{
	char name[8192];
	struct managed_secret s;
	struct err err;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CHECK_ERR(managed_secret(NULL, name, &s, &err), &err, ERR_INVALID);
	CHECK(strstr(err.text, "too long") != NULL);
}

/* ---- IAM ---- */

#define SIMULATION(results)                                                                        \
	"<R><SimulatePrincipalPolicyResult><EvaluationResults>" results                            \
	"</EvaluationResults></SimulatePrincipalPolicyResult></R>"
#define RESULT(action, decision, more)                                                             \
	"<member><EvalActionName>" action "</EvalActionName><EvalDecision>" decision               \
	"</EvalDecision>" more "</member>"

static void test_simulation(void)
{
	static const char *const actions[] = { "a:Allowed", "a:Denied", "a:Forgotten",
		"a:Conditional" };
	static const char text[] = SIMULATION(RESULT("a:Denied", "explicitDeny",
	    "<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations>"
	    "</OrganizationsDecisionDetail>") RESULT("a:Allowed", "allowed", "")
		RESULT("a:Conditional", "implicitDeny",
		    "<MissingContextValues><member>aws:SourceVpce</member></MissingContextValues>")
		    RESULT("a:Other", "allowed", ""));
	struct iam_verdict v[ARRAY_SIZE(actions)];
	struct xml *root = parse_xml(text);
	struct err err;

	CHECK_OK(iam_read_simulation(root, actions, ARRAY_SIZE(actions), v, &err), &err);
	CHECK_INT(v[0].decision, IAM_ALLOWED);
	CHECK_INT(v[1].decision, IAM_EXPLICIT_DENY);
	CHECK(v[1].is_by_organization && !v[0].is_by_organization);
	CHECK_INT(v[2].decision, IAM_UNKNOWN);
	CHECK_INT(v[3].decision, IAM_IMPLICIT_DENY);
	CHECK_TEXT(v[3].missing, "aws:SourceVpce");
	CHECK_TEXT(v[0].missing, "");
	xml_free(root);
	root = parse_xml("<R/>");
	CHECK_ERR(iam_read_simulation(root, actions, 1, v, &err), &err, ERR_CORRUPT);
	xml_free(root);
}

/* ---- ECR ---- */

#define HOST   "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *image;
	bool is_ecr;
	const char *repository, *digest, *tag;
} names[] = {
	{ HOST "/ops/api@" DIGEST, true, "ops/api", DIGEST, "" },
	{ HOST "/api:v1", true, "api", "", "v1" },
	{ HOST "/api:v1@" DIGEST, true, "api", DIGEST, "v1" },
	{ HOST "/api", true, "api", "", "" },
	{ "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/api", true, "api", "", "" },
	{ HOST "/", false, "", "", "" },
	{ HOST, false, "", "", "" },
	{ HOST "/a b", false, "", "", "" },
	{ "", false, "", "", "" },
	{ "docker.io/library/busybox:1", false, "", "", "" },
	{ "12345678901.dkr.ecr.eu-west-1.amazonaws.com/api", false, "", "", "" },
	{ "123456789012.dkr.ecr..amazonaws.com/api", false, "", "", "" },
	{ "123456789012.dkr.s3.eu-west-1.amazonaws.com/api", false, "", "", "" },
	{ HOST
	    "/api@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
	    false, "", "", "" },
};

static void test_image_names(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct ecr_name n = { .tag = "untouched" };

		test_case = names[i].image;
		CHECK_INT(ecr_name_parse(str_from(names[i].image), &n), names[i].is_ecr);
		CHECK_TEXT(n.tag, names[i].is_ecr ? names[i].tag : "untouched");
		CHECK_TEXT(n.repository, names[i].repository);
		CHECK_TEXT(n.digest, names[i].digest);
	}
}

static void test_images(void)
{
	struct json *doc = parse_json("{\"imageDetails\":[{\"imageDigest\":\"" DIGEST
				      "\",\"imageSizeInBytes\":5,\"imagePushedAt\":2.0}]}");
	struct ecr_image image;
	struct err err;

	CHECK_OK(ecr_read_image(doc, &image, &err), &err);
	CHECK_TEXT(image.digest, DIGEST);
	CHECK_INT(image.pushed_ms, 2000);
	CHECK_INT(image.size_bytes, 5);
	json_free(doc);
	doc = parse_json("{\"imageDetails\":[]}");
	CHECK_ERR(ecr_read_image(doc, &image, &err), &err, ERR_NOTFOUND);
	json_free(doc);
}

/* ---- SNS, load balancers ---- */

static void test_receivers(void)
{
	struct xml *root = parse_xml(
	    "<R><ListSubscriptionsByTopicResult><Subscriptions>"
	    "<member><SubscriptionArn>arn:aws:sns:r:1:t:id</SubscriptionArn></member>"
	    "<member><SubscriptionArn>PendingConfirmation</SubscriptionArn></member>"
	    "</Subscriptions><NextToken>more</NextToken></ListSubscriptionsByTopicResult></R>");
	struct sns_receivers r = { .confirmed = 1 };
	char token[SNS_TOKEN_SIZE];
	struct err err;

	CHECK_OK(sns_read_page(root, &r, token, &err), &err);
	CHECK_INT(r.confirmed, 2);
	CHECK_INT(r.pending, 1);
	CHECK_TEXT(token, "more");
	xml_free(root);
	root = parse_xml("<R><ListSubscriptionsByTopicResult/></R>");
	CHECK_OK(sns_read_page(root, &r, token, &err), &err);
	CHECK_TEXT(token, "");
	xml_free(root);
	root = parse_xml("<html/>");
	CHECK_ERR(sns_read_page(root, &r, token, &err), &err, ERR_CORRUPT);
	xml_free(root);
}

static void test_times(void)
{
	struct xml *root = parse_xml(
	    "<R><Result><Attributes><member><Key>idle_timeout.timeout_seconds</Key>"
	    "<Value>60</Value></member><member><Key>stickiness.enabled</Key><Value>true</Value>"
	    "</member></Attributes></Result></R>");
	struct elb_times t;
	struct err err;

	CHECK_OK(elb_read_times(root, &t, &err), &err);
	CHECK_INT(t.idle_timeout_s, 60);
	CHECK_INT(t.deregistration_delay_s, -1);
	xml_free(root);
	root = parse_xml("<R/>");
	CHECK_ERR(elb_read_times(root, &t, &err), &err, ERR_CORRUPT);
	xml_free(root);
}

static const struct test tests[] = {
	{ "queues", test_queues },
	{ "buckets", test_buckets },
	{ "versioning", test_versioning },
	{ "parameters", test_parameters },
	{ "managed secrets", test_secrets },
	{ "no managed secret", test_no_secret },
	{ "name of a secret too long", test_name_too_long },
	{ "simulation", test_simulation },
	{ "image names", test_image_names },
	{ "images", test_images },
	{ "receivers", test_receivers },
	{ "times", test_times },
};

TEST_MAIN(tests)
