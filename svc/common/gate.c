#include "gate.h"

enum { PROBE_BASE_MS = 100 };

int64_t gate_backoff_us(unsigned attempts, unsigned base_ms, unsigned max_ms, uint32_t random)
{
	int64_t ceiling_us = (int64_t)base_ms * 1000;
	int64_t max_us = (int64_t)max_ms * 1000;

	while (--attempts > 0 && ceiling_us < max_us)
		ceiling_us *= 2;
	if (ceiling_us > max_us)
		ceiling_us = max_us;
	return (int64_t)(((uint64_t)ceiling_us * random) >> 32);
}

void gate_init(struct gate *g, unsigned max, bool is_shut)
{
	*g = (struct gate){ .max = max, .limit = is_shut ? 1 : max, .is_shut = is_shut };
}

bool gate_enter(struct gate *g, int64_t now_us)
{
	if (g->active >= g->limit || (g->is_shut && now_us < g->probe_at_us))
		return false;
	g->active++;
	return true;
}

static bool succeed(struct gate *g, bool is_echo)
{
	bool was_shut = g->is_shut;

	g->successes++;
	g->failures_in_row = 0;
	g->is_shut = false;
	g->credit += !is_echo;
	if (g->credit >= g->limit && g->limit < g->max) {
		g->limit++;
		g->credit = 0;
	}
	return was_shut;
}

static void halve(struct gate *g)
{
	if (g->limit > 1)
		g->limit /= 2;
	g->echoes = g->active;
}

static bool fail(struct gate *g, bool is_echo, int64_t now_us, uint32_t random)
{
	bool was_shut = g->is_shut;

	g->failures_in_row++;
	g->credit = 0;
	if (!is_echo)
		halve(g);
	if (g->failures_in_row >= GATE_SHUT_AFTER) {
		g->is_shut = true;
		g->limit = 1;
	}
	g->probe_at_us = now_us +
	    gate_backoff_us(g->failures_in_row, PROBE_BASE_MS, GATE_PROBE_MAX_MS, random);
	return g->is_shut && (!was_shut || g->failures_in_row == 1);
}

bool gate_leave(struct gate *g, enum gate_result result, int64_t now_us, uint32_t random)
{
	/* Which call it is that leaves is not known: the oldest, as a rule. */
	bool is_echo = g->echoes > 0;

	g->active--;
	g->echoes -= is_echo;
	switch (result) {
	case GATE_SUCCESS:
		return succeed(g, is_echo);
	case GATE_FAILURE:
		return fail(g, is_echo, now_us, random);
	case GATE_NEUTRAL:
		break;
	}
	return false;
}
