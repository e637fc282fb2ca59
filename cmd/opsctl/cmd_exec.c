#include "access.h"
#include "calls.h"
#include "commands.h"
#include "ecs_change.h"
#include "exec_check.h"
#include "exec_plugin.h"
#include "mem.h"
#include "ports.h"
#include "recording.h"

enum { COMMAND_MAX = 64 * 1024, CAPTURE_MAX = 4 * 1024 * 1024 };

/* Of one run of the command. */
struct run {
	struct cli *cli;
	struct workload workload;
	struct ecs_task task;
	const struct ecs_container *container; /* of the task; NULL: ECS tells of none */
	struct sentinel sentinel;
	bool has_shell;
	struct buf command;
};

/* ---- which task ---- */

static bool is_ready(const struct ecs_task *task, const char *container)
{
	const struct ecs_container *c = ecs_container(task, container);

	return c != NULL && strcmp(c->exec_agent, "RUNNING") == 0;
}

/* That of --task, which may be its beginning; else the first that takes sessions, else the first. */
static const struct ecs_task *choose(const struct run *r, const struct ecs_tasks *tasks)
{
	const char *wanted = cli_text(r->cli, "task");

	for (size_t i = 0; i < tasks->count; i++)
		if (wanted != NULL ? str_has_prefix(str_from(tasks->items[i].id), str_from(wanted))
				   : is_ready(&tasks->items[i], r->workload.container))
			return &tasks->items[i];
	return wanted == NULL && tasks->count > 0 ? &tasks->items[0] : NULL;
}

static int no_task(const struct run *r, struct err *err)
{
	const char *wanted = cli_text(r->cli, "task");

	if (wanted != NULL)
		(void)err_set(err, ERR_NOTFOUND, "no running task of %s begins with '%s'",
		    r->workload.name, wanted);
	else
		(void)err_set(err, ERR_NOTFOUND, "no task of %s is running", r->workload.name);
	return cli_next(r->cli, "run: opsctl health --why %s", r->workload.name);
}

static int find_task(struct run *r, struct err *err)
{
	const struct workload *w = &r->workload;
	const struct ecs_task *task = NULL;
	struct ecs_tasks tasks = { 0 };
	int rc = -1;

	if (ecs_tasks(w->aws, w->cluster, w->service, ECS_TASKS_RUNNING, &tasks, err) != 0) {
		(void)ports_failed(r->cli, err);
		goto out;
	}
	task = choose(r, &tasks);
	if (task == NULL) {
		(void)no_task(r, err);
		goto out;
	}
	r->task = *task;
	r->container = ecs_container(&r->task, w->container);
	rc = 0;
out:
	ecs_tasks_release(&tasks);
	return rc;
}

/* ---- running it ---- */

static void report(struct run *r, const struct exec_output *output)
{
	struct buf out = BUF_INIT(6 * CAPTURE_MAX + 4096);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/exec/1");
	json_member_text(&w, "service", r->workload.name);
	json_member_text(&w, "task", r->task.id);
	json_key(&w, "status");
	if (r->sentinel.is_found)
		json_int(&w, r->sentinel.status);
	else
		json_null(&w);
	json_member_str(&w, "output", buf_str(&output->kept));
	json_member_uint(&w, "output_bytes", output->bytes);
	json_member_bool(&w, "truncated", output->bytes > output->kept.n);
	json_object_end(&w);
	out_json(r->cli, buf_str(&out));
	buf_release(&out);
}

static int take_status(struct run *r, struct err *err)
{
	if (!r->has_shell) {
		out_note(r->cli, "without a shell nobody tells the command's exit status");
		return 0;
	}
	if (!r->sentinel.is_found) {
		(void)err_set(err, ERR_IO,
		    "the session ended without the command's exit status: it broke off, or the "
		    "container has no /bin/sh");
		return cli_next(r->cli, "run: opsctl exec --check %s", r->workload.name);
	}
	r->cli->exit_code = (enum exit_code)r->sentinel.status; /* the command's, not ours */
	return 0;
}

static int hand_over(struct run *r, const struct ecs_session *session, struct err *err)
{
	struct exec_output output = { .kept = BUF_INIT(CAPTURE_MAX) };
	struct exec_session s = {
		.session = session,
		.cluster = r->workload.cluster,
		.task_id = r->task.id,
		.runtime_id = r->container != NULL ? r->container->runtime_id : "",
		.profile = r->cli->context.values[CONTEXT_PROFILE],
		.sentinel = r->has_shell ? &r->sentinel : NULL,
		.capture = r->cli->json ? &output : NULL,
	};
	int rc = aws_region(r->workload.aws, &s.region, err);

	if (rc == 0)
		rc = exec_plugin_run(&s, err);
	if (rc == 0)
		rc = take_status(r, err);
	if (rc == 0 && r->cli->json)
		report(r, &output);
	buf_release(&output.kept);
	return rc;
}

static int start(struct run *r, struct err *err)
{
	const struct ecs_command command = {
		.cluster = r->workload.cluster,
		.task = r->task.arn,
		.container = r->container != NULL ? r->container->name : "",
		.command = buf_text(&r->command),
	};
	struct ecs_session session;
	int rc = ecs_execute(r->workload.aws, &command, &session, err);

	if (rc != 0) {
		(void)ports_failed(r->cli, err);
		return err->code == ERR_DENIED || err->code == ERR_CREDENTIALS
		    ? -1
		    : cli_next(r->cli, "run: opsctl exec --check %s", r->workload.name);
	}
	rc = hand_over(r, &session, err);
	ecs_session_wipe(&session);
	return rc;
}

static int consent(struct cli *cli, struct err *err)
{
	bool wants_name = strcmp(cli->context.values[CONTEXT_ACCESS], "confirm") == 0;

	if (ports_guard_account(cli, err) != 0)
		return -1;
	return access_change(cli, ACCESS_DANGEROUS,
	    wants_name ? "Run a command in a container of this context?" : NULL, err);
}

static int run_command(struct run *r, struct err *err)
{
	char *const *argv = r->cli->operands + 1;
	size_t count = (size_t)(r->cli->operand_count - 1);
	char version[EXEC_VERSION_SIZE];

	if (recording_is_replay(r->cli))
		return err_set(err, ERR_USAGE, "no recording holds a session: exec cannot replay");
	if (r->has_shell)
		sentinel_command(&r->sentinel, argv, count, &r->command);
	else
		sentinel_plain_command(argv, count, &r->command);
	if (r->command.full)
		return err_set(err, ERR_USAGE, "the command is longer than %d bytes", COMMAND_MAX);
	if (exec_plugin_check(r->cli, version, err) != 0 || consent(r->cli, err) != 0 ||
	    find_task(r, err) != 0)
		return -1;
	return start(r, err);
}

static int check(struct run *r)
{
	struct exec_check *c = xcalloc(1, sizeof(*c));

	exec_check_look(c, r->cli, &r->workload);
	exec_check_report(c, r->cli, &r->workload);
	free(c);
	return 0;
}

static int cmd_exec(struct cli *cli, struct err *err)
{
	struct run r = {
		.cli = cli,
		.has_shell = !cli_flag(cli, "no-shell"),
		.command = BUF_INIT(COMMAND_MAX),
	};
	int rc;

	if (cli_flag(cli, "check") == (cli->operand_count > 1))
		return err_set(err, ERR_USAGE, "give either a command behind --, or --check");
	sentinel_init(&r.sentinel);
	rc = workload_find(cli, cli->operands[0],
	    "its services run on this machine: run the command here", &r.workload, err);
	if (rc == 0)
		rc = cli_flag(cli, "check") ? check(&r) : run_command(&r, err);
	buf_wipe(&r.command);
	return rc;
}

static const struct option_row options[] = {
	{ "task", 0, OPTION_TEXT, "ID", .help = "that task, or the beginning of its id" },
	{ "check", 0, OPTION_FLAG, .help = "say what is missing, run nothing" },
	{ "no-shell", 0, OPTION_FLAG,
	    .help = "run the program itself, where there is no /bin/sh; its status is lost" },
	OPTION_CONFIRM,
};

static const struct command_call calls[] = {
	CALLS_IDENTITY,
	{ ECS_DESCRIBE_SERVICES, CALL_SERVICE(SERVICE_ECS), "check" },
	{ ECS_DESCRIBE_TASK_DEFINITION, CALL_SERVICE(SERVICE_ECS), "check" },
	{ ECS_LIST_TASKS, CALL_SERVICE(SERVICE_ECS), NULL },
	{ ECS_DESCRIBE_TASKS, CALL_SERVICE(SERVICE_ECS), NULL },
	{ ECS_EXECUTE_COMMAND, CALL_SERVICE(SERVICE_ECS), "!check" },
};

const struct command command_exec = {
	.name = "exec",
	.operands = "SERVICE [-- COMMAND...]",
	.min = 1,
	.max = -1,
	.operand_completion = "ecs-service",
	.summary = "run a command in a container of a service of ECS",
	.about = "Opens a session by ExecuteCommand and hands it to session-manager-plugin, which "
		 "must be in PATH. The exit status is that of the command, which /bin/sh in the "
		 "container tells; --check says what is missing for all that.",
	OPTIONS(options),
	CALLS(calls),
	.need = NEED_CONTEXT,
	.run = cmd_exec,
};
