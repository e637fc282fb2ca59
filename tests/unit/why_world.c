#include "why_world.h"

#include <string.h>

struct why_world world;

void why_copy(char *out, const char *text)
{
	memcpy(out, text, strlen(text) + 1);
}

void why_make_service(size_t i, const char *name)
{
	struct facts_service *s = &world.facts.services[i];
	struct ecs_deployment *d = &s->ecs.deployments[0];

	why_copy(world.context.services[i].name, name);
	why_copy(world.context.services[i].values[SERVICE_ECS], name);
	s->service = &world.context.services[i];
	s->ecs_fact.state = s->rollout_fact.state = s->waiting.fact.state = s->stops_fact.state =
	    FACT_KNOWN;
	s->ecs.is_found = true;
	why_copy(s->ecs.status, "ACTIVE");
	s->ecs.desired = s->ecs.running = 2;
	s->ecs.deployment_count = 1;
	why_copy(d->status, "PRIMARY");
	d->rollout = ECS_ROLLOUT_COMPLETED;
	d->desired = d->running = 2;
}

void why_add_targets(struct facts_targets *g, size_t count)
{
	memset(world.targets, 0, sizeof(world.targets));
	*g = (struct facts_targets){ .fact.state = FACT_KNOWN, .name = "tg" };
	g->targets.items = world.targets;
	g->targets.count = count;
	g->targets.by_state[ELB_HEALTHY] = count;
}

void why_make_well(void)
{
	memset(&world.context, 0, sizeof(world.context));
	memset(&world.facts, 0, sizeof(world.facts));
	memset(world.alarms, 0, sizeof(world.alarms));
	why_copy(world.context.name, "prod");
	why_copy(world.context.values[CONTEXT_CLUSTER], "main");
	why_copy(world.context.values[CONTEXT_ALARMS], "prod-");
	world.context.service_count = world.facts.service_count = 2;
	world.facts.context = &world.context;
	world.facts.at_ms = WHY_NOW_MS;
	for (size_t i = 0; i < FACTS_PATH_COUNT; i++)
		world.facts.answers[i] = (struct facts_answer){ .fact.state = FACT_KNOWN,
			.status = 200 };
	world.facts.queue.fact.state = world.facts.store.fact.state =
	    world.facts.secret.fact.state = FACT_KNOWN;
	world.facts.token = (struct facts_token){ .fact.state = FACT_KNOWN, .is_accepted = true };
	world.facts.alarms_fact.state = FACT_KNOWN;
	world.facts.alarms = (struct alarms){ .items = world.alarms, .count = 2 };
	world.facts.alarms.by_state[ALARM_OK] = 2;
	why_make_service(WHY_API, "api");
	why_make_service(WHY_WORKER, "worker");
	why_copy(world.context.services[WHY_API].values[SERVICE_PROBE],
	    "https://api.example.com/health");
	why_copy(world.context.services[WHY_API].values[SERVICE_LOGS], "/prod/api");
	why_copy(world.context.services[WHY_WORKER].values[SERVICE_LOGS], "/prod/worker");
	world.facts.services[WHY_API].probe =
	    (struct facts_probe){ .fact.state = FACT_KNOWN, .is_good = true, .status = 200 };
	why_add_targets(&world.facts.services[WHY_API].groups[0], 2);
}

void why_fail(struct fact *fact, enum err_code code, const char *text)
{
	fact->state = FACT_FAILED;
	(void)err_set(&fact->err, code, "%s", text);
}

void why_sicken(size_t count, enum elb_state state)
{
	struct facts_targets *g = &world.facts.services[WHY_API].groups[0];

	for (size_t i = 0; i < count; i++) {
		world.targets[i] =
		    (struct elb_target){ .id = "10.0.0.1", .port = 80, .state = state };
		why_copy(world.targets[i].reason, "Target.Timeout");
	}
	g->targets.by_state[ELB_HEALTHY] -= count;
	g->targets.by_state[state] += count;
}

void why_stop_tasks(size_t i, enum stop_kind kind)
{
	struct stops *s = &world.facts.services[i].stops;

	s->count = 1;
	s->tasks = s->failures = 4;
	s->groups[0] = (struct stop_group){ .kind = kind,
		.count = 4,
		.has_exit_code = true,
		.exit_code = 137,
		.last_ms = WHY_AGO_MS(90),
		.task_id = "0123456789abcdef" };
	s->groups[0].line_count = 1;
	why_copy(s->groups[0].lines[0], "the last words");
	world.facts.services[i].ecs.running = 1;
}
