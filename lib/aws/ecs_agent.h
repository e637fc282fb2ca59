/*
 * ecs_agent: what the container agent of Amazon ECS tells a task about itself, and the protection
 * from scale-in and deployments that it gives. Link-local, without credentials of ours; short
 * time-outs. Any thread.
 *
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
#ifndef OPS_ECS_AGENT_H
#define OPS_ECS_AGENT_H

#include "http.h"

enum { ECS_AGENT_NAME_SIZE = 256 };

struct ecs_this_task {
	/* Name or ARN, as the agent has it; "" = unknown, as all. */
	char cluster[ECS_AGENT_NAME_SIZE];
	char task_arn[ECS_AGENT_NAME_SIZE];
	char task_id[ECS_AGENT_NAME_SIZE]; /* the last part of the ARN */
	char family[ECS_AGENT_NAME_SIZE], revision[ECS_AGENT_NAME_SIZE];
	char zone[ECS_AGENT_NAME_SIZE]; /* "eu-west-1a" */
};

/* ERR_NOTFOUND: not a task of ECS (no ECS_CONTAINER_METADATA_URI_V4); as http_call(). */
int ecs_agent_task(struct http *h, struct ecs_this_task *out, struct err *err) ATTR_MUST_CHECK;

/* Whether there is an agent to ask for protection (ECS_AGENT_URI). */
bool ecs_agent_can_protect(void);

/*
 * Keep ECS from stopping the task for `minutes` (1 to 2880), or end that (0). ERR_DENIED: the
 * task role lacks ecs:UpdateTaskProtection; ERR_INVALID: ECS will not, as while it deploys;
 * ERR_NOTFOUND: no agent; ERR_BUSY; as http_call().
 */
int ecs_agent_protect(struct http *h, unsigned minutes, struct err *err) ATTR_MUST_CHECK;

#endif
