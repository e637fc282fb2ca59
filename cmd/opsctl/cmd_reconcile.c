#include <inttypes.h>

#include "calls.h"
#include "commands.h"
#include "count.h"
#include "ports.h"
#include "reconcile_sources.h"
#include "stop.h"
#include "timespan.h"

enum { DOCUMENT_MAX = 4 * 1024 * 1024, NAMES_SHOWN = 20, NAMES_JSON = 10000, NOTES_MAX = 4096 };

enum verdict {
	BALANCED,
	UNSETTLED, /* what is missing may be in the queue */
	LOST,
	DOUBLED,
};

struct result {
	struct cli *cli;
	struct reconcile account;
	struct reconcile_sources sources;
	struct queue_stats queue;
	bool has_dead; /* the dead letters were read */
	enum verdict verdict;
	struct buf notes; /* what the sources do not cover, a line each */
};

/* ---- sources ---- */

static int read_queue(struct result *r, struct err *err)
{
	struct queue *queue = NULL;
	int rc = ports_queue(r->cli, &queue, err);

	if (rc == 0 && (rc = queue_stats(queue, &r->queue, err)) != 0)
		(void)ports_failed(r->cli, err);
	queue_close(queue);
	return rc;
}

/* To look at dead letters of SQS is to receive them: only who asks for it does. */
static bool reads_dead(const struct result *r)
{
	const char *url = r->cli->context.values[CONTEXT_QUEUE];

	return r->queue.dead > 0 &&
	    (cli_flag(r->cli, "dead-letters") || !context_value_is_aws(CONTEXT_QUEUE, url));
}

/* The queue before the store: what leaves it meanwhile is seen in the store. */
static int read_all(struct result *r, struct err *err)
{
	if (reconcile_read_log(&r->sources, err) != 0)
		return -1;
	reconcile_settle(&r->account);
	if (read_queue(r, err) != 0 || reconcile_read_store(&r->sources, err) != 0)
		return -1;
	r->has_dead = reads_dead(r);
	return r->has_dead ? reconcile_read_dead(&r->sources, err) : 0;
}

/* ---- the account ---- */

static uint64_t missing_of(const struct result *r)
{
	int64_t unnamed = reconcile_unnamed_missing(&r->account);

	return reconcile_missing(&r->account) + (uint64_t)(unnamed > 0 ? unnamed : 0);
}

static enum verdict judge(const struct result *r)
{
	const struct queue_stats *q = &r->queue;
	bool is_known = q->dead_fault.code == ERR_NONE || q->dead_fault.code == ERR_NOTFOUND;
	bool is_empty = q->visible + q->in_flight + q->delayed == 0 && is_known &&
	    (q->dead == 0 || (r->has_dead && reconcile_unnamed_missing(&r->account) <= 0));

	if (missing_of(r) > 0)
		return is_empty ? LOST : UNSETTLED;
	return r->account.doubled > 0 ? DOUBLED : BALANCED;
}

static void add_notes(struct result *r)
{
	const struct reconcile *a = &r->account;
	char at[CLOCK_RFC3339_SIZE];

	if (a->audit_lines == 0)
		buf_adds(&r->notes,
		    "the log has no lines of the audit in this span: was "
		    "OPS_LOG_LEVEL above info?\n");
	if (a->first_line_ms != INT64_MAX && a->first_line_ms > a->since_ms &&
	    r->cli->context.local_dir[0] != '\0') {
		clock_rfc3339(a->first_line_ms, at);
		buf_addf(&r->notes, "the log begins at %s: what came before is not in it\n", at);
	}
	if (r->sources.is_log_cut)
		buf_adds(&r->notes, "the log has more lines than were read: use a shorter span\n");
	if (r->cli->context.local_dir[0] == '\0')
		buf_adds(&r->notes,
		    "CloudWatch may be late: lines of the last minute may be "
		    "missing\n");
	if (a->checks > 0)
		buf_addf(&r->notes, "%s of opsctl about the token are not counted\n",
		    COUNT(a->checks, "question"));
	if (a->unnamed > 0)
		buf_addf(&r->notes,
		    "%s came without a signature: without an id in the log, counted and not named\n",
		    COUNT(a->unnamed, "record"));
	if (reconcile_unnamed_missing(a) < 0)
		buf_addf(&r->notes,
		    "%" PRId64 " more are stored than the log tells of: it is not whole\n",
		    -reconcile_unnamed_missing(a));
	if (r->queue.dead > 0 && !r->has_dead)
		buf_adds(&r->notes,
		    "dead letters were counted and not looked into: "
		    "--dead-letters receives them\n");
	if (r->sources.faulty_objects > 0)
		buf_addf(&r->notes,
		    "%s could not be read and count as missing: opsctl verify-s3 names them\n",
		    COUNT(r->sources.faulty_objects, "object"));
	if (a->left_out > 0)
		buf_addf(&r->notes, "%" PRIu64 " more than can be looked at: use a shorter span\n",
		    a->left_out);
}

/* ---- what is printed ---- */

struct names {
	struct cli *cli;
	struct json_writer *w; /* NULL: for people */
	const char *what;
	uint64_t left; /* may be printed */
};

static bool print_name(void *arg, const char *id)
{
	struct names *n = arg;

	if (n->left == 0)
		return false;
	n->left--;
	if (n->w != NULL)
		json_text(n->w, id);
	else
		out_text(n->cli, "%s  %s\n", n->what, id);
	return true;
}

static const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = { "balanced", "unsettled", "lost", "doubled" };

	return names[verdict];
}

static void names_json(struct result *r, struct json_writer *w, const char *key, bool any,
    void (*each)(const struct reconcile *r, reconcile_fn *fn, void *arg))
{
	struct names n = { .cli = r->cli, .w = w, .left = any ? NAMES_JSON : 0 };

	json_key(w, key);
	json_array_begin(w);
	each(&r->account, print_name, &n);
	json_array_end(w);
}

static void sums_json(const struct result *r, struct json_writer *w)
{
	const struct reconcile *a = &r->account;
	const struct {
		const char *name;
		uint64_t value;
	} sums[] = {
		{ "requests_accepted", a->accepted },
		{ "requests_refused", a->refused },
		{ "token_checks", a->checks },
		{ "replays", a->replays },
		{ "ids_accepted", a->ids.count },
		{ "unnamed_accepted", a->unnamed },
		{ "records_stored", a->stored },
		{ "ids_stored", a->found },
		{ "ids_dead", a->dead },
		{ "ids_missing", r->verdict == UNSETTLED ? 0 : reconcile_missing(a) },
		{ "ids_unsettled", r->verdict == UNSETTLED ? reconcile_missing(a) : 0 },
		{ "ids_doubled", a->doubled },
		{ "objects", r->sources.objects },
		{ "faulty_objects", r->sources.faulty_objects },
		{ "messages_waiting", r->queue.visible + r->queue.delayed },
		{ "messages_in_flight", r->queue.in_flight },
		{ "dead_letters", r->queue.dead },
		{ "log_lines", r->sources.lines },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		json_member_uint(w, sums[i].name, sums[i].value);
	json_member_int(w, "unnamed_missing", reconcile_unnamed_missing(a));
}

static void print_json(struct result *r)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	char since[CLOCK_RFC3339_SIZE], until[CLOCK_RFC3339_SIZE];
	struct str notes = buf_str(&r->notes), note;
	struct json_writer w;

	clock_rfc3339(r->account.since_ms, since);
	clock_rfc3339(r->account.until_ms, until);
	out_json_begin(&w, &out, "opsctl/reconcile/1");
	json_member_text(&w, "since", since);
	json_member_text(&w, "until", until);
	json_member_text(&w, "verdict", verdict_name(r->verdict));
	sums_json(r, &w);
	names_json(r, &w, "missing", r->verdict != UNSETTLED, reconcile_each_missing);
	names_json(r, &w, "unsettled", r->verdict == UNSETTLED, reconcile_each_missing);
	names_json(r, &w, "doubled", true, reconcile_each_doubled);
	json_key(&w, "notes");
	json_array_begin(&w);
	while (str_cut(notes, '\n', &note, &notes))
		json_str(&w, note);
	json_array_end(&w);
	json_object_end(&w);
	out_json(r->cli, buf_str(&out));
	buf_release(&out);
}

static void print_verdict(const struct result *r)
{
	static const struct {
		enum out_color color;
		const char *text;
	} verdicts[] = {
		[BALANCED] = { COLOR_GREEN, "all that was accepted is accounted for" },
		[UNSETTLED] = { COLOR_YELLOW,
		    "not all is stored; the rest may be in the queue, or dead" },
		[LOST] = { COLOR_RED, "what was accepted is in no place that was looked at" },
		[DOUBLED] = { COLOR_YELLOW, "all is stored, some of it more than once" },
	};

	out_text(r->cli, "%s%s%s: %s\n", out_color(r->cli, verdicts[r->verdict].color),
	    verdict_name(r->verdict), out_color(r->cli, COLOR_NONE), verdicts[r->verdict].text);
}

static void print_text(struct result *r)
{
	const struct reconcile *a = &r->account;
	/* What may wait still is not missing. */
	const char *what = r->verdict == UNSETTLED ? "unsettled" : "missing";
	struct names missing = { .cli = r->cli, .what = what, .left = NAMES_SHOWN };
	struct names doubled = { .cli = r->cli, .what = "doubled", .left = NAMES_SHOWN };
	struct str notes = buf_str(&r->notes), note;

	out_text(r->cli, "accepted   %s, less %" PRIu64 " refused and %" PRIu64 " replays\n",
	    COUNT(a->accepted, "request"), a->refused, a->replays);
	out_text(r->cli, "           %zu with an id, %" PRIu64 " without\n", a->ids.count,
	    a->unnamed);
	out_text(r->cli, "stored     %s in %s\n", COUNT(a->stored, "record"),
	    COUNT(r->sources.objects, "object"));
	out_text(r->cli, "queued     %" PRIu64 " waiting, %" PRIu64 " in flight (envelopes)\n",
	    r->queue.visible + r->queue.delayed, r->queue.in_flight);
	out_text(r->cli, "dead       %s\n", COUNT(r->queue.dead, "letter"));
	out_text(r->cli, "%-9s  %" PRIu64 "\n", what, missing_of(r));
	out_text(r->cli, "doubled    %" PRIu64 "\n", a->doubled);
	reconcile_each_missing(a, print_name, &missing);
	reconcile_each_doubled(a, print_name, &doubled);
	while (str_cut(notes, '\n', &note, &notes))
		out_note(r->cli, "%.*s", STR_ARG(note));
	print_verdict(r);
}

/* ---- command ---- */

static const enum exit_code exit_codes[] = {
	[BALANCED] = EXIT_OK,
	[UNSETTLED] = EXIT_IN_PROGRESS,
	[LOST] = EXIT_BAD,
	[DOUBLED] = EXIT_BAD,
};

static int read_span(struct cli *cli, int64_t *since_ms, int64_t *until_ms, struct err *err)
{
	const char *until = cli_text(cli, "until");
	int64_t now_ms = clock_wall_ms(cli->clock);

	*until_ms = now_ms;
	if (timespan_parse("since", cli_text(cli, "since"), now_ms, since_ms, err) != 0 ||
	    (until != NULL && timespan_parse("until", until, now_ms, until_ms, err) != 0))
		return -1;
	return *since_ms < *until_ms ? 0 : err_set(err, ERR_USAGE, "--since is not before --until");
}

static int cmd_reconcile(struct cli *cli, struct err *err)
{
	struct result r = { .cli = cli, .notes = BUF_INIT(NOTES_MAX) };
	int64_t since_ms, until_ms;
	int rc;

	if (read_span(cli, &since_ms, &until_ms, err) != 0 || stop_init(err) != 0)
		return -1;
	reconcile_init(&r.account, since_ms, until_ms);
	r.sources = (struct reconcile_sources){
		.cli = cli,
		.account = &r.account,
		.service = cli_text(cli, "service"),
	};
	rc = read_all(&r, err);
	if (rc == 0) {
		r.verdict = judge(&r);
		add_notes(&r);
		(cli->json ? print_json : print_text)(&r);
		cli->exit_code = exit_codes[r.verdict];
	}
	reconcile_release(&r.account);
	buf_release(&r.notes);
	return rc;
}

static const struct option_row options[] = {
	{ "since", 0, OPTION_TEXT, "TIME", "1h",
	    .help = "begin of the span: an age such as 1h, or an RFC 3339 time" },
	{ "until", 0, OPTION_TEXT, "TIME", .help = "end of the span; default: now" },
	{ "service", 0, OPTION_TEXT, "NAME", "api",
	    .help = "the service of the context whose log group has the audit of ops-api" },
	{ "dead-letters", 0, OPTION_FLAG,
	    .help = "on SQS, receive the dead letters to look into them" },
};

static const struct command_call calls[] = {
	{ LOGS_FILTER_LOG_EVENTS, CALL_SERVICE(SERVICE_LOGS), NULL },
	CALLS_QUEUE_STATS,
	{ S3_LIST_OBJECTS_V2, CONTEXT_STORE, NULL },
	{ S3_GET_OBJECT, CONTEXT_STORE, NULL },
	{ S3_HEAD_OBJECT, CONTEXT_STORE, NULL },
	{ SQS_RECEIVE_MESSAGE, CALL_DEAD_LETTERS, "dead-letters" },
	{ SQS_CHANGE_MESSAGE_VISIBILITY_BATCH, CALL_DEAD_LETTERS, "dead-letters" },
};

const struct command command_reconcile = {
	.name = "reconcile",
	.operands = "",
	.operand_completion = "none",
	.summary = "account for all that was accepted in a span of time",
	.about =
	    "What was accepted, by the audit log of ops-api, must be stored, queued, in flight "
	    "or dead. Names what is missing and what is stored more than once, and says what "
	    "its sources do not cover. Exits with 1 when something is lost or doubled, with 8 "
	    "while the queue may still hold what is missing.",
	OPTIONS(options),
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_reconcile,
};
