#include "calls.h"
#include "commands.h"
#include "step.h"
#include "token_tasks.h"

static int cmd_token_show(struct cli *cli, struct err *err)
{
	bool is_revealed = cli_flag(cli, "reveal");
	char next[ERR_TEXT_MAX];
	struct buf out = BUF_INIT(TOKEN_DOCUMENT_MAX);
	struct json_writer w;
	struct token_versions v;

	/* For a script in a hurry one question is enough: the previous one may cost several. */
	if ((is_revealed ? token_current_open : token_versions_open)(cli, &v, err) == -1)
		return -1;
	token_document_begin(cli, &w, &out, "opsctl/token-show/1", &v);
	token_version_json(&w, &v, SECRET_CURRENT, is_revealed);
	if (!is_revealed)
		token_version_json(&w, &v, SECRET_PREVIOUS, false);
	token_document_end(cli, &w, &out);
	if (is_revealed)
		out_text(cli, "%.*s\n", STR_ARG(buf_str(&v.values[SECRET_CURRENT].bytes)));
	else
		token_versions_print(cli, &v);
	if (!str_has_prefix(buf_str(&v.values[SECRET_CURRENT].bytes), STR("whsec_")))
		out_note(cli, "this token is not of the form whsec_...\n%s",
		    step_show(cli, "run: opsctl token rotate", next));
	token_versions_release(&v);
	return 0;
}

/* ---- token check ---- */

struct check {
	struct token_versions versions;
	struct token_check check; /* ops-api as a client sees it */
	struct token_tasks tasks; /* each of its tasks */
	bool has_tasks;
};

static int ask(struct cli *cli, struct check *c, struct err *err)
{
	int64_t timeout_ms = cli_ms(cli, "timeout");
	int64_t deadline_ms = clock_mono_ms(cli->clock) + timeout_ms;
	int answer_ms = cli_is_set(cli, "timeout") ? (int)timeout_ms : TOKEN_ANSWER_MS;

	if (token_check_open(cli, &c->check, err) == -1)
		return -1;
	if (token_check_ask(cli, &c->check, &c->versions, answer_ms, err) == -1)
		return cli_next(cli, "run: opsctl health");
	c->has_tasks = token_tasks_are_known(cli);
	if (!c->has_tasks)
		return 0;
	return token_tasks_ask(cli, &c->versions, &c->check, deadline_ms, &c->tasks, err);
}

static bool is_refused(const struct check *c)
{
	return !c->check.probes[SECRET_CURRENT].is_accepted ||
	    token_tasks_count(&c->tasks, SECRET_CURRENT, TOKEN_REFUSED) > 0;
}

static bool is_left(const struct check *c)
{
	return c->versions.has_previous &&
	    (c->check.probes[SECRET_PREVIOUS].is_accepted ||
		token_tasks_count(&c->tasks, SECRET_PREVIOUS, TOKEN_ACCEPTED) > 0);
}

/* The current one is refused somewhere; or the previous one is not, though its time is over. */
static void judge(struct cli *cli, const struct check *c)
{
	bool refused = is_refused(c), left = cli_flag(cli, "retired") && is_left(c);

	if (refused)
		out_note(cli,
		    "the current token is refused: OPS_SECRET of ops-api must name the same "
		    "secret, and a new one is read within OPS_SECRET_TTL_S");
	if (left)
		out_note(cli,
		    "the previous token is still accepted: OPS_SECRET_GRACE_S is not over");
	if (refused || left)
		cli->exit_code = EXIT_BAD;
}

static void report(struct cli *cli, const struct check *c)
{
	struct buf out = BUF_INIT(TOKEN_DOCUMENT_MAX + c->tasks.count * TOKEN_TASK_MAX);
	struct json_writer w;

	token_document_begin(cli, &w, &out, "opsctl/token-check/1", &c->versions);
	token_check_json(&w, &c->check, &c->versions);
	if (c->has_tasks)
		token_tasks_json(&w, &c->tasks, c->versions.has_previous);
	token_document_end(cli, &w, &out);
	token_check_print(cli, &c->check, &c->versions);
	if (c->has_tasks)
		token_tasks_print(cli, &c->tasks, c->versions.has_previous);
}

static int cmd_token_check(struct cli *cli, struct err *err)
{
	struct check c = { .has_tasks = false };
	int rc;

	if (token_versions_open(cli, &c.versions, err) == -1)
		return -1;
	rc = ask(cli, &c, err);
	if (rc == 0) {
		report(cli, &c);
		judge(cli, &c);
	}
	http_close(c.check.http);
	token_tasks_release(&c.tasks);
	token_versions_release(&c.versions);
	return rc;
}

/* ---- rows ---- */

static const struct option_row options[] = {
	{ "reveal", 0, OPTION_FLAG, .help = "print the token itself, alone on a line" },
};

static const struct option_row check_options[] = {
	{ "retired", 0, OPTION_FLAG,
	    .help = "exit with 1 while the previous one is accepted anywhere" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "30s", .min = 100, .max = 3600 * 1000,
	    .help = "how long to wait for what ops-api answers, and each task" },
};

static const struct command_call calls[] = {
	CALLS_TOKEN,
};

const struct command command_token_show = {
	.name = "token show",
	.operands = "",
	.operand_completion = "none",
	.summary = "show the fingerprint, version and age of the token",
	.about = "A fingerprint is the first 8 hex digits of the SHA-256 of the token. The token "
		 "itself is printed with --reveal only, for use in a script: "
		 "TOKEN=$(opsctl token show --reveal).",
	OPTIONS(options),
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_token_show,
};

static const struct command_call check_calls[] = {
	CALLS_TOKEN,
	CALLS_TOKEN_TASKS,
};

const struct command command_token_check = {
	.name = "token check",
	.operands = "",
	.operand_completion = "none",
	.summary = "ask ops-api which versions of the token it accepts",
	.about = "Sends a signed request with a payload that no policy accepts: the answer 400 "
		 "says that the signature was accepted, 401 that it was not. Nothing is queued. "
		 "Where the context knows the tasks of service api, each of them is asked. Exits "
		 "with 1 when the current token is refused anywhere.",
	OPTIONS(check_options),
	.need = NEED_CONTEXT,
	CALLS(check_calls),
	.run = cmd_token_check,
};
