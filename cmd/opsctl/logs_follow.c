/*
 * The past of several logs, and then what comes.
 *
 * The past: the log that has been read least far is read on, and what is older than all have been
 * read to is printed: so the order is that of time, and only some pages of each log are in memory.
 * What comes is held for HOLD_MS, in which others may bring what is older. What comes later than
 * that is printed all the same.
 */
#include "count.h"
#include "logs_cmd.h"
#include "mem.h"
#include "stop.h"

enum {
	TICK_MS = 100,
	HOLD_MS = 2000,
	HOLD_LOCAL_MS = 300,
	PAUSE_MAX_MS = 10 * 1000,
	IDLE_MS = 60 * 1000,
};

/* What following has to know of each log. */
struct state {
	int64_t due_ms, failing_since_ms; /* failing_since_ms 0: it can be read */
	int pause_ms;
	bool is_given_up;
	struct err why;
};

struct logs_follow {
	struct logs_cmd *c;
	const struct clock *clock;
	struct state states[CONTEXT_SERVICES_MAX];
	struct progress progress;
	int64_t idle_from_ms, idle_step_ms;
	uint64_t idle_seen;
};

int logs_pause(const struct logs_cmd *c, int64_t wait_ms, struct err *err)
{
	if (stop_wait(wait_ms > 0 ? (int)wait_ms : 0) != STOP_STOP && !stop_requested())
		return 0;
	return err_set(err, ERR_STOPPED, "stopped after %s", COUNT(c->view.matched, "line"));
}

static const char *service_of(const struct logs_follow *r, size_t i)
{
	return r->c->view.services[r->c->sources[i]->number];
}

/* ---- what cannot be read ---- */

/* Nobody is to wait for it; the others go on. */
static void give_up(struct logs_follow *r, size_t i, const struct err *why)
{
	r->states[i].is_given_up = true;
	r->states[i].why = *why;
	if (r->c->source_count > 1)
		out_warn(r->c->cli, "%s: %s; it is left out", service_of(r, i), why->text);
}

/* 0 while there is any log left to be read; else the error of the first. */
static int check_rest(const struct logs_follow *r, struct err *err)
{
	for (size_t i = 0; i < r->c->source_count; i++)
		if (!r->states[i].is_given_up)
			return 0;
	*err = r->states[0].why;
	return -1;
}

static void wait_longer(struct logs_follow *r, size_t i, const struct err *why)
{
	struct state *s = &r->states[i];
	int64_t now_ms = clock_mono_ms(r->clock);

	if (s->failing_since_ms == 0) {
		out_warn(r->c->cli, "-- %s: %s; trying again", service_of(r, i), why->text);
		s->failing_since_ms = now_ms;
		s->pause_ms = r->c->sources[i]->poll_ms;
	}
	s->pause_ms = s->pause_ms * 2 < PAUSE_MAX_MS ? s->pause_ms * 2 : PAUSE_MAX_MS;
	s->due_ms = now_ms + s->pause_ms;
}

static void came_back(struct logs_follow *r, size_t i)
{
	struct state *s = &r->states[i];
	int64_t away_s = (clock_mono_ms(r->clock) - s->failing_since_ms) / 1000;

	out_note(r->c->cli, "-- %s: reconnected after %s; what came meanwhile follows",
	    service_of(r, i), COUNT((uint64_t)away_s, "second"));
	s->failing_since_ms = 0;
}

/* Reads a piece; what it may be read again for is no failure of ours, nor is that we are to stop. */
static bool read_on(struct logs_follow *r, size_t i)
{
	struct err err;

	if (r->c->sources[i]->read(r->c->sources[i], &err) == 0) {
		if (r->states[i].failing_since_ms != 0)
			came_back(r, i);
		return true;
	}
	if (r->c->follows && err_is_transient(err.code)) {
		wait_longer(r, i, &err);
	} else if (err.code != ERR_STOPPED) {
		give_up(r, i, &err);
	}
	return false;
}

/* ---- the past ---- */

static bool is_behind(const struct logs_follow *r, size_t i)
{
	return !r->states[i].is_given_up && !r->c->sources[i]->is_at_end;
}

/* The log that has been read least far; its number, or the count of logs. */
static size_t find_behind(const struct logs_follow *r)
{
	size_t found = r->c->source_count;

	for (size_t i = 0; i < r->c->source_count; i++)
		if (is_behind(r, i) &&
		    (found == r->c->source_count ||
			r->c->sources[i]->read_to_ms < r->c->sources[found]->read_to_ms))
			found = i;
	return found;
}

static void print_to(struct logs_follow *r, int64_t before_ms, int64_t got_before_ms)
{
	if (r->c->view.merge.count > 0)
		progress_end(&r->progress);
	logview_print(&r->c->view, before_ms, got_before_ms);
}

static int read_past(struct logs_follow *r, struct err *err)
{
	size_t i;
	int rc = 0;

	progress_begin(&r->progress, r->c->cli, "reading logs", 0);
	while ((i = find_behind(r)) < r->c->source_count && !out_failed(r->c->cli)) {
		rc = logs_pause(r->c, r->states[i].due_ms - clock_mono_ms(r->clock), err);
		if (rc != 0)
			break;
		(void)read_on(r, i); /* it knows what to make of a failure */
		progress_update(&r->progress, r->c->view.seen, NULL);
		i = find_behind(r);
		if (i < r->c->source_count)
			print_to(r, r->c->sources[i]->read_to_ms, 0);
	}
	progress_end(&r->progress);
	return rc == 0 ? check_rest(r, err) : -1;
}

/* ---- what comes ---- */

/* Silence is said, ever more seldom, so that nobody takes it for a broken line. */
static void say_idle(struct logs_follow *r)
{
	int64_t now_ms = clock_mono_ms(r->clock);

	if (r->c->view.matched != r->idle_seen) {
		r->idle_seen = r->c->view.matched;
		r->idle_from_ms = now_ms;
		r->idle_step_ms = IDLE_MS;
	} else if (now_ms - r->idle_from_ms >= r->idle_step_ms) {
		out_note(r->c->cli, "-- nothing for %s; watching %s",
		    COUNT((uint64_t)(r->idle_step_ms / 60000), "minute"),
		    COUNT(r->c->source_count, "log"));
		r->idle_step_ms *= 2;
	}
}

static void read_due(struct logs_follow *r)
{
	for (size_t i = 0; i < r->c->source_count; i++) {
		struct log_source *s = r->c->sources[i];

		if (r->states[i].is_given_up || clock_mono_ms(r->clock) < r->states[i].due_ms)
			continue;
		/* A failure sets it further away. */
		r->states[i].due_ms = clock_mono_ms(r->clock) + s->poll_ms;
		while (read_on(r, i) && is_behind(r, i) && !stop_pending())
			continue; /* after hours away this may be much: a signal is not to wait */
	}
}

struct logs_follow *logs_follow_open(struct logs_cmd *c)
{
	struct logs_follow *r = xcalloc(1, sizeof(*r));

	r->c = c;
	r->clock = c->cli->clock;
	r->idle_from_ms = clock_mono_ms(r->clock);
	r->idle_step_ms = IDLE_MS;
	return r;
}

void logs_follow_close(struct logs_follow *r)
{
	if (r != NULL)
		logview_print(&r->c->view, INT64_MAX, 0);
	free(r);
}

int logs_follow_step(struct logs_follow *r, struct err *err)
{
	struct logs_cmd *c = r->c;
	int64_t hold_ms = c->cli->context.local_dir[0] != '\0' ? HOLD_LOCAL_MS : HOLD_MS;

	read_due(r);
	if (check_rest(r, err) != 0)
		return -1;
	print_to(r, clock_wall_ms(r->clock) - hold_ms, clock_mono_ms(r->clock) - hold_ms);
	say_idle(r);
	return 0;
}

/* What could not be read decides, also when others could. */
static int judge(const struct logs_follow *r, struct err *err)
{
	for (size_t i = 0; i < r->c->source_count; i++) {
		if (r->states[i].is_given_up) {
			*err = r->states[i].why;
			return -1;
		}
	}
	return 0;
}

static int follow(struct logs_follow *r, struct err *err)
{
	r->c->view.tells_new_tasks = true;
	while (!out_failed(r->c->cli)) {
		if (logs_follow_step(r, err) != 0 || logs_pause(r->c, TICK_MS, err) != 0)
			return -1;
	}
	return 0;
}

static int read_all(struct logs_follow *r, struct err *err)
{
	if (read_past(r, err) != 0)
		return -1;
	return r->c->follows ? follow(r, err) : judge(r, err);
}

int logs_read_all(struct logs_cmd *c, struct err *err)
{
	struct logs_follow *r = logs_follow_open(c);
	int rc = read_all(r, err);

	logs_follow_close(r);
	return rc;
}
