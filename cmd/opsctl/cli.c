#include "cli.h"

#include <assert.h>
#include <errno.h>

#include "parse.h"
#include "step.h"
#include "stop.h"

enum exit_code exit_code_of(enum err_code code)
{
	static const enum exit_code codes[ERR_CODE_COUNT] = {
		[ERR_NONE] = EXIT_OK,
		[ERR_USAGE] = EXIT_USAGE,
		[ERR_CONFIG] = EXIT_CONFIG,
		[ERR_CREDENTIALS] = EXIT_CREDENTIALS,
		[ERR_DENIED] = EXIT_PERMISSION,
		[ERR_NOTFOUND] = EXIT_NOTFOUND,
		[ERR_INVALID] = EXIT_BAD,
		[ERR_CONFLICT] = EXIT_BAD,
		[ERR_BUSY] = EXIT_REMOTE,
		[ERR_TIMEOUT] = EXIT_TIMED_OUT,
		[ERR_IO] = EXIT_REMOTE,
		[ERR_CORRUPT] = EXIT_BAD,
		[ERR_STOPPED] = EXIT_BAD, /* main knows better when a signal was the cause */
	};

	return codes[code];
}

/* ---- values ---- */

/* The row of an option and, in *given, what the user gave, or NULL. */
static const struct option_row *find_value(const struct cli *cli, const char *name,
    const char **given)
{
	const struct command *c = cli->command;
	const struct option_row *row = c == NULL
	    ? NULL
	    : option_find(c->options, c->option_count, str_from(name));

	if (row != NULL) {
		*given = cli->values[global_option_count + (size_t)(row - c->options)];
		return row;
	}
	row = option_find(global_options, global_option_count, str_from(name));
	assert(row != NULL);
	*given = cli->values[row - global_options];
	return row;
}

bool cli_is_set(const struct cli *cli, const char *name)
{
	const char *given;

	(void)find_value(cli, name, &given);
	return given != NULL;
}

bool cli_flag(const struct cli *cli, const char *name)
{
	return cli_is_set(cli, name);
}

const char *cli_text(const struct cli *cli, const char *name)
{
	const char *given;
	const struct option_row *row = find_value(cli, name, &given);

	return given != NULL ? given : row->fallback;
}

int64_t cli_int(const struct cli *cli, const char *name)
{
	const char *text = cli_text(cli, name);

	/* The parser has checked what was given; a default is a literal of the table. */
	return text == NULL ? 0 : (int64_t)strtoll(text, NULL, 10);
}

int64_t cli_ms(const struct cli *cli, const char *name)
{
	const char *text = cli_text(cli, name);
	int64_t ms = 0;

	(void)duration_parse(str_from(text), &ms); /* as above; unset: 0 */
	return ms;
}

int cli_next(struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(cli->next, sizeof(cli->next), fmt, args); /* a hint may be cut */
	va_end(args);
	(void)step_show(cli, cli->next, cli->next);
	return -1;
}

/* What stands before a hint, and what before a command in it. */
static const struct {
	const char *mark, *verb;
} hints[] = {
	{ "; run: ", "run: " },
	{ "; renew with: ", "run: " },
	{ "; log in with: ", "run: " },
};

/* "... (x; renew with: aws login)": what is taken out of a bracket leaves its end behind. */
static void cut_hint(struct cli *cli, char *text, char *hint)
{
	size_t n = strlen(cli->next);
	int open = 0;

	for (const char *p = text; p < hint; p++)
		open += (*p == '(') - (*p == ')');
	*hint = '\0';
	if (open != 1 || n == 0 || cli->next[n - 1] != ')')
		return;
	cli->next[n - 1] = '\0';
	hint[0] = ')', hint[1] = '\0';
}

void cli_take_next(struct cli *cli, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
		char *hint = strstr(err->text, hints[i].mark);
		const char *text = hint == NULL ? "" : hint + strlen(hints[i].mark);
		bool is_sentence = i > 0 && strncmp(text, "aws ", strlen("aws ")) != 0;

		if (hint == NULL)
			continue;
		(void)cli_next(cli, "%s%s", is_sentence ? "set " : hints[i].verb, text);
		cut_hint(cli, err->text, hint);
		return;
	}
}

/* ---- questions ---- */

/* The line that is typed, without its end; "" where nobody answers. */
static int ask(struct cli *cli, const char *question, const char *hint, const char *flag,
    char *answer, size_t size, struct err *err)
{
	answer[0] = '\0';
	if (cli->no_input || !cli->is_tty_in || !cli->is_tty_err) {
		(void)err_set(err, ERR_USAGE,
		    "without a terminal or with --no-input nobody is asked: %s", question);
		return cli_next(cli, "run it with %s", flag);
	}
	(void)fprintf(stderr, "%s %s ", question, hint);
	if (fgets(answer, (int)size, stdin) == NULL)
		(void)fputc('\n', stderr); /* where it is gone, nobody answers */
	answer[strcspn(answer, "\n")] = '\0';
	return 0;
}

static int not_confirmed(struct err *err)
{
	return err_set(err, ERR_STOPPED, "not confirmed, nothing was changed");
}

int cli_confirm(struct cli *cli, const char *question, const char *flag, struct err *err)
{
	char answer[16];

	if (ask(cli, question, "[y/N]", flag, answer, sizeof(answer), err) == -1)
		return -1;
	return answer[0] == 'y' || answer[0] == 'Y' ? 0 : not_confirmed(err);
}

int cli_confirm_name(struct cli *cli, const char *question, const char *name, struct err *err)
{
	char answer[CONTEXT_NAME_MAX + 2], hint[CONTEXT_NAME_MAX + 32], flag[CONTEXT_NAME_MAX + 32];

	(void)snprintf(hint, sizeof(hint), "Type %s to go on:", name);
	(void)snprintf(flag, sizeof(flag), "--confirm %s", name);
	if (ask(cli, question, hint, flag, answer, sizeof(answer), err) == -1)
		return -1;
	return strcmp(answer, name) == 0 ? 0 : not_confirmed(err);
}
