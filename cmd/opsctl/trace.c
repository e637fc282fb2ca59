#include "trace.h"

#include <stdarg.h>
#include <string.h>

#include "mem.h"
#include "stop.h"

void trace_init(struct trace *t, struct cli *cli, const char *name)
{
	*t = (struct trace){ .cli = cli, .name = name };
	t->events = xcalloc(TRACE_EVENTS_MAX, sizeof(*t->events));
}

void trace_release(struct trace *t)
{
	free(t->events);
	t->events = NULL;
}

void trace_add(struct trace *t, int64_t at_ms, const char *where, const char *fmt, ...)
{
	struct trace_event e = { .at_ms = at_ms };
	va_list args;

	(void)snprintf(e.where, sizeof(e.where), "%s", where);
	va_start(args, fmt);
	(void)vsnprintf(e.what, sizeof(e.what), fmt, args); /* cut: for people */
	va_end(args);
	for (size_t i = 0; i < t->count; i++)
		if (t->events[i].at_ms == at_ms && strcmp(t->events[i].where, e.where) == 0 &&
		    strcmp(t->events[i].what, e.what) == 0)
			return; /* a line that was found by two of its words */
	if (t->count < TRACE_EVENTS_MAX)
		t->events[t->count++] = e;
	else
		t->left_out++;
}

void trace_add_gap(struct trace *t, const char *where, const char *why)
{
	struct trace_gap *gap = &t->gaps[t->gap_count];

	for (size_t i = 0; i < t->gap_count; i++)
		if (strcmp(t->gaps[i].where, where) == 0)
			return; /* said already */
	if (t->gap_count == TRACE_GAPS_MAX)
		return;
	t->gap_count++;
	(void)snprintf(gap->where, sizeof(gap->where), "%s", where);
	(void)snprintf(gap->why, sizeof(gap->why), "%s", why);
}

void trace_add_fault(struct trace *t, const char *where, const struct err *why)
{
	if (t->fault.code == ERR_NONE)
		t->fault = *why;
	trace_add_gap(t, where, why->text);
}

bool trace_is_stopped(void)
{
	return stop_requested() || stop_wait(0) == STOP_STOP;
}

/* Where a record passes first, second, ...; the names of contexts' services are theirs to choose. */
static int hop_of(const struct trace_event *e)
{
	static const char *const hops[][2] = {
		{ "ops-api", "api" },
		{ "queue", "queue" },
		{ "ops-worker", "worker" },
		{ "store", "dead letters" },
	};

	for (int i = 0; i < (int)ARRAY_SIZE(hops); i++)
		if (strcmp(e->where, hops[i][0]) == 0 || strcmp(e->where, hops[i][1]) == 0)
			return i;
	return 0;
}

static bool is_before(const struct trace_event *a, const struct trace_event *b)
{
	if (a->at_ms < 0 || b->at_ms < 0)
		return a->at_ms >= 0 && b->at_ms < 0;
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : hop_of(a) < hop_of(b);
}

/* Few, and those of one moment at one place must stay in the order of their cause. */
void trace_sort(struct trace *t)
{
	for (size_t i = 1; i < t->count; i++) {
		struct trace_event e = t->events[i];
		size_t at = i;

		for (; at > 0 && is_before(&e, &t->events[at - 1]); at--)
			t->events[at] = t->events[at - 1];
		t->events[at] = e;
	}
}

/* ---- the answer ---- */

/* The first row that fits. */
enum trace_verdict trace_judge(const struct trace *t)
{
	bool is_waiting = t->has_stats && t->stats.visible + t->stats.in_flight > 0;

	if (t->is_damaged)
		return TRACE_DAMAGED;
	if (t->stored > 0)
		return t->stored == 1 ? TRACE_STORED : TRACE_TWICE;
	if (t->dead > 0)
		return TRACE_DEAD;
	if (t->accepted > 0)
		return is_waiting                       ? TRACE_ON_ITS_WAY
		    : t->gap_count > 0 || !t->has_stats ? TRACE_UNCLEAR
							: TRACE_LOST;
	return t->refused > 0 ? TRACE_REFUSED : TRACE_UNKNOWN;
}

enum exit_code trace_exit_code(enum trace_verdict v)
{
	static const enum exit_code codes[TRACE_VERDICTS] = {
		[TRACE_STORED] = EXIT_OK,
		[TRACE_DAMAGED] = EXIT_BAD,
		[TRACE_TWICE] = EXIT_BAD,
		[TRACE_DEAD] = EXIT_BAD,
		[TRACE_REFUSED] = EXIT_BAD,
		[TRACE_ON_ITS_WAY] = EXIT_IN_PROGRESS,
		[TRACE_LOST] = EXIT_BAD,
		[TRACE_UNCLEAR] = EXIT_BAD,
		[TRACE_UNKNOWN] = EXIT_NOTFOUND,
	};

	return codes[v];
}
