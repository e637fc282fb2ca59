/*
 * Records as they land (verify_follow.c), dead letters as they arrive, and the logs if wanted. A queue on this machine
 * lists its dead letters, so each is shown with its autopsy; SQS has no list, and whoever receives a
 * letter raises its receive count: there only their number is watched.
 */
#include <inttypes.h>

#include "autopsy.h"
#include "calls.h"
#include "commands.h"
#include "count.h"
#include "idset.h"
#include "logs_cmd.h"
#include "ports.h"
#include "step.h"
#include "stop.h"
#include "timespan.h"
#include "verify.h"

enum {
	LOOK_EVERY_MS = 1000,
	LOOK_EVERY_AWS_MS = 10 *
	    1000, /* each costs two calls, and the figures are up to a minute old */
	KNOWN_MAX = 256 * 1024,
	DOCUMENT_MAX = 64 * 1024,
};

struct tail {
	struct verify v;
	struct queue *queue; /* NULL: no dead letters are watched */
	bool is_on_aws, has_looked, was_away;
	int64_t due_ms;
	uint64_t dead; /* at the last look */
	struct idset known;
	struct logs_cmd logs;
	struct logs_follow *log_follow; /* NULL: no logs are wanted */
};

/* ---- dead letters ---- */

static void print_letter(struct tail *t, const struct queue_message *m)
{
	struct cli *cli = t->v.cli;
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;
	struct autopsy a;

	autopsy_make(m, t->v.store, &a);
	out_text(cli, "%sdead%s  %s  received %s, %s  %s%s%s\n", out_color(cli, COLOR_RED),
	    out_color(cli, COLOR_NONE), m->id, COUNT(m->receive_count, "time"),
	    COUNT(m->body.n, "byte"), autopsy_name(a.verdict), a.why[0] ? ": " : "", a.why);
	out_json_begin(&w, &out, "opsctl/tail-dead-letter/1");
	json_member_text(&w, "id", m->id);
	json_member_uint(&w, "receives", m->receive_count);
	json_member_uint(&w, "bytes", m->body.n);
	json_member_text(&w, "object", m->object[0] ? m->object : NULL);
	json_member_text(&w, "verdict", autopsy_code(a.verdict));
	json_member_text(&w, "why", a.why[0] ? a.why : NULL);
	json_object_end(&w);
	if (cli->json)
		out_json(cli, buf_str(&out));
	buf_release(&out);
}

/* What was dead before we came is no news. */
static void take_letter(struct tail *t, const struct queue_message *m)
{
	if (idset_find(&t->known, str_from(m->id)))
		return;
	(void)idset_add(&t->known, str_from(m->id)); /* full: it is shown again */
	if (t->has_looked)
		print_letter(t, m);
}

static int list_letters(struct tail *t, struct err *err)
{
	struct queue_message page[QUEUE_BATCH_MAX];
	char after[QUEUE_ID_SIZE] = "";
	size_t count = 0;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(page); i++)
		queue_message_init(&page[i]);
	do {
		rc = queue_dead_list(t->queue, after, page, ARRAY_SIZE(page), &count, err);
		for (size_t i = 0; rc == 0 && i < count; i++) {
			memcpy(after, page[i].id, sizeof(after));
			take_letter(t, &page[i]);
		}
	} while (rc == 0 && count == ARRAY_SIZE(page));
	for (size_t i = 0; i < ARRAY_SIZE(page); i++)
		queue_message_release(&page[i]);
	return rc;
}

static void print_number(struct tail *t, uint64_t dead)
{
	struct cli *cli = t->v.cli;
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	char next[ERR_TEXT_MAX];
	struct json_writer w;

	out_text(cli, "%sdead%s  %s, %" PRIu64 " before; %s\n", out_color(cli, COLOR_RED),
	    out_color(cli, COLOR_NONE), COUNT(dead, "letter"), t->dead,
	    step_show(cli, "run: opsctl dlq ls", next));
	out_json_begin(&w, &out, "opsctl/tail-dead-letters/1");
	json_member_uint(&w, "dead", dead);
	json_member_uint(&w, "before", t->dead);
	json_object_end(&w);
	if (cli->json)
		out_json(cli, buf_str(&out));
	buf_release(&out);
}

static int look_at_dead(struct tail *t, struct err *err)
{
	struct queue_stats stats;

	if (queue_stats(t->queue, &stats, err) != 0)
		return -1;
	if (stats.dead_fault.code != ERR_NONE) {
		*err = stats.dead_fault;
		return -1;
	}
	if (t->has_looked && stats.dead > t->dead && t->is_on_aws)
		print_number(t, stats.dead);
	/* A list is read only when there is something new in it. */
	if (!t->is_on_aws && (!t->has_looked || stats.dead != t->dead) && list_letters(t, err) != 0)
		return -1;
	t->dead = stats.dead;
	t->has_looked = true;
	return 0;
}

/* A queue that is away for a while is said once, and is no reason to end. */
static int watch_dead(struct tail *t, struct err *err)
{
	int64_t now_ms = clock_mono_ms(t->v.cli->clock);
	bool was_away = t->was_away;

	if (!t->queue || now_ms < t->due_ms)
		return 0;
	t->due_ms = now_ms + (t->is_on_aws ? LOOK_EVERY_AWS_MS : LOOK_EVERY_MS);
	t->was_away = look_at_dead(t, err) != 0;
	if (t->was_away && !err_is_transient(err->code))
		return ports_failed(t->v.cli, err);
	if (t->was_away && !was_away)
		out_warn(t->v.cli, "dead letters: %s; trying again", err->text);
	if (!t->was_away && was_away)
		out_note(t->v.cli, "-- dead letters can be seen again");
	return 0;
}

static int beside(void *arg, struct err *err)
{
	struct tail *t = arg;

	if (watch_dead(t, err) != 0)
		return -1;
	return t->log_follow ? logs_follow_step(t->log_follow, err) : 0;
}

/* ---- the command ---- */

static int open_queue(struct tail *t, struct err *err)
{
	struct cli *cli = t->v.cli;

	if (cli_flag(cli, "no-dead"))
		return 0;
	if (ports_queue(cli, &t->queue, err) != 0)
		return -1;
	t->is_on_aws = context_value_is_aws(CONTEXT_QUEUE, cli->context.values[CONTEXT_QUEUE]);
	if (t->is_on_aws)
		out_note(cli, "-- of dead letters their number is watched: SQS has no list");
	return 0;
}

static int open_logs(struct tail *t, struct err *err)
{
	struct cli *cli = t->v.cli;

	t->logs = (struct logs_cmd){ .cli = cli, .follows = true };
	logview_init(&t->logs.view, cli);
	t->logs.view.wanted.since_ms = t->v.has_since ? t->v.since_ms : t->v.now_ms;
	if (!cli_flag(cli, "logs"))
		return 0;
	if (logs_choose(&t->logs, err) != 0 || logs_open(&t->logs, err) != 0)
		return -1;
	t->log_follow = logs_follow_open(&t->logs);
	return 0;
}

/* The first look makes known what is there, before anything is printed. */
static int follow(struct tail *t, struct err *err)
{
	if (open_queue(t, err) != 0 || open_logs(t, err) != 0 || beside(t, err) != 0 ||
	    stop_init(err) != 0)
		return -1;
	t->v.beside = beside;
	t->v.beside_arg = t;
	return verify_follow(&t->v, err);
}

static int cmd_tail(struct cli *cli, struct err *err)
{
	struct tail t = {
		.v = { .cli = cli, .with_body = cli_flag(cli, "body"), .until_ms = INT64_MAX },
		.known = IDSET_INIT(KNOWN_MAX),
	};
	const char *since = cli_text(cli, "since");
	int rc;

	t.v.now_ms = clock_wall_ms(cli->clock);
	t.v.has_since = since != NULL;
	if (since && timespan_parse("since", since, t.v.now_ms, &t.v.since_ms, err) != 0)
		return -1;
	if (ports_store(cli, &t.v.store, err) != 0)
		return -1;
	rc = follow(&t, err);
	logs_follow_close(t.log_follow);
	logs_close(&t.logs);
	queue_close(t.queue);
	store_close(t.v.store);
	idset_release(&t.known);
	return rc;
}

static const struct option_row options[] = {
	{ "since", 0, OPTION_TEXT, "TIME",
	    .help = "begin with what was made since then: an age such as 1h, or an RFC 3339 time" },
	{ "body", 0, OPTION_FLAG, .help = "print the records themselves" },
	{ "logs", 0, OPTION_FLAG, .help = "and what the services log, in the same stream" },
	{ "no-dead", 0, OPTION_FLAG, .help = "leave out dead letters" },
	{ "late", 0, OPTION_DURATION, "TIME", "15m", .min = 1000, .max = 24 * 3600 * 1000,
	    .help = "how late an object may land and still be seen" },
	{ "timeout", 0, OPTION_DURATION, "TIME", .min = 1, .max = 24 * 3600 * 1000,
	    .help = "end after that time; default: when interrupted" },
};

static const struct command_call calls[] = {
	{ S3_LIST_OBJECTS_V2, CONTEXT_STORE, NULL },
	{ S3_GET_OBJECT, CONTEXT_STORE, NULL },
	{ SQS_GET_QUEUE_ATTRIBUTES, CONTEXT_QUEUE, "!no-dead" },
	{ SQS_GET_QUEUE_ATTRIBUTES, CALL_DEAD_LETTERS, "!no-dead" },
	{ CLOUDWATCH_GET_METRIC_DATA, CONTEXT_QUEUE, "!no-dead" },
	{ LOGS_FILTER_LOG_EVENTS, CALL_SERVICE(SERVICE_LOGS), "logs" },
};

const struct command command_tail = {
	.name = "tail",
	.operands = "",
	.operand_completion = "none",
	.summary = "print records as they land, and dead letters as they arrive",
	.about =
	    "Checks the digest of each object that lands and prints its records; exits with 1 "
	    "when one was damaged. What it costs grows with the new objects, not with those "
	    "that are there. On SQS the number of dead letters is watched, else each is shown.",
	OPTIONS(options),
	.need = NEED_CONTEXT | NEED_STREAM,
	CALLS(calls),
	.run = cmd_tail,
};
