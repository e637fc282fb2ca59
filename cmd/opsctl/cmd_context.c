#include "commands.h"
#include "context_out.h"
#include "contexts_file.h"
#include "inifile.h"
#include "overrides.h"

enum { DOCUMENT_MAX = 8 * INIFILE_MAX }; /* of all sections, each with its keys in JSON */

/* The operand, else --context, else the current one; *decided_by says which. */
static int name_of(struct cli *cli, char name[CONTEXT_NAME_MAX + 1], const char **decided_by,
    struct err *err)
{
	const char *given = cli->operand_count > 0 ? cli->operands[0] : cli_text(cli, "context");

	if (given == NULL)
		return context_current(name, decided_by, err);
	*decided_by = cli->operand_count > 0 ? "operand" : "--context";
	if (strlen(given) > CONTEXT_NAME_MAX)
		return err_set(err, ERR_CONFIG, "unknown context '%s'", given);
	(void)snprintf(name, CONTEXT_NAME_MAX + 1, "%s", given);
	return 0;
}

/* ---- ls ---- */

struct listing {
	struct out_table table;
	struct json_writer w;
	char current[CONTEXT_NAME_MAX + 1];
};

static void list_one(void *arg, const char *name)
{
	struct listing *l = arg;
	bool is_current = strcmp(name, l->current) == 0;
	struct context c = { 0 };
	struct err err = { 0 };
	bool is_good = context_resolve(name, &c, &err) == 0;
	const char *none = strcmp(name, CONTEXT_LOCAL) == 0 ? "(not running)" : "-";
	const char *url = is_good ? c.values[CONTEXT_URL] : err.text;

	out_table_cell(&l->table, "%s", is_current ? "*" : "");
	out_table_cell(&l->table, "%s", name);
	out_table_cell(&l->table, "%s", url[0] != '\0' ? url : none);
	json_object_begin(&l->w);
	json_member_text(&l->w, "name", name);
	json_member_bool(&l->w, "is_current", is_current);
	if (is_good)
		context_values_json(&l->w, &c);
	else
		json_member_text(&l->w, "error", err.text);
	json_object_end(&l->w);
}

static int cmd_context_ls(struct cli *cli, struct err *err)
{
	static const char *const header[] = { "", "NAME", "URL" };
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	const char *decided_by, *given = cli_text(cli, "context");
	struct listing l = { 0 };
	int rc;

	if (context_current(l.current, &decided_by, err) == -1)
		return -1;
	if (given != NULL)
		(void)snprintf(l.current, sizeof(l.current), "%s", given);
	out_table_init(&l.table, header, ARRAY_SIZE(header));
	out_json_begin(&l.w, &out, "opsctl/context-ls/1");
	json_key(&l.w, "contexts");
	json_array_begin(&l.w);
	rc = context_names(list_one, &l, err);
	json_array_end(&l.w);
	if (rc == 0) {
		out_table_print(cli, &l.table);
		context_document_end(cli, &l.w, &out);
	}
	buf_release(&l.table.cells);
	buf_release(&out);
	return rc;
}

/* ---- use, show, rm ---- */

static int changed(struct cli *cli, const char *schema, const char *name)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, schema);
	json_member_text(&w, "context", name);
	context_document_end(cli, &w, &out);
	return 0;
}

static int cmd_context_use(struct cli *cli, struct err *err)
{
	const char *variable = getenv("OPSCTL_CONTEXT");

	if (context_make_current(cli->operands[0], err) == -1)
		return cli_next(cli, "see: opsctl.conf(5)");
	out_note(cli, "current context: %s", cli->operands[0]);
	if (variable != NULL && variable[0] != '\0' && strcmp(variable, cli->operands[0]) != 0)
		out_warn(cli, "OPSCTL_CONTEXT=%s in the environment goes before it", variable);
	return changed(cli, "opsctl/context-use/1", cli->operands[0]);
}

static int cmd_context_show(struct cli *cli, struct err *err)
{
	char name[CONTEXT_NAME_MAX + 1];
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	const struct context *c = &cli->context;
	const char *decided_by;
	struct json_writer w;

	if (name_of(cli, name, &decided_by, err) == -1)
		return cli_next(cli, "see: opsctl.conf(5)");
	if (overrides_resolve(cli, name, err) == -1)
		return -1;
	if (strcmp(c->name, CONTEXT_FLAGS) == 0)
		decided_by = "options";
	out_json_begin(&w, &out, "opsctl/context-show/1");
	json_member_text(&w, "context", c->name);
	json_member_text(&w, "decided_by", decided_by);
	context_values_json(&w, c);
	context_document_end(cli, &w, &out);
	out_text(cli, "%-16s  %s\n", "context", c->name);
	context_values_print(cli, c);
	return 0;
}

static int cmd_context_rm(struct cli *cli, struct err *err)
{
	const char *name = cli->operands[0];
	struct context c;

	if (context_check_name(name, err) == -1)
		return -1;
	if (cli_flag(cli, "dry-run")) {
		if (context_load(name, &c, err) == -1)
			return cli_next(cli, "see: opsctl.conf(5)");
		out_note(cli, "would remove context %s", name);
	} else {
		if (context_remove(name, err) == -1)
			return cli_next(cli, "see: opsctl.conf(5)");
		out_note(cli, "removed context %s", name);
	}
	return changed(cli, "opsctl/context-rm/1", name);
}

const struct command command_context_ls = {
	.name = "context ls",
	.operands = "",
	.operand_completion = "none",
	.summary = "list the contexts",
	.about = "A context names a system: its URL and where its token, queue and store are. "
		 "The context local is built in: it is the system of opsctl up.",
	.run = cmd_context_ls,
};

const struct command command_context_use = {
	.name = "context use",
	.operands = "NAME",
	.min = 1,
	.max = 1,
	.operand_completion = "context",
	.summary = "make a context the current one",
	.about = "Commands work on the current context unless --context or OPSCTL_CONTEXT names "
		 "another.",
	.run = cmd_context_use,
};

const struct command command_context_show = {
	.name = "context show",
	.operands = "[NAME]",
	.max = 1,
	.operand_completion = "context",
	.summary = "show the values of a context",
	.about = "Without NAME it shows the context that a command would work on.",
	.run = cmd_context_show,
};

static const struct option_row rm_options[] = {
	OPTION_DRY_RUN,
};

const struct command command_context_rm = {
	.name = "context rm",
	.operands = "NAME",
	.min = 1,
	.max = 1,
	.operand_completion = "context",
	.summary = "remove a context from contexts.ini",
	.about = "The system itself is not touched.",
	OPTIONS(rm_options),
	.run = cmd_context_rm,
};
