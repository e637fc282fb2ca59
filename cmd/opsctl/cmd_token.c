#include "calls.h"
#include "commands.h"
#include "token_versions.h"

static int cmd_token_show(struct cli *cli, struct err *err)
{
	bool is_revealed = cli_flag(cli, "reveal");
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
		out_note(cli, "this token is not of the form whsec_...\nrun: opsctl token rotate");
	token_versions_release(&v);
	return 0;
}

static int cmd_token_check(struct cli *cli, struct err *err)
{
	struct buf out = BUF_INIT(TOKEN_DOCUMENT_MAX);
	struct json_writer w;
	struct token_versions v;
	struct token_check c = { 0 };
	int rc;

	if (token_versions_open(cli, &v, err) == -1)
		return -1;
	rc = token_check_open(cli, &c, err);
	if (rc == 0 && token_check_ask(cli, &c, &v, TOKEN_ANSWER_MS, err) == -1)
		rc = cli_next(cli, "run: opsctl health");
	if (rc == 0) {
		token_document_begin(cli, &w, &out, "opsctl/token-check/1", &v);
		token_check_json(&w, &c, &v);
		token_document_end(cli, &w, &out);
		token_check_print(cli, &c, &v);
		if (!c.probes[SECRET_CURRENT].is_accepted)
			cli->exit_code = EXIT_BAD;
	}
	http_close(c.http);
	token_versions_release(&v);
	return rc;
}

static const struct option_row options[] = {
	{ "reveal", 0, OPTION_FLAG, .help = "print the token itself, alone on a line" },
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

const struct command command_token_check = {
	.name = "token check",
	.operands = "",
	.operand_completion = "none",
	.summary = "ask ops-api which versions of the token it accepts",
	.about = "Sends a signed request with a payload that no policy accepts: the answer 400 "
		 "says that the signature was accepted, 401 that it was not. Nothing is queued. "
		 "Exits with 1 when the current token is refused.",
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_token_check,
};
