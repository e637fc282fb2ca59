#include "calls.h"
#include "commands.h"
#include "ecs_revision.h"
#include "mem.h"
#include "ports.h"
#include "rollout.h"

/* ---- which revision ---- */

static int no_revision(struct rollout *r, const char *what, struct err *err)
{
	(void)err_set(err, ERR_NOTFOUND, "no registered revision of %s is %s",
	    rollout_revision(r->from), what);
	return cli_next(r->cli, "run: aws ecs list-task-definitions --family-prefix FAMILY");
}

/* While a deployment is under way: what it replaces. NULL: none is. */
static const struct ecs_deployment *replaced_now(const struct rollout *r)
{
	const struct ecs_service *s = r->service;
	const struct ecs_deployment *primary = ecs_primary(s);

	if (primary == NULL || primary->rollout != ECS_ROLLOUT_IN_PROGRESS)
		return NULL;
	for (size_t i = 0; i < s->deployment_count; i++)
		if (&s->deployments[i] != primary &&
		    strcmp(s->deployments[i].task_definition, primary->task_definition) != 0)
			return &s->deployments[i];
	return NULL;
}

/* The newest one that is older than that in use; whatever the order of the list. */
static int choose_older(struct rollout *r, const struct ecs_revisions *all, int current,
    struct err *err)
{
	char family[ECS_NAME_SIZE];
	int number, best = 0;

	for (size_t i = 0; i < all->count; i++) {
		if (!ecs_revision_name(all->arns[i], family, &number) || number >= current ||
		    number <= best)
			continue;
		best = number;
		(void)snprintf(r->to, sizeof(r->to), "%s", all->arns[i]);
	}
	return best > 0 ? 0 : no_revision(r, "older", err);
}

static int choose_previous(struct rollout *r, const char *family, int current, struct err *err)
{
	const struct ecs_deployment *replaced = replaced_now(r);
	struct ecs_revisions *all;
	int rc;

	if (replaced != NULL) {
		(void)snprintf(r->to, sizeof(r->to), "%s", replaced->task_definition);
		return 0;
	}
	all = xcalloc(1, sizeof(*all));
	rc = ecs_revisions(r->workload.aws, family, all, err);
	if (rc == 0)
		rc = choose_older(r, all, current, err);
	else
		(void)ports_failed(r->cli, err);
	free(all);
	return rc;
}

/* "41", "prod-api:41", or an ARN. */
static int choose(struct rollout *r, struct err *err)
{
	const char *to = cli_text(r->cli, "to");
	char family[ECS_NAME_SIZE];
	int current;

	if (!ecs_revision_name(r->from, family, &current))
		return err_set(err, ERR_CORRUPT, "ECS names the revision in use '%s'", r->from);
	if (to == NULL)
		return choose_previous(r, family, current, err);
	(void)snprintf(r->to, sizeof(r->to), "%s%s%s", strchr(to, ':') ? "" : family,
	    strchr(to, ':') ? "" : ":", to);
	return 0;
}

/* ---- the change ---- */

/* r->to becomes the whole ARN. Both must be there, and the wanted one registered. */
static int compare(struct rollout *r, struct json **from, struct json **to, struct err *err)
{
	const struct json *wanted;

	if (ecs_revision_get(r->workload.aws, r->from, from, err) != 0 ||
	    ecs_revision_get(r->workload.aws, r->to, to, err) != 0)
		return ports_failed(r->cli, err);
	wanted = json_get(*to, "taskDefinition");
	(void)snprintf(r->to, sizeof(r->to), "%s",
	    json_get_text(json_get(wanted, "taskDefinitionArn"), r->to));
	if (strcmp(json_get_text(json_get(wanted, "status"), "ACTIVE"), "ACTIVE") != 0)
		return no_revision(r, rollout_revision(r->to), err);
	(void)snprintf(r->image, sizeof(r->image), "%s",
	    json_get_text(json_get(ecs_revision_container(*to, r->workload.container), "image"),
		""));
	return 0;
}

static int show(struct rollout *r, struct err *err)
{
	struct revision_diff *diff = xcalloc(1, sizeof(*diff));
	struct json *from = NULL, *to = NULL;
	int rc = compare(r, &from, &to, err);

	if (rc == 0 && strcmp(r->from, r->to) == 0)
		rc = rollout_note_look(r, err);
	if (rc == 0) {
		revision_diff(from, to, diff);
		rollout_report_plan(r, diff);
	}
	json_free(from);
	json_free(to);
	free(diff);
	return rc;
}

static int roll_back(struct rollout *r, struct err *err)
{
	char question[3 * ECS_NAME_SIZE];

	if (choose(r, err) != 0 || show(r, err) != 0)
		return -1;
	if (cli_flag(r->cli, "dry-run"))
		return 0;
	(void)snprintf(question, sizeof(question), "Take %s of context %s to %.300s?",
	    r->workload.name, r->cli->context.name, rollout_revision(r->to));
	if (rollout_consent(r, ACCESS_DANGEROUS, question, err) != 0 || rollout_guard(r, err) != 0)
		return -1;
	return rollout_run(r, err);
}

static int cmd_rollback(struct cli *cli, struct err *err)
{
	struct rollout r;
	int rc = rollout_open(&r, cli, "rollback",
	    "run: opsctl up  # of the older programs, when Ctrl-C has ended the new", err);

	if (rc == 0)
		rc = rollout_read_guard(&r, err);
	if (rc == 0)
		rc = roll_back(&r, err);
	rollout_release(&r);
	return rc;
}

static const struct option_row options[] = {
	{ "to", 0, OPTION_TEXT, "REV",
	    .help = "that revision: its number, or FAMILY:NUMBER; else the one before" },
	OPTIONS_GUARD,
	OPTIONS_ROLLOUT,
	OPTION_DRY_RUN,
	OPTION_YES,
	OPTION_CONFIRM,
};

static const struct command_call calls[] = {
	CALLS_ROLLOUT,
	CALLS_GUARD,
	CALLS_NOTE,
	{ ECS_DESCRIBE_TASK_DEFINITION, CALL_SERVICE(SERVICE_ECS), NULL },
	{ ECS_LIST_TASK_DEFINITIONS, CALL_SERVICE(SERVICE_ECS), "!to" },
};

const struct command command_rollback = {
	.name = "rollback",
	.operands = "SERVICE",
	.min = 1,
	.max = 1,
	.operand_completion = "ecs-service",
	.summary = "take a service of ECS back to a registered revision",
	.about = "Shows the difference between the revision in use and the wanted one, changes the "
		 "service and follows that to its end, as deploy does. While a deployment is under "
		 "way the wanted one is what it replaces, else the newest that is older than the "
		 "one in use. Nothing is registered and nothing deregistered. What runs then is "
		 "noted in the parameter that Terraform reads, where the context has one.",
	OPTIONS(options),
	CALLS(calls),
	.need = NEED_CONTEXT | NEED_STREAM,
	.run = cmd_rollback,
};
