/*
 * What is seen of a rollout while it goes on: on a terminal a few lines that are painted over, off
 * one a line for each change; with --json an object for each.
 */
#include <inttypes.h>
#include <unistd.h>

#include "rollout.h"
#include "screen.h"

enum {
	FRAME_MAX = 16 * 1024,
	LINE_SIZE = 1024,
	NAME_MIN = 8,
	NAME_MAX = 32,
	STATE_WIDTH = 14,
	LOOK_MAX = 8 * 1024
};

/* As progress.c decides it. */
static bool is_live(const struct cli *cli)
{
	const char *term = getenv("TERM");

	return cli->is_tty_err && !cli->quiet && !cli->json && term != NULL &&
	    strcmp(term, "dumb") != 0;
}

/* ---- words ---- */

static void add_counts(struct buf *out, const struct ecs_deployment *d)
{
	buf_addf(out, "%d of %d running", d->running, d->desired);
	if (d->pending > 0)
		buf_addf(out, ", %d pending", d->pending);
	if (d->failed_tasks > 0)
		buf_addf(out, ", %d failed", d->failed_tasks);
}

static void add_breaker(struct buf *out, const struct rollout_view *v)
{
	if (v->breaker_threshold > 0)
		buf_addf(out, ", circuit breaker %d of %d", v->breaker_count, v->breaker_threshold);
}

/* What the other one is to ours. */
static const char *relation(const struct rollout *r)
{
	switch (r->view.phase) {
	case ROLLOUT_ROLLING_BACK:
	case ROLLOUT_ROLLED_BACK:
		return "comes back";
	case ROLLOUT_REPLACED:
		return "took its place";
	case ROLLOUT_PENDING:
	case ROLLOUT_RUNNING:
	case ROLLOUT_DEPLOYED:
	case ROLLOUT_FAILING:
	case ROLLOUT_FAILED:
	case ROLLOUT_PHASE_COUNT:
	default:
		return "leaves";
	}
}

/* "api prod-api:42: in progress, 1 of 2 running; prod-api:41 leaves, 2 of 2 running" */
static void describe(const struct rollout *r, struct buf *out)
{
	const struct rollout_view *v = &r->view;

	buf_addf(out, "%s %s: %s", r->workload.name, rollout_revision(r->to),
	    rollout_phase_text(v->phase));
	if (v->own.id[0] != '\0') {
		buf_adds(out, ", ");
		add_counts(out, &v->own);
	}
	add_breaker(out, v);
	if (v->other.id[0] != '\0') {
		buf_addf(out, "; %s %s, ", rollout_revision(v->other.task_definition), relation(r));
		add_counts(out, &v->other);
	}
}

/* ---- events of ECS ---- */

/* Oldest first, those that have not been shown. */
static void each_new_event(struct rollout *r,
    void (*fn)(struct rollout *, const struct ecs_event *))
{
	size_t n = 0;

	while (n < r->service->event_count && r->service->events[n].at_ms >= r->show.event_ms &&
	    strcmp(r->service->events[n].message, r->show.event) != 0)
		n++;
	while (n-- > 0) {
		const struct ecs_event *e = &r->service->events[n];

		fn(r, e);
		r->show.event_ms = e->at_ms;
		(void)snprintf(r->show.event, sizeof(r->show.event), "%s", e->message);
	}
}

/* ---- off a terminal ---- */

static void say_at(struct rollout *r, int64_t at_ms, const char *text)
{
	char at[CLOCK_RFC3339_SIZE];

	clock_rfc3339(at_ms, at);
	out_note(r->cli, "%.8sZ  %s", at + strlen("2026-11-21T"), text);
}

static void say_event(struct rollout *r, const struct ecs_event *e)
{
	char text[ECS_REASON_SIZE + 16];

	(void)snprintf(text, sizeof(text), "ECS: %s", e->message);
	say_at(r, e->at_ms, text);
}

static void say_view(struct rollout *r, const char *text)
{
	if (strcmp(text, r->show.said) == 0)
		return;
	(void)snprintf(r->show.said, sizeof(r->show.said), "%s", text);
	say_at(r, clock_wall_ms(r->cli->clock), text);
}

/* ---- JSON ---- */

static void deployment_json(struct json_writer *w, const char *name, const struct ecs_deployment *d)
{
	json_key(w, name);
	if (d->id[0] == '\0') {
		json_null(w);
		return;
	}
	json_object_begin(w);
	json_member_text(w, "id", d->id);
	json_member_text(w, "task_definition", rollout_revision(d->task_definition));
	json_member_int(w, "desired", d->desired);
	json_member_int(w, "running", d->running);
	json_member_int(w, "pending", d->pending);
	json_member_int(w, "failed", d->failed_tasks);
	json_object_end(w);
}

static void view_json(struct rollout *r)
{
	const struct rollout_view *v = &r->view;
	struct buf out = BUF_INIT(LOOK_MAX);
	struct json_writer w;

	rollout_event_begin(r, &w, &out, "state");
	json_member_text(&w, "state", rollout_phase_name(v->phase));
	json_member_text(&w, "reason", v->reason[0] != '\0' ? v->reason : NULL);
	deployment_json(&w, "own", &v->own);
	deployment_json(&w, "other", &v->other);
	json_member_int(&w, "breaker_count", v->breaker_count);
	json_member_int(&w, "breaker_threshold", v->breaker_threshold);
	rollout_event_end(r, &w, &out);
}

/* ---- on a terminal ---- */

/* One less than the terminal has: the last one would wrap on some. */
static size_t width(void)
{
	size_t columns = screen_columns(STDERR_FILENO);

	return columns < LINE_SIZE ? columns - 1 : 79;
}

/* So many bytes of it take at most `width` columns. */
static size_t bytes_of_columns(struct str s, size_t columns)
{
	size_t n = 0;

	for (; n < s.n; n++)
		if (((unsigned char)s.p[n] & 0xc0) != 0x80 && columns-- == 0)
			break;
	return n;
}

static void add_line(struct rollout *r, struct buf *frame, const char *fmt, ...) ATTR_PRINTF(3, 4);
static void add_line(struct rollout *r, struct buf *frame, const char *fmt, ...)
{
	struct buf line = BUF_INIT(LINE_SIZE);
	va_list args;

	va_start(args, fmt);
	buf_addv(&line, fmt, args);
	va_end(args);
	buf_truncate(&line, bytes_of_columns(buf_str(&line), width()));
	buf_addf(frame, "%s\033[K\n", buf_text(&line));
	buf_release(&line);
	r->show.lines++;
}

/* As wide as the names of both revisions. */
static int name_width(const struct rollout *r)
{
	size_t own = strlen(rollout_revision(r->to));
	size_t other = strlen(rollout_revision(r->view.other.task_definition));
	size_t n = own > other ? own : other;

	return n < NAME_MIN ? NAME_MIN : n > NAME_MAX ? NAME_MAX : (int)n;
}

static void add_named(struct rollout *r, struct buf *frame, const char *name, const char *text)
{
	add_line(r, frame, "  %-*.*s  %s", name_width(r), name_width(r), name, text);
}

static void add_deployment(struct rollout *r, struct buf *frame, const char *name,
    const char *state, const struct ecs_deployment *d)
{
	struct buf text = BUF_INIT(LINE_SIZE);

	buf_addf(&text, "%-*s  ", STATE_WIDTH, state);
	if (d->id[0] != '\0')
		add_counts(&text, d);
	add_named(r, frame, name, buf_text(&text));
	buf_release(&text);
}

static void add_breaker_line(struct rollout *r, struct buf *frame)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%d of %d failed tasks", r->view.breaker_count,
	    r->view.breaker_threshold);
	add_named(r, frame, "breaker", text);
}

static void add_guard(struct rollout *r, struct buf *frame)
{
	struct buf text = BUF_INIT(LINE_SIZE);
	struct guard_count count;

	guard_count(r->guard, &count);
	guard_text(&count, &text);
	add_named(r, frame, "guard", buf_text(&text));
	buf_release(&text);
}

/* "(service prod-api) has started ...": which service is known. */
static const char *without_service(const char *event)
{
	const char *end = strncmp(event, "(service ", strlen("(service ")) == 0
	    ? strstr(event, ") ")
	    : NULL;

	return end != NULL ? end + strlen(") ") : event;
}

static void keep_event(struct rollout *r, const struct ecs_event *e)
{
	(void)r;
	(void)e; /* the newest is painted, whichever it is */
}

/* One write for a frame: a terminal that is slow shows no half of it. */
static void paint(struct rollout *r)
{
	const struct rollout_view *v = &r->view;
	struct buf frame = BUF_INIT(FRAME_MAX);
	int64_t s = (clock_mono_ms(r->cli->clock) - r->began_mono_ms) / 1000;

	if (r->show.lines > 0)
		buf_addf(&frame, "\r\033[%zuA", r->show.lines);
	r->show.lines = 0;
	add_line(r, &frame, "%s %s to %s  %" PRId64 ":%02" PRId64, r->verb, r->workload.name,
	    rollout_revision(r->to), s / 60, s % 60);
	add_deployment(r, &frame, rollout_revision(r->to), rollout_phase_text(v->phase), &v->own);
	if (v->other.id[0] != '\0')
		add_deployment(r, &frame, rollout_revision(v->other.task_definition), relation(r),
		    &v->other);
	if (v->breaker_threshold > 0)
		add_breaker_line(r, &frame);
	if (r->guard != NULL)
		add_guard(r, &frame);
	each_new_event(r, keep_event);
	if (r->show.event[0] != '\0')
		add_named(r, &frame, "ECS says", without_service(r->show.event));
	buf_adds(&frame, "\033[J");
	(void)fputs(buf_text(&frame), stderr);
	(void)fflush(stderr);
	buf_release(&frame);
}

void rollout_show(struct rollout *r)
{
	struct buf text = BUF_INIT(sizeof(r->show.said) - 1);

	if (is_live(r->cli)) {
		paint(r);
		return;
	}
	describe(r, &text);
	each_new_event(r, say_event);
	if (r->cli->json && strcmp(buf_text(&text), r->show.said) != 0)
		view_json(r);
	say_view(r, buf_text(&text));
	buf_release(&text);
}

void rollout_show_end(struct rollout *r)
{
	if (r->show.lines > 0)
		(void)fprintf(stderr, "\r\033[%zuA\033[J", r->show.lines);
	r->show.lines = 0;
}
