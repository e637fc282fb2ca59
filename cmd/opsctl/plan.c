#include "plan.h"

#include <inttypes.h>

#include "policy.h"

enum { DOCUMENT_MAX = 1024 * 1024, ARNS_MAX = 64 * 1024 };

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
	if (count > 0)
		out_table_print(cli, &table);
	else
		out_text(cli, "opsctl %s calls nothing of AWS%s%s\n", c->name,
		    cli->context.name[0] != '\0' ? " in context " : "", cli->context.name);
	if (billed > 0)
		out_note(cli, "prices are those of us-east-1; nothing was called");
	buf_release(&table.cells);
}

void plan_print(struct cli *cli)
{
	(cli->json ? print_json : print_text)(cli);
}
