/*
 * problem: the answers of ops-api that are not a success: problem+json (RFC 9457) with
 * the members `error` and `request_id`; and what every answer has in common.
 */
#ifndef OPS_PROBLEM_H
#define OPS_PROBLEM_H

#include "httpd.h"

enum { REQUEST_ID_SIZE = 65 };

struct problem {
	unsigned status;
	const char *error;        /* short, stable: clients compare it */
	const char *detail;       /* for the person; or NULL */
	const char *name, *value; /* one more field: WWW-Authenticate, Allow, ...; or NULL */
	bool is_last;
};

/* The request's X-Request-Id when it is [A-Za-z0-9._-]{1,64}, else a new id. Loop thread. */
void request_id(const struct httpd_request *r, const struct clock *clock,
    char out[REQUEST_ID_SIZE]);

void problem_answer(struct httpd_request *r, const char *id, const struct problem *p);

#endif
