/*
 * sqs_settings: how a queue of SQS is set up, as GetQueueAttributes tells. Any thread.
 *
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
 */
#ifndef OPS_SQS_SETTINGS_H
#define OPS_SQS_SETTINGS_H

#include "aws.h"

struct sqs_settings {
	char arn[256];
	int64_t visibility_s, retention_s, delay_s, message_max; /* -1: not told */
	bool is_encrypted;          /* by SQS itself or by a key of KMS */
	char key[512];              /* of KMS, or "" */
	bool has_policy, wants_tls; /* the policy names aws:SecureTransport */
	char dead_arn[256];         /* of its dead-letter queue; "": there is none */
	int64_t receives_max;       /* before a message is dead; 0: never */
};

/*
 * `url` is the queue's; `endpoint` and `region` as in struct aws_request, `name` for error texts.
 * ERR_NOTFOUND: no such queue.
 */
struct sqs_question {
	const char *url, *name, *region, *endpoint;
};
int sqs_settings(struct aws *a, const struct sqs_question *q, struct sqs_settings *out,
    struct err *err) ATTR_MUST_CHECK;

/* ERR_CORRUPT: no Attributes, a policy that is no JSON. */
int sqs_read_settings(const struct json *answer, struct sqs_settings *out, struct err *err)
    ATTR_MUST_CHECK;

#endif
