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
	gate_init(&pump.gate, 4);
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

static const struct test tests[] = {
	{ "shut_gate_tries_what_waits", test_shut_gate_tries_what_waits },
	{ "shut_gate_prefers_what_is_queued", test_shut_gate_prefers_what_is_queued },
	{ "open_gate_keeps_delays", test_open_gate_keeps_delays },
	{ "nothing_to_do", test_nothing_to_do },
};

TEST_MAIN(tests)
