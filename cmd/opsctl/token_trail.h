/*
 * token_trail: tasks of ops-api are asked through the load balancer which versions of the token they
 * accept, again and again; which of them answered, and how, stands in their log (ops.audit), where
 * each request has its id. Nothing is queued. Main thread.
 */
#ifndef OPS_TOKEN_TRAIL_H
#define OPS_TOKEN_TRAIL_H

#include "token_tasks.h"

struct token_trail {
	struct cli *cli;
	const struct token_versions *versions;
	const char *nonce;       /* what our request ids begin with; one digit follows */
	const char *group, *url; /* of the log; of the load balancer */
	struct aws *aws;
	int64_t began_ms, deadline_ms; /* wall, monotonic */
	struct token_tasks *tasks;     /* whose answers are filled in */
};

/* Until all tasks are known, or the deadline. Errors are those of http_call() and logs_events(). */
int token_trail_follow(const struct token_trail *t, struct err *err) ATTR_MUST_CHECK;

#endif
