/*
 * secret_aws: what the secrets in SSM and Secrets Manager share. Private to secret_ssm.c and
 * secret_secretsmanager.c, and tests. Any thread.
 */
#ifndef OPS_SECRET_AWS_H
#define OPS_SECRET_AWS_H

#include "aws.h"
#include "hash.h"
#include "secret.h"

enum {
	SECRET_NAME_SIZE = 1024, /* SSM: 1011 characters of a name; ARNs are about as long */
	SECRET_REGION_SIZE = 64,
	SECRET_SHOWN_SIZE = 64,
};

struct secret_aws {
	struct secret base;
	struct aws *aws;
	const struct clock *clock;
	char name[SECRET_NAME_SIZE];     /* or ARN */
	char region[SECRET_REGION_SIZE]; /* of an ARN; "": the client's */
	int64_t ends_at_ms;              /* of the call of the port under way: secret_aws_begin() */
};

/* What follows the scheme is a name of `characters`, or an ARN. ERR_CONFIG. */
int secret_aws_open(struct secret **out, struct str url, const struct secret_options *o,
    const struct secret_ops *ops, const char *characters, struct err *err) ATTR_MUST_CHECK;
void secret_aws_close(struct secret *s);

/* The secret for one call of the port, on its stack: all that it asks must end in time. */
struct secret_aws secret_aws_begin(const struct secret *s);

/* A call with a body that was written; it may hold `secret`, and is wiped. */
int secret_aws_call(struct secret_aws *s, enum aws_op op, struct buf *body, struct str secret,
    struct aws_answer *answer, struct json **out, struct err *err) ATTR_MUST_CHECK;

/* The value of an answer into *out, checked. ERR_INVALID: none, or not one that we take. */
int secret_aws_take(const struct secret_aws *s, const struct json *value, struct buf *out,
    struct err *err) ATTR_MUST_CHECK;

/* Of the value of an answer; "" when it is none that we take. */
void secret_aws_fingerprint(const struct secret_aws *s, const struct json *value,
    char out[HASH_FINGERPRINT_SIZE]);

/* Timestamps are seconds, with a fraction; 0: absent. */
int64_t secret_aws_time(const struct json *value);

#endif
