/*
 * preflight_service: what the checks of one service of ECS share. Private to preflight_*.c.
 */
#ifndef OPS_PREFLIGHT_SERVICE_H
#define OPS_PREFLIGHT_SERVICE_H

#include "ecs_revision.h"
#include "preflight.h"

/* Which program it is, by its settings. */
enum task_kind { TASK_OTHER, TASK_API, TASK_WORKER };

struct task {
	struct json *answer;          /* to DescribeTaskDefinition */
	const struct json *container; /* within it, the one that matters */
	enum task_kind kind;
};

/* What its role may and may not do, as IAM simulates it. */
void preflight_role(struct preflight_part *part, const struct task *t, struct err *err);

#endif
