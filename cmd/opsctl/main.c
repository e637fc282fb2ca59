#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "commands.h"
#include "complete.h"
#include "help.h"
#include "out.h"
#include "overrides.h"
#include "parse.h"
#include "plan.h"
#include "ports.h"
#include "recording.h"
#include "stop.h"

enum { ERROR_DOCUMENT_MAX = 4096 };

/*
 * A descriptor that was closed would be given to the next file opened, and results would be
 * printed into the queue. What stands in for stdout refuses writes, so that they still fail.
 */
static void hold_standard_descriptors(void)
{
	static const int modes[] = { O_RDONLY, O_RDONLY, O_WRONLY };

	for (int fd = 0; fd < (int)ARRAY_SIZE(modes); fd++)
		if (fcntl(fd, F_GETFD) == -1)
			(void)open("/dev/null", modes[fd]); /* the lowest free one is fd */
}

static void read_globals(struct cli *cli)
{
	cli->json = cli_flag(cli, "json");
	cli->quiet = cli_flag(cli, "quiet");
	cli->verbosity = cli_int(cli, "verbose");
	cli->no_input = cli_flag(cli, "no-input");
	cli->color_out = out_wants_color(cli_text(cli, "color"), STDOUT_FILENO);
	cli->color_err = out_wants_color(cli_text(cli, "color"), STDERR_FILENO);
}

static void show_help(struct cli *cli, const char *words)
{
	struct buf text = BUF_INIT(HELP_MAX);

	if (command_find(words) == NULL && !command_is_noun(words))
		words = ""; /* mistyped: here is all there is */
	if (cli->json) {
		help_json(words, &text);
		out_json(cli, buf_str(&text));
	} else {
		help_text(words, &text);
		out_text(cli, "%s", buf_text(&text));
	}
	buf_release(&text);
}

/* No command, or a noun alone: what there is goes to stderr, since nobody asked for it. */
static enum exit_code show_usage(const char *words)
{
	struct buf text = BUF_INIT(HELP_MAX);

	help_text(words, &text);
	(void)fputs(buf_text(&text), stderr);
	buf_release(&text);
	return EXIT_USAGE;
}

static enum exit_code code_of(const struct err *err)
{
	if (err->code == ERR_STOPPED && stop_signal() != 0)
		return stop_signal() == SIGINT ? EXIT_SIGINT : EXIT_SIGTERM;
	return exit_code_of(err->code);
}

static void error_json(struct cli *cli, const struct err *err)
{
	struct buf out = BUF_INIT(ERROR_DOCUMENT_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/error/1");
	json_key(&w, "error");
	json_object_begin(&w);
	json_member_text(&w, "code", err_name(err->code));
	json_member_int(&w, "exit", code_of(err));
	json_member_text(&w, "message", err->text);
	json_member_text(&w, "next", cli->next[0] != '\0' ? cli->next : NULL);
	json_object_end(&w);
	json_object_end(&w);
	out_json(cli, buf_str(&out));
	buf_release(&out);
}

/* One document per run: an answer that was printed already is not followed by an error's. */
static enum exit_code report(struct cli *cli, struct err *err)
{
	bool is_stream = cli->command != NULL && (cli->command->need & NEED_STREAM) != 0;

	recording_settle(cli, err);
	cli_take_next(cli, err);
	ports_explain(cli, err->code);
	out_error(cli, err->text);
	if (cli->json && err->code != ERR_USAGE && (!cli->json_done || is_stream))
		error_json(cli, err);
	return code_of(err);
}

static int open_context(struct cli *cli, struct err *err)
{
	const struct context *c = &cli->context;
	bool is_operand = (cli->command->need & NEED_NAMED) != 0 && cli->operand_count > 0;
	const char *name = is_operand ? cli->operands[0] : cli_text(cli, "context");

	if (!recording_is_replay(cli) && overrides_resolve(cli, name, err) == -1)
		return -1;
	if (cli->verbosity == 0)
		return 0;
	out_note(cli, "%-16s  %s", "context", c->name);
	for (int key = 0; key < CONTEXT_KEY_COUNT; key++)
		if (c->values[key][0] != '\0')
			out_note(cli, "%-16s  %s", context_key_name((enum context_key)key),
			    c->values[key]);
	return 0;
}

static enum exit_code run(struct cli *cli)
{
	struct err err = { 0 };

	if (recording_open(cli, &err) == -1)
		return report(cli, &err);
	if ((cli->command->need & NEED_CONTEXT) != 0 && open_context(cli, &err) == -1)
		return report(cli, &err);
	recording_begin(cli);
	if (cli_flag(cli, "plan"))
		return plan_print(cli, &err) == -1 ? report(cli, &err) : EXIT_OK;
	if (cli->command->run(cli, &err) == -1) {
		if (err.code == ERR_USAGE && cli->next[0] == '\0')
			(void)cli_next(cli, "run: opsctl %s --help", cli->command->name);
		return report(cli, &err);
	}
	return cli->exit_code;
}

static enum exit_code dispatch(struct cli *cli, int argc, char *const *argv)
{
	char words[PARSE_WORDS_MAX];
	struct err err = { 0 };

	if (parse_args(cli, argc, argv, words, &err) == -1) {
		cli->color_err = out_wants_color("auto", STDERR_FILENO);
		return report(cli, &err);
	}
	read_globals(cli);
	if (cli_flag(cli, "help"))
		show_help(cli, words);
	else if (cli_flag(cli, "version"))
		return command_version.run(cli, &err) == -1 ? report(cli, &err) : EXIT_OK;
	else if (cli->command == NULL)
		return show_usage(words);
	else
		return run(cli);
	return EXIT_OK;
}

/*
 * A reader that went away ends the program quietly. Any other reason that stdout did not take
 * the answer is an error: whoever asked has not got it.
 */
static enum exit_code finish(struct cli *cli, enum exit_code code)
{
	struct err err;

	errno = 0;
	if (fclose(stdout) != 0 && cli->out_errno == 0)
		cli->out_errno = errno;
	if (cli->out_errno == 0 || cli->out_errno == EPIPE)
		return code;
	errno = cli->out_errno;
	(void)err_errno(&err, "standard output");
	cli->next[0] = '\0';
	out_error(cli, err.text);
	return code == EXIT_OK ? EXIT_REMOTE : code;
}

int main(int argc, char **argv)
{
	struct cli cli = { .clock = &clock_system };
	enum exit_code code;

	hold_standard_descriptors();
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail; finish() sees EPIPE */
	if (argc > 1 && strcmp(argv[1], COMPLETE_WORD) == 0)
		return complete_print(argc - 2, argv + 2);

	cli.is_tty_in = isatty(STDIN_FILENO) == 1;
	cli.is_tty_err = isatty(STDERR_FILENO) == 1;
	code = dispatch(&cli, argc, argv);
	ports_close(&cli);
	recording_close(&cli, code);
	code = finish(&cli, code);
	parse_release(&cli);
	return code;
}
