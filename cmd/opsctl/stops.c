#include "stops.h"

#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "reasons.h"

/* ---- kinds ---- */

static const struct {
	const char *name, *words;
	bool is_failure;
} kinds[STOP_KIND_COUNT] = {
	[STOP_MEMORY] = { "memory", "out of memory", true },
	[STOP_PULL] = { "image", "the image cannot be pulled", true },
	[STOP_SECRET] = { "secret", "a secret cannot be read", true },
	[STOP_LOGS] = { "logs", "the log cannot be opened", true },
	[STOP_NETWORK] = { "network", "no network interface", true },
	[STOP_CAPACITY] = { "capacity", "no room for the task", true },
	[STOP_START] = { "start", "the container cannot be started", true },
	[STOP_TARGET] = { "target-health", "failed the load balancer's health check", true },
	[STOP_CONTAINER] = { "container-health", "failed its own health check", true },
	[STOP_EXIT] = { "exit", "the program ended", true },
	[STOP_SPOT] = { "spot", "Fargate Spot took it back", false },
	[STOP_PERSON] = { "person", "stopped by hand", false },
	[STOP_SCHEDULER] = { "scheduler", "replaced or scaled in", false },
	[STOP_OTHER] = { "other", "stopped", true },
};

const char *stop_kind_name(enum stop_kind kind)
{
	return kinds[kind].name;
}

const char *stop_kind_words(enum stop_kind kind)
{
	return kinds[kind].words;
}

bool stop_kind_is_failure(enum stop_kind kind)
{
	return kinds[kind].is_failure;
}

/*
 * What stands in stoppedReason or in a container's reason; the first that fits. A text that names
 * secrets and the registry at once ("unable to pull secrets or registry auth") is decided by what
 * follows it, so those stand before.
 */
static const struct {
	const char *text;
	enum stop_kind kind;
} signs[] = {
	{ "OutOfMemory", STOP_MEMORY },
	{ "CannotPullContainer", STOP_PULL },
	{ "CannotPullImage", STOP_PULL },
	{ "ImagePull", STOP_PULL },
	{ "unable to retrieve secret", STOP_SECRET },
	{ "unable to pull registry auth", STOP_PULL },
	{ "unable to get registry auth", STOP_PULL },
	{ "unable to pull secrets", STOP_SECRET },
	{ "GetParameters", STOP_SECRET },
	{ "GetSecretValue", STOP_SECRET },
	{ "log driver", STOP_LOGS },
	{ "awslogs", STOP_LOGS },
	{ "log group", STOP_LOGS },
	{ "log stream", STOP_LOGS },
	{ "network interface", STOP_NETWORK },
	{ "Capacity is unavailable", STOP_CAPACITY },
	{ "RESOURCE:", STOP_CAPACITY },
	{ "CannotStartContainer", STOP_START },
	{ "CannotCreateContainer", STOP_START },
	{ "CannotCreateVolume", STOP_START },
	{ "ResourceInitializationError", STOP_START },
	{ "failed ELB health checks", STOP_TARGET },
	{ "failed container health checks", STOP_CONTAINER },
	{ "Scaling activity", STOP_SCHEDULER },
};

static bool find_sign(const char *text, enum stop_kind *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (strstr(text, signs[i].text) != NULL) {
			*out = signs[i].kind;
			return true;
		}
	return false;
}

/* https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html, stopCode */
static const struct {
	const char *code;
	enum stop_kind kind;
} codes[] = {
	{ "EssentialContainerExited", STOP_EXIT },
	{ "TaskFailedToStart", STOP_START },
	{ "SpotInterruption", STOP_SPOT },
	{ "TerminationNotice", STOP_SPOT },
	{ "UserInitiated", STOP_PERSON },
	{ "ServiceSchedulerInitiated", STOP_SCHEDULER },
};

enum stop_kind stop_kind_of(const struct ecs_task *task, const struct ecs_container *container)
{
	enum stop_kind kind;

	if (container != NULL && find_sign(container->reason, &kind))
		return kind;
	if (find_sign(task->stopped_reason, &kind))
		return kind;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (strcmp(codes[i].code, task->stop_code) == 0)
			return codes[i].kind;
	return STOP_OTHER;
}

/* ---- groups ---- */

static struct stop_group describe(const struct ecs_task *task, const struct ecs_container *c)
{
	struct stop_group g = { .kind = stop_kind_of(task, c), .count = 1 };

	g.first_ms = g.last_ms = task->stopped_ms > 0 ? task->stopped_ms : task->stopping_ms;
	field_copy(g.task_id, sizeof(g.task_id), task->id);
	field_copy(g.started_by, sizeof(g.started_by), task->started_by);
	field_copy(g.said, sizeof(g.said), task->stopped_reason);
	if (c == NULL)
		return g;
	field_copy(g.container, sizeof(g.container), c->name);
	g.has_exit_code = c->has_exit_code;
	g.exit_code = c->exit_code;
	if (c->reason[0] != '\0')
		field_copy(g.said, sizeof(g.said), c->reason);
	return g;
}

/* Exit codes tell programs' reasons apart; who was replaced ends with any. */
static bool is_same(const struct stop_group *a, const struct stop_group *b)
{
	if (a->kind != b->kind || strcmp(a->container, b->container) != 0)
		return false;
	if (a->kind == STOP_EXIT)
		return a->has_exit_code == b->has_exit_code && a->exit_code == b->exit_code;
	return a->kind != STOP_OTHER || strcmp(a->said, b->said) == 0;
}

static void merge(struct stop_group *into, const struct stop_group *g)
{
	int64_t first_ms = g->first_ms < into->first_ms ? g->first_ms : into->first_ms;
	size_t count = into->count + g->count;

	if (g->last_ms > into->last_ms)
		*into = *g;
	into->first_ms = first_ms;
	into->count = count;
}

static int compare(const void *x, const void *y)
{
	const struct stop_group *a = x, *b = y;
	bool a_fails = kinds[a->kind].is_failure, b_fails = kinds[b->kind].is_failure;

	if (a_fails != b_fails)
		return a_fails ? -1 : 1;
	return a->last_ms == b->last_ms ? 0 : a->last_ms > b->last_ms ? -1 : 1;
}

static void add(struct stops *out, const struct stop_group *g)
{
	out->tasks++;
	out->failures += kinds[g->kind].is_failure;
	for (size_t i = 0; i < out->count; i++)
		if (is_same(&out->groups[i], g)) {
			merge(&out->groups[i], g);
			return;
		}
	if (out->count < STOPS_GROUPS_MAX)
		out->groups[out->count++] = *g;
}

void stops_group(const struct ecs_tasks *tasks, const char *container, struct stops *out)
{
	*out = (struct stops){ .is_cut = tasks->is_cut };
	for (size_t i = 0; i < tasks->count; i++) {
		const struct ecs_task *task = &tasks->items[i];
		struct stop_group g = describe(task, ecs_container(task, container));

		add(out, &g);
	}
	qsort(out->groups, out->count, sizeof(out->groups[0]), compare);
}

const char *stop_text(const struct stop_group *g, char out[STOP_TEXT_SIZE])
{
	char code[REASON_EXIT_SIZE];
	int n = snprintf(out, STOP_TEXT_SIZE, "%zu x %s", g->count, kinds[g->kind].words);

	if (g->has_exit_code && kinds[g->kind].is_failure)
		n += snprintf(out + n, STOP_TEXT_SIZE - (size_t)n, ", %s",
		    reason_exit_text(g->exit_code, code));
	if (g->said[0] != '\0' && g->kind != STOP_SCHEDULER)
		(void)snprintf(out + n, STOP_TEXT_SIZE - (size_t)n, ": %.*s",
		    STOP_TEXT_SIZE - n > 3 ? STOP_TEXT_SIZE - n - 3 : 0, g->said);
	return out;
}
