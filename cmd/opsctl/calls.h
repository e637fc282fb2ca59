/*
 * calls: which operations of AWS a command calls, as its row says, and when. `opsctl iam` makes a
 * policy of them, --plan lists them; tests compare them with what a command really calls.
 */
#ifndef OPS_CALLS_H
#define OPS_CALLS_H

#include "aws_ops.h"
#include "cli.h"

/* Beside the keys of a context, what a call may be about: */
#define CALL_SERVICE(key) (CONTEXT_KEY_COUNT + (key))     /* that of its services which have it */
#define CALL_DEAD_LETTERS CALL_SERVICE(SERVICE_KEY_COUNT) /* the dead letters of its queue */
#define CALL_AWS          (CALL_DEAD_LETTERS + 1)         /* anything of AWS that it names */

/* What must be so that the call is made; a command's row has one for each operation. */
struct command_call {
	enum aws_op op;
	int key; /* enum context_key, or as above: the context has such a value, and it is on AWS */
	/*
	 * And these options are given; NULL: always. "a|b": one of them, "!a|b": none of them, "a&b":
	 * both, of which each may be like the former. An operand is "OPERAND"; "=a": the operand a,
	 * where operands choose what is asked, so that it is asked without any, too.
	 */
	const char *option;
};

/*
 * Groups that several rows share, to be put into their tables. Who we are, where the context says
 * who we should be:
 */
#define CALLS_IDENTITY                                                                             \
	{                                                                                          \
		STS_GET_CALLER_IDENTITY, CONTEXT_ACCOUNT, NULL                                     \
	}
/* The token, one version of it or both. */
#define CALLS_TOKEN                                                                                \
	{ SSM_GET_PARAMETER, CONTEXT_SECRET, NULL },                                               \
	{                                                                                          \
		SECRETSMANAGER_GET_SECRET_VALUE, CONTEXT_SECRET, NULL                              \
	}
/* To open the queue and to count what is in it. */
#define CALLS_QUEUE_STATS                                                                          \
	{ SQS_GET_QUEUE_ATTRIBUTES, CONTEXT_QUEUE, NULL },                                         \
	    { SQS_GET_QUEUE_ATTRIBUTES, CALL_DEAD_LETTERS, NULL },                                 \
	{                                                                                          \
		CLOUDWATCH_GET_METRIC_DATA, CONTEXT_QUEUE, NULL                                    \
	}

/* To look at dead letters: they are received and given back, and judged by what is stored. */
#define CALLS_DEAD_LETTERS                                                                         \
	{ SQS_GET_QUEUE_ATTRIBUTES, CONTEXT_QUEUE, NULL },                                         \
	    { SQS_RECEIVE_MESSAGE, CALL_DEAD_LETTERS, NULL },                                      \
	    { SQS_CHANGE_MESSAGE_VISIBILITY_BATCH, CALL_DEAD_LETTERS, NULL },                      \
	{                                                                                          \
		S3_GET_OBJECT, CONTEXT_STORE, NULL                                                 \
	}

/*
 * Whether such a call can be made in this context: an operation of SSM, say, needs a token whose URL
 * begins with ssm:
 */
bool calls_fit(const struct command_call *call, const struct context *c);

/* Whether it is made in the context of the command with the options that were given. */
bool calls_apply(const struct command_call *call, const struct cli *cli);

#endif
