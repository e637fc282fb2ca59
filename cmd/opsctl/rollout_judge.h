/*
 * rollout_judge: what became of one deployment of a service, told from what ECS says now. The
 * deployment is known by its id: a service that is steady again after a rollback is no success. Pure.
 */
#ifndef OPS_ROLLOUT_JUDGE_H
#define OPS_ROLLOUT_JUDGE_H

#include "ecs.h"

enum rollout_phase {
	ROLLOUT_PENDING, /* nothing has begun yet */
	ROLLOUT_RUNNING,
	ROLLOUT_DEPLOYED,
	ROLLOUT_FAILING,      /* its tasks fail, and no circuit breaker will end it */
	ROLLOUT_FAILED,       /* ended by the circuit breaker, and nothing to go back to */
	ROLLOUT_ROLLING_BACK, /* by the circuit breaker, an alarm or somebody */
	ROLLOUT_ROLLED_BACK,
	ROLLOUT_REPLACED, /* by another deployment that somebody began */
	ROLLOUT_PHASE_COUNT,
};

const char *rollout_phase_name(enum rollout_phase phase); /* "rolled-back" */
const char *rollout_phase_text(enum rollout_phase phase); /* "rolled back", for people */
bool rollout_phase_is_end(enum rollout_phase phase);

/* What is known of the deployment that is followed. */
struct rollout_target {
	const char *id;       /* of the deployment */
	bool was_told_to_end; /* we asked ECS to roll it back */
	bool was_seen;        /* at the last look */
	int64_t created_ms;   /* 0: not known */
};

struct rollout_view {
	enum rollout_phase phase;
	char reason[ECS_REASON_SIZE]; /* in the words of ECS, or "" */
	struct ecs_deployment own;    /* id "": ECS does not list it any more */
	struct ecs_deployment other;  /* beside it: what it replaces, or what replaces it; id "" */
	int breaker_count, breaker_threshold; /* threshold 0: not known */
};

/* What the service is to run came up, and nothing is under way any more. */
bool rollout_is_settled(const struct ecs_service *s);

/* `rollout` is the service deployment of ECS that belongs to it; NULL: not known. */
void rollout_judge(const struct rollout_target *t, const struct ecs_service *s,
    const struct ecs_rollout *rollout, struct rollout_view *out);

#endif
