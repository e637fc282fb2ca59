/*
 * policy_arn: ARNs of what a context names. Pure but for policy_scope_init(), which may read the
 * AWS configuration files.
 */
#ifndef OPS_POLICY_ARN_H
#define OPS_POLICY_ARN_H

#include "cli.h"
#include "queue_sqs_place.h"

/* What stands in ARNs; "" is not known. Points into the context. */
struct policy_scope {
	const struct context *context;
	const char *partition;
	char region[64], account[16];
	struct sqs_place queue;
	struct str parameter, secret, bucket, prefix, cluster;
};

void policy_scope_init(struct policy_scope *s, struct cli *cli);

/*
 * Append the template with its words filled in: "arn:{partition}:sqs:{region}:{account}:{queue}".
 * What is not known becomes "*". With a word of services ({ecs}, {logs}, {repository}) once for each
 * service that has it, and once with "*" where none has. Each is ended by NUL.
 */
void policy_arns(const struct policy_scope *s, const char *template, struct buf *out);

#endif
