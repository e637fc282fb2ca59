/* Causes that lie in a service: its tasks, its rollout, who sends it traffic. */
#include "why_case.h"

/* ---- what may be wrong ---- */

static void all_unhealthy(void)
{
	why_sicken(2, ELB_UNHEALTHY);
}

static void one_unhealthy(void)
{
	why_sicken(1, ELB_UNHEALTHY);
}

static void classic_down(void)
{
	why_sicken(2, ELB_UNHEALTHY);
	world.facts.services[WHY_API].groups[0].is_classic = true;
}

static void no_target(void)
{
	why_add_targets(&world.facts.services[WHY_API].groups[0], 0);
}

static void out_of_memory(void)
{
	why_stop_tasks(WHY_API, STOP_MEMORY);
}

static void cannot_pull(void)
{
	why_stop_tasks(WHY_WORKER, STOP_PULL);
}

static void memory_and_targets(void)
{
	why_stop_tasks(WHY_API, STOP_MEMORY);
	why_sicken(2, ELB_UNHEALTHY);
}

static void replaced_only(void)
{
	struct stops *s = &world.facts.services[WHY_API].stops;

	s->count = s->tasks = 1;
	s->groups[0] = (struct stop_group){ .kind = STOP_SCHEDULER, .count = 1 };
}

static void never_starts(void)
{
	struct facts_waiting *w = &world.facts.services[WHY_API].waiting;

	w->waiting = 1;
	w->oldest_ms = WHY_AGO_MS(600);
	why_copy(w->status, "PROVISIONING");
	why_copy(w->task_id, "fedcba9876543210");
	world.facts.services[WHY_API].ecs.running = 1;
}

static void starts_now(void)
{
	never_starts();
	world.facts.services[WHY_API].waiting.oldest_ms = WHY_AGO_MS(60);
	world.facts.services[WHY_API].ecs.running = 2;
}

static void too_few(void)
{
	world.facts.services[WHY_WORKER].ecs.running = 0;
	world.facts.services[WHY_WORKER].ecs.event_count = 1;
	world.facts.services[WHY_WORKER].ecs.events[0].at_ms = WHY_AGO_MS(60);
	why_copy(world.facts.services[WHY_WORKER].ecs.events[0].message,
	    "was unable to place a task");
}

static void missing(void)
{
	world.facts.services[WHY_API].ecs = (struct ecs_service){ .is_found = false };
}

static void scaled_down(void)
{
	world.facts.services[WHY_WORKER].ecs.desired =
	    world.facts.services[WHY_WORKER].ecs.running = 0;
}

static void roll(enum ecs_rollout_status status, enum ecs_breaker breaker, int count)
{
	world.facts.services[WHY_API].has_rollout = true;
	world.facts.services[WHY_API].rollout = (struct ecs_rollout){ .status = status,
		.breaker = breaker,
		.breaker_count = count,
		.breaker_threshold = 3 };
}

static void rolled_back(void)
{
	roll(ECS_ROLLBACK_SUCCESSFUL, ECS_BREAKER_TRIGGERED, 3);
	why_copy(world.facts.services[WHY_API].rollout.rollback_reason,
	    "the circuit breaker was triggered");
}

static void rolled_back_by_alarm(void)
{
	roll(ECS_ROLLBACK_FAILED, ECS_BREAKER_MONITORING, 0);
	why_copy(world.facts.services[WHY_API].rollout.alarms_status, "TRIGGERED");
	why_copy(world.facts.services[WHY_API].rollout.triggered_alarm, "prod-5xx");
}

static void rollout_failed(void)
{
	struct ecs_deployment *d = &world.facts.services[WHY_API].ecs.deployments[0];

	d->rollout = ECS_ROLLOUT_FAILED;
	why_copy(d->rollout_reason, "tasks failed to start");
}

static void rollout_slow(void)
{
	struct ecs_deployment *d = &world.facts.services[WHY_API].ecs.deployments[0];

	roll(ECS_IN_PROGRESS, ECS_BREAKER_MONITORING, 2);
	d->rollout = ECS_ROLLOUT_IN_PROGRESS;
	d->created_ms = WHY_AGO_MS(1200);
}

static void rollout_young(void)
{
	rollout_slow();
	world.facts.services[WHY_API].ecs.deployments[0].created_ms = WHY_AGO_MS(60);
	world.facts.services[WHY_API].rollout.breaker_count = 0;
}

static void probe_fails(void)
{
	world.facts.services[WHY_API].probe =
	    (struct facts_probe){ .fact.state = FACT_KNOWN, .status = 502, .text = "Bad Gateway" };
}

static void probe_unanswered(void)
{
	world.facts.services[WHY_API].groups[0].fact.state = FACT_NONE;
	why_fail(&world.facts.services[WHY_API].probe.fact, ERR_IO, "connection refused");
}

static void grpc_fails(void)
{
	world.facts.services[WHY_API].probe = (struct facts_probe){ .fact.state = FACT_KNOWN,
		.is_grpc = true,
		.text = "NOT_SERVING" };
}

static void sick_task(void)
{
	world.facts.services[WHY_API].waiting.unhealthy = 1;
	why_copy(world.facts.services[WHY_API].waiting.sick_task, "0123456789abcdef");
}

/* ---- what is found ---- */

static const struct why_case cases[] = {
	{ "replaced tasks", replaced_only, { NULL }, NULL, NULL, NULL, NULL },
	{ "a task that starts", starts_now, { NULL }, NULL, NULL, NULL, NULL },
	{ "a young rollout", rollout_young, { NULL }, NULL, NULL, NULL, NULL },
	{ "no healthy target", all_unhealthy, { "failing-open" }, "api", "failing open",
	    "10.0.0.1:80 unhealthy: it does not answer", "opsctl logs --service api" },
	{ "classic", classic_down, { "failing-open" }, "api", "sends nothing", "tg: 0 of 2", NULL },
	{ "one of two", one_unhealthy, { "targets-unhealthy" }, "api", "1 of 2 targets",
	    "10.0.0.1:80", "opsctl logs --service api" },
	{ "no target", no_target, { "nothing-registered" }, "api", "nothing is registered with tg",
	    "2 of 2 tasks run", "opsctl verify" },
	{ "out of memory", out_of_memory, { "tasks-stop" }, "api", "out of memory",
	    "| the last words", "--task 0123456789abcdef" },
	{ "cannot pull", cannot_pull, { "tasks-stop" }, "worker", "cannot be pulled",
	    "4 x the image cannot be pulled", "opsctl logs --service worker" },
	{ "the reason before what follows", memory_and_targets, { "tasks-stop", "failing-open" },
	    "api", "out of memory", NULL, NULL },
	{ "never starts", never_starts, { "tasks-do-not-start" }, "api", "1 waiting task",
	    "task fedcba987654 is PROVISIONING", "opsctl verify" },
	{ "too few", too_few, { "too-few-tasks" }, "worker", "0 of 2 tasks run",
	    "was unable to place a task", "opsctl logs --service worker" },
	{ "missing", missing, { "service-missing" }, "api", "'api' does not exist", "cluster main",
	    "opsctl context show" },
	{ "scaled down", scaled_down, { "scaled-to-nothing" }, "worker", "no task is wanted", NULL,
	    "desired count" },
	{ "rolled back", rolled_back, { "rolled-back" }, "api",
	    "was rolled back: the circuit breaker tripped", "circuit breaker: 3 of 3",
	    "opsctl logs --service api" },
	{ "by an alarm", rolled_back_by_alarm, { "rolled-back" }, "api",
	    "failed, and so did its rollback: an alarm fired", "alarm prod-5xx", NULL },
	{ "failed, no more is known", rollout_failed, { "rolled-back" }, "api",
	    "the last rollout failed", "tasks failed to start", NULL },
	{ "a slow rollout", rollout_slow, { "rollout-slow" }, "api", "under way for 20 min",
	    "circuit breaker: 2 of 3", "opsctl rollback api" },
	{ "probe", probe_fails, { "probe-fails" }, "api", "though targets are healthy",
	    "HTTP 502: Bad Gateway", "opsctl logs --service api" },
	{ "probe unanswered", probe_unanswered, { "probe-fails" }, "api", "the probe fails",
	    "connection refused", NULL },
	{ "gRPC", grpc_fails, { "probe-fails" }, "api", "the probe fails", "gRPC NOT_SERVING",
	    NULL },
	{ "a sick task", sick_task, { "tasks-unhealthy" }, "api", "1 unhealthy task",
	    "0123456789ab", "--task 0123456789abcdef" },
};

static void test_rules(void)
{
	why_check(cases, ARRAY_SIZE(cases));
}

static const struct test tests[] = {
	{ "rules", test_rules },
};

TEST_MAIN(tests)
