/*
 * iam: asks IAM what a role or a user may do, without doing it. Their policies, boundary and those of
 * the organization are simulated; policies of resources and keys are not. Any thread.
 *
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
#ifndef OPS_IAM_H
#define OPS_IAM_H

#include "aws.h"

enum { IAM_ACTIONS_MAX = 16 };

enum iam_decision {
	IAM_UNKNOWN, /* the answer does not tell */
	IAM_ALLOWED,
	IAM_EXPLICIT_DENY,
	IAM_IMPLICIT_DENY,
};

struct iam_verdict {
	enum iam_decision decision;
	bool is_by_organization; /* a policy of the organization denies it */
	/* A condition that was looked at and has no value here: the decision may be another one. */
	char missing[64]; /* "aws:SourceVpce", "" when there is none */
};

/*
 * One verdict for each of `actions` (at most IAM_ACTIONS_MAX) on `resource`. ERR_NOTFOUND: no such
 * role or user; ERR_INVALID: not the ARN of one.
 */
int iam_simulate(struct aws *a, const char *role_arn, const char *resource,
    const char *const *actions, size_t count, struct iam_verdict *out, struct err *err)
    ATTR_MUST_CHECK;

/* What an answer says of those actions. */
int iam_read_simulation(const struct xml *root, const char *const *actions, size_t count,
    struct iam_verdict *out, struct err *err) ATTR_MUST_CHECK;

#endif
