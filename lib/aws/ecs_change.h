/*
 * ecs_change: changes services of Amazon ECS, ends their deployments, and begins sessions in their
 * containers. Any thread.
 *
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
 */
#ifndef OPS_ECS_CHANGE_H
#define OPS_ECS_CHANGE_H

#include "ecs.h"

struct ecs_update {
	const char *cluster, *service;
	const char *task_definition; /* NULL: the one it has */
	bool is_forced;              /* new tasks, even where nothing changes */
};

/*
 * UpdateService. *out, which may be NULL, becomes the deployment in force then: the one that this
 * change began, or the present one where it changed nothing. ERR_NOTFOUND: no such service, cluster
 * or revision; ERR_CORRUPT: changed, but the answer names no deployment.
 */
int ecs_update_service(struct aws *a, const struct ecs_update *update, struct ecs_deployment *out,
    struct err *err) ATTR_MUST_CHECK;

/* The deployment in force that an answer of UpdateService names. ERR_CORRUPT: none. */
int ecs_read_update(const struct json *answer, struct ecs_deployment *out, struct err *err)
    ATTR_MUST_CHECK;

/*
 * StopServiceDeployment: end a rollout that is under way and go back to what was before it.
 * ERR_NOTFOUND, ERR_INVALID, ERR_CONFLICT: it is over, or there is nothing to go back to.
 */
int ecs_roll_back(struct aws *a, const char *rollout_arn, struct err *err) ATTR_MUST_CHECK;

struct ecs_command {
	const char *cluster, *task; /* id or ARN */
	const char *container;      /* "": the only one */
	const char *command;        /* one line, split by the agent: quotes as in a shell */
};

/* A session of SSM, for session-manager-plugin. Holds a token: wipe it. */
struct ecs_session {
	struct buf answer; /* the object "session" as JSON: what the plugin is given */
	char id[128];
	char task_arn[ECS_TASK_ARN_SIZE];
	char container[ECS_NAME_SIZE]; /* "": not said */
};

/*
 * ExecuteCommand: the command runs from now on, and its outcome is for who takes up the session.
 * *out is initialised here. ERR_INVALID: the task was not started for it, or its agent is not up.
 */
int ecs_execute(struct aws *a, const struct ecs_command *command, struct ecs_session *out,
    struct err *err) ATTR_MUST_CHECK;
void ecs_session_wipe(struct ecs_session *s);

/* What an answer of ExecuteCommand holds. ERR_CORRUPT: no session, or none that can be taken up. */
int ecs_read_session(const struct json *answer, struct ecs_session *out, struct err *err)
    ATTR_MUST_CHECK;

#endif
