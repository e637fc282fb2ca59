#include "calls.h"
#include "commands.h"
#include "health.h"
#include "mem.h"
#include "step.h"

void health_look(struct health *h)
{
	struct checkup *c = h->checkup;

	checkup_look(c, h->cli, &h->scope);
	if (h->causes != NULL)
		why_rank(&c->facts, h->causes);
	for (size_t i = 0; i < c->count; i++)
		(void)step_show(h->cli, c->rows[i].next, c->rows[i].next);
	for (size_t i = 0; h->causes != NULL && i < h->causes->count; i++)
		(void)step_show(h->cli, h->causes->items[i].next, h->causes->items[i].next);
}

static enum exit_code exit_of(const struct checkup *c)
{
	if (!checkup_is_healthy(c))
		return EXIT_BAD;
	return c->is_rolling ? EXIT_IN_PROGRESS : EXIT_OK;
}

static void look_once(struct health *h)
{
	health_look(h);
	if (h->cli->json)
		health_json(h);
	else
		health_print(h);
}

static int cmd_health(struct cli *cli, struct err *err)
{
	struct health h = { .cli = cli, .checkup = checkup_open() };
	bool watch = cli_flag(cli, "watch"), why = cli_flag(cli, "why");
	int rc;

	h.scope = (struct checkup_scope){
		.is_all = cli->operand_count == 0,
		.names = cli->operands,
		.count = cli->operand_count,
		.lines = why,
		.is_watched = watch,
	};
	if (why)
		h.causes = xcalloc(1, sizeof(*h.causes));
	rc = checkup_check_scope(&cli->context, &h.scope, err);
	if (rc == 0 && watch)
		rc = health_watch(&h, err);
	else if (rc == 0)
		look_once(&h);
	cli->exit_code = exit_of(h.checkup);
	checkup_close(h.checkup);
	free(h.causes);
	return rc;
}

static const struct option_row options[] = {
	{ "why", 0, OPTION_FLAG, .help = "rank causes, each with evidence and the next command" },
	{ "watch", 0, OPTION_FLAG, .help = "go on: refresh on a terminal, else a line per change" },
	{ "interval", 0, OPTION_DURATION, "TIME", "2s", .min = 100, .max = 3600 * 1000,
	    .help = "with --watch, time between two looks" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "5s", .min = 1, .max = 600 * 1000,
	    .help = "how long one service may take to answer" },
};

/* Which rows of checkup.c need what. */
#define OF_QUEUE "=queue|=dead letters|=progress"
#define OF_TOKEN "=secret|=token"

static const struct command_call calls[] = {
	{ SQS_GET_QUEUE_ATTRIBUTES, CONTEXT_QUEUE, OF_QUEUE },
	{ SQS_GET_QUEUE_ATTRIBUTES, CALL_DEAD_LETTERS, OF_QUEUE },
	{ CLOUDWATCH_GET_METRIC_DATA, CONTEXT_QUEUE, OF_QUEUE },
	{ SSM_GET_PARAMETER, CONTEXT_SECRET, OF_TOKEN },
	{ SECRETSMANAGER_GET_SECRET_VALUE, CONTEXT_SECRET, OF_TOKEN },
	{ S3_LIST_OBJECTS_V2, CONTEXT_STORE, "=store" },
	{ ECS_DESCRIBE_SERVICES, CALL_SERVICE(SERVICE_ECS), NULL },
	{ ECS_LIST_TASKS, CALL_SERVICE(SERVICE_ECS), NULL },
	{ ECS_DESCRIBE_TASKS, CALL_SERVICE(SERVICE_ECS), NULL },
	{ ECS_LIST_SERVICE_DEPLOYMENTS, CALL_SERVICE(SERVICE_ECS), NULL },
	{ ECS_DESCRIBE_SERVICE_DEPLOYMENTS, CALL_SERVICE(SERVICE_ECS), NULL },
	{ ELBV2_DESCRIBE_TARGET_HEALTH, CALL_SERVICE(SERVICE_TARGETS), NULL },
	{ ELBV2_DESCRIBE_TARGET_HEALTH, CALL_SERVICE(SERVICE_TARGETS_2), NULL },
	{ ELB_DESCRIBE_INSTANCE_HEALTH, CALL_SERVICE(SERVICE_ELB), NULL },
	{ LOGS_FILTER_LOG_EVENTS, CALL_SERVICE(SERVICE_LOGS), "why" },
	{ CLOUDWATCH_DESCRIBE_ALARMS, CONTEXT_ALARMS, "=alarms" },
};

const struct command command_health = {
	.name = "health",
	.operands = "[SERVICE...]",
	.max = -1,
	.operand_completion = "service",
	.summary = "say whether the system is healthy, and if not, why",
	.about =
	    "Asks the services, their tasks and load balancers, the queue, the store, the secret "
	    "and the alarms, all at once and each for itself, and says what is wrong and what to do "
	    "next. Exits with 1 when something is wrong, with 8 while a rollout is in progress and "
	    "nothing is.",
	OPTIONS(options),
	CALLS(calls),
	.need = NEED_CONTEXT | NEED_STREAM,
	.run = cmd_health,
};
