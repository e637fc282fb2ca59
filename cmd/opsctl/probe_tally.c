#include "probe_tally.h"

/* One that failed has passed the hops before. */
static void add_times(struct probe_tally *t, const struct probe *p)
{
	size_t passed = p->has_failed ? (size_t)p->failed_at : PROBE_HOPS;

	for (size_t i = 0; i < passed; i++)
		if (!p->spans[i].note)
			histogram_add(&t->hops[i], p->spans[i].to_us - p->spans[i].from_us);
	if (!p->has_failed)
		histogram_add(&t->total, p->total_us);
}

static void add_failure(struct probe_tally *t, const struct probe *p)
{
	struct probe_failures *f = &t->failures[p->failed_at];

	f->count++;
	(void)snprintf(f->text, sizeof(f->text), "%s", p->err.text);
	(void)snprintf(f->next, sizeof(f->next), "%s", p->next);
	if (t->exit_code == EXIT_OK)
		t->exit_code = probe_exit_code(p);
}

void probe_tally_add(struct probe_tally *t, const struct probe *p)
{
	t->count++;
	for (size_t i = 0; i < PROBE_CLOCKS; i++)
		if (llabs(p->ahead_ms[i]) > llabs(t->ahead_ms[i]))
			t->ahead_ms[i] = p->ahead_ms[i];
	add_times(t, p);
	if (p->has_failed)
		add_failure(t, p);
	else
		t->arrived++;
}
