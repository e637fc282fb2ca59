#include "calls.h"
#include "commands.h"
#include "rollout.h"

static int restart(struct rollout *r, struct err *err)
{
	char question[2 * ECS_NAME_SIZE];

	r->is_forced = true;
	rollout_report_plan(r, NULL);
	if (cli_flag(r->cli, "dry-run"))
		return 0;
	(void)snprintf(question, sizeof(question), "Start new tasks of %s of context %s?",
	    r->workload.name, r->cli->context.name);
	if (rollout_consent(r, ACCESS_QUESTION, question, err) != 0)
		return -1;
	return rollout_run(r, err);
}

static int cmd_restart(struct cli *cli, struct err *err)
{
	struct rollout r;
	int rc = rollout_open(&r, cli, "restart",
	    "run: opsctl up  # when Ctrl-C has ended the one that runs", err);

	if (rc == 0)
		rc = restart(&r, err);
	rollout_release(&r);
	return rc;
}

static const struct option_row options[] = {
	OPTIONS_ROLLOUT,
	OPTION_DRY_RUN,
	OPTION_YES,
};

static const struct command_call calls[] = {
	CALLS_ROLLOUT,
};

const struct command command_restart = {
	.name = "restart",
	.operands = "SERVICE",
	.min = 1,
	.max = 1,
	.operand_completion = "ecs-service",
	.summary = "start new tasks of a service of ECS in place of those that run",
	.about = "Forces a new deployment of the revision in use and follows it to its end, as "
		 "deploy does. New tasks read secrets and settings anew.",
	OPTIONS(options),
	CALLS(calls),
	.need = NEED_CONTEXT | NEED_STREAM,
	.run = cmd_restart,
};
