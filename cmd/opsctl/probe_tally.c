#include "probe_tally.h"

static void add_times(struct probe_tally *t, const struct probe *p)
{
	for (size_t i = 0; i < PROBE_HOPS; i++)
		if (!p->spans[i].note)
			histogram_add(&t->hops[i], p->spans[i].to_us - p->spans[i].from_us);
	histogram_add(&t->total, p->total_us);
}

void probe_tally_add(struct probe_tally *t, const struct probe *p)
{
	t->count++;
	for (size_t i = 0; i < PROBE_CLOCKS; i++)
		if (llabs(p->ahead_ms[i]) > llabs(t->ahead_ms[i]))
			t->ahead_ms[i] = p->ahead_ms[i];
	if (!p->has_failed) {
		t->arrived++;
		add_times(t, p);
		return;
	}
	t->failed_at[p->failed_at]++;
	if (t->exit_code == EXIT_OK)
		t->exit_code = probe_exit_code(p);
}
