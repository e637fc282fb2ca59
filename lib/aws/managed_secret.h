/*
 * managed_secret: how a secret of Secrets Manager is set up, without its value. Any thread.
 */
#ifndef OPS_MANAGED_SECRET_H
#define OPS_MANAGED_SECRET_H

#include "aws.h"

enum { MANAGED_SECRET_VERSION_SIZE = 65 };

struct managed_secret {
	char key[256]; /* of KMS; "": the account's own for this service */
	/* Versions at these stages, or "". Pending: a rotation made it, and has not ended. */
	char current[MANAGED_SECRET_VERSION_SIZE];
	char previous[MANAGED_SECRET_VERSION_SIZE];
	char pending[MANAGED_SECRET_VERSION_SIZE];
	bool rotates;    /* by itself, with a function of its own */
	bool is_deleted; /* at a day to come; it cannot be read any more */
};

/* `name` may be an ARN. ERR_NOTFOUND. */
int managed_secret(struct aws *a, const char *name, struct managed_secret *out, struct err *err)
    ATTR_MUST_CHECK;

int managed_secret_read(const struct json *answer, struct managed_secret *out, struct err *err)
    ATTR_MUST_CHECK;

#endif
