/*
 * fake_json: stands in for lib/aws/aws.c where services speak JSON: a function of the test answers
 * each call, and what was asked is written down. One at a time; one thread.
 */
#ifndef OPS_TEST_FAKE_JSON_H
#define OPS_TEST_FAKE_JSON_H

#include "aws.h"

enum { FAKE_ANSWER_MAX = 8 * 1024 * 1024 };

struct fake_call {
	enum aws_op op;
	const struct aws_request *request;
	const struct json *body; /* of the request */
	unsigned number;         /* of this operation, from 1 */
};

/* To be filled: the body of a success, or how it was refused. */
struct fake_answer {
	struct buf body;       /* "{}" when empty */
	enum err_code refused; /* what the client makes of a refusal, or of no answer */
	const char *code;      /* the service's: "ThrottlingException"; may be NULL */
	unsigned attempts;     /* 0: one */
};
typedef void fake_json_fn(const struct fake_call *call, struct fake_answer *answer);

/* Begins anew, and forgets what was asked. The client is to be passed on, and not looked into. */
struct aws *fake_json_start(fake_json_fn *fn);
void fake_json_stop(void);

/* "ReceiveMessage DeleteMessageBatch " */
struct str fake_json_calls(void);

/* Whether endpoints are AWS's own; false at first. */
void fake_json_be_real(bool is_real);

/*
 * The bodies of all requests, one line each: what may stand in traces and errors is tested on it.
 */
struct str fake_json_bodies(void);

#endif
