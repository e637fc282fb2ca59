/* What services say of how things are set up, whatever the document; and names of images. */
#include "bucket.h"
#include "ecr.h"
#include "elb_attributes.h"
#include "iam.h"
#include "managed_secret.h"
#include "sns.h"
#include "sqs_settings.h"
#include "ssm_parameter.h"

#include "fuzz.h"

static void read_json(const struct json *doc)
{
	struct sqs_settings queue;
	struct ssm_parameter parameter;
	struct managed_secret secret;
	struct ecr_image image;
	struct err err;

	if (sqs_read_settings(doc, &queue, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	else
		FUZZ_CHECK(queue.retention_s >= -1 && queue.visibility_s >= -1);
	if (ssm_read_parameter(doc, &parameter, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	if (managed_secret_read(doc, &secret, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	if (ecr_read_image(doc, &image, &err) != 0)
		FUZZ_CHECK(err.code == ERR_NOTFOUND);
}

static void read_xml(const struct xml *root)
{
	static const char *const actions[] = { "sqs:SendMessage", "s3:PutObject" };
	struct iam_verdict verdicts[ARRAY_SIZE(actions)];
	struct sns_receivers receivers = { .confirmed = 0 };
	struct bucket_encryption encryption;
	struct bucket_block block;
	enum bucket_versioning versioning;
	char token[SNS_TOKEN_SIZE];
	struct elb_times times;
	struct err err;

	if (iam_read_simulation(root, actions, ARRAY_SIZE(actions), verdicts, &err) == 0)
		FUZZ_CHECK(verdicts[1].decision <= IAM_IMPLICIT_DENY);
	if (bucket_read_encryption(root, &encryption, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	if (bucket_read_block(root, &block, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	if (bucket_read_versioning(root, &versioning, &err) == 0)
		FUZZ_CHECK(versioning <= BUCKET_SUSPENDED);
	if (sns_read_page(root, &receivers, token, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	if (elb_read_times(root, &times, &err) == 0)
		FUZZ_CHECK(times.idle_timeout_s >= -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str text = fuzz_input(bytes, size);
	struct ecr_name name;
	struct json *doc;
	struct xml *root;
	struct err err;

	if (json_parse(text, &doc, &err) == 0) {
		read_json(doc);
		json_free(doc);
	}
	if (xml_parse(text, &root, &err) == 0) {
		read_xml(root);
		xml_free(root);
	}
	if (ecr_name_parse(text, &name))
		FUZZ_CHECK(name.repository[0] != '\0' && strlen(name.account) == 12);
	return 0;
}
