#include "rollout_judge.h"

#include "field.h"

/* As many as the circuit breaker bears at least, where there is none to count. */
enum { FAILED_TASKS_MAX = 3 };

static const struct {
	const char *name, *text;
	bool is_end;
} phases[ROLLOUT_PHASE_COUNT] = {
	[ROLLOUT_PENDING] = { "pending", "pending", false },
	[ROLLOUT_RUNNING] = { "in-progress", "in progress", false },
	[ROLLOUT_DEPLOYED] = { "deployed", "deployed", true },
	[ROLLOUT_FAILING] = { "failing", "failing", true },
	[ROLLOUT_FAILED] = { "failed", "failed", true },
	[ROLLOUT_ROLLING_BACK] = { "rolling-back", "rolling back", false },
	[ROLLOUT_ROLLED_BACK] = { "rolled-back", "rolled back", true },
	[ROLLOUT_REPLACED] = { "replaced", "replaced", true },
};

const char *rollout_phase_name(enum rollout_phase phase)
{
	return phases[phase].name;
}

const char *rollout_phase_text(enum rollout_phase phase)
{
	return phases[phase].text;
}

bool rollout_phase_is_end(enum rollout_phase phase)
{
	return phases[phase].is_end;
}

static const struct ecs_deployment *find(const struct ecs_service *s, const char *id)
{
	for (size_t i = 0; i < s->deployment_count; i++)
		if (strcmp(s->deployments[i].id, id) == 0)
			return &s->deployments[i];
	return NULL;
}

/* The one in force where that is another, else the first of the rest that still has tasks. */
static const struct ecs_deployment *find_other(const struct ecs_service *s, const char *id)
{
	const struct ecs_deployment *primary = ecs_primary(s);

	if (primary != NULL && strcmp(primary->id, id) != 0)
		return primary;
	for (size_t i = 0; i < s->deployment_count; i++)
		if (strcmp(s->deployments[i].id, id) != 0 && s->deployments[i].running > 0)
			return &s->deployments[i];
	return NULL;
}

static bool has_settled(const struct ecs_service *s, const struct ecs_deployment *primary)
{
	if (primary == NULL)
		return false;
	return primary->rollout == ECS_ROLLOUT_COMPLETED ||
	    (primary->rollout == ECS_ROLLOUT_NONE && ecs_is_steady(s));
}

bool rollout_is_settled(const struct ecs_service *s)
{
	return has_settled(s, ecs_primary(s));
}

/* It is the deployment in force. */
static enum rollout_phase judge_in_force(const struct rollout_target *t,
    const struct ecs_service *s, const struct ecs_deployment *own,
    const struct ecs_rollout *rollout)
{
	if (rollout != NULL && rollout->status == ECS_ROLLBACK_FAILED)
		return ROLLOUT_FAILED;
	if (t->was_told_to_end || (rollout != NULL && ecs_rollout_is_back(rollout->status)))
		return ROLLOUT_ROLLING_BACK;
	if (own->rollout == ECS_ROLLOUT_FAILED)
		return s->breaker_rolls_back ? ROLLOUT_ROLLING_BACK : ROLLOUT_FAILED;
	if (has_settled(s, own))
		return ROLLOUT_DEPLOYED;
	if (!s->has_breaker && own->failed_tasks >= FAILED_TASKS_MAX)
		return ROLLOUT_FAILING;
	if (own->running + own->pending + own->failed_tasks == 0)
		return ROLLOUT_PENDING;
	return ROLLOUT_RUNNING;
}

/* "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/123." */
static bool says_back(const struct ecs_deployment *d)
{
	return d != NULL && strstr(d->rollout_reason, "rolling back") != NULL;
}

/* What ECS says may be older than its answer to the change: that one cannot have replaced ours. */
static bool is_stale(const struct rollout_target *t, const struct ecs_deployment *own,
    const struct ecs_deployment *primary)
{
	return own == NULL && !t->was_seen && primary != NULL && primary->created_ms > 0 &&
	    primary->created_ms < t->created_ms;
}

/* Another is in force. */
static enum rollout_phase judge_out_of_force(const struct rollout_target *t,
    const struct ecs_service *s, const struct ecs_deployment *own,
    const struct ecs_deployment *primary, const struct ecs_rollout *rollout)
{
	bool is_back = t->was_told_to_end || says_back(primary) ||
	    (own != NULL && own->rollout == ECS_ROLLOUT_FAILED) ||
	    (rollout != NULL && ecs_rollout_is_back(rollout->status));

	if (rollout != NULL && rollout->status == ECS_ROLLBACK_FAILED)
		return ROLLOUT_FAILED;
	if (!is_back)
		return is_stale(t, own, primary) ? ROLLOUT_PENDING : ROLLOUT_REPLACED;
	return has_settled(s, primary) ? ROLLOUT_ROLLED_BACK : ROLLOUT_ROLLING_BACK;
}

/* The first of these that says anything. */
static void take_reason(struct rollout_view *v, const struct ecs_rollout *rollout)
{
	const char *texts[] = {
		rollout != NULL ? rollout->rollback_reason : "",
		v->own.rollout_reason,
		rollout != NULL ? rollout->status_reason : "",
		v->other.rollout_reason,
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts) && v->reason[0] == '\0'; i++)
		field_copy(v->reason, sizeof(v->reason), texts[i]);
}

void rollout_judge(const struct rollout_target *t, const struct ecs_service *s,
    const struct ecs_rollout *rollout, struct rollout_view *out)
{
	const struct ecs_deployment *own = find(s, t->id), *primary = ecs_primary(s);
	const struct ecs_deployment *other = find_other(s, t->id);

	*out = (struct rollout_view){ .phase = ROLLOUT_PENDING };
	if (own != NULL)
		out->own = *own;
	if (other != NULL)
		out->other = *other;
	if (rollout != NULL) {
		out->breaker_count = rollout->breaker_count;
		out->breaker_threshold = rollout->breaker_threshold;
	}
	take_reason(out, rollout);
	if (own != NULL && own == primary)
		out->phase = judge_in_force(t, s, own, rollout);
	else
		out->phase = judge_out_of_force(t, s, own, primary, rollout);
}
