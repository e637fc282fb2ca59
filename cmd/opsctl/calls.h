/*
 * calls: which operations of AWS a command calls, as its row says, and when. `opsctl iam` makes a
 * policy of them, --plan lists them; tests compare them with what a command really calls.
 */
#ifndef OPS_CALLS_H
#define OPS_CALLS_H

#include "aws_ops.h"
#include "cli.h"

/* What must be so that the call is made; a command's row has one for each operation. */
struct command_call {
	enum aws_op op;
	enum context_key key; /* the context has a value of that key, and it is on AWS */
	const char *option;   /* and this option is given; NULL: always. "a|b": one of them */
};

/* Groups that several rows share, to be put into their tables. */
#define CALLS_IDENTITY                                                                             \
	{                                                                                          \
		STS_GET_CALLER_IDENTITY, CONTEXT_ACCOUNT, NULL                                     \
	}
/* The current token. */
#define CALLS_TOKEN                                                                                \
	{ SSM_GET_PARAMETER, CONTEXT_SECRET, NULL },                                               \
	{                                                                                          \
		SECRETSMANAGER_GET_SECRET_VALUE, CONTEXT_SECRET, NULL                              \
	}

/* Whether the call is made in this context with these options. An operation of SSM, say, needs a
 * value that begins with ssm: */
bool calls_apply(const struct command_call *call, const struct cli *cli);

#endif
