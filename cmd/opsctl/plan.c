#include "plan.h"

#include <inttypes.h>

#include "policy.h"
#include "workload.h"

enum { DOCUMENT_MAX = 8 * 1024 * 1024, ARNS_MAX = 64 * 1024 };

/* ---- which services ---- */

static bool has_option(const struct command *c, const char *name)
{
	for (size_t i = 0; i < c->option_count; i++)
		if (strcmp(c->options[i].name, name) == 0)
			return true;
	return false;
}

/* What must be there is the service; more of them only where none must: exec has words behind it. */
static int service_operands(const struct cli *cli)
{
	const struct command *c = cli->command;

	if (strcmp(c->operand_completion, "service") != 0 &&
	    strcmp(c->operand_completion, "ecs-service") != 0)
		return 0;
	return c->min > 0 ? c->min : cli->operand_count;
}

static bool is_in_list(const char *list, const char *name)
{
	struct str one, rest = str_from(list);

	while (rest.n > 0) {
		(void)str_cut(rest, ',', &one, &rest); /* the last one has no comma behind it */
		if (str_is(one, name))
			return true;
	}
	return false;
}

/* By operands or --service; where none is named, all are meant. */
static bool is_meant(const struct cli *cli, const char *name)
{
	const char *list = has_option(cli->command, "service") ? cli_text(cli, "service") : NULL;
	int count = service_operands(cli);

	for (int i = 0; i < count; i++)
		if (strcmp(cli->operands[i], name) == 0)
			return true;
	return count == 0 && (list == NULL || is_in_list(list, name));
}

/* The context becomes one that knows the services alone that the command is about. */
static int narrow(struct cli *cli, struct err *err)
{
	struct context *c = &cli->context;
	size_t kept = 0;

	if (cli->command->min > 0 && service_operands(cli) > 0 && c->local_dir[0] == '\0' &&
	    workload_check_name(cli, cli->operands[0], err) != 0)
		return -1;
	for (size_t i = 0; i < c->service_count; i++)
		if (is_meant(cli, c->services[i].name))
			c->services[kept++] = c->services[i];
	c->service_count = kept;
	return 0;
}

/* ---- its calls ---- */

/* How often one row of a plan is called. */
static const char *often(const struct aws_operation *o)
{
	if (o->is_long_poll)
		return "until all are seen";
	if (o->is_paginated)
		return "per page";
	if (o->resource == AWS_ON_OBJECT)
		return "per object";
	return "once";
}

static void call_json(struct json_writer *w, struct cli *cli, const struct command_call *call)
{
	const struct aws_operation *o = &aws_operations[call->op];
	struct buf arns = BUF_INIT(ARNS_MAX);
	struct str rest, one;

	policy_resources(cli, call, &arns);
	rest = buf_str(&arns);
	json_object_begin(w);
	json_member_text(w, "service", aws_services[o->service].iam_prefix);
	json_member_text(w, "operation", o->name);
	json_key(w, "resources");
	json_array_begin(w);
	while (str_cut(rest, '\0', &one, &rest))
		json_str(w, one);
	json_array_end(w);
	json_member_text(w, "often", often(o));
	json_member_text(w, "billed", o->billed);
	json_object_end(w);
	buf_release(&arns);
}

/* What the ARN names, behind the account: a line of 80 characters has no room for all of it. */
static struct str short_name(struct str arn)
{
	struct str part, rest = arn;

	for (int i = 0; i < 5 && rest.n > 0; i++)
		(void)str_cut(rest, ':', &part, &rest); /* "*" has no parts */
	return rest.n > 0 ? rest : arn;
}

static void call_row(struct out_table *table, struct cli *cli, const struct command_call *call)
{
	const struct aws_operation *o = &aws_operations[call->op];
	struct buf arns = BUF_INIT(ARNS_MAX);
	struct str rest, one;
	size_t more = 0;

	policy_resources(cli, call, &arns);
	(void)str_cut(buf_str(&arns), '\0', &one, &rest); /* all places have one at least */
	for (size_t i = 0; i < rest.n; i++)
		more += rest.p[i] == '\0';
	out_table_cell(table, "%s %s", aws_services[o->service].iam_prefix, o->name);
	if (more > 0)
		out_table_cell(table, "%.*s and %zu more", STR_ARG(short_name(one)), more);
	else
		out_table_cell(table, "%.*s", STR_ARG(short_name(one)));
	out_table_cell(table, "%s", often(o));
	out_table_cell(table, "%s", o->billed != NULL ? o->billed : "free");
	buf_release(&arns);
}

static void print_json(struct cli *cli)
{
	const struct command *c = cli->command;
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/plan/1");
	json_member_text(&w, "command", c->name);
	json_member_text(&w, "context", cli->context.name);
	json_key(&w, "calls");
	json_array_begin(&w);
	for (size_t i = 0; i < c->call_count; i++)
		if (calls_apply(&c->calls[i], cli))
			call_json(&w, cli, &c->calls[i]);
	json_array_end(&w);
	json_object_end(&w);
	out_json(cli, buf_str(&out));
	buf_release(&out);
}

static void print_text(struct cli *cli)
{
	static const char *const header[] = { "CALL", "ON", "HOW OFTEN", "PRICE" };
	const struct command *c = cli->command;
	struct out_table table;
	size_t count = 0, billed = 0;

	out_table_init(&table, header, ARRAY_SIZE(header));
	for (size_t i = 0; i < c->call_count; i++)
		if (calls_apply(&c->calls[i], cli)) {
			call_row(&table, cli, &c->calls[i]);
			count++;
			billed += aws_operations[c->calls[i].op].billed != NULL;
		}
	if (count > 0) {
		out_table_print(cli, &table);
		out_note(cli, "%snothing was called",
		    billed > 0 ? "prices are those of us-east-1; " : "");
	} else {
		out_text(cli, "opsctl %s calls nothing of AWS%s%s\n", c->name,
		    cli->context.name[0] != '\0' ? " in context " : "", cli->context.name);
	}
	buf_release(&table.cells);
}

int plan_print(struct cli *cli, struct err *err)
{
	if (narrow(cli, err) != 0)
		return -1;
	(cli->json ? print_json : print_text)(cli);
	return 0;
}
