/*
 * ecs: reads services, tasks and service deployments of Amazon ECS. Texts are as field.h says; of
 * lists that are longer than ours the first are kept (ECS gives the newest first) and the count that
 * it names is told. Times are Unix ms, 0: none. Any thread.
 *
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/Welcome.html
 */
#ifndef OPS_ECS_H
#define OPS_ECS_H

#include "aws.h"

enum {
	ECS_ARN_SIZE = 640, /* of a service deployment, with names of 255 characters */
	ECS_TASK_ARN_SIZE = 384,
	ECS_NAME_SIZE = 256,
	ECS_REASON_SIZE = 512,

	ECS_DEPLOYMENTS_MAX = 8,
	ECS_EVENTS_MAX = 20, /* ECS keeps 100 */
	ECS_BALANCERS_MAX = 5,
	ECS_CONTAINERS_MAX = 6, /* ECS takes 10 */
	ECS_TASKS_MAX = 1000,
	ECS_ROLLOUTS_MAX = 20,
};

/* ---- services ---- */

enum ecs_rollout_state {
	ECS_ROLLOUT_NONE, /* ECS does not say: no rolling update */
	ECS_ROLLOUT_IN_PROGRESS,
	ECS_ROLLOUT_COMPLETED,
	ECS_ROLLOUT_FAILED,
};

struct ecs_deployment {
	char id[64];     /* "ecs-svc/1234567890123456789" */
	char status[16]; /* "PRIMARY", "ACTIVE", "INACTIVE" */
	enum ecs_rollout_state rollout;
	char rollout_reason[ECS_REASON_SIZE];
	char task_definition[ECS_TASK_ARN_SIZE];
	int desired, running, pending;
	int failed_tasks; /* that did not start, since the last that did */
	int64_t created_ms, updated_ms;
};

struct ecs_event {
	int64_t at_ms;
	char message[ECS_REASON_SIZE];
};

/* Who sends it traffic. */
struct ecs_balancer {
	char target_group[ECS_TASK_ARN_SIZE]; /* ARN; "": a Classic one */
	char elb[64];                         /* name of a Classic one, or "" */
	char container[ECS_NAME_SIZE];
	int container_port;
};

struct ecs_service {
	bool is_found; /* all else is empty when it is not */
	char arn[ECS_ARN_SIZE];
	char name[ECS_NAME_SIZE];
	char status[16]; /* "ACTIVE", "DRAINING", "INACTIVE" */
	char task_definition[ECS_TASK_ARN_SIZE];
	char controller[16]; /* "ECS", "CODE_DEPLOY", "EXTERNAL"; "": ECS */
	char launch_type[16], platform_version[32];
	int desired, running, pending;
	bool has_breaker, breaker_rolls_back; /* as its deployment configuration says */
	int minimum_percent, maximum_percent; /* of healthy tasks while it deploys; -1: not said */
	int health_check_grace_s;             /* -1: not said */
	bool can_exec;
	int64_t created_ms;
	struct ecs_deployment deployments[ECS_DEPLOYMENTS_MAX];
	size_t deployment_count;
	struct ecs_event events[ECS_EVENTS_MAX]; /* newest first */
	size_t event_count;
	struct ecs_balancer balancers[ECS_BALANCERS_MAX];
	size_t balancer_count;
};

/*
 * Those services of the cluster: out[i] is that of names[i]. A service that is not there is no
 * failure: its is_found is false. ERR_NOTFOUND: the cluster is not there; as aws_call().
 */
int ecs_services(struct aws *a, const char *cluster, const char *const *names, size_t count,
    struct ecs_service *out, struct err *err) ATTR_MUST_CHECK;

/* The deployment in force, or NULL: ECS has taken the service away. */
const struct ecs_deployment *ecs_primary(const struct ecs_service *s);

/* One deployment, all tasks that are wanted run, none is to come: what ECS calls steady. */
bool ecs_is_steady(const struct ecs_service *s);

/* One service of an answer of DescribeServices. ERR_CORRUPT: it has no name. */
int ecs_read_service(const struct json *service, struct ecs_service *out, struct err *err)
    ATTR_MUST_CHECK;

/* ---- tasks ---- */

struct ecs_container {
	char name[ECS_NAME_SIZE];
	char image[256];
	char image_digest[80]; /* "sha256:..." */
	char runtime_id[80];   /* what a session calls it */
	char exec_agent
	    [16]; /* status of ExecuteCommandAgent: "RUNNING", "STOPPED"; "": it has none */
	char last_status[24];
	char health[16]; /* "HEALTHY", "UNHEALTHY", "UNKNOWN" */
	char reason[384];
	bool has_exit_code;
	int exit_code;
};

struct ecs_task {
	char arn[ECS_TASK_ARN_SIZE];
	char id[64]; /* the last part of the ARN */
	char task_definition[ECS_TASK_ARN_SIZE];
	char started_by[64]; /* the id of its deployment */
	char last_status[24], desired_status[24];
	char health[16];
	char stop_code[40]; /* "EssentialContainerExited", "TaskFailedToStart", ...; "": runs */
	char stopped_reason[ECS_REASON_SIZE];
	char private_ip[48];
	char zone[32];
	bool can_exec;
	int64_t created_ms, started_ms, stopping_ms, stopped_ms;
	struct ecs_container containers[ECS_CONTAINERS_MAX];
	size_t container_count;
};

struct ecs_tasks {
	struct ecs_task *items;
	size_t count;
	bool is_cut; /* there are more than ECS_TASKS_MAX */
};

enum ecs_task_wish { ECS_TASKS_RUNNING, ECS_TASKS_STOPPED }; /* that ECS wants them to be */

/*
 * The tasks of a service, or of the whole cluster where service is NULL; the stopped ones for about
 * an hour, as long as ECS keeps them. Two calls for each hundred. Release *out whatever comes out.
 * ERR_NOTFOUND: no such cluster or service.
 */
int ecs_tasks(struct aws *a, const char *cluster, const char *service, enum ecs_task_wish wish,
    struct ecs_tasks *out, struct err *err) ATTR_MUST_CHECK;
void ecs_tasks_release(struct ecs_tasks *tasks);

/* The container of that name; "" or NULL: the first one that ended badly, else the first. NULL: none. */
const struct ecs_container *ecs_container(const struct ecs_task *task, const char *name);

/* One task of an answer of DescribeTasks. ERR_CORRUPT: it has no ARN. */
int ecs_read_task(const struct json *task, struct ecs_task *out, struct err *err) ATTR_MUST_CHECK;

/* ---- service deployments, which are called rollouts here: one change of a service ---- */

enum ecs_rollout_status {
	ECS_PENDING,
	ECS_SUCCESSFUL,
	ECS_STOPPED,
	ECS_STOP_REQUESTED,
	ECS_IN_PROGRESS,
	ECS_ROLLBACK_REQUESTED,
	ECS_ROLLBACK_IN_PROGRESS,
	ECS_ROLLBACK_SUCCESSFUL,
	ECS_ROLLBACK_FAILED,
	ECS_STATUS_OTHER, /* one that this program does not know */
	ECS_STATUS_COUNT,
};

bool ecs_rollout_is_over(enum ecs_rollout_status status);
bool ecs_rollout_is_back(enum ecs_rollout_status status); /* rolled back, or on its way */

enum ecs_breaker {
	ECS_BREAKER_DISABLED,
	ECS_BREAKER_MONITORING,
	ECS_BREAKER_COMPLETE,
	ECS_BREAKER_TRIGGERED
};

struct ecs_rollout {
	char arn[ECS_ARN_SIZE];
	enum ecs_rollout_status status;
	char status_reason[ECS_REASON_SIZE];
	char lifecycle_stage[40];           /* of the newer ones, or "" */
	char target_revision[ECS_ARN_SIZE]; /* ARN of the service revision that comes */
	int requested, running, pending;    /* its tasks */
	enum ecs_breaker breaker;
	int breaker_count, breaker_threshold; /* tasks that failed, of how many are borne */
	char alarms_status[24];               /* "TRIGGERED", "MONITORING", ...; "": none */
	char triggered_alarm[ECS_NAME_SIZE];  /* the first, or "" */
	char rollback_reason[ECS_REASON_SIZE];
	char rollback_revision[ECS_ARN_SIZE];
	int64_t rollback_started_ms;
	int64_t created_ms, started_ms, updated_ms, finished_ms, stopped_ms;
};

struct ecs_rollouts {
	struct ecs_rollout items[ECS_ROLLOUTS_MAX]; /* newest first */
	size_t count;
};

/*
 * The latest rollouts of a service, at most `max` (1 to ECS_ROLLOUTS_MAX): ListServiceDeployments,
 * then DescribeServiceDeployments. ECS keeps them for 90 days.
 */
int ecs_rollouts(struct aws *a, const char *cluster, const char *service, size_t max,
    struct ecs_rollouts *out, struct err *err) ATTR_MUST_CHECK;

/* That one. ERR_NOTFOUND: ECS does not know it. */
int ecs_rollout(struct aws *a, const char *arn, struct ecs_rollout *out, struct err *err)
    ATTR_MUST_CHECK;

/* One of an answer of DescribeServiceDeployments. ERR_CORRUPT: it has no ARN. */
int ecs_read_rollout(const struct json *rollout, struct ecs_rollout *out, struct err *err)
    ATTR_MUST_CHECK;

#endif
