/* What a putter takes next, when it looks again, and whom it gives up; no threads, no time. */
#include "pump_core.h"
#include "test.h"

enum { NOW_US = 1000000000, SECOND_US = 1000000 };

static struct pump pump;
static struct item items[2];

static void begin(unsigned failures)
{
	memset(&pump, 0, sizeof(pump));
	memset(items, 0, sizeof(items));
	gate_init(&pump.gate, 4, true);
	for (unsigned i = 0; i < failures; i++) {
		pump.gate.active++;
		(void)gate_leave(&pump.gate, GATE_FAILURE, NOW_US, UINT32_MAX / 2);
	}
}

static void hold(struct item *it, int64_t due_us)
{
	it->due_us = due_us;
	item_list_push_due(&pump.waiting, it);
}

/* The gate says how often to ask a store that is away, not the delay of what is held. */
static void test_shut_gate_tries_what_waits(void)
{
	int64_t at_us;

	begin(20);
	hold(&items[0], NOW_US + 27 * SECOND_US);
	at_us = putter_turn_us(&pump, NOW_US);
	CHECK_INT(at_us, pump.gate.probe_at_us);
	CHECK(at_us > NOW_US && at_us <= NOW_US + GATE_PROBE_MAX_MS * INT64_C(1000));
	CHECK(putter_choose(&pump, at_us - 1) == NULL);
	CHECK(putter_choose(&pump, at_us) == &items[0]);
	/* One at a time: the next one waits for the first one's end. */
	hold(&items[1], NOW_US);
	CHECK(putter_choose(&pump, at_us) == NULL);
	CHECK_INT(putter_turn_us(&pump, at_us), INT64_MAX);
}

static void test_shut_gate_prefers_what_is_queued(void)
{
	begin(20);
	hold(&items[0], NOW_US + 27 * SECOND_US);
	item_list_push(&pump.queued, &items[1]);
	CHECK_INT(putter_turn_us(&pump, NOW_US), pump.gate.probe_at_us);
	CHECK(putter_choose(&pump, pump.gate.probe_at_us) == &items[1]);
}

static void test_open_gate_keeps_delays(void)
{
	begin(0);
	pump.gate.is_shut = false;
	hold(&items[0], NOW_US + 27 * SECOND_US);
	CHECK_INT(putter_turn_us(&pump, NOW_US), NOW_US + 27 * SECOND_US);
	CHECK(putter_choose(&pump, NOW_US + 27 * SECOND_US - 1) == NULL);
	CHECK(putter_choose(&pump, NOW_US + 27 * SECOND_US) == &items[0]);
}

static void test_nothing_to_do(void)
{
	begin(20);
	CHECK(putter_choose(&pump, INT64_MAX - 1) == NULL);
	CHECK_INT(putter_turn_us(&pump, NOW_US), INT64_MAX);
}

/* ---- whom to give up ---- */

/* An item fails `rounds` times; before each, others are stored or fail at their first put. */
static enum putter_verdict fail_among(unsigned rounds, unsigned stored, unsigned stumbled)
{
	enum putter_verdict verdict = VERDICT_STORED;

	begin(0);
	for (unsigned i = 0; i < rounds; i++) {
		pump.gate.successes += stored;
		for (unsigned k = 0; k < stumbled; k++) {
			struct item other = { .attempts = 0 };

			(void)putter_judge(&pump, &other, -1, ERR_IO); /* counts it */
		}
		verdict = putter_judge(&pump, &items[0], -1, ERR_IO);
		if (verdict != VERDICT_RETRY)
			break;
	}
	return verdict;
}

static void test_verdicts(void)
{
	static const struct {
		const char *name;
		unsigned rounds, stored, stumbled;
		enum putter_verdict want;
	} rows[] = {
		{ "outage", 1000, 0, 3, VERDICT_RETRY },
		{ "idle", 1000, 0, 0, VERDICT_RETRY },
		{ "brown-out, 95 % fail", 1000, 50, 950, VERDICT_RETRY },
		{ "brown-out, slow", 1000, 1, 19, VERDICT_RETRY },
		{ "every second one fails", 1000, 50, 50, VERDICT_RETRY },
		{ "alone, too early", PUMP_STRIKES_MAX, 100, 0, VERDICT_RETRY },
		{ "alone", PUMP_STRIKES_MAX + 1, 100, 0, VERDICT_REFUSED },
		{ "alone, others come rarely", 1000, 1, 0, VERDICT_REFUSED },
		{ "alone, too few others yet", PUMP_STRIKES_MAX * PUMP_STRIKE_SUCCESSES, 1, 0,
		    VERDICT_RETRY },
		{ "one of a few", PUMP_STRIKES_MAX + 1, 100, 2, VERDICT_REFUSED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i].name;
		CHECK_INT(fail_among(rows[i].rounds, rows[i].stored, rows[i].stumbled),
		    rows[i].want);
	}
}

static void test_verdicts_at_once(void)
{
	begin(0);
	CHECK_INT(putter_judge(&pump, &items[0], 0, ERR_NONE), VERDICT_STORED);
	CHECK_INT(putter_judge(&pump, &items[0], -1, ERR_CONFLICT), VERDICT_REFUSED);
	CHECK_INT(putter_judge(&pump, &items[0], -1, ERR_INVALID), VERDICT_REFUSED);
	CHECK_INT(putter_judge(&pump, &items[0], -1, ERR_CORRUPT), VERDICT_REFUSED);
	CHECK_INT(putter_judge(&pump, &items[0], -1, ERR_DENIED), VERDICT_RETRY);
}

static const struct test tests[] = {
	{ "shut_gate_tries_what_waits", test_shut_gate_tries_what_waits },
	{ "shut_gate_prefers_what_is_queued", test_shut_gate_prefers_what_is_queued },
	{ "open_gate_keeps_delays", test_open_gate_keeps_delays },
	{ "nothing_to_do", test_nothing_to_do },
	{ "verdicts", test_verdicts },
	{ "verdicts_at_once", test_verdicts_at_once },
};

TEST_MAIN(tests)
