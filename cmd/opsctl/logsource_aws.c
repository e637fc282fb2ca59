/*
 * A group of CloudWatch Logs.
 *
 * Events carry the time at which they happened, and come seconds later, in any order: "from the last
 * one on" would lose those. So each look reads again what is known, and an event's id says whether
 * it is news:
 * - near, at every poll: from NEAR_MS before the youngest event. Cheap, and sees nearly all.
 * - far, every FAR_EVERY_MS: from FAR_MS before it.
 * Streams are not named, so those of new tasks are in it by themselves.
 *
 * A look is some pages, each with a token for the next. A token is good for a day, which a network
 * that is away, or a laptop that sleeps, may outlast: then the look begins again NEAR_MS before where it
 * was.
 */
#include "idset.h"
#include "logs.h"
#include "logsource.h"
#include "mem.h"

enum {
	POLL_MS = 1000,
	NEAR_MS = 5 * 1000,
	FAR_MS = 60 * 1000,
	FAR_EVERY_MS = 15 * 1000,
	SILENCE_MS = 15 * 60 * 1000,
	CALL_MS = 20 * 1000,
	IDS_MAX = 128 * 1024,
	PATTERN_MAX = 256,
};

/*
 * The ids of the last minutes of the log's own time: those from from_ms on, and those of at least
 * FAR_MS before it. So the set needs no sweeping, and holds all that a far look can see again.
 */
struct known {
	struct idset now, before;
	int64_t from_ms;
};

struct group {
	struct log_source base;
	struct aws *aws;
	struct logs_filter filter;
	char pattern[PATTERN_MAX], stream[LOGS_NAME_SIZE];
	struct logs_cursor cursor;
	bool has_caught_up; /* the first look, from --since on, is over */
	int64_t far_at_ms;
	int64_t began_ms, looked_ms; /* wall time: this look; the last one that came to its end */
	int64_t seen_ms;             /* of this look: its beginning, or the youngest event of it */
	int64_t anew_ms;             /* the same where it began again for want of a good token */
	struct known known;
};

/* ---- what is known ---- */

static void move_on(struct known *k, int64_t at_ms)
{
	if (at_ms < k->from_ms + FAR_MS)
		return;
	idset_release(&k->before);
	k->before = k->now;
	k->now = (struct idset)IDSET_INIT(IDS_MAX);
	k->from_ms = at_ms;
}

/* A full set forgets nothing, and remembers no more: its lines may be printed again. */
static bool is_news(struct known *k, const struct logs_event *event)
{
	if (idset_find(&k->now, event->id) || idset_find(&k->before, event->id))
		return false;
	move_on(k, event->at_ms);
	(void)idset_add(event->at_ms >= k->from_ms ? &k->now : &k->before, event->id);
	return true;
}

/* ---- reading ---- */

static bool take(void *arg, const struct logs_event *event)
{
	struct group *g = arg;
	struct log_source *s = &g->base;
	const struct log_line line = {
		.source = s->number,
		.at_ms = event->at_ms,
		.got_ms = clock_mono_ms(s->view->cli->clock),
		.id = event->id,
		.stream = event->stream,
		.message = event->message,
	};

	if (event->at_ms > s->read_to_ms)
		s->read_to_ms = event->at_ms;
	if (event->at_ms > g->seen_ms)
		g->seen_ms = event->at_ms;
	if (is_news(&g->known, event))
		logview_take(s->view, &line);
	return true;
}

static void begin_at(struct group *g, int64_t from_ms)
{
	logs_cursor_release(&g->cursor);
	g->filter.start_ms = g->seen_ms = from_ms;
	g->began_ms = clock_wall_ms(g->base.view->cli->clock);
	g->base.is_at_end = false;
}

/*
 * From where this look reads: where the log is silent, not from ever longer ago; but from before the
 * last look, which may be hours ago when this machine slept.
 */
static void begin(struct group *g)
{
	int64_t now_ms = clock_mono_ms(g->base.view->cli->clock), from_ms = g->base.read_to_ms;
	int64_t silent_ms = g->looked_ms - SILENCE_MS;
	bool is_far = now_ms - g->far_at_ms >= FAR_EVERY_MS;

	if (!g->has_caught_up || is_far)
		g->far_at_ms = now_ms;
	if (g->has_caught_up)
		from_ms -= is_far ? FAR_MS : NEAR_MS;
	if (g->has_caught_up && from_ms < silent_ms)
		from_ms = silent_ms;
	if (from_ms < g->base.view->wanted.since_ms)
		from_ms = g->base.view->wanted.since_ms;
	g->anew_ms = INT64_MIN;
	begin_at(g, from_ms);
}

/*
 * Whether a refusal may be for the token; the service has one code for all that it cannot read. Once
 * for each place: what is refused there again is refused for something else.
 */
static bool is_token_gone(const struct group *g, const struct err *err)
{
	return err->code == ERR_INVALID && g->cursor.token.n > 0 && g->seen_ms > g->anew_ms;
}

/* What this look has passed is not read again, but for what may have come late. */
static int begin_anew(struct group *g)
{
	int64_t from_ms = g->seen_ms - NEAR_MS;

	g->anew_ms = g->seen_ms;
	begin_at(g, from_ms > g->filter.start_ms ? from_ms : g->filter.start_ms);
	return 0;
}

static int read_group(struct log_source *s, struct err *err)
{
	struct group *g = (struct group *)s;
	uint64_t count = 0;

	if (s->is_at_end)
		begin(g);
	if (logs_page(g->aws, &g->filter, &g->cursor, take, g, &count, err) != 0)
		return is_token_gone(g, err) ? begin_anew(g) : -1;
	s->is_at_end = g->cursor.is_at_end;
	if (s->is_at_end) {
		g->has_caught_up = true;
		g->looked_ms = g->began_ms;
	}
	return 0;
}

static void close_group(struct log_source *s)
{
	struct group *g = (struct group *)s;

	logs_cursor_release(&g->cursor);
	idset_release(&g->known.now);
	idset_release(&g->known.before);
	free(g);
}

/* The service looks for whole words: an id is one. What it lets through is looked at again. */
static void set_pattern(struct group *g, const char *request_id)
{
	if (!request_id || strpbrk(request_id, "\"\\"))
		return;
	if (snprintf(g->pattern, sizeof(g->pattern), "\"%s\"", request_id) < PATTERN_MAX)
		g->filter.pattern = g->pattern;
}

struct log_source *logsource_aws(struct logview *view, struct aws *aws, const char *service,
    const char *group, const char *task_stream)
{
	struct group *g = xcalloc(1, sizeof(*g));

	g->base = (struct log_source){
		.view = view,
		.number = logview_add_service(view, service),
		.place = group,
		.read_to_ms = view->wanted.since_ms,
		.poll_ms = POLL_MS,
		.read = read_group,
		.close = close_group,
	};
	g->aws = aws;
	g->known.now = g->known.before = (struct idset)IDSET_INIT(IDS_MAX);
	g->filter = (struct logs_filter){
		.group = group,
		.stream_prefix = task_stream ? g->stream : NULL,
		.total_ms = CALL_MS,
	};
	if (task_stream)
		(void)snprintf(g->stream, sizeof(g->stream), "%s", task_stream); /* the same size */
	if (view->wanted.until_ms != INT64_MAX)
		g->filter.end_ms = view->wanted.until_ms;
	set_pattern(g, view->wanted.request_id);
	begin(g);
	return &g->base;
}
