#include "token_versions.h"

int cmd_token_show(struct cli *cli, struct err *err)
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

int cmd_token_check(struct cli *cli, struct err *err)
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
