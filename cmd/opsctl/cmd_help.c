#include "commands.h"
#include "help.h"
#include "parse.h"

static int cmd_help(struct cli *cli, struct err *err)
{
	struct buf words = BUF_INIT(PARSE_WORDS_MAX), text = BUF_INIT(HELP_MAX);
	int rc = 0;

	for (int i = 0; i < cli->operand_count; i++)
		buf_addf(&words, "%s%s", i > 0 ? " " : "", cli->operands[i]);
	if (words.full ||
	    (words.n > 0 && command_find(buf_text(&words)) == NULL &&
		!command_is_noun(buf_text(&words)))) {
		(void)err_set(err, ERR_USAGE, "unknown command '%s'", buf_text(&words));
		rc = cli_next(cli, "run: opsctl help");
	} else if (cli->json) {
		help_json(buf_text(&words), &text);
		out_json(cli, buf_str(&text));
	} else {
		help_text(buf_text(&words), &text);
		out_text(cli, "%s", buf_text(&text));
	}
	buf_release(&text);
	buf_release(&words);
	return rc;
}

const struct command command_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.max = 2,
	.operand_completion = "command",
	.summary = "show help for a command",
	.about = "With --json it prints the whole command table.",
	.run = cmd_help,
};
