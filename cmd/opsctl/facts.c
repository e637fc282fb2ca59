#include "facts.h"

#include <string.h>

static const struct {
	enum context_key base;
	const char *path;
} paths[FACTS_PATH_COUNT] = {
	[FACTS_API_LIVEZ] = { CONTEXT_URL, "/livez" },
	[FACTS_API_READYZ] = { CONTEXT_URL, "/readyz" },
	[FACTS_API_HEALTH] = { CONTEXT_URL, "/health" },
	[FACTS_WORKER_LIVEZ] = { CONTEXT_WORKER_ADMIN_URL, "/livez" },
	[FACTS_WORKER_READYZ] = { CONTEXT_WORKER_ADMIN_URL, "/readyz" },
};

enum context_key facts_path_base(enum facts_path path)
{
	return paths[path].base;
}

const char *facts_path_name(enum facts_path path)
{
	return paths[path].path;
}

void facts_next_of_service(const struct facts *f, const char *service, char out[ERR_TEXT_MAX])
{
	const struct context_service *own = context_service(f->context, service);
	const char *local_dir = f->context->local_dir;

	if (local_dir[0] != '\0')
		(void)snprintf(out, ERR_TEXT_MAX, "see: %.200s/ops-%s.log", local_dir, service);
	else if (own != NULL && own->values[SERVICE_LOGS][0] != '\0')
		(void)snprintf(out, ERR_TEXT_MAX, "run: opsctl logs --service %s --since 15m",
		    service);
	else
		(void)snprintf(out, ERR_TEXT_MAX, "see: the log of ops-%s", service);
}

void facts_release(struct facts *f)
{
	if (f == NULL)
		return;
	alarms_release(&f->alarms);
	for (size_t i = 0; i < f->service_count; i++)
		for (size_t k = 0; k < FACTS_GROUPS_MAX; k++)
			elb_targets_release(&f->services[i].groups[k].targets);
	memset(f, 0, sizeof(*f));
}

bool fact_is_untold(const struct fact *fact)
{
	static const bool lies_with_us[ERR_CODE_COUNT] = {
		[ERR_CREDENTIALS] = true,
		[ERR_DENIED] = true,
		[ERR_BUSY] = true,
	};

	return fact->state == FACT_FAILED && (fact->is_unrecorded || lies_with_us[fact->err.code]);
}

int64_t facts_age_s(const struct facts *f, int64_t since_ms)
{
	return since_ms > 0 && since_ms < f->at_ms ? (f->at_ms - since_ms) / 1000 : 0;
}

bool facts_is_rolling(const struct facts_service *s)
{
	const struct ecs_deployment *d;

	if (s->has_rollout && s->rollout.status != ECS_STATUS_OTHER &&
	    !ecs_rollout_is_over(s->rollout.status))
		return true;
	if (s->ecs_fact.state != FACT_KNOWN || !s->ecs.is_found)
		return false;
	d = ecs_primary(&s->ecs);
	return d != NULL && d->rollout == ECS_ROLLOUT_IN_PROGRESS;
}

void facts_count_targets(const struct facts_targets *group, size_t *staying, size_t *healthy)
{
	const struct elb_targets *t = &group->targets;

	*healthy = t->by_state[ELB_HEALTHY];
	*staying = t->count - t->by_state[ELB_DRAINING] - t->by_state[ELB_UNHEALTHY_DRAINING];
}
