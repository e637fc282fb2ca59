#include "exec_check.h"

#include "ecs_revision.h"
#include "exec_plugin.h"
#include "mem.h"
#include "step.h"

enum { TASKS_SHOWN_MAX = 20, DOCUMENT_MAX = 64 * 1024 };

/* ---- rows ---- */

static struct exec_row *add_row(struct exec_check *c, const char *what, bool is_bad)
{
	struct exec_row *row = &c->rows[c->count < EXEC_ROWS_MAX ? c->count++ : EXEC_ROWS_MAX - 1];

	*row = (struct exec_row){ .what = what, .is_bad = is_bad };
	c->is_bad = c->is_bad || is_bad;
	return row;
}

static void add(struct exec_check *c, const char *what, bool is_bad, const char *detail,
    const char *next)
{
	struct exec_row *row = add_row(c, what, is_bad);

	(void)snprintf(row->detail, sizeof(row->detail), "%s", detail);
	(void)snprintf(row->next, sizeof(row->next), "%s", is_bad ? next : "");
}

/* "1.3.0" and older of Fargate have no agent. */
static bool is_old_platform(const char *version)
{
	return strncmp(version, "1.0", 3) == 0 || strncmp(version, "1.1", 3) == 0 ||
	    strncmp(version, "1.2", 3) == 0 || strncmp(version, "1.3", 3) == 0;
}

static void check_service(struct exec_check *c, const struct ecs_service *s)
{
	add(c, "service", !s->can_exec,
	    s->can_exec ? "its tasks are started for it" : "enableExecuteCommand is off",
	    "set enable_execute_command of the service, then run: opsctl restart");
	if (s->platform_version[0] != '\0')
		add(c, "platform", is_old_platform(s->platform_version), s->platform_version,
		    "Fargate has the agent from platform version 1.4.0 on");
}

static void check_task(struct exec_check *c, const struct ecs_task *task, const char *container)
{
	const struct ecs_container *in = ecs_container(task, container);
	const char *agent = in != NULL ? in->exec_agent : "";
	bool is_bad = !task->can_exec || strcmp(agent, "RUNNING") != 0;
	struct exec_row *row = add_row(c, "task", is_bad);

	if (!task->can_exec)
		(void)snprintf(row->detail, sizeof(row->detail), "%s was started without it",
		    task->id);
	else
		(void)snprintf(row->detail, sizeof(row->detail), "%s: its agent is %s", task->id,
		    agent[0] != '\0' ? agent : "not there");
	if (is_bad)
		(void)snprintf(row->next, sizeof(row->next), "%s",
		    task->can_exec ? "the task role needs ssmmessages:* and a way to reach it"
				   : "run: opsctl restart");
}

/* `described` is an answer to DescribeTaskDefinition. */
static void check_definition(struct exec_check *c, const struct json *described,
    const char *container)
{
	const struct json *definition = json_get(described, "taskDefinition");
	const struct json *in = ecs_revision_container(described, container);
	bool has_role = json_get_text(json_get(definition, "taskRoleArn"), "")[0] != '\0';
	bool is_read_only = json_get_bool(json_get(in, "readonlyRootFilesystem"), false);

	add(c, "task role", !has_role,
	    has_role ? "there is one; what it may do: opsctl verify" : "there is none",
	    "give the task definition a taskRoleArn that may ssmmessages:*");
	add(c, "file system", is_read_only,
	    is_read_only ? "the container's is read-only: the agent cannot write its own files"
			 : "the agent can write its own files",
	    "readonlyRootFilesystem and sessions exclude each other");
}

/* ---- looking ---- */

static void look_at_tasks(struct exec_check *c, const struct workload *w)
{
	struct ecs_tasks tasks = { 0 };
	struct err err;

	if (ecs_tasks(w->aws, w->cluster, w->service, ECS_TASKS_RUNNING, &tasks, &err) != 0)
		add(c, "tasks", true, err.text, "");
	else if (tasks.count == 0)
		add(c, "tasks", true, "none is running", "run: opsctl health --why");
	for (size_t i = 0; i < tasks.count && i < TASKS_SHOWN_MAX; i++)
		check_task(c, &tasks.items[i], w->container);
	ecs_tasks_release(&tasks);
}

static void look_at_definition(struct exec_check *c, const struct workload *w,
    const struct ecs_service *s)
{
	struct json *described;
	struct err err;

	if (ecs_revision_get(w->aws, s->task_definition, &described, &err) != 0) {
		add(c, "task role", true, err.text, "");
		return;
	}
	check_definition(c, described, w->container);
	json_free(described);
}

static void look_at_plugin(struct exec_check *c, struct cli *cli)
{
	char version[EXEC_VERSION_SIZE];
	struct err err;

	if (exec_plugin_check(cli, version, &err) == 0)
		add(c, "plugin", false, version, "");
	else
		add(c, "plugin", true, err.text, cli->next);
	cli->next[0] = '\0';
}

void exec_check_look(struct exec_check *c, struct cli *cli, const struct workload *w)
{
	struct ecs_service *s = xcalloc(1, sizeof(*s));
	struct err err;

	*c = (struct exec_check){ .count = 0 };
	look_at_plugin(c, cli);
	if (workload_describe(cli, w, s, &err) == 0) {
		check_service(c, s);
		look_at_definition(c, w, s);
		look_at_tasks(c, w);
	} else {
		add(c, "service", true, err.text, cli->next);
		cli->next[0] = '\0';
	}
	for (size_t i = 0; i < c->count; i++)
		(void)step_show(cli, c->rows[i].next, c->rows[i].next);
	free(s);
}

/* ---- telling ---- */

static void report_json(const struct exec_check *c, struct cli *cli, const struct workload *w)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer json;

	out_json_begin(&json, &out, "opsctl/exec-check/1");
	json_member_text(&json, "service", w->name);
	json_member_bool(&json, "ok", !c->is_bad);
	json_key(&json, "checks");
	json_array_begin(&json);
	for (size_t i = 0; i < c->count; i++) {
		const struct exec_row *row = &c->rows[i];

		json_object_begin(&json);
		json_member_text(&json, "name", row->what);
		json_member_text(&json, "state", row->is_bad ? "bad" : "ok");
		json_member_text(&json, "detail", row->detail);
		json_member_text(&json, "next", row->next[0] != '\0' ? row->next : NULL);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	out_json(cli, buf_str(&out));
	buf_release(&out);
}

void exec_check_report(const struct exec_check *c, struct cli *cli, const struct workload *w)
{
	if (cli->json)
		report_json(c, cli, w);
	for (size_t i = 0; i < c->count; i++) {
		const struct exec_row *row = &c->rows[i];

		out_text(cli, "%-12s %s%-4s%s %s\n", row->what,
		    out_color(cli, row->is_bad ? COLOR_RED : COLOR_GREEN),
		    row->is_bad ? "bad" : "ok", out_color(cli, COLOR_NONE), row->detail);
		if (row->next[0] != '\0')
			out_text(cli, "%-12s      next: %s\n", "", row->next);
	}
	if (c->is_bad)
		cli->exit_code = EXIT_BAD;
}
