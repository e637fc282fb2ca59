/*
 * ssm_parameter: what kind of parameter one of SSM is, without its value; and to read and to write one
 * that is no secret. Any thread.
 */
#ifndef OPS_SSM_PARAMETER_H
#define OPS_SSM_PARAMETER_H

#include "aws.h"

struct ssm_parameter {
	char type[24]; /* "SecureString" */
	int64_t version;
	int64_t changed_ms; /* 0: not told */
};

/* The value is asked for as it is encrypted and not looked at. ERR_NOTFOUND. */
int ssm_parameter(struct aws *a, const char *name, struct ssm_parameter *out, struct err *err)
    ATTR_MUST_CHECK;

/*
 * Put the value to *out, as far as that has room: `full` when it is longer. ERR_NOTFOUND;
 * ERR_CONFLICT: it is not of the type String.
 */
int ssm_parameter_text(struct aws *a, const char *name, struct buf *out, struct err *err)
    ATTR_MUST_CHECK;

/*
 * PutParameter of the type String; one that is there keeps its description and its tags.
 * ERR_CONFLICT: it is of another type.
 *
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
 */
int ssm_parameter_write(struct aws *a, const char *name, const char *value, struct err *err)
    ATTR_MUST_CHECK;

int ssm_read_parameter(const struct json *answer, struct ssm_parameter *out, struct err *err)
    ATTR_MUST_CHECK;

#endif
