/* Causes that lie in one service: its tasks, its deployment, who sends it traffic. */
#include <string.h>

#include "age.h"
#include "count.h"
#include "reasons.h"
#include "why_rule.h"

enum {
	PENDING_MAX_S = 300,
	ROLLOUT_MAX_S = 900, /* longer than a good rollout of a few tasks takes */
	EVENTS_SHOWN = 2,
	TARGETS_SHOWN = 3,
};

static bool has_ecs(const struct facts_service *s)
{
	return s->ecs_fact.state == FACT_KNOWN && s->ecs.is_found;
}

static const char *name_of(const struct facts_service *s)
{
	return s->service->name;
}

static void tell_counts(struct cause *c, const struct facts_service *s)
{
	if (has_ecs(s))
		cause_evidence(c, "%d of %d tasks run, %d pending", s->ecs.running, s->ecs.desired,
		    s->ecs.pending);
}

static void tell_events(struct cause *c, const struct facts *f, const struct facts_service *s)
{
	for (size_t i = 0; has_ecs(s) && i < s->ecs.event_count && i < EVENTS_SHOWN; i++)
		cause_evidence(c, "event %s ago: %s", AGE(facts_age_s(f, s->ecs.events[i].at_ms)),
		    s->ecs.events[i].message);
}

static void tell_breaker(struct cause *c, const struct facts_service *s)
{
	if (s->has_rollout && s->rollout.breaker_threshold > 0)
		cause_evidence(c, "circuit breaker: %d of %d failed tasks",
		    s->rollout.breaker_count, s->rollout.breaker_threshold);
}

/* ---- the service itself ---- */

bool why_missing(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	if (s->ecs_fact.state != FACT_KNOWN ||
	    (s->ecs.is_found && strcmp(s->ecs.status, "ACTIVE") == 0))
		return false;
	cause_text(out, "the ECS service '%s' %s", s->service->values[SERVICE_ECS],
	    s->ecs.is_found ? "is being removed, or was" : "does not exist");
	cause_evidence(out, "cluster %s, status %s", f->context->values[CONTEXT_CLUSTER],
	    s->ecs.is_found ? s->ecs.status : "none");
	cause_next(out, "run: opsctl context show");
	return true;
}

bool why_scaled_down(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	if (!has_ecs(s) || s->ecs.desired != 0 || strcmp(s->ecs.status, "ACTIVE") != 0)
		return false;
	cause_text(out, "it is scaled to nothing: no task is wanted");
	tell_events(out, f, s);
	cause_next(out, "see who set its desired count to 0");
	return true;
}

bool why_too_few(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	bool is_explained = s->stops.failures > 0 || s->waiting.waiting > 0;

	if (!has_ecs(s) || s->ecs.running >= s->ecs.desired || is_explained)
		return false;
	cause_text(out, "%d of %d tasks run, and no stopped or waiting task says why",
	    s->ecs.running, s->ecs.desired);
	tell_events(out, f, s);
	cause_next(out, "run: opsctl logs --service %s --since 1h", name_of(s));
	return true;
}

/* ---- deployments ---- */

/* What became of the last rollout, in words; NULL: nothing bad. */
static const char *outcome(const struct facts_service *s)
{
	const struct ecs_rollout *r = &s->rollout;
	const struct ecs_deployment *d = has_ecs(s) ? ecs_primary(&s->ecs) : NULL;

	if (s->has_rollout && r->status == ECS_ROLLBACK_SUCCESSFUL)
		return "was rolled back";
	if (s->has_rollout && r->status == ECS_ROLLBACK_FAILED)
		return "failed, and so did its rollback";
	if (s->has_rollout && ecs_rollout_is_back(r->status))
		return "failed, and is being rolled back";
	if (s->has_rollout && r->breaker == ECS_BREAKER_TRIGGERED)
		return "failed";
	return d != NULL && d->rollout == ECS_ROLLOUT_FAILED ? "failed" : NULL;
}

static const char *guard(const struct ecs_rollout *r)
{
	if (r->breaker == ECS_BREAKER_TRIGGERED)
		return ": the circuit breaker tripped";
	return strcmp(r->alarms_status, "TRIGGERED") == 0 ? ": an alarm fired" : "";
}

bool why_back(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct ecs_rollout *r = &s->rollout;
	const char *what = outcome(s), *said = r->rollback_reason;

	if (what == NULL)
		return false;
	if (said[0] == '\0')
		said = r->status_reason[0] != '\0' ? r->status_reason
						   : s->ecs.deployments[0].rollout_reason;
	cause_text(out, "the last rollout %s%s", what, guard(r));
	tell_breaker(out, s);
	if (r->triggered_alarm[0] != '\0')
		cause_evidence(out, "alarm %s", r->triggered_alarm);
	if (said[0] != '\0')
		cause_evidence(out, "%s", said);
	tell_events(out, f, s);
	cause_cure(out, "mend what its tasks ended with, then deploy again");
	cause_next(out, "run: opsctl logs --service %s --since 1h", name_of(s));
	return true;
}

bool why_stuck_rollout(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct ecs_deployment *d = has_ecs(s) ? ecs_primary(&s->ecs) : NULL;
	int64_t age_s = d != NULL ? facts_age_s(f, d->created_ms) : 0;
	bool fails = d != NULL && (d->failed_tasks > 0 || s->rollout.breaker_count > 0);

	if (d == NULL || !facts_is_rolling(s) || (age_s < ROLLOUT_MAX_S && !fails))
		return false;
	cause_text(out, "the rollout is under way for %s, and %s", AGE(age_s),
	    fails ? "tasks of it fail" : "does not come to its end");
	cause_evidence(out, "%d of %d new tasks run, %d failed", d->running, d->desired,
	    d->failed_tasks);
	tell_breaker(out, s);
	if (d->rollout_reason[0] != '\0')
		cause_evidence(out, "%s", d->rollout_reason);
	cause_next(out, "run: opsctl rollback %s", name_of(s));
	return true;
}

/* ---- tasks ---- */

/* What usually helps. */
static const char *const cures[STOP_KIND_COUNT] = {
	[STOP_MEMORY] = "give the task more memory, or find what grows",
	[STOP_PULL] =
	    "compare the image with what the registry has; the execution role must be able "
	    "to pull, and the subnet to reach the registry",
	[STOP_SECRET] = "the execution role must be able to read the secret and its key, and the "
			"subnet to reach the service",
	[STOP_LOGS] = "the log group must exist, and the execution role be able to write to it",
	[STOP_NETWORK] = "look for free addresses in the subnets, and at the quota of interfaces",
	[STOP_CAPACITY] = "another zone, another size, or more instances",
	[STOP_START] = "compare the task definition with what the image needs",
	[STOP_TARGET] =
	    "compare path, port and timeout of the health check with the service; it may "
	    "need a longer grace period",
	[STOP_CONTAINER] = "compare the health check of the container with the service",
	[STOP_EXIT] = "its last lines say why",
};

bool why_stops(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct stop_group *g = &s->stops.groups[0];
	char text[STOP_TEXT_SIZE];

	if (s->stops_fact.state != FACT_KNOWN || s->stops.failures == 0)
		return false;
	cause_text(out, "tasks stop: %s", stop_kind_words(g->kind));
	for (size_t i = 0; i < s->stops.count; i++)
		if (stop_kind_is_failure(s->stops.groups[i].kind))
			cause_evidence(out, "%s; the last %s ago, task %.12s",
			    stop_text(&s->stops.groups[i], text),
			    AGE(facts_age_s(f, s->stops.groups[i].last_ms)),
			    s->stops.groups[i].task_id);
	tell_counts(out, s);
	for (size_t i = 0; i < g->line_count; i++)
		cause_evidence(out, "| %s", g->lines[i]);
	if (cures[g->kind] != NULL)
		cause_cure(out, cures[g->kind]);
	cause_next(out, "run: opsctl logs --service %s --task %s", name_of(s), g->task_id);
	return true;
}

bool why_stuck_tasks(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct facts_waiting *w = &s->waiting;

	if (w->fact.state != FACT_KNOWN || w->waiting == 0 ||
	    facts_age_s(f, w->oldest_ms) < PENDING_MAX_S)
		return false;
	cause_text(out, "%s not started, the oldest for %s", COUNT(w->waiting, "waiting task"),
	    AGE(facts_age_s(f, w->oldest_ms)));
	cause_evidence(out, "task %.12s is %s", w->task_id, w->status);
	tell_counts(out, s);
	tell_events(out, f, s);
	cause_cure(out,
	    "PROVISIONING: addresses, quota, capacity; PENDING: the image, secrets, "
	    "volumes, dependencies between containers");
	cause_next(out, "run: opsctl verify");
	return true;
}

bool why_sick_tasks(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	(void)f; /* the same for all rules */
	if (s->waiting.fact.state != FACT_KNOWN || s->waiting.unhealthy == 0)
		return false;
	cause_text(out, "%s by the health check of the container",
	    COUNT(s->waiting.unhealthy, "unhealthy task"));
	cause_evidence(out, "task %.12s and others run, and fail it", s->waiting.sick_task);
	cause_cure(out, cures[STOP_CONTAINER]);
	cause_next(out, "run: opsctl logs --service %s --task %s", name_of(s),
	    s->waiting.sick_task);
	return true;
}

/* ---- targets ---- */

static bool is_sick(enum elb_state state)
{
	return state != ELB_HEALTHY && state != ELB_DRAINING && state != ELB_UNHEALTHY_DRAINING;
}

static void tell_targets(struct cause *c, const struct facts_targets *g)
{
	char text[REASON_SIZE];
	size_t shown = 0;

	for (size_t i = 0; i < g->targets.count && shown < TARGETS_SHOWN; i++)
		if (is_sick(g->targets.items[i].state)) {
			cause_evidence(c, "%s", reason_text(&g->targets.items[i], text));
			shown++;
		}
}

/* The first group of which a question is true. */
static const struct facts_targets *find_group(const struct facts_service *s,
    bool (*is_so)(const struct facts_targets *g, size_t staying, size_t healthy))
{
	for (size_t i = 0; i < FACTS_GROUPS_MAX; i++) {
		const struct facts_targets *g = &s->groups[i];
		size_t staying, healthy;

		facts_count_targets(g, &staying, &healthy);
		if (g->fact.state == FACT_KNOWN && is_so(g, staying, healthy))
			return g;
	}
	return NULL;
}

static bool has_none_healthy(const struct facts_targets *g, size_t staying, size_t healthy)
{
	return staying > 0 && healthy == 0 && g->targets.by_state[ELB_INITIAL] < staying;
}

static bool has_some_sick(const struct facts_targets *g, size_t staying, size_t healthy)
{
	return healthy > 0 && healthy + g->targets.by_state[ELB_INITIAL] < staying;
}

static bool has_no_target(const struct facts_targets *g, size_t staying, size_t healthy)
{
	(void)g; /* the same for all questions */
	return staying == 0 && healthy == 0;
}

/*
 * ALB and NLB send to all targets when none is healthy, a Classic one to none:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
 */
bool why_failing_open(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct facts_targets *g = find_group(s, has_none_healthy);

	(void)f; /* the same for all rules */
	if (g == NULL)
		return false;
	if (g->is_classic)
		cause_text(out, "no instance is in service: the load balancer sends nothing");
	else
		cause_text(out,
		    "no target is healthy: the load balancer is failing open, and sends to all");
	cause_evidence(out, "%s: 0 of %zu healthy", g->name, g->targets.count);
	tell_targets(out, g);
	if (s->probe.fact.state == FACT_KNOWN && s->probe.is_good && !g->is_classic)
		cause_evidence(out,
		    "the probe goes well, which proves nothing while it fails open");
	tell_counts(out, s);
	cause_cure(out, cures[STOP_TARGET]);
	cause_next(out, "run: opsctl logs --service %s --since 15m", name_of(s));
	return true;
}

bool why_unregistered(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct facts_targets *g = find_group(s, has_no_target);

	if (g == NULL || (has_ecs(s) && s->ecs.desired == 0))
		return false;
	cause_text(out, "nothing is registered with %s", g->name);
	tell_counts(out, s);
	tell_events(out, f, s);
	cause_cure(out, "compare the target group of the ECS service with that of the context");
	cause_next(out, "run: opsctl verify");
	return true;
}

bool why_sick_targets(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct facts_targets *g = find_group(s, has_some_sick);
	size_t staying, healthy;

	(void)f; /* the same for all rules */
	if (g == NULL)
		return false;
	facts_count_targets(g, &staying, &healthy);
	cause_text(out, "%zu of %zu targets are not healthy", staying - healthy, staying);
	tell_targets(out, g);
	if (facts_is_rolling(s))
		cause_evidence(out, "a rollout is under way");
	cause_cure(out, cures[STOP_TARGET]);
	cause_next(out, "run: opsctl logs --service %s --since 15m", name_of(s));
	return true;
}

/* ---- its own answer ---- */

bool why_probe(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct facts_probe *p = &s->probe;
	size_t staying = 0, healthy = 0;

	(void)f; /* the same for all rules */
	if (p->fact.state == FACT_NONE || fact_is_untold(&p->fact) ||
	    (p->fact.state == FACT_KNOWN && p->is_good))
		return false;
	if (s->groups[0].fact.state == FACT_KNOWN)
		facts_count_targets(&s->groups[0], &staying, &healthy);
	cause_text(out, "the probe fails%s", healthy > 0 ? ", though targets are healthy" : "");
	cause_evidence(out, "%s", s->service->values[SERVICE_PROBE]);
	if (p->fact.state == FACT_FAILED)
		cause_evidence(out, "%s", p->fact.err.text);
	else if (p->is_grpc)
		cause_evidence(out, "gRPC %s", p->text);
	else
		cause_evidence(out, "HTTP %d: %s", p->status, p->text);
	if (healthy > 0) {
		cause_evidence(out, "%zu of %zu targets healthy", healthy, staying);
		cause_cure(out,
		    "what lies between: listener rule, certificate, security group, name");
	}
	cause_next(out, "run: opsctl logs --service %s --since 5m", name_of(s));
	return true;
}
