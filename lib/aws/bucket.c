#include "bucket.h"

#include <string.h>

#include "field.h"

/* ---- reading ---- */

static int check_root(const struct xml *root, const char *name, struct err *err)
{
	return xml_is(root, name)
	    ? 0
	    : err_set(err, ERR_CORRUPT, "s3: the answer is '%.40s', not %s", xml_name(root), name);
}

int bucket_read_encryption(const struct xml *root, struct bucket_encryption *out, struct err *err)
{
	const struct xml *rule = xml_get(xml_get(root, "Rule"),
	    "ApplyServerSideEncryptionByDefault");

	if (check_root(root, "ServerSideEncryptionConfiguration", err) != 0)
		return -1;
	*out = (struct bucket_encryption){ .is_set = rule != NULL };
	field_xml(out->algorithm, sizeof(out->algorithm), rule, "SSEAlgorithm");
	field_xml(out->key, sizeof(out->key), rule, "KMSMasterKeyID");
	return 0;
}

static bool is_on(const struct xml *root, const char *child)
{
	return strcmp(xml_get_text(root, child, ""), "true") == 0;
}

int bucket_read_block(const struct xml *root, struct bucket_block *out, struct err *err)
{
	if (check_root(root, "PublicAccessBlockConfiguration", err) != 0)
		return -1;
	*out = (struct bucket_block){
		.is_set = true,
		.acls = is_on(root, "BlockPublicAcls"),
		.ignored_acls = is_on(root, "IgnorePublicAcls"),
		.policy = is_on(root, "BlockPublicPolicy"),
		.restricted = is_on(root, "RestrictPublicBuckets"),
	};
	return 0;
}

int bucket_read_versioning(const struct xml *root, enum bucket_versioning *out, struct err *err)
{
	static const char *const names[] = {
		[BUCKET_VERSIONED] = "Enabled",
		[BUCKET_SUSPENDED] = "Suspended",
	};

	if (check_root(root, "VersioningConfiguration", err) != 0)
		return -1;
	*out = (enum bucket_versioning)field_choice(xml_get_text(root, "Status", ""), names,
	    ARRAY_SIZE(names), BUCKET_UNVERSIONED);
	return 0;
}

/* ---- asking ---- */

/* `absent` is the code that means that nothing is set up: *root is NULL then. */
static int call(struct aws *a, enum aws_op op, struct str bucket, const char *query,
    const char *absent, struct xml **root, struct err *err)
{
	const struct sigv4_pair pair = { str_from(query), STR_NONE };
	struct aws_request r = { .op = op, .bucket = bucket, .query = &pair, .query_count = 1 };
	struct aws_answer answer;
	char name[64], region[64];
	int rc;

	(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(bucket));
	r.resource = name;
	aws_answer_init(&answer);
	rc = aws_call_xml(a, &r, &answer, root, err);
	if (rc != 0 && err->code == ERR_CONFIG && answer.bucket_region[0] != '\0') {
		(void)snprintf(region, sizeof(region), "%s", answer.bucket_region);
		r.region = region;
		rc = aws_call_xml(a, &r, &answer, root, err);
	}
	if (rc != 0 && absent != NULL && strcmp(answer.code, absent) == 0) {
		*root = NULL;
		rc = 0;
	}
	aws_answer_release(&answer);
	return rc;
}

int bucket_encryption(struct aws *a, struct str bucket, struct bucket_encryption *out,
    struct err *err)
{
	struct xml *root = NULL;
	int rc = call(a, S3_GET_BUCKET_ENCRYPTION, bucket, "encryption",
	    "ServerSideEncryptionConfigurationNotFoundError", &root, err);

	if (rc == 0 && root == NULL)
		*out = (struct bucket_encryption){ .is_set = false };
	else if (rc == 0)
		rc = bucket_read_encryption(root, out, err);
	xml_free(root);
	return rc;
}

int bucket_block(struct aws *a, struct str bucket, struct bucket_block *out, struct err *err)
{
	struct xml *root = NULL;
	int rc = call(a, S3_GET_PUBLIC_ACCESS_BLOCK, bucket, "publicAccessBlock",
	    "NoSuchPublicAccessBlockConfiguration", &root, err);

	if (rc == 0 && root == NULL)
		*out = (struct bucket_block){ .is_set = false };
	else if (rc == 0)
		rc = bucket_read_block(root, out, err);
	xml_free(root);
	return rc;
}

int bucket_versioning(struct aws *a, struct str bucket, enum bucket_versioning *out,
    struct err *err)
{
	struct xml *root = NULL;
	int rc = call(a, S3_GET_BUCKET_VERSIONING, bucket, "versioning", NULL, &root, err);

	if (rc == 0)
		rc = bucket_read_versioning(root, out, err);
	xml_free(root);
	return rc;
}
