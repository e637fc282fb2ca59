/* What a context says of one service: ECS, who sends it traffic, and its own answer. */
#include <string.h>

#include "field.h"
#include "gather_ask.h"
#include "grpc.h"
#include "logs.h"
#include "mem.h"
#include "prefix.h"

enum {
	ANSWER_MAX = 64 * 1024,
	LOGGED_BEFORE_MS = 5 * 60 * 1000, /* the end of a task */
	LOGGED_AFTER_MS = 60 * 1000,
	LOG_PAGES = 3,
	GROUPS_WITH_LINES = 2,
	ROLLOUTS = 5, /* the order in which they are listed is not promised */
};

static const char *value(const struct ask *a, enum context_service_key key)
{
	return a->service->service->values[key];
}

static const char *cluster(const struct ask *a)
{
	return a->facts->context->values[CONTEXT_CLUSTER];
}

/* ---- ECS ---- */

/* So many as one call takes, of those that are wanted. */
int ask_services(struct ask *a, struct err *err)
{
	struct ecs_service *found = xcalloc(ASK_SERVICES, sizeof(*found));
	struct facts_service *of[ASK_SERVICES];
	const char *names[ASK_SERVICES];
	size_t n = 0;
	int rc;

	for (size_t i = a->part; i < a->facts->service_count && n < ASK_SERVICES; i++) {
		struct facts_service *s = &a->facts->services[i];

		if (a->wish->services[i] && s->service->values[SERVICE_ECS][0] != '\0') {
			of[n] = s;
			names[n++] = s->service->values[SERVICE_ECS];
		}
	}
	rc = ecs_services(a->aws, cluster(a), names, n, found, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		of[i]->ecs = found[i];
	free(found);
	return rc;
}

int ask_rollout(struct ask *a, struct err *err)
{
	struct ecs_rollouts *latest = xcalloc(1, sizeof(*latest));
	int rc = ecs_rollouts(a->aws, cluster(a), value(a, SERVICE_ECS), ROLLOUTS, latest, err);

	a->service->has_rollout = rc == 0 && latest->count > 0;
	if (a->service->has_rollout)
		a->service->rollout = latest->items[0];
	free(latest);
	return rc;
}

static void look_at_task(struct facts_waiting *out, const struct ecs_task *t)
{
	bool runs = strcmp(t->last_status, "RUNNING") == 0;

	out->tasks++;
	out->running += runs;
	if (strcmp(t->health, "UNHEALTHY") == 0) {
		out->unhealthy++;
		field_copy(out->sick_task, sizeof(out->sick_task), t->id);
	}
	if (runs)
		return;
	out->waiting++;
	if (out->oldest_ms != 0 && out->oldest_ms <= t->created_ms)
		return;
	out->oldest_ms = t->created_ms;
	field_copy(out->status, sizeof(out->status), t->last_status);
	field_copy(out->task_id, sizeof(out->task_id), t->id);
}

int ask_waiting(struct ask *a, struct err *err)
{
	struct ecs_tasks tasks;
	int rc = ecs_tasks(a->aws, cluster(a), value(a, SERVICE_ECS), ECS_TASKS_RUNNING, &tasks,
	    err);

	for (size_t i = 0; rc == 0 && i < tasks.count; i++)
		look_at_task(&a->service->waiting, &tasks.items[i]);
	ecs_tasks_release(&tasks);
	return rc;
}

/* ---- tasks that stopped ---- */

struct lines {
	struct stop_group *group;
	struct str task_id;
};

/* A task's stream is called <prefix>/<container>/<task id>; the last lines are kept. */
static bool keep_line(void *arg, const struct logs_event *event)
{
	struct lines *l = arg;
	struct stop_group *g = l->group;
	char text[STOP_LINE_SIZE];

	if (!str_has_suffix(event->stream, l->task_id))
		return true;
	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(event->message));
	if (g->line_count == STOP_LINES_MAX) {
		memmove(g->lines[0], g->lines[1], sizeof(g->lines) - sizeof(g->lines[0]));
		g->line_count--;
	}
	field_copy(g->lines[g->line_count++], STOP_LINE_SIZE, text);
	return true;
}

/* What the look before has read of the same task. */
static bool take_over_lines(const struct ask *a, struct stop_group *g)
{
	const struct facts *last = a->wish->last;
	const struct stops *was;

	if (last == NULL)
		return false;
	was = &last->services[a->service - a->facts->services].stops;
	for (size_t i = 0; i < was->count; i++) {
		const struct stop_group *old = &was->groups[i];

		if (old->line_count == 0 || strcmp(old->task_id, g->task_id) != 0)
			continue;
		memcpy(g->lines, old->lines, sizeof(g->lines));
		g->line_count = old->line_count;
		return true;
	}
	return false;
}

static void read_lines(struct ask *a, struct stop_group *g)
{
	struct logs_filter filter = { .group = value(a, SERVICE_LOGS), .pages_max = LOG_PAGES };
	struct lines lines = { g, str_from(g->task_id) };
	struct logs_read read;
	struct err err;

	if (take_over_lines(a, g))
		return;
	filter.start_ms = g->last_ms - LOGGED_BEFORE_MS;
	filter.end_ms = g->last_ms + LOGGED_AFTER_MS;
	filter.total_ms = a->wish->timeout_ms;
	/* Why there are none stands where the lines would. */
	if (logs_events(a->aws, &filter, keep_line, &lines, &read, &err) != 0 && g->line_count == 0)
		field_copy(g->lines[g->line_count++], STOP_LINE_SIZE, err.text);
}

int ask_stops(struct ask *a, struct err *err)
{
	struct stops *stops = &a->service->stops;
	struct ecs_tasks tasks;
	int rc = ecs_tasks(a->aws, cluster(a), value(a, SERVICE_ECS), ECS_TASKS_STOPPED, &tasks,
	    err);

	if (rc == 0)
		stops_group(&tasks, value(a, SERVICE_CONTAINER), stops);
	ecs_tasks_release(&tasks);
	if (rc != 0 || !a->wish->lines || value(a, SERVICE_LOGS)[0] == '\0')
		return rc;
	for (size_t i = 0; i < stops->count && i < GROUPS_WITH_LINES; i++)
		if (stop_kind_is_failure(stops->groups[i].kind))
			read_lines(a, &stops->groups[i]);
	return 0;
}

/* ---- load balancers ---- */

int ask_targets(struct ask *a, struct err *err)
{
	static const enum context_service_key keys[FACTS_GROUPS_MAX] = {
		SERVICE_TARGETS,
		SERVICE_TARGETS_2,
		SERVICE_ELB,
	};
	struct facts_targets *out = &a->service->groups[a->part];
	const char *name = value(a, keys[a->part]);

	return out->is_classic ? elb_instance_health(a->aws, name, &out->targets, err)
			       : elb_target_health(a->aws, name, &out->targets, err);
}

/* ---- its own answer ---- */

static int probe_http(struct ask *a, struct err *err)
{
	const struct http_request request = { .method = "GET", .url = value(a, SERVICE_PROBE) };
	struct facts_probe *out = &a->service->probe;
	struct http_response response;
	int rc;

	http_response_init(&response, ANSWER_MAX);
	rc = http_call(a->http, &request, &response, err);
	if (rc == 0) {
		out->status = response.status;
		out->is_good = response.status >= 200 && response.status <= 299;
		out->took_us = response.timing.total_us;
		field_copy(out->text, sizeof(out->text), buf_text(&response.body));
	}
	http_response_release(&response);
	return rc;
}

static int probe_grpc(struct ask *a, struct err *err)
{
	struct facts_probe *out = &a->service->probe;
	struct grpc_result r;

	if (grpc_probe(value(a, SERVICE_PROBE), a->wish->timeout_ms, a->stop, &r, err) != 0)
		return -1;
	out->is_grpc = true;
	out->status = r.status;
	out->is_good = grpc_is_good(&r);
	out->took_us = r.timing.total_us;
	grpc_describe(&r, out->text, sizeof(out->text));
	return 0;
}

int ask_probe(struct ask *a, struct err *err)
{
	bool is_grpc = prefix_is_one_of("grpc://|grpcs://", value(a, SERVICE_PROBE));

	return is_grpc ? probe_grpc(a, err) : probe_http(a, err);
}
