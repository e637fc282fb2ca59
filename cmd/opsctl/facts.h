/*
 * facts: what was found out about a system at one moment, before anybody judges it: checkup.c makes
 * rows of them, why.c finds causes. Plain data, so that tests make them up. gather.h fills them.
 */
#ifndef OPS_FACTS_H
#define OPS_FACTS_H

#include "alarms.h"
#include "cli.h"
#include "elb.h"
#include "hash.h"
#include "queue.h"
#include "secret.h"
#include "stops.h"

#include <sys/types.h>

/* How asking for one thing went. */
enum fact_state {
	FACT_NONE, /* the context has nothing to ask for, or nobody wanted to know */
	FACT_KNOWN,
	FACT_FAILED, /* err says why */
};

struct fact {
	enum fact_state state;
	struct err err;
	char next[ERR_TEXT_MAX]; /* what to do about it, or "" */
	bool is_unrecorded;      /* a replay, and nobody asked when it was recorded */
};

/* ---- the services as such, by HTTP ---- */

enum facts_path {
	FACTS_API_LIVEZ,
	FACTS_API_READYZ,
	FACTS_API_HEALTH,
	FACTS_WORKER_LIVEZ,
	FACTS_WORKER_READYZ,
	FACTS_PATH_COUNT,
};

const char *facts_path_name(enum facts_path path);      /* "/readyz" */
enum context_key facts_path_base(enum facts_path path); /* of the context: its URL */

enum { FACTS_TEXT_SIZE = 208 };

struct facts_answer {
	struct fact fact;
	int status;
	char text[FACTS_TEXT_SIZE]; /* how its body begins */
};

/* What one service counts. */
struct facts_metrics {
	bool is_known, has_last_success, has_store_state;
	double last_success_s; /* Unix s; 0: nothing since it started */
	double store_is_up, errors;
};

/* ---- ports ---- */

enum { FACTS_DEAD_MAX = 4 };

/* Dead letters of one verdict and reason, as autopsy.h has them. */
struct facts_dead {
	uint64_t count;
	const char *verdict;
	char why[FACTS_TEXT_SIZE]; /* "" where the verdict says it all */
};

enum { FACTS_OLD_S = 300 }; /* a message of that age is a worry; SQS tells it minutes late */

struct facts_queue {
	struct fact fact;
	struct queue_stats stats;
	bool has_before; /* there was a look before */
	uint64_t dead_before;
	/*
	 * Why letters are dead, where somebody wants causes and SQLite has them. On SQS nobody looks:
	 * to see a letter is to receive it, which raises its receive count and hides it for a while;
	 * that is for who asks for it (dlq ls).
	 */
	struct facts_dead dead[FACTS_DEAD_MAX];
	size_t dead_count;
	uint64_t dead_others; /* letters of other reasons, and those that were not looked at */
};

struct facts_store {
	struct fact fact;
	bool has_space; /* a directory */
	double free_mib, free_percent;
};

struct facts_secret {
	struct fact fact;
	char fingerprint[HASH_FINGERPRINT_SIZE];
	char version[SECRET_VERSION_SIZE];
	int64_t changed_at; /* Unix s; 0: unknown */
};

struct facts_token {
	struct fact fact; /* none: there is no secret to ask with */
	bool is_accepted, is_by_bearer;
	int status;
	int64_t asked_ms; /* when; earlier than this look where an answer was good for longer */
};

/* ---- each service of the context ---- */

enum { FACTS_GROUPS_MAX = 3, FACTS_DIGESTS_MAX = 4 };

/* One target group, or a Classic Load Balancer. */
struct facts_targets {
	struct fact fact;
	bool is_classic;
	char name[64]; /* of the group */
	struct elb_targets targets;
};

/* Of its tasks that are wanted, those that do not run yet. */
struct facts_waiting {
	struct fact fact;
	size_t tasks, running, unhealthy;
	size_t waiting;
	int64_t oldest_ms;  /* when the one that waits longest was created; 0: none */
	char status[24];    /* of that one: "PENDING", "PROVISIONING" */
	char task_id[64];   /* of that one */
	char sick_task[64]; /* one that its own health check finds unhealthy, or "" */
};

struct facts_probe {
	struct fact fact;
	bool is_good, is_grpc;
	int status; /* of HTTP, or of gRPC */
	int64_t took_us;
	char text[FACTS_TEXT_SIZE];
};

struct facts_service {
	const struct context_service *service; /* borrowed from the context */
	struct fact ecs_fact;
	struct ecs_service ecs;
	struct fact rollout_fact;
	bool has_rollout;
	struct ecs_rollout rollout; /* the latest */
	struct facts_waiting waiting;
	struct fact stops_fact;
	struct stops stops;
	struct facts_targets groups[FACTS_GROUPS_MAX];
	struct facts_probe probe;
};

struct facts {
	const struct context *context; /* borrowed */
	int64_t at_ms;                 /* Unix */
	struct facts_answer answers[FACTS_PATH_COUNT];
	struct facts_metrics api_metrics, worker_metrics;
	pid_t stopped_api, stopped_worker; /* of this machine, held by a signal; 0: not */
	struct facts_queue queue;
	struct facts_store store;
	struct facts_secret secret;
	struct facts_token token;
	struct fact alarms_fact;
	struct alarms alarms;
	struct facts_service services[CONTEXT_SERVICES_MAX];
	size_t service_count;
};

/* What to look at when one of the services fails, "api" or "worker": its log, where there is one. */
void facts_next_of_service(const struct facts *f, const char *service, char out[ERR_TEXT_MAX]);

/* Frees what was gathered; NULL and zeroed are fine. */
void facts_release(struct facts *f);

/* ---- what several readers of them ask ---- */

/* Failed, but for a reason that lies with who asks: nothing about the system follows from it. */
bool fact_is_untold(const struct fact *fact);

/* How long something has been so, in s; at least 0. */
int64_t facts_age_s(const struct facts *f, int64_t since_ms);

/* Whether a change of the service is under way: what is not yet there is expected. */
bool facts_is_rolling(const struct facts_service *s);

/* The targets of a group less those that are leaving, and how many of them are healthy. */
void facts_count_targets(const struct facts_targets *group, size_t *staying, size_t *healthy);

#endif
