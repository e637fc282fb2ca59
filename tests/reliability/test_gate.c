#include <string.h>

#include "gate.h"
#include "item.h"
#include "test.h"

/* ---- backoff ---- */

static void backoff_doubles_up_to_its_ceiling(void)
{
	static const struct {
		unsigned attempts;
		uint32_t random;
		int64_t want_us;
	} cases[] = {
		{ 1, 0, 0 },
		{ 1, UINT32_MAX, 99999 },
		{ 1, UINT32_MAX / 2, 49999 },
		{ 2, UINT32_MAX, 199999 },
		{ 5, UINT32_MAX, 1599999 },
		{ 6, UINT32_MAX, 1999999 },
		{ 1000000, UINT32_MAX, 1999999 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(gate_backoff_us(cases[i].attempts, 100, 2000, cases[i].random),
		    cases[i].want_us);
}

/* ---- gate: a script of steps, with what must be so after each ---- */

struct step {
	char what; /* e: enter, E: must not enter, s: success, f: failure, n: neutral */
	int64_t now_us;
	unsigned limit;
	bool is_shut, is_news;
};

static enum gate_result result_of(char what)
{
	return what == 's' ? GATE_SUCCESS : what == 'f' ? GATE_FAILURE : GATE_NEUTRAL;
}

static void play(struct gate *g, const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct step *s = &steps[i];
		bool is_news = false;

		if (s->what == 'e' || s->what == 'E')
			CHECK_INT(gate_enter(g, s->now_us), s->what == 'e');
		else
			is_news = gate_leave(g, result_of(s->what), s->now_us, UINT32_MAX);
		CHECK_INT(is_news, s->is_news);
		CHECK_INT(g->limit, s->limit);
		CHECK_INT(g->is_shut, s->is_shut);
	}
}

static void gate_begins_shut_and_proves_the_store(void)
{
	static const struct step steps[] = {
		{ 'e', 0, 1, true, false },
		{ 'E', 0, 1, true, false },     /* one attempt at a time */
		{ 'f', 0, 1, true, true },      /* the first failure is news */
		{ 'E', 99998, 1, true, false }, /* not before its delay */
		{ 'e', 99999, 1, true, false },
		{ 'f', 99999, 1, true, false },  /* the second is not */
		{ 'E', 299997, 1, true, false }, /* and waits twice as long */
		{ 'e', 299998, 1, true, false },
		{ 's', 299998, 2, false, true },
		{ 'e', 299998, 2, false, false },
		{ 'e', 299998, 2, false, false },
		{ 'E', 299998, 2, false, false },
	};
	struct gate g;

	gate_init(&g, 4, true);
	play(&g, steps, sizeof(steps) / sizeof(steps[0]));
}

static void open_gate(struct gate *g, unsigned max)
{
	gate_init(g, max, true);
	while (g->limit < max) {
		CHECK(gate_enter(g, 0));
		(void)gate_leave(g, GATE_SUCCESS, 0, 0);
	}
}

static void gate_halves_shuts_and_reopens(void)
{
	static const struct step steps[] = {
		{ 'e', 0, 16, false, false },
		{ 'f', 0, 8, false, false },
		{ 'e', 0, 8, false, false },
		{ 'f', 0, 4, false, false },
		{ 'e', 0, 4, false, false },
		{ 'f', 0, 2, false, false },
		{ 'e', 0, 2, false, false },
		{ 'f', 0, 1, false, false },
		{ 'e', 0, 1, false, false },
		{ 'n', 0, 1, false, false },
		{ 'e', 0, 1, false, false },
		{ 'f', 0, 1, true, true },
		{ 'E', 0, 1, true, false },
		{ 'e', 4000000, 1, true, false },
		{ 'n', 4000000, 1, true, false }, /* a message refused unread proves nothing */
		{ 'e', 4000000, 1, true, false },
		{ 's', 4000000, 2, false, true },
	};
	struct gate g;

	open_gate(&g, 16);
	CHECK_INT(g.limit, 16);
	play(&g, steps, sizeof(steps) / sizeof(steps[0]));
}

static void success_between_failures_keeps_it_open(void)
{
	struct gate g;

	open_gate(&g, 8);
	for (int i = 0; i < 100; i++) {
		CHECK(gate_enter(&g, 0));
		CHECK(
		    !gate_leave(&g, i % GATE_SHUT_AFTER == 0 ? GATE_SUCCESS : GATE_FAILURE, 0, 0));
	}
	CHECK(!g.is_shut);
}

static void gate_that_begins_open_takes_all(void)
{
	static const struct step steps[] = {
		{ 'e', 0, 3, false, false },
		{ 'e', 0, 3, false, false },
		{ 'e', 0, 3, false, false },
		{ 'E', 0, 3, false, false },
		{ 's', 0, 3, false, false },
		{ 'f', 0, 1, false, false },
		{ 'E', 0, 1, false, false }, /* the third is still under way */
		{ 's', 0, 1, false, false }, /* and says nothing of the new limit */
		{ 'e', 0, 1, false, false },
		{ 's', 0, 2, false, false },
	};
	struct gate g;

	gate_init(&g, 3, false);
	play(&g, steps, sizeof(steps) / sizeof(steps[0]));
}

/* What throttles, refuses many of one round: that is one reason to call less, not many. */
static void gate_halves_once_per_round(void)
{
	static const struct {
		const char *round; /* what becomes of the calls under way, one by one */
		unsigned limit;    /* after it */
	} rounds[] = {
		{ "fsfsfsfsfsfsfsfs", 8 }, /* 16 under way: half of them refused */
		{ "sfsfsfnn", 4 },
		{ "sfff", 2 },
		{ "ss", 3 },
		{ "sfs", 1 },
		{ "f", 1 },
	};
	struct gate g;

	open_gate(&g, 16);
	for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
		size_t n = strlen(rounds[i].round);

		for (size_t k = 0; k < n; k++)
			CHECK(gate_enter(&g, INT64_MAX));
		for (size_t k = 0; k < n; k++)
			(void)gate_leave(&g, result_of(rounds[i].round[k]), 0, 0);
		CHECK_INT(g.limit, rounds[i].limit);
	}
	CHECK(!g.is_shut);
}

/* However long the outage, the next attempt is never further away than GATE_PROBE_MAX_MS. */
static void probes_never_stop(void)
{
	struct gate g;
	int64_t now_us = 0;

	gate_init(&g, 4, true);
	for (int i = 0; i < 100000; i++) {
		CHECK(gate_enter(&g, now_us));
		(void)gate_leave(&g, GATE_FAILURE, now_us, UINT32_MAX);
		now_us += GATE_PROBE_MAX_MS * 1000;
	}
}

/* ---- lists ---- */

static void due_list_keeps_its_order(void)
{
	static const int64_t due[] = { 5, 3, 9, 3, 1, 9, 7 };
	static const int64_t sorted[] = { 1, 3, 3, 5, 7, 9, 9 };
	struct item items[ARRAY_SIZE(due)] = { 0 };
	struct item_list list = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(due); i++) {
		items[i].due_us = due[i];
		item_list_push_due(&list, &items[i]);
	}
	CHECK_INT(list.count, ARRAY_SIZE(due));
	for (size_t i = 0; i < ARRAY_SIZE(due); i++)
		CHECK_INT(item_list_pop(&list)->due_us, sorted[i]);
	CHECK(item_list_pop(&list) == NULL);
	CHECK_INT(list.count, 0);
	item_list_push(&list, &items[0]);
	CHECK(list.head == list.tail);
}

static void leases_keep_their_order(void)
{
	static const int64_t at[] = { 5, 3, 9, 1, 7 };
	struct item items[ARRAY_SIZE(at)] = { 0 };
	struct item_leases leases = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		items[i].extend_at_us = at[i];
		item_leases_add(&leases, &items[i]);
	}
	CHECK(leases.head == &items[3]);
	CHECK(leases.tail == &items[2]);
	item_leases_remove(&leases, &items[3]); /* the head */
	item_leases_remove(&leases, &items[2]); /* the tail */
	item_leases_remove(&leases, &items[0]); /* between */
	item_leases_remove(&leases, &items[0]); /* not in any more */
	CHECK(leases.head == &items[1] && items[1].lease_next == &items[4]);
	CHECK(leases.tail == &items[4] && items[4].lease_prev == &items[1]);
	item_leases_remove(&leases, &items[1]);
	item_leases_remove(&leases, &items[4]);
	CHECK(leases.head == NULL && leases.tail == NULL);
}

static const struct test tests[] = {
	{ "backoff_doubles_up_to_its_ceiling", backoff_doubles_up_to_its_ceiling },
	{ "gate_begins_shut_and_proves_the_store", gate_begins_shut_and_proves_the_store },
	{ "gate_halves_shuts_and_reopens", gate_halves_shuts_and_reopens },
	{ "success_between_failures_keeps_it_open", success_between_failures_keeps_it_open },
	{ "gate_that_begins_open_takes_all", gate_that_begins_open_takes_all },
	{ "gate_halves_once_per_round", gate_halves_once_per_round },
	{ "probes_never_stop", probes_never_stop },
	{ "due_list_keeps_its_order", due_list_keeps_its_order },
	{ "leases_keep_their_order", leases_keep_their_order },
};

TEST_MAIN(tests)
