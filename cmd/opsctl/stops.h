/*
 * stops: why tasks stopped, told from what ECS says in several places of a task, and grouped: ten
 * tasks that ran out of memory are one reason with a count. Pure.
 */
#ifndef OPS_STOPS_H
#define OPS_STOPS_H

#include "ecs.h"

enum stop_kind {
	STOP_MEMORY,    /* out of memory */
	STOP_PULL,      /* its image cannot be pulled */
	STOP_SECRET,    /* a secret or parameter cannot be read */
	STOP_LOGS,      /* its log cannot be opened */
	STOP_NETWORK,   /* no network interface */
	STOP_CAPACITY,  /* no room for it */
	STOP_START,     /* its container cannot be created or started */
	STOP_TARGET,    /* the load balancer found it unhealthy */
	STOP_CONTAINER, /* its own health check did */
	STOP_EXIT,      /* an essential container ended */
	STOP_SPOT,      /* Fargate Spot took it back */
	STOP_PERSON,    /* somebody stopped it */
	STOP_SCHEDULER, /* a deployment or scaling did: all is well */
	STOP_OTHER,
	STOP_KIND_COUNT,
};

const char *stop_kind_name(enum stop_kind kind);  /* "memory": for programs */
const char *stop_kind_words(enum stop_kind kind); /* "out of memory" */
bool stop_kind_is_failure(enum stop_kind kind);

enum {
	STOPS_GROUPS_MAX = 6,
	STOP_LINES_MAX = 5,
	STOP_LINE_SIZE = 256,
	STOP_SAID_SIZE = 256,
};

/* Tasks that stopped for one reason. */
struct stop_group {
	enum stop_kind kind;
	char said[STOP_SAID_SIZE]; /* by ECS, of the newest */
	char container[ECS_NAME_SIZE];
	bool has_exit_code;
	int exit_code;
	size_t count;
	int64_t first_ms, last_ms; /* when they stopped */
	char task_id[64];          /* of the newest */
	char started_by[64];       /* its deployment */
	/* The last lines of its log, oldest first; filled by who can read logs. */
	char lines[STOP_LINES_MAX][STOP_LINE_SIZE];
	size_t line_count;
};

struct stops {
	struct stop_group groups[STOPS_GROUPS_MAX]; /* failures first, then the newest */
	size_t count;
	size_t tasks, failures; /* of all groups, also of those that found no room */
	bool is_cut;            /* ECS has more stopped tasks than were asked for */
};

/* `container`: the one that matters; "" or NULL: the first that ended badly. */
void stops_group(const struct ecs_tasks *tasks, const char *container, struct stops *out);

/* The kind of one. */
enum stop_kind stop_kind_of(const struct ecs_task *task, const struct ecs_container *container);

/* "4 x out of memory: exit 137 (killed: ...)", of the group. */
enum { STOP_TEXT_SIZE = 320 };
const char *stop_text(const struct stop_group *g, char out[STOP_TEXT_SIZE]);

#endif
