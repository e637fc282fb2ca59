#include "rollout_why.h"

#include <inttypes.h>

#include "count.h"

enum { WAITING_MS = 60 * 1000 };

/* ---- looking ---- */

/* Leave only the tasks that this deployment started. */
static void keep_own(struct ecs_tasks *tasks, const char *deployment_id)
{
	size_t n = 0;

	for (size_t i = 0; i < tasks->count; i++)
		if (strcmp(tasks->items[i].started_by, deployment_id) == 0)
			tasks->items[n++] = tasks->items[i];
	tasks->count = n;
}

/* Of tasks that ECS wants to run: those that do not yet, though they had a minute. */
static void count_waiting(struct rollout_why *why, const struct ecs_tasks *tasks, int64_t now_ms)
{
	for (size_t i = 0; i < tasks->count; i++) {
		const struct ecs_task *t = &tasks->items[i];
		int64_t waiting_ms = now_ms - t->created_ms;

		if (strcmp(t->last_status, "RUNNING") == 0 || waiting_ms < WAITING_MS)
			continue;
		why->waiting++;
		if (waiting_ms <= why->waiting_ms)
			continue;
		why->waiting_ms = waiting_ms;
		(void)snprintf(why->waiting_id, sizeof(why->waiting_id), "%s", t->id);
		(void)snprintf(why->waiting_status, sizeof(why->waiting_status), "%s",
		    t->last_status);
	}
}

void rollout_why_look(const struct why_question *q, struct rollout_why *out)
{
	struct ecs_tasks stopped = { 0 }, running = { 0 };
	struct err err;

	*out = (struct rollout_why){ .waiting = 0 };
	if (ecs_tasks(q->aws, q->cluster, q->service, ECS_TASKS_STOPPED, &stopped, &err) != 0 ||
	    ecs_tasks(q->aws, q->cluster, q->service, ECS_TASKS_RUNNING, &running, &err) != 0)
		(void)snprintf(out->unknown, sizeof(out->unknown), "%s", err.text);
	keep_own(&stopped, q->deployment_id);
	keep_own(&running, q->deployment_id);
	stops_group(&stopped, q->container, &out->stops);
	count_waiting(out, &running, q->now_ms);
	ecs_tasks_release(&stopped);
	ecs_tasks_release(&running);
}

/* ---- telling ---- */

void rollout_why_print(struct cli *cli, const struct rollout_why *why)
{
	for (size_t i = 0; i < why->stops.count; i++) {
		const struct stop_group *g = &why->stops.groups[i];
		char text[STOP_TEXT_SIZE];

		if (!stop_kind_is_failure(g->kind))
			continue;
		out_text(cli, "stopped    %s\n           the last: task %s\n", stop_text(g, text),
		    g->task_id);
	}
	if (why->waiting > 0)
		out_text(cli, "waiting    %s; %s is %s for %" PRId64 " s\n",
		    COUNT(why->waiting, "task"), why->waiting_id, why->waiting_status,
		    why->waiting_ms / 1000);
	if (why->unknown[0] != '\0')
		out_text(cli, "why        not known, tasks could not be looked at: %s\n",
		    why->unknown);
}

static void group_json(struct json_writer *w, const struct stop_group *g)
{
	json_object_begin(w);
	json_member_text(w, "kind", stop_kind_name(g->kind));
	json_member_uint(w, "tasks", g->count);
	json_member_text(w, "container", g->container[0] != '\0' ? g->container : NULL);
	json_key(w, "exit_code");
	if (g->has_exit_code)
		json_int(w, g->exit_code);
	else
		json_null(w);
	json_member_text(w, "said", g->said);
	json_member_text(w, "task", g->task_id);
	json_object_end(w);
}

void rollout_why_json(struct json_writer *w, const struct rollout_why *why)
{
	json_key(w, "why");
	json_object_begin(w);
	json_key(w, "stopped");
	json_array_begin(w);
	for (size_t i = 0; i < why->stops.count; i++)
		if (stop_kind_is_failure(why->stops.groups[i].kind))
			group_json(w, &why->stops.groups[i]);
	json_array_end(w);
	json_member_uint(w, "waiting", why->waiting);
	json_member_text(w, "waiting_task", why->waiting_id[0] != '\0' ? why->waiting_id : NULL);
	json_member_text(w, "unknown", why->unknown[0] != '\0' ? why->unknown : NULL);
	json_object_end(w);
}
