/*
 * iam_check: asks IAM whether a policy's permissions are those of who calls, without using them.
 * What policies of resources and keys say is not asked. Main thread.
 */
#ifndef OPS_IAM_CHECK_H
#define OPS_IAM_CHECK_H

#include "policy.h"

/*
 * Ask for every action on every resource of it, and print what is denied; EXIT_BAD if anything is.
 * `names`: of the commands, each ended by NUL. A context without an account gets the caller's.
 * ERR_CREDENTIALS: those of whoever calls are neither a user's nor a role's.
 */
int iam_check(struct cli *cli, const struct policy *policy, struct str names, struct err *err)
    ATTR_MUST_CHECK;

#endif
