#include "calls.h"
#include "commands.h"
#include "count.h"
#include "logs_cmd.h"
#include "ports.h"
#include "stop.h"
#include "timespan.h"

#define DEFAULT_SINCE "10m"

/* Nothing found is an answer; why, is worth a line. */
static void say_nothing(const struct logs_cmd *c)
{
	if (c->view.matched == 0)
		out_note(c->cli, "nothing: %s read since %s, in %s", COUNT(c->view.seen, "line"),
		    cli_text(c->cli, "since"), COUNT(c->source_count, "log"));
}

static bool is_stopping(void *arg)
{
	(void)arg; /* the program's */
	return stop_requested() || stop_pending();
}

/* From here on a signal ends what is under way, so that what is held can still be printed. */
static int take_signals(struct cli *cli, bool is_local, struct err *err)
{
	/* A session of Live Tail is one call. */
	int total_ms = cli_flag(cli, "live") ? 0 : PORTS_CALL_MS;
	struct aws *aws;

	if (stop_init(err) != 0)
		return -1;
	if (is_local)
		return 0;
	if (ports_aws(cli, &aws, err) != 0)
		return -1;
	aws_bound(aws, total_ms, (struct http_stop){ .is_wanted = is_stopping });
	return 0;
}

static int read_logs(struct logs_cmd *c, struct err *err)
{
	if (cli_flag(c->cli, "live"))
		return logs_read_live(c, err);
	if (logs_open(c, err) != 0)
		return -1;
	if (logs_read_all(c, err) != 0)
		return c->cli->context.local_dir[0] != '\0' ? -1 : ports_failed(c->cli, err);
	say_nothing(c);
	return 0;
}

static int run(struct logs_cmd *c, struct err *err)
{
	bool is_local = c->cli->context.local_dir[0] != '\0';

	if (logs_choose(c, err) != 0)
		return -1;
	if (cli_flag(c->cli, "live") && is_local)
		return err_set(err, ERR_USAGE,
		    "--live is of CloudWatch Logs: use --follow on this machine");
	if (take_signals(c->cli, is_local, err) != 0)
		return -1;
	if (read_logs(c, err) == 0)
		return 0;
	if (err->code != ERR_STOPPED)
		return -1;
	c->cli->next[0] = '\0';
	return logs_pause(c, 0, err); /* a call may have seen the signal before we did */
}

/* ---- the command ---- */

static int read_span(struct cli *cli, struct log_wanted *out, struct err *err)
{
	const char *since = cli_text(cli, "since"), *until = cli_text(cli, "until");
	int64_t now_ms = clock_wall_ms(cli->clock);

	if (cli_flag(cli, "live") && cli_is_set(cli, "since"))
		return err_set(err, ERR_USAGE, "--live has no past: --since works without it");
	if (until && (cli_flag(cli, "follow") || cli_flag(cli, "live")))
		return err_set(err, ERR_USAGE, "--until works without --follow and --live only");
	if (cli_flag(cli, "live")) {
		out->since_ms = INT64_MIN;
		return 0;
	}
	if (timespan_parse("since", since, now_ms, &out->since_ms, err) != 0 ||
	    (until && timespan_parse("until", until, now_ms, &out->until_ms, err) != 0))
		return -1;
	if (out->since_ms >= out->until_ms)
		return err_set(err, ERR_USAGE, "--since must lie before --until");
	return 0;
}

static int read_grep(const char *pattern, regex_t *out, struct err *err)
{
	char why[128];
	int code = regcomp(out, pattern, REG_EXTENDED);

	if (code == 0)
		return 0;
	(void)regerror(code, out, why, sizeof(why));
	return err_set(err, ERR_USAGE, "--grep '%s': %s", pattern, why);
}

static int cmd_logs(struct cli *cli, struct err *err)
{
	struct logs_cmd c = {
		.cli = cli,
		.services = cli_text(cli, "service"),
		.follows = cli_flag(cli, "follow"),
	};
	const char *pattern = cli_text(cli, "grep");
	regex_t grep;
	int rc;

	logview_init(&c.view, cli);
	c.view.wanted.task = cli_text(cli, "task");
	c.view.wanted.request_id = cli_text(cli, "request-id");
	if (read_span(cli, &c.view.wanted, err) != 0 ||
	    (pattern && read_grep(pattern, &grep, err) != 0))
		return -1;
	c.view.wanted.grep = pattern ? &grep : NULL;
	rc = run(&c, err);
	logs_close(&c);
	if (pattern)
		regfree(&grep);
	return rc;
}

static const struct option_row options[] = {
	{ "follow", 'f', OPTION_FLAG, .help = "then print lines as they come, until interrupted" },
	{ "since", 0, OPTION_TEXT, "TIME", DEFAULT_SINCE,
	    .help = "begin: an age such as 1h, or an RFC 3339 time" },
	{ "until", 0, OPTION_TEXT, "TIME", .help = "end; default: none" },
	{ "service", 0, OPTION_TEXT, "NAMES", .help = "only these of the context: api,worker" },
	{ "task", 0, OPTION_TEXT, "ID", .help = "only this task of ECS, or those that begin so" },
	{ "grep", 0, OPTION_TEXT, "REGEX",
	    .help = "only lines with a match of this extended regular expression" },
	{ "request-id", 0, OPTION_TEXT, "ID", .help = "only lines about this request" },
	{ "live", 0, OPTION_FLAG,
	    .help = "lines as they come, from Live Tail, which AWS bills by the minute" },
};

static const struct command_call calls[] = {
	{ LOGS_FILTER_LOG_EVENTS, CALL_SERVICE(SERVICE_LOGS), "!live" },
	{ LOGS_DESCRIBE_LOG_STREAMS, CALL_SERVICE(SERVICE_LOGS), "!live&task" },
	{ LOGS_DESCRIBE_LOG_GROUPS, CALL_SERVICE(SERVICE_LOGS), "live" },
	{ LOGS_START_LIVE_TAIL, CALL_SERVICE(SERVICE_LOGS), "live" },
};

const struct command command_logs = {
	.name = "logs",
	.operands = "",
	.operand_completion = "none",
	.summary = "show the logs of all services as one stream",
	.about = "Prints the lines of all services of the context in the order of time, each with "
		 "the service and the task that it is of. With --follow lines that come late are "
		 "printed late, but none is left out; interruptions are told on stderr.",
	OPTIONS(options),
	.need = NEED_CONTEXT | NEED_STREAM,
	CALLS(calls),
	.run = cmd_logs,
};
