/* The rows of one service of the context: targets, ECS, tasks that stopped, its own answer. */
#include <inttypes.h>
#include <string.h>

#include "age.h"
#include "count.h"
#include "look.h"
#include "reasons.h"

enum {
	PENDING_MAX_S = 300, /* Fargate takes a minute or two to give a task a place */
	FRESH_S = 600,       /* a failure so old is still news */
};

/* ---- targets ---- */

static const struct elb_target *first_sick(const struct elb_targets *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->items[i].state == ELB_UNHEALTHY || t->items[i].state == ELB_UNUSED)
			return &t->items[i];
	return &t->items[0];
}

/* What stands behind a group's numbers; OK: nothing. */
static enum checkup_state judge_group(const struct facts_service *s, const struct facts_targets *g,
    char why[ERR_TEXT_MAX])
{
	const struct elb_targets *t = &g->targets;
	bool rolling = facts_is_rolling(s);
	char text[REASON_SIZE];
	size_t staying, healthy;

	facts_count_targets(g, &staying, &healthy);
	if (staying == 0) {
		(void)snprintf(why, ERR_TEXT_MAX, "%s: nothing is registered", g->name);
		return rolling ? CHECKUP_WARN : CHECKUP_BAD;
	}
	if (healthy == staying)
		return CHECKUP_OK;
	(void)snprintf(why, ERR_TEXT_MAX, "%s", reason_text(first_sick(t), text));
	if (healthy == 0 && t->by_state[ELB_INITIAL] < staying)
		return CHECKUP_BAD;
	return t->by_state[ELB_UNHEALTHY] > 0 && !rolling ? CHECKUP_BAD : CHECKUP_WARN;
}

static void show_group(const struct facts_service *s, const struct facts_targets *g,
    struct checkup_row *row)
{
	char why[ERR_TEXT_MAX], next[ERR_TEXT_MAX];
	size_t staying, healthy;
	enum checkup_state state;

	facts_count_targets(g, &staying, &healthy);
	row_detail(row, "%s%zu of %zu healthy", row->detail[0] ? "; " : "", healthy, staying);
	for (unsigned i = ELB_INITIAL; i < ELB_STATE_COUNT; i++)
		if (g->targets.by_state[i] > 0)
			row_detail(row, ", %zu %s", g->targets.by_state[i],
			    elb_state_name((enum elb_state)i));
	if (g->targets.is_cut)
		row_detail(row, " (of the first %d)", ELB_TARGETS_MAX);
	state = judge_group(s, g, why);
	(void)snprintf(next, sizeof(next), "run: opsctl logs --service %s --since 15m",
	    s->service->name);
	if (state != CHECKUP_OK)
		row_judge(row, state, why, next);
}

static void look_at_targets(struct look *l, const struct facts_service *s)
{
	struct checkup_row *row = NULL;
	double targets = 0, healthy_targets = 0;

	for (size_t i = 0; i < FACTS_GROUPS_MAX; i++) {
		const struct facts_targets *g = &s->groups[i];
		size_t staying, healthy;

		if (g->fact.state == FACT_NONE)
			continue;
		if (row == NULL)
			row = look_add_service_row(l, s->service->name, "targets");
		if (g->fact.state == FACT_FAILED) {
			row_leave_open(row, &g->fact);
			continue;
		}
		facts_count_targets(g, &staying, &healthy);
		targets += (double)staying;
		healthy_targets += (double)healthy;
		show_group(s, g, row);
	}
	if (row != NULL && row->state != CHECKUP_UNCHECKED) {
		row_value(row, "targets", targets);
		row_value(row, "healthy", healthy_targets);
	}
}

/* ---- ECS ---- */

static void show_rollout(struct look *l, const struct facts_service *s, struct checkup_row *row)
{
	const struct ecs_rollout *r = &s->rollout;
	int64_t age_s = facts_age_s(l->facts, r->started_ms > 0 ? r->started_ms : r->created_ms);
	const char *way = ecs_rollout_is_back(r->status) ? "rolling back" : "rollout";

	if (!s->has_rollout) {
		row_detail(row, ", rollout in progress");
		return;
	}
	row_detail(row, ", %s for %s", way, AGE(age_s));
	if (r->breaker_threshold > 0)
		row_detail(row, ", breaker %d of %d", r->breaker_count, r->breaker_threshold);
}

/* What the last change came to, when it is over. */
static void judge_rollout(struct look *l, const struct facts_service *s, struct checkup_row *row)
{
	const struct ecs_rollout *r = &s->rollout;
	const struct ecs_deployment *d = ecs_primary(&s->ecs);
	int64_t ended_ms = r->finished_ms > 0 ? r->finished_ms : r->stopped_ms;
	char why[ERR_TEXT_MAX], next[ERR_TEXT_MAX];

	(void)snprintf(next, sizeof(next), "run: opsctl health --why %s", s->service->name);
	if (s->has_rollout && r->status == ECS_ROLLBACK_FAILED)
		row_judge(row, CHECKUP_BAD, "the last rollout failed, and so did its rollback",
		    next);
	if (d != NULL && d->rollout == ECS_ROLLOUT_FAILED) {
		(void)snprintf(why, sizeof(why), "the rollout failed: %.260s", d->rollout_reason);
		row_judge(row, CHECKUP_BAD, why, next);
	}
	if (!s->has_rollout || !ecs_rollout_is_back(r->status))
		return;
	(void)snprintf(why, sizeof(why), "the last rollout was rolled back %s ago: %.200s",
	    AGE(facts_age_s(l->facts, ended_ms)),
	    r->rollback_reason[0] ? r->rollback_reason : r->status_reason);
	row_judge(row, CHECKUP_WARN, why, next);
}

static void judge_counts(struct look *l, const struct facts_service *s, struct checkup_row *row)
{
	const struct ecs_service *e = &s->ecs;
	bool rolling = facts_is_rolling(s);
	char why[ERR_TEXT_MAX], next[ERR_TEXT_MAX];

	(void)snprintf(next, sizeof(next), "run: opsctl health --why %s", s->service->name);
	if (s->waiting.waiting > 0 &&
	    facts_age_s(l->facts, s->waiting.oldest_ms) >= PENDING_MAX_S) {
		(void)snprintf(why, sizeof(why), "task %.12s is %s since %s, and does not start",
		    s->waiting.task_id, s->waiting.status,
		    AGE(facts_age_s(l->facts, s->waiting.oldest_ms)));
		row_judge(row, CHECKUP_BAD, why, next);
	}
	if (e->running < e->desired) {
		(void)snprintf(why, sizeof(why), "%d of %d tasks run", e->running, e->desired);
		row_judge(row, rolling && e->running > 0 ? CHECKUP_WARN : CHECKUP_BAD, why, next);
	}
	if (s->waiting.unhealthy > 0) {
		(void)snprintf(why, sizeof(why), "%s by its own health check, such as %.12s",
		    COUNT(s->waiting.unhealthy, "unhealthy task"), s->waiting.sick_task);
		row_judge(row, rolling ? CHECKUP_WARN : CHECKUP_BAD, why, next);
	}
	if (e->desired == 0)
		row_judge(row, CHECKUP_WARN, "it is scaled to nothing", "see its desired count");
}

static void show_service(struct look *l, const struct facts_service *s, struct checkup_row *row)
{
	const struct ecs_service *e = &s->ecs;
	char why[ERR_TEXT_MAX];

	row_detail(row, "%d of %d running", e->running, e->desired);
	if (e->pending > 0)
		row_detail(row, ", %d pending", e->pending);
	if (facts_is_rolling(s))
		show_rollout(l, s, row);
	else
		row_detail(row, ecs_is_steady(e) ? ", steady" : ", not steady");
	row_value(row, "desired", e->desired);
	row_value(row, "running", e->running);
	row_value(row, "pending", e->pending);
	row_value(row, "deployments", (double)e->deployment_count);
	if (s->has_rollout && s->rollout.breaker_threshold > 0) {
		row_value(row, "breaker_count", s->rollout.breaker_count);
		row_value(row, "breaker_threshold", s->rollout.breaker_threshold);
	}
	if (strcmp(e->status, "ACTIVE") != 0) {
		(void)snprintf(why, sizeof(why), "the service is %s", e->status);
		row_judge(row, CHECKUP_BAD, why, "see who removed it");
	}
	judge_counts(l, s, row);
	judge_rollout(l, s, row);
	if (s->rollout_fact.state == FACT_FAILED)
		row_leave_open(row, &s->rollout_fact);
	if (s->waiting.fact.state == FACT_FAILED)
		row_leave_open(row, &s->waiting.fact);
}

static void look_at_ecs(struct look *l, const struct facts_service *s)
{
	struct checkup_row *row;
	char why[ERR_TEXT_MAX];

	if (s->ecs_fact.state == FACT_NONE)
		return;
	row = look_add_service_row(l, s->service->name, "ecs");
	if (s->ecs_fact.state == FACT_FAILED) {
		row_leave_open(row, &s->ecs_fact);
	} else if (!s->ecs.is_found) {
		row_detail(row, "not there");
		(void)snprintf(why, sizeof(why), "cluster '%.100s' has no service '%.150s'",
		    l->facts->context->values[CONTEXT_CLUSTER], s->service->values[SERVICE_ECS]);
		row_judge(row, CHECKUP_BAD, why, "run: opsctl context show");
	} else {
		show_service(l, s, row);
	}
}

/* ---- tasks that stopped ---- */

static void judge_stops(struct look *l, const struct facts_service *s, struct checkup_row *row)
{
	const struct stop_group *g = &s->stops.groups[0];
	bool steady = s->ecs_fact.state == FACT_KNOWN && ecs_is_steady(&s->ecs),
	     fresh = facts_age_s(l->facts, g->last_ms) < FRESH_S;
	char why[ERR_TEXT_MAX], next[ERR_TEXT_MAX], text[STOP_TEXT_SIZE];

	(void)snprintf(why, sizeof(why), "%s", stop_text(g, text));
	(void)snprintf(next, sizeof(next), "run: opsctl logs --service %s --task %.40s",
	    s->service->name, g->task_id);
	row_judge(row, fresh && !steady ? CHECKUP_BAD : CHECKUP_WARN, why, next);
}

static void look_at_stops(struct look *l, const struct facts_service *s)
{
	const struct stops *stops = &s->stops;
	struct checkup_row *row;

	if (s->stops_fact.state == FACT_NONE)
		return;
	row = look_add_service_row(l, s->service->name, "stopped");
	if (s->stops_fact.state == FACT_FAILED) {
		row_leave_open(row, &s->stops_fact);
		return;
	}
	row_detail(row, "%s in the last hour, %zu failed",
	    COUNT(stops->tasks, stops->is_cut ? "or more task" : "task"), stops->failures);
	if (stops->failures > 0)
		row_detail(row, ", the last %s ago",
		    AGE(facts_age_s(l->facts, stops->groups[0].last_ms)));
	row_value(row, "stopped", (double)stops->tasks);
	row_value(row, "failed", (double)stops->failures);
	if (stops->failures > 0)
		judge_stops(l, s, row);
}

/* ---- its own answer ---- */

static void look_at_probe(struct look *l, const struct facts_service *s)
{
	const struct facts_probe *p = &s->probe;
	struct checkup_row *row;
	char why[ERR_TEXT_MAX], next[ERR_TEXT_MAX];

	if (p->fact.state == FACT_NONE)
		return;
	row = look_add_service_row(l, s->service->name, "probe");
	(void)snprintf(next, sizeof(next), "run: opsctl logs --service %s --since 5m",
	    s->service->name);
	if (p->fact.state == FACT_FAILED) {
		row_detail(row, "no answer");
		row_judge_fact(row, &p->fact, next);
		return;
	}
	if (p->is_grpc)
		row_detail(row, "gRPC %.120s", p->text);
	else
		row_detail(row, "HTTP %d", p->status);
	row_detail(row, ", %.1f ms", (double)p->took_us / 1000.0);
	row_value(row, "status", p->status);
	row_value(row, "took_ms", (double)p->took_us / 1000.0);
	if (p->is_grpc)
		(void)snprintf(why, sizeof(why), "it answers %.200s", p->text);
	else
		(void)snprintf(why, sizeof(why), "it answers %d: %.200s", p->status, p->text);
	if (!p->is_good)
		row_judge(row, CHECKUP_BAD, why, next);
}

void look_at_service(struct look *l, const struct facts_service *s)
{
	look_at_targets(l, s);
	look_at_ecs(l, s);
	look_at_stops(l, s);
	look_at_probe(l, s);
}
