#include <inttypes.h>
#include <string.h>

#include "fold.h"
#include "step.h"
#include "trace.h"

enum {
	DOCUMENT_MAX = 1024 * 1024,
	DATE_LEN = 10,
	TIME_FROM = 11,
	TIME_LEN = 12,
	DELTA_SIZE = 32,
	WHERE_WIDTH = 12,
	INDENT = TIME_LEN + 2,                   /* of what has no place in its line */
	USED = INDENT + 9 + 2 + WHERE_WIDTH + 1, /* what stands before what happened */
	GAP_INDENT = 4,
	DAY_MS = 24 * 3600 * 1000,
};

static const struct {
	const char *name, *text;
	enum out_color color;
} verdicts[TRACE_VERDICTS] = {
	[TRACE_STORED] = { "stored", "stored", COLOR_GREEN },
	[TRACE_DAMAGED] = { "damaged", "stored, but its object is damaged", COLOR_RED },
	[TRACE_TWICE] = { "twice", "stored more than once", COLOR_RED },
	[TRACE_DEAD] = { "dead", "a dead letter", COLOR_RED },
	[TRACE_REFUSED] = { "refused", "refused by ops-api", COLOR_RED },
	[TRACE_ON_ITS_WAY] = { "on_its_way", "accepted, not stored yet: the queue is not empty",
	    COLOR_YELLOW },
	[TRACE_LOST] = { "lost", "accepted, and neither stored, nor queued, nor dead", COLOR_RED },
	[TRACE_UNCLEAR] = { "unclear", "accepted, and not found where we could look", COLOR_RED },
	[TRACE_UNKNOWN] = { "unknown", "nobody knows of it", COLOR_RED },
};

/* The first span that goes further back than where was looked; NULL: none does. */
static const char *longer_span(const struct trace *t)
{
	static const struct {
		const char *span;
		int64_t days;
	} spans[] = { { "1d", 1 }, { "7d", 7 }, { "30d", 30 }, { "365d", 365 } };
	int64_t back_ms = clock_wall_ms(t->cli->clock) - t->from_ms;

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++)
		if (back_ms < spans[i].days * DAY_MS)
			return spans[i].span;
	return NULL;
}

/* A name has nothing in it that a shell would take for its own (cmd_trace.c). */
static void look_longer(const struct trace *t, char out[ERR_TEXT_MAX])
{
	const char *span = longer_span(t);

	if (span != NULL)
		(void)snprintf(out, ERR_TEXT_MAX, "run: opsctl trace %s --since %s", t->name, span);
	else
		(void)snprintf(out, ERR_TEXT_MAX, "see whether the id is right");
}

/* As it is shown; NULL: there is none. */
static const char *next_of(const struct trace *t, enum trace_verdict v, char out[ERR_TEXT_MAX])
{
	static const char *const next[TRACE_VERDICTS] = {
		[TRACE_DEAD] = "run: opsctl dlq ls",
		[TRACE_ON_ITS_WAY] = "run: opsctl health --why",
		[TRACE_LOST] = "run: opsctl reconcile",
	};

	if (v == TRACE_UNKNOWN)
		look_longer(t, out);
	else if (next[v] != NULL)
		(void)snprintf(out, ERR_TEXT_MAX, "%s", next[v]);
	else
		return NULL;
	return step_show(t->cli, out, out);
}

/* ---- for people ---- */

/* "+3 ms", "+2.5 s", "+4 min". */
static void format_delta(int64_t ms, char out[DELTA_SIZE])
{
	if (ms < 1000)
		(void)snprintf(out, DELTA_SIZE, "+%" PRId64 " ms", ms);
	else if (ms < 60 * 1000)
		(void)snprintf(out, DELTA_SIZE, "+%.1f s", (double)ms / 1000.0);
	else
		(void)snprintf(out, DELTA_SIZE, "+%.1f min", (double)ms / 60000.0);
}

/* Of `when` TIME_LEN columns are shown. */
static void print_event(struct cli *cli, const char *when, const char *delta,
    const struct trace_event *e)
{
	size_t where = strlen(e->where);

	out_text(cli, "%-*.*s  %9s  %-*s ", TIME_LEN, TIME_LEN, when, delta, WHERE_WIDTH, e->where);
	fold_rest(cli, USED + (where > WHERE_WIDTH ? where - WHERE_WIDTH : 0), INDENT, e->what);
}

static void print_events(const struct trace *t)
{
	char time[CLOCK_RFC3339_SIZE], day[DATE_LEN + 1] = "", delta[DELTA_SIZE];
	int64_t last_ms = -1;

	for (size_t i = 0; i < t->count; i++) {
		const struct trace_event *e = &t->events[i];

		if (e->at_ms < 0) {
			print_event(t->cli, "-", "", e);
			continue;
		}
		clock_rfc3339(e->at_ms, time);
		if (strncmp(day, time, DATE_LEN) != 0) {
			(void)snprintf(day, sizeof(day), "%.*s", DATE_LEN, time);
			out_text(t->cli, "%s%s%s\n", out_color(t->cli, COLOR_DIM), day,
			    out_color(t->cli, COLOR_NONE));
		}
		format_delta(last_ms < 0 ? 0 : e->at_ms - last_ms, delta);
		print_event(t->cli, time + TIME_FROM, last_ms < 0 ? "" : delta, e);
		last_ms = e->at_ms;
	}
	if (t->left_out > 0)
		out_text(t->cli, "... and %" PRIu64 " more\n", t->left_out);
}

static void print_gap(struct cli *cli, const struct trace_gap *gap)
{
	char head[TRACE_WHERE_SIZE + 32];

	(void)snprintf(head, sizeof(head), "not looked at: %s:", gap->where);
	out_text(cli, "%s", head);
	fold_rest(cli, strlen(head), GAP_INDENT, gap->why);
}

static void print_clocks(const struct trace *t)
{
	char text[128];

	if (t->clocks_apart_ms == 0)
		return;
	(void)snprintf(text, sizeof(text),
	    "the clocks of the machines differ by at least %" PRId64
	    " ms: what comes later is told as earlier",
	    t->clocks_apart_ms);
	fold_rest(t->cli, 0, 0, text);
}

static void print_span(const struct trace *t)
{
	char from[CLOCK_RFC3339_SIZE], to[CLOCK_RFC3339_SIZE];

	clock_rfc3339(t->from_ms, from);
	clock_rfc3339(t->to_ms, to);
	out_text(t->cli, "looked from %s to %s\n", from, to);
}

static void print_rest(const struct trace *t)
{
	for (size_t i = 0; i < t->gap_count; i++)
		print_gap(t->cli, &t->gaps[i]);
	print_clocks(t);
	if (t->has_stats)
		out_text(t->cli,
		    "the queue holds %" PRIu64 " waiting, %" PRIu64 " under way, %" PRIu64
		    " dead\n",
		    t->stats.visible, t->stats.in_flight, t->stats.dead);
}

void trace_print_text(const struct trace *t)
{
	char next[ERR_TEXT_MAX];
	enum trace_verdict v = trace_judge(t);

	out_text(t->cli, "%s\n", t->name);
	if (v == TRACE_UNKNOWN)
		print_span(t);
	print_events(t);
	print_rest(t);
	out_text(t->cli, "%s%s%s\n", out_color(t->cli, verdicts[v].color), verdicts[v].text,
	    out_color(t->cli, COLOR_NONE));
	if (next_of(t, v, next) != NULL)
		out_text(t->cli, "next: %s\n", next);
}

/* ---- for programs ---- */

static void events_json(struct json_writer *w, const struct trace *t)
{
	char at[CLOCK_RFC3339_SIZE];
	int64_t last_ms = -1;

	json_key(w, "events");
	json_array_begin(w);
	for (size_t i = 0; i < t->count; i++) {
		const struct trace_event *e = &t->events[i];

		json_object_begin(w);
		if (e->at_ms >= 0)
			clock_rfc3339(e->at_ms, at);
		json_member_text(w, "at", e->at_ms < 0 ? NULL : at);
		if (e->at_ms >= 0 && last_ms >= 0)
			json_member_int(w, "after_ms", e->at_ms - last_ms);
		json_member_text(w, "where", e->where);
		json_member_text(w, "what", e->what);
		json_object_end(w);
		last_ms = e->at_ms >= 0 ? e->at_ms : last_ms;
	}
	json_array_end(w);
}

static void gaps_json(struct json_writer *w, const struct trace *t)
{
	json_key(w, "not_looked_at");
	json_array_begin(w);
	for (size_t i = 0; i < t->gap_count; i++) {
		json_object_begin(w);
		json_member_text(w, "where", t->gaps[i].where);
		json_member_text(w, "why", t->gaps[i].why);
		json_object_end(w);
	}
	json_array_end(w);
}

static void queue_json(struct json_writer *w, const struct trace *t)
{
	json_key(w, "queue");
	if (!t->has_stats) {
		json_null(w);
		return;
	}
	json_object_begin(w);
	json_member_uint(w, "visible", t->stats.visible);
	json_member_uint(w, "in_flight", t->stats.in_flight);
	json_member_uint(w, "dead", t->stats.dead);
	json_object_end(w);
}

static void member(struct json_writer *w, const char *key, const char *value)
{
	json_member_text(w, key, *value ? value : NULL);
}

void trace_print_json(const struct trace *t)
{
	char next[ERR_TEXT_MAX];
	enum trace_verdict v = trace_judge(t);
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/trace/1");
	json_member_text(&w, "context", t->cli->context.name);
	json_member_text(&w, "name", t->name);
	json_member_text(&w, "verdict", verdicts[v].name);
	json_member_bool(&w, "ok", v == TRACE_STORED);
	member(&w, "id", t->id);
	member(&w, "request_id", t->request_id);
	member(&w, "object", t->object);
	member(&w, "message_id", t->message_id);
	events_json(&w, t);
	json_member_uint(&w, "events_left_out", t->left_out);
	gaps_json(&w, t);
	queue_json(&w, t);
	json_member_int(&w, "clocks_apart_ms", t->clocks_apart_ms);
	json_member_text(&w, "next", next_of(t, v, next));
	json_object_end(&w);
	out_json(t->cli, buf_str(&out));
	buf_release(&out);
}
