#include "child.h"
#include "commands.h"
#include "context_out.h"
#include "contexts_file.h"
#include "file.h"

enum { DOCUMENT_MAX = 256 * 1024, OUTPUTS_MAX = 1024 * 1024 };

/* What the outputs of our Terraform are called, and what is put before their values. */
static const struct output {
	const char *name;
	enum context_key key;
	const char *prefix;
	bool is_alternative; /* to the row before, over which it wins */
} outputs[] = {
	{ "api_url", CONTEXT_URL, "", false },
	{ "token_parameter_name", CONTEXT_SECRET, "ssm:", false },
	{ "queue_url", CONTEXT_QUEUE, "", false },
	{ "bucket_name", CONTEXT_STORE, "s3://", false },
	{ "store_url", CONTEXT_STORE, "", true },
	{ "account_id", CONTEXT_ACCOUNT, "", false },
	{ "region", CONTEXT_REGION, "", false },
	{ "profile", CONTEXT_PROFILE, "", false },
	{ "cluster_name", CONTEXT_CLUSTER, "", false },
	{ "alarm_prefix", CONTEXT_ALARMS, "", false },
	{ "access", CONTEXT_ACCESS, "", false },
};

static int read_outputs(struct cli *cli, struct json **doc, struct err *err)
{
	const char *dir = cli_text(cli, "from-terraform");
	struct buf text = BUF_INIT(OUTPUTS_MAX), chdir = BUF_INIT(4096);
	int rc;

	if (dir != NULL) {
		buf_addf(&chdir, "-chdir=%s", dir);
		rc = chdir.full ? err_set(err, ERR_USAGE, "--from-terraform: the path is too long")
				: child_output((const char *[]){ "terraform", buf_text(&chdir),
						   "output", "-json", NULL },
				      &text, err);
	} else if (cli->is_tty_in) {
		(void)err_set(err, ERR_USAGE, "nothing to read: standard input is a terminal");
		rc = cli_next(cli, "run: terraform output -json | opsctl context import %s",
		    cli->operands[0]);
	} else {
		rc = file_read("/dev/stdin", &text, err);
	}
	if (rc == 0 && json_parse(buf_str(&text), doc, err) == -1) {
		(void)err_wrap(err, "%s",
		    dir != NULL ? "terraform output -json" : "standard input");
		rc = cli_next(cli, "see: opsctl-context(1)");
	}
	buf_release(&text);
	buf_release(&chdir);
	return rc;
}

static int take_output(const struct output *o, const char *value, struct context *c,
    struct err *err)
{
	struct buf url = { .max = CONTEXT_VALUE_MAX - 1 };
	int rc;

	buf_adds(&url, o->prefix);
	buf_adds(&url, value);
	if (url.full)
		rc = err_set(err, ERR_INVALID, "longer than %d bytes", CONTEXT_VALUE_MAX - 1);
	else
		rc = context_check_value(o->key, buf_text(&url), err);
	if (rc == 0)
		(void)snprintf(c->values[o->key], CONTEXT_VALUE_MAX, "%s", buf_text(&url));
	buf_release(&url);
	return rc == 0 ? 0 : err_wrap(err, "output %s", o->name);
}

static int take_outputs(const struct json *doc, struct context *c, struct err *err)
{
	size_t found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
		const struct json *output = json_get(doc, outputs[i].name);
		const char *value = json_get_text(json_get(output, "value"), "");

		if (value[0] == '\0')
			continue;
		if (take_output(&outputs[i], value, c, err) == -1)
			return -1;
		found++;
	}
	if (context_service_import(json_get(json_get(doc, "services"), "value"), c->services,
		&c->service_count, err) == -1)
		return err_wrap(err, "output services");
	if (found == 0)
		return err_set(err, ERR_INVALID,
		    "none of the outputs is known here: api_url, queue_url, ...");
	return 0;
}

static void report_import(struct cli *cli, const struct context *c)
{
	bool is_dry = cli_flag(cli, "dry-run");
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/context-import/1");
	json_member_text(&w, "context", c->name);
	json_member_bool(&w, "dry_run", is_dry);
	context_values_json(&w, c);
	context_document_end(cli, &w, &out);
	context_values_print(cli, c);
	out_note(cli, "%s context %s", is_dry ? "would write" : "wrote", c->name);
	for (size_t i = 0; i < ARRAY_SIZE(outputs) && outputs[i].key <= CONTEXT_STORE; i++)
		if (c->values[outputs[i].key][0] == '\0' && !outputs[i].is_alternative)
			out_warn(cli, "no output %s: context %s has no %s", outputs[i].name,
			    c->name, context_key_name(outputs[i].key));
}

static int cmd_context_import(struct cli *cli, struct err *err)
{
	struct context c = { 0 };
	struct json *doc = NULL;
	int rc = -1;

	if (context_check_name(cli->operands[0], err) == -1 || read_outputs(cli, &doc, err) == -1)
		return -1;
	(void)snprintf(c.name, sizeof(c.name), "%s", cli->operands[0]);
	if (take_outputs(doc, &c, err) == -1)
		(void)cli_next(cli, "see: opsctl-context(1)");
	else if (cli_flag(cli, "dry-run") ||
	    (context_save(&c, err) == 0 &&
		(!cli_flag(cli, "use") || context_make_current(c.name, err) == 0)))
		rc = 0;
	if (rc == 0)
		report_import(cli, &c);
	json_free(doc);
	return rc;
}

static const struct option_row options[] = {
	{ "from-terraform", 0, OPTION_FILE, "DIR",
	    .help = "run terraform output -json in DIR instead of reading standard input" },
	{ "use", 0, OPTION_FLAG, .help = "make it the current context as well" },
	OPTION_DRY_RUN,
};

const struct command command_context_import = {
	.name = "context import",
	.operands = "NAME",
	.min = 1,
	.max = 1,
	.operand_completion = "context",
	.summary = "make a context from the outputs of Terraform",
	.about = "Reads what terraform output -json prints, from standard input or by running "
		 "terraform, and writes the section NAME of contexts.ini anew.",
	OPTIONS(options),
	.run = cmd_context_import,
};
