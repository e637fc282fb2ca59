/* Tasks: ListTasks gives their ARNs by the page, DescribeTasks takes a page of them. */
#include <string.h>

#include "ecs.h"
#include "ecs_call.h"
#include "field.h"
#include "mem.h"

enum {
	PAGE = 100,
	TOKEN_SIZE = 4096,
	BODY_MAX = PAGE * (ECS_TASK_ARN_SIZE + 8) + TOKEN_SIZE,
};

/* ---- reading one ---- */

static void read_agent(const struct json *agents, struct ecs_container *out)
{
	for (size_t i = 0; i < json_count(agents); i++)
		if (strcmp(json_get_text(json_get(json_at(agents, i), "name"), ""),
			"ExecuteCommandAgent") == 0)
			field_json(out->exec_agent, sizeof(out->exec_agent), json_at(agents, i),
			    "lastStatus");
}

static void read_container(const struct json *c, struct ecs_container *out)
{
	const struct json *code = json_get(c, "exitCode");

	field_json(out->name, sizeof(out->name), c, "name");
	field_json(out->image, sizeof(out->image), c, "image");
	field_json(out->image_digest, sizeof(out->image_digest), c, "imageDigest");
	field_json(out->runtime_id, sizeof(out->runtime_id), c, "runtimeId");
	read_agent(json_get(c, "managedAgents"), out);
	field_json(out->last_status, sizeof(out->last_status), c, "lastStatus");
	field_json(out->health, sizeof(out->health), c, "healthStatus");
	field_json(out->reason, sizeof(out->reason), c, "reason");
	out->has_exit_code = !json_is_null(code);
	out->exit_code = (int)json_get_int(code, 0);
}

/* Network interfaces stand under attachments, each a list of names and values. */
static void read_address(const struct json *task, struct ecs_task *out)
{
	const struct json *attachments = json_get(task, "attachments");

	for (size_t i = 0; i < json_count(attachments); i++) {
		const struct json *details = json_get(json_at(attachments, i), "details");

		for (size_t k = 0; k < json_count(details) && out->private_ip[0] == '\0'; k++) {
			const struct json *d = json_at(details, k);

			if (strcmp(json_get_text(json_get(d, "name"), ""), "privateIPv4Address") ==
			    0)
				field_json(out->private_ip, sizeof(out->private_ip), d, "value");
		}
	}
}

static void read_times(const struct json *task, struct ecs_task *out)
{
	out->created_ms = field_json_ms(task, "createdAt");
	out->started_ms = field_json_ms(task, "startedAt");
	out->stopping_ms = field_json_ms(task, "stoppingAt");
	out->stopped_ms = field_json_ms(task, "stoppedAt");
}

int ecs_read_task(const struct json *task, struct ecs_task *out, struct err *err)
{
	const struct json *containers = json_get(task, "containers");
	const char *slash;

	*out = (struct ecs_task){ .created_ms = 0 };
	if (field_json_name(out->arn, sizeof(out->arn), task, "taskArn", err) != 0 ||
	    field_json_name(out->task_definition, sizeof(out->task_definition), task,
		"taskDefinitionArn", err) != 0)
		return -1;
	slash = strrchr(out->arn, '/');
	if (slash == NULL)
		return err_set(err, ERR_CORRUPT, "a task without taskArn");
	field_copy(out->id, sizeof(out->id), slash + 1);
	field_json(out->started_by, sizeof(out->started_by), task, "startedBy");
	field_json(out->last_status, sizeof(out->last_status), task, "lastStatus");
	field_json(out->desired_status, sizeof(out->desired_status), task, "desiredStatus");
	field_json(out->health, sizeof(out->health), task, "healthStatus");
	field_json(out->stop_code, sizeof(out->stop_code), task, "stopCode");
	field_json(out->stopped_reason, sizeof(out->stopped_reason), task, "stoppedReason");
	field_json(out->zone, sizeof(out->zone), task, "availabilityZone");
	out->can_exec = json_get_bool(json_get(task, "enableExecuteCommand"), false);
	read_times(task, out);
	read_address(task, out);
	for (size_t i = 0; i < json_count(containers) && i < ECS_CONTAINERS_MAX; i++)
		read_container(json_at(containers, i), &out->containers[out->container_count++]);
	return 0;
}

/* ---- asking ---- */

static const char *const wishes[] = {
	[ECS_TASKS_RUNNING] = "RUNNING",
	[ECS_TASKS_STOPPED] = "STOPPED",
};

/* What a walk through the pages carries. */
struct walk {
	struct aws *aws;
	const char *cluster, *service;
	enum ecs_task_wish wish;
	char token[TOKEN_SIZE]; /* of the next page, or "" */
	struct ecs_tasks *out;
};

/* *arns is the list within *answer, which the caller frees. */
static int list_page(struct walk *k, struct json **answer, const struct json **arns,
    struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json_writer w;
	int rc;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "cluster", k->cluster);
	if (k->service != NULL)
		json_member_text(&w, "serviceName", k->service);
	json_member_text(&w, "desiredStatus", wishes[k->wish]);
	json_member_int(&w, "maxResults", PAGE);
	if (k->token[0] != '\0')
		json_member_text(&w, "nextToken", k->token);
	json_object_end(&w);
	rc = ecs_call(k->aws, ECS_LIST_TASKS, k->service != NULL ? k->service : k->cluster, &body,
	    answer, err);
	if (rc == 0 &&
	    (field_json_name(k->token, sizeof(k->token), *answer, "nextToken", err) != 0 ||
		field_json_list(*answer, "taskArns", arns, err) != 0))
		rc = err_wrap(err, "ecs ListTasks");
	return rc;
}

/* Tasks that went away between the two calls are under `failures`, and are no failure. */
static int take_tasks(struct ecs_tasks *out, const struct json *answer, struct err *err)
{
	size_t n, room = ECS_TASKS_MAX - out->count;
	const struct json *list;

	if (field_json_list(answer, "tasks", &list, err) != 0)
		return err_wrap(err, "ecs DescribeTasks");
	n = json_count(list);
	out->is_cut = out->is_cut || n > room;
	n = n < room ? n : room;
	if (n == 0)
		return 0;
	out->items = xrealloc(out->items, (out->count + n) * sizeof(out->items[0]));
	for (size_t i = 0; i < n; i++) {
		if (ecs_read_task(json_at(list, i), &out->items[out->count], err) != 0)
			return err_wrap(err, "ecs DescribeTasks");
		out->count++;
	}
	return 0;
}

static int describe(struct walk *k, const struct json *arns, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json *answer = NULL;
	struct json_writer w;
	int rc;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "cluster", k->cluster);
	json_key(&w, "tasks");
	json_array_begin(&w);
	for (size_t i = 0; i < json_count(arns); i++)
		json_text(&w, json_get_text(json_at(arns, i), ""));
	json_array_end(&w);
	json_object_end(&w);
	rc = ecs_call(k->aws, ECS_DESCRIBE_TASKS, k->cluster, &body, &answer, err);
	if (rc == 0)
		rc = take_tasks(k->out, answer, err);
	json_free(answer);
	return rc;
}

static int walk_page(struct walk *k, struct err *err)
{
	const struct json *arns = NULL;
	struct json *page = NULL;
	int rc = list_page(k, &page, &arns, err);

	if (rc == 0 && json_count(arns) > 0)
		rc = describe(k, arns, err);
	json_free(page);
	return rc;
}

int ecs_tasks(struct aws *a, const char *cluster, const char *service, enum ecs_task_wish wish,
    struct ecs_tasks *out, struct err *err)
{
	struct walk k = { .aws = a, .cluster = cluster, .service = service, .wish = wish };
	int rc;

	*out = (struct ecs_tasks){ .count = 0 };
	k.out = out;
	do {
		rc = walk_page(&k, err);
	} while (rc == 0 && k.token[0] != '\0' && out->count < ECS_TASKS_MAX);
	out->is_cut = out->is_cut || k.token[0] != '\0';
	return rc;
}

void ecs_tasks_release(struct ecs_tasks *tasks)
{
	if (tasks != NULL) {
		free(tasks->items);
		*tasks = (struct ecs_tasks){ .count = 0 };
	}
}

/* ---- which container ---- */

static bool ended_badly(const struct ecs_container *c)
{
	return (c->has_exit_code && c->exit_code != 0) || c->reason[0] != '\0';
}

const struct ecs_container *ecs_container(const struct ecs_task *task, const char *name)
{
	const struct ecs_container *first = task->container_count > 0 ? task->containers : NULL;

	for (size_t i = 0; i < task->container_count; i++) {
		const struct ecs_container *c = &task->containers[i];

		if (name != NULL && name[0] != '\0' ? strcmp(c->name, name) == 0 : ended_badly(c))
			return c;
	}
	return first;
}
