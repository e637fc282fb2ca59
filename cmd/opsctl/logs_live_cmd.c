/*
 * What comes, from CloudWatch's Live Tail: within a second, but billed by the minute. Its events
 * have no ids, and a session ends after three hours or with its connection: then the next one
 * begins, and what came between is named, for `opsctl logs --since --until` to read.
 */
#include <string.h>

#include "logs.h"
#include "logs_cmd.h"
#include "ports.h"

enum { HOLD_MS = 1500, PAUSE_MS = 2000 };

struct live {
	struct logs_cmd *c;
	struct logs_group groups[LOGS_LIVE_GROUPS_MAX];
	size_t group_count;
	bool was_sampled, has_begun;
	int64_t heard_ms; /* when the session was last heard of; 0: never */
};

/* "<account>:<name>" or an ARN: the group whose name is what stands behind the last colon. */
static unsigned source_of(const struct live *l, struct str group)
{
	struct str name;

	while (str_cut(group, ':', &name, &group))
		continue;
	for (size_t i = 0; i < l->group_count; i++)
		if (str_is(name, l->groups[i].name))
			return (unsigned)i;
	return 0;
}

static bool take(void *arg, const struct logs_event *event)
{
	struct live *l = arg;
	struct logview *view = &l->c->view;
	const struct log_line line = {
		.source = source_of(l, event->group),
		.at_ms = event->at_ms,
		.got_ms = clock_mono_ms(view->cli->clock),
		.stream = event->stream,
		.message = event->message,
	};

	logview_take(view, &line);
	return true;
}

static void say_gap(struct live *l)
{
	char from[CLOCK_RFC3339_SIZE], to[CLOCK_RFC3339_SIZE];

	if (l->heard_ms == 0)
		return;
	clock_rfc3339(l->heard_ms, from);
	clock_rfc3339(clock_wall_ms(l->c->cli->clock), to);
	out_note(l->c->cli,
	    "-- live again; for what came between run: opsctl logs --since %s --until %s", from,
	    to);
}

static bool tick(void *arg, bool is_sampled)
{
	struct live *l = arg;
	struct cli *cli = l->c->cli;

	if (!l->has_begun)
		say_gap(l);
	l->has_begun = true;
	if (is_sampled && !l->was_sampled)
		out_warn(cli, "-- more than 500 lines a second: some are left out, says Live Tail");
	l->was_sampled = is_sampled;
	l->heard_ms = clock_wall_ms(cli->clock);
	logview_print(&l->c->view, l->heard_ms - HOLD_MS, clock_mono_ms(cli->clock) - HOLD_MS);
	return !out_failed(cli);
}

static int find_groups(struct live *l, struct aws *aws, struct logs_live *out, struct err *err)
{
	struct logs_cmd *c = l->c;

	for (size_t i = 0; i < c->place_count; i++) {
		if (logs_group(aws, c->places[i].place, &l->groups[i], err) != 0)
			return -1;
		(void)logview_add_service(&c->view, c->places[i].service);
		out->arns[i] = l->groups[i].arn;
	}
	out->arn_count = l->group_count = c->place_count;
	return 0;
}

/* Session after session, until the reader goes away; what is held is printed with the last one. */
static int watch(struct live *l, struct aws *aws, const struct logs_live *live, struct err *err)
{
	while (!out_failed(l->c->cli)) {
		int rc;

		l->has_begun = false;
		rc = logs_live(aws, live, err);
		logview_print(&l->c->view, INT64_MAX, 0);
		if (rc != 0 && err->code != ERR_STOPPED && !err_is_transient(err->code))
			return -1;
		if (rc != 0 && err->code != ERR_STOPPED)
			out_warn(l->c->cli, "-- %s; beginning another session", err->text);
		if (logs_pause(l->c, rc != 0 ? PAUSE_MS : 0, err) != 0)
			return -1;
	}
	return 0;
}

int logs_read_live(struct logs_cmd *c, struct err *err)
{
	struct live l = { .c = c };
	struct logs_live live = { .fn = take, .tick = tick, .arg = &l };
	struct aws *aws;

	if (c->place_count > LOGS_LIVE_GROUPS_MAX)
		return err_set(err, ERR_USAGE,
		    "--live reads at most %d logs at once: use --service", LOGS_LIVE_GROUPS_MAX);
	if (ports_aws(c->cli, &aws, err) != 0 || find_groups(&l, aws, &live, err) != 0)
		return -1;
	out_note(c->cli, "-- Live Tail is billed by the minute; end it with Ctrl-C");
	return watch(&l, aws, &live, err);
}
