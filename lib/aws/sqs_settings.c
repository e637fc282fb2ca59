#include "sqs_settings.h"

#include <string.h>

#include "field.h"

enum { BODY_MAX = 4096 };

/* Numbers come as texts. */
static int64_t number(const struct json *attributes, const char *key)
{
	uint64_t n;

	return str_to_u64(str_from(json_get_text(json_get(attributes, key), "")), &n) &&
		n <= INT32_MAX
	    ? (int64_t)n
	    : -1;
}

/* A JSON text within the JSON; its number is a number or a text, as it was written. */
static int read_redrive(const char *text, struct sqs_settings *out, struct err *err)
{
	struct json *policy;
	const struct json *receives;
	uint64_t n = 0;

	if (text[0] == '\0')
		return 0;
	if (json_parse(str_from(text), &policy, err) != 0)
		return err_set(err, ERR_CORRUPT, "sqs: the redrive policy is not JSON");
	receives = json_get(policy, "maxReceiveCount");
	(void)str_to_u64(str_from(json_get_text(receives, "")), &n); /* else it is a number */
	out->receives_max = n > 0 && n <= INT32_MAX ? (int64_t)n : json_get_int(receives, 0);
	field_json(out->dead_arn, sizeof(out->dead_arn), policy, "deadLetterTargetArn");
	json_free(policy);
	return 0;
}

int sqs_read_settings(const struct json *answer, struct sqs_settings *out, struct err *err)
{
	const struct json *all = json_get(answer, "Attributes");
	const char *policy = json_get_text(json_get(all, "Policy"), "");
	struct sqs_settings s = { .visibility_s = number(all, "VisibilityTimeout") };

	if (json_count(all) == 0)
		return err_set(err, ERR_CORRUPT, "sqs: the answer has no Attributes");
	s.retention_s = number(all, "MessageRetentionPeriod");
	s.delay_s = number(all, "DelaySeconds");
	s.message_max = number(all, "MaximumMessageSize");
	field_json(s.arn, sizeof(s.arn), all, "QueueArn");
	field_json(s.key, sizeof(s.key), all, "KmsMasterKeyId");
	s.is_encrypted = s.key[0] != '\0' ||
	    strcmp(json_get_text(json_get(all, "SqsManagedSseEnabled"), ""), "true") == 0;
	s.has_policy = policy[0] != '\0';
	s.wants_tls = strstr(policy, "aws:SecureTransport") != NULL;
	if (read_redrive(json_get_text(json_get(all, "RedrivePolicy"), ""), &s, err) != 0)
		return -1;
	*out = s;
	return 0;
}

int sqs_settings(struct aws *a, const struct sqs_question *q, struct sqs_settings *out,
    struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct aws_request r = { .op = SQS_GET_QUEUE_ATTRIBUTES };
	struct json *answer = NULL;
	struct json_writer w;
	int rc;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "QueueUrl", q->url);
	json_key(&w, "AttributeNames");
	json_raw(&w, STR("[\"All\"]"));
	json_object_end(&w);
	r.body = buf_str(&body);
	r.resource = q->name;
	r.region = q->region[0] != '\0' ? q->region : NULL;
	r.endpoint_url = q->endpoint[0] != '\0' ? q->endpoint : NULL;
	rc = aws_call_json(a, &r, NULL, &answer, err);
	if (rc == 0)
		rc = sqs_read_settings(answer, out, err);
	json_free(answer);
	buf_release(&body);
	return rc;
}
