#include <string.h>

#include "calls.h"
#include "commands.h"
#include "count.h"
#include "logs.h"
#include "logs_cmd.h"
#include "mem.h"
#include "ports.h"
#include "timespan.h"

enum { STREAMS_MAX = 500 };

#define DEFAULT_SINCE "10m"

/* The services of a system on this machine, as `opsctl up` names their logs. */
static const struct {
	const char *service, *file;
} local_logs[] = {
	{ "api", "ops-api.log" },
	{ "worker", "ops-worker.log" },
};

/* ---- which logs ---- */

/* "api,worker": whether the name is one of those of --service, which may be absent. */
static bool is_chosen(const struct cli *cli, const char *service)
{
	struct str name, rest = str_from(cli_text(cli, "service"));

	if (rest.n == 0)
		return true;
	while (rest.n > 0) {
		(void)str_cut(rest, ',', &name, &rest);
		if (str_is(name, service))
			return true;
	}
	return false;
}

/* A log by the name of its service; *out is its group, or its file's name. */
struct log_place {
	const char *service, *place;
};

static size_t list_places(const struct cli *cli, struct log_place out[CONTEXT_SERVICES_MAX])
{
	const struct context *c = &cli->context;
	size_t count = 0;

	if (c->local_dir[0] != '\0') {
		for (size_t i = 0; i < ARRAY_SIZE(local_logs); i++)
			out[count++] = (struct log_place){ local_logs[i].service,
				local_logs[i].file };
		return count;
	}
	for (size_t i = 0; i < c->service_count; i++)
		if (c->services[i].values[SERVICE_LOGS][0] != '\0')
			out[count++] = (struct log_place){ c->services[i].name,
				c->services[i].values[SERVICE_LOGS] };
	return count;
}

static int check_names(const struct cli *cli, const struct log_place *places, size_t count,
    struct err *err)
{
	struct str name, rest = str_from(cli_text(cli, "service"));
	bool found = true;

	while (rest.n > 0 && found) {
		(void)str_cut(rest, ',', &name, &rest);
		found = false;
		for (size_t i = 0; i < count; i++)
			found = found || str_is(name, places[i].service);
	}
	if (found)
		return 0;
	return err_set(err, ERR_USAGE, "context %s knows no log of a service '%.*s'",
	    cli->context.name, STR_ARG(name));
}

/* Those that are wanted; *count at least 1. */
static int choose_places(struct cli *cli, struct log_place out[CONTEXT_SERVICES_MAX], size_t *count,
    struct err *err)
{
	struct log_place all[CONTEXT_SERVICES_MAX];
	size_t n = list_places(cli, all);

	*count = 0;
	if (n == 0) {
		(void)err_set(err, ERR_CONFIG, "context %s names no log group of any service",
		    cli->context.name);
		return cli_next(cli, "see: service.<name>.logs in opsctl.conf(5)");
	}
	if (check_names(cli, all, n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (is_chosen(cli, all[i].service))
			out[(*count)++] = all[i];
	return 0;
}

/* ---- opening them ---- */

/*
 * The streams of the task that is wanted; where it is one, only that is asked for: the service then
 * looks through no other.
 */
static int find_task(struct logs_cmd *c, struct aws *aws, const char *group,
    char only[LOGS_NAME_SIZE], struct err *err)
{
	struct logs_stream *streams = xcalloc(STREAMS_MAX, sizeof(*streams));
	size_t count = 0, matched = 0;
	bool more;
	int rc = logs_streams(aws, group, NULL, streams, STREAMS_MAX, &count, &more, err);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (!logview_wants_stream(&c->view, str_from(streams[i].name)))
			continue;
		if (matched++ == 0)
			memcpy(only, streams[i].name, LOGS_NAME_SIZE);
	}
	if (matched != 1)
		only[0] = '\0';
	c->streams_matched += matched;
	free(streams);
	return rc;
}

/* A filter that fits no stream would look like silence. */
static int check_task(struct logs_cmd *c, bool follows, struct err *err)
{
	if (!c->view.wanted.task || c->streams_matched > 0)
		return 0;
	if (follows) {
		out_note(c->cli, "-- no stream of a task %s yet", c->view.wanted.task);
		return 0;
	}
	(void)err_set(err, ERR_NOTFOUND, "no log stream of a task '%s' in %s", c->view.wanted.task,
	    COUNT(c->source_count, "log group"));
	return cli_next(c->cli, "see the tasks there are: opsctl logs --since 1h");
}

static int open_groups(struct logs_cmd *c, const struct log_place *places, size_t count,
    struct err *err)
{
	char only[LOGS_NAME_SIZE] = "";
	struct aws *aws;

	if (ports_aws(c->cli, &aws, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (c->view.wanted.task && find_task(c, aws, places[i].place, only, err) != 0)
			return ports_failed(c->cli, err);
		c->sources[c->source_count++] = logsource_aws(&c->view, aws, places[i].service,
		    places[i].place, only[0] != '\0' ? only : NULL);
	}
	return check_task(c, cli_flag(c->cli, "follow"), err);
}

static int open_files(struct logs_cmd *c, const struct log_place *places, size_t count,
    struct err *err)
{
	if (c->view.wanted.task)
		return err_set(err, ERR_USAGE, "--task: a system on this machine has no tasks");
	for (size_t i = 0; i < count; i++)
		c->sources[c->source_count++] = logsource_file(&c->view, places[i].service,
		    c->cli->context.local_dir, places[i].place);
	return 0;
}

static void close_all(struct logs_cmd *c)
{
	for (size_t i = 0; i < c->source_count; i++)
		c->sources[i]->close(c->sources[i]);
	logview_release(&c->view);
}

/* ---- reading them ---- */

static int read_live(struct logs_cmd *c, const struct log_place *places, size_t count,
    struct err *err)
{
	const char *groups[CONTEXT_SERVICES_MAX];

	if (c->cli->context.local_dir[0] != '\0')
		return err_set(err, ERR_USAGE,
		    "--live is of CloudWatch Logs: use --follow on this machine");
	for (size_t i = 0; i < count; i++) {
		(void)logview_add_service(&c->view, places[i].service);
		groups[i] = places[i].place;
	}
	return logs_read_live(c, groups, count, err);
}

/* Nothing found is an answer; why, is worth a line. */
static void say_nothing(const struct logs_cmd *c)
{
	if (c->view.matched == 0)
		out_note(c->cli, "nothing: %s read since %s, in %s", COUNT(c->view.seen, "line"),
		    cli_text(c->cli, "since"), COUNT(c->source_count, "log"));
}

static int run(struct logs_cmd *c, struct err *err)
{
	struct log_place places[CONTEXT_SERVICES_MAX];
	bool is_local = c->cli->context.local_dir[0] != '\0';
	size_t count;
	int rc;

	if (choose_places(c->cli, places, &count, err) != 0)
		return -1;
	if (cli_flag(c->cli, "live"))
		return read_live(c, places, count, err);
	if ((is_local ? open_files : open_groups)(c, places, count, err) != 0)
		return -1;
	rc = logs_read_all(c, cli_flag(c->cli, "follow"), err);
	if (rc == 0)
		say_nothing(c);
	return rc == 0 || is_local ? rc : ports_failed(c->cli, err);
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
	struct logs_cmd c = { .cli = cli };
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
	close_all(&c);
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
