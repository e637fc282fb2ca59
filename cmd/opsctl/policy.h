/*
 * policy: the permissions that calls of commands need on what a context names, and the IAM policy
 * that gives just those. Made from the rows of commands and operations alone, without a call. What a
 * context does not tell (an account, a region) is "*" in the ARNs. Main thread.
 */
#ifndef OPS_POLICY_H
#define OPS_POLICY_H

#include "calls.h"

/* A kind of resource that a statement of the policy is about. */
enum policy_place {
	POLICY_QUEUE,
	POLICY_DEAD_LETTERS,
	POLICY_PARAMETER,
	POLICY_IMAGE_PARAMETERS,
	POLICY_SECRET,
	POLICY_BUCKET,
	POLICY_OBJECTS,
	POLICY_CLUSTER,
	POLICY_SERVICES,
	POLICY_SERVICE_DEPLOYMENTS,
	POLICY_TASKS,
	POLICY_TASK_DEFINITIONS,
	POLICY_LOG_GROUPS,
	POLICY_ALARMS,
	POLICY_REPOSITORIES,
	POLICY_ROLES,
	POLICY_TOPICS,
	POLICY_NO_RESOURCE, /* operations that know none: "*" */
	POLICY_PLACE_COUNT,
};

struct policy {
	struct cli *cli;
	bool calls[POLICY_PLACE_COUNT][AWS_OP_COUNT];   /* what is called there */
	bool besides[POLICY_PLACE_COUNT][AWS_OP_COUNT]; /* their rows' `also` is needed there */
};

void policy_init(struct policy *p, struct cli *cli);

/* The calls of a command that fit the context, whatever its options. */
void policy_add(struct policy *p, const struct command *command);

/* Whether nothing of AWS is called: then AWS takes no such policy, and none is needed. */
bool policy_is_empty(const struct policy *p);

/* A statement of it. */
struct policy_statement {
	const char *sid;
	struct buf actions, resources; /* each ended by NUL, and none twice */
};

/* Call fn for each, until it does not return 0; its result. */
int policy_each(const struct policy *p,
    int (*fn)(void *arg, const struct policy_statement *s, struct err *err), void *arg,
    struct err *err);

/* The document, {"Version":...}, as a value. */
void policy_json(const struct policy *p, struct json_writer *w);

/* An array of what it allows: action, operation, resources. */
void policy_permissions_json(const struct policy *p, struct json_writer *w);

/* What a reader of the policy must know beside it, a line each. */
void policy_notes(const struct policy *p, struct buf *out);

/* Append the ARNs of what a call is about, each ended by NUL. */
void policy_resources(struct cli *cli, const struct command_call *call, struct buf *out);

#endif
