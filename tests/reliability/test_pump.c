/* The pump against a queue and a store that fail on order: what it does when all is well. */
#include "rig.h"

/* ---- the plain way ---- */

static void moves_everything_once(void)
{
	rig_init();
	add_messages(500);
	rig_start(PLENTY, 128);
	fake_await("all deleted", all_deleted, NULL);
	check_all_stored(500);
	check_received_once(500);
	rig_stop();
	CHECK_INT(counted(WORKER_STORED), 500);
	CHECK_INT(counted(WORKER_RECORDS), 500);
	CHECK_INT(counted(WORKER_DELETED), 500);
	CHECK_INT(counted(WORKER_DUPLICATE), 0);
}

static bool has_asked_often(void *arg)
{
	bool reached;

	(void)arg;
	pthread_mutex_lock(&rig.queue.lock);
	reached = rig.queue.receive_calls >= 20;
	pthread_mutex_unlock(&rig.queue.lock);
	return reached;
}

static void one_receiver_asks_an_empty_queue(void)
{
	rig_init();
	rig.queue.is_impatient = true;
	rig_start(PLENTY, 128);
	fake_await("twenty receives", has_asked_often, NULL);
	rig_stop();
	CHECK_INT(rig.queue.receiving_max, 1);
}

static bool two_delete(void *arg)
{
	bool reached;

	(void)arg;
	pthread_mutex_lock(&rig.queue.lock);
	reached = rig.queue.deleting_max >= 2;
	pthread_mutex_unlock(&rig.queue.lock);
	return reached;
}

/* The first call may be short; what gathers behind it goes out in full ones, side by side. */
static void deletes_run_side_by_side_when_calls_are_full(void)
{
	rig_init();
	rig.queue.ops.traits.senders = 16;
	rig.queue.is_delete_blocked = true;
	add_messages(60);
	rig_start(PLENTY, 128);
	fake_await("a second deleter", two_delete, NULL);
	pthread_mutex_lock(&rig.queue.lock);
	rig.queue.is_delete_blocked = false;
	pthread_mutex_unlock(&rig.queue.lock);
	fake_await("all deleted", all_deleted, NULL);
	check_all_stored(60);
	rig_stop();
	CHECK_INT(rig.queue.deleting_max, RECEIVERS);
}

static void same_object_again_is_deleted_as_duplicate(void)
{
	rig_init();
	add_messages(1);
	(void)fake_queue_add(&rig.queue, key_of(0), line, NULL);
	rig_start(PLENTY, 16);
	fake_await("all deleted", all_deleted, NULL);
	check_all_stored(1);
	rig_stop();
	CHECK_INT(counted(WORKER_STORED), 1);
	CHECK_INT(counted(WORKER_DUPLICATE), 1);
}

static void foreign_message_gets_its_own_key(void)
{
	rig_init();
	(void)fake_queue_add(&rig.queue, "", "not ours", "");
	rig_start(PLENTY, 16);
	fake_await("all deleted", all_deleted, NULL);
	CHECK_INT(rig.store.count, 1);
	CHECK(strncmp(rig.store.objects[0].key, "foreign/", 8) == 0);
	CHECK_STR(buf_str(&rig.store.objects[0].bytes), STR("not ours"));
	rig_stop();
	CHECK_INT(counted(WORKER_FOREIGN), 1);
}

/* ---- capacity ---- */

static bool is_full(void *arg)
{
	return worker_get(WORKER_IN_FLIGHT) >= *(int64_t *)arg;
}

static void never_holds_more_than_allowed(void)
{
	int64_t max = 16;

	rig_init();
	add_messages(100);
	fake_store_block(&rig.store, true);
	rig_start(PLENTY, (unsigned)max);
	fake_await("full", is_full, &max);
	CHECK_INT(counted(WORKER_RECEIVED), max);
	/* A put that ends makes room for others, never for more. */
	for (int i = 0; i < 20; i++) {
		fake_store_block(&rig.store, i % 2 != 0);
		CHECK(worker_get(WORKER_IN_FLIGHT) <= max);
	}
	fake_store_block(&rig.store, false);
	fake_await("all deleted", all_deleted, NULL);
	check_received_once(100);
	rig_stop();
}

/* ---- stop ---- */

static void drain_finishes_what_is_held(void)
{
	unsigned one = 1;
	int64_t received;

	rig_init();
	add_messages(500);
	fake_store_block(&rig.store, true);
	rig_start(PLENTY, 64);
	fake_await("put begun", puts_wait, &one);
	fake_store_block(&rig.store, false);
	rig_stop();
	received = counted(WORKER_RECEIVED);
	CHECK_INT(counted(WORKER_DELETED), received);
	CHECK_INT(counted(WORKER_STORED), received);
}

static void drain_without_work_ends_at_once(void)
{
	rig_init();
	rig_start(PLENTY, 64);
	rig_stop();
	rig_init();
	fake_store_fail(&rig.store, ERR_IO);
	rig_start(PLENTY, 64);
	rig_stop();
}

/* Receivers that never turn: as if the first call of each had never come back. */
static void is_alive_only_while_it_turns(void)
{
	struct clock_fake clock;
	struct pump_options options = { .receivers = RECEIVERS,
		.putters = 1,
		.visibility_s = PLENTY,
		.max_in_flight = 16,
		.wait_s = QUEUE_WAIT_MAX_S };
	struct pump *p;

	rig_init();
	clock_fake_init(&clock, 0);
	options.queue = &rig.queue.base;
	options.store = &rig.store.base;
	options.clock = &clock.base;
	p = pump_open(&options);
	CHECK(pump_is_alive(p));
	clock_fake_advance(&clock, QUEUE_WAIT_MAX_S * 1000);
	CHECK(pump_is_alive(p));
	clock_fake_advance(&clock, 10 * 60 * 1000);
	CHECK(!pump_is_alive(p));
	pump_close(p);
	rig_start(PLENTY, 64);
	CHECK(pump_is_alive(rig.pump));
	rig_stop();
}

static const struct test tests[] = {
	{ "moves_everything_once", moves_everything_once },
	{ "one_receiver_asks_an_empty_queue", one_receiver_asks_an_empty_queue },
	{ "deletes_run_side_by_side_when_calls_are_full",
	    deletes_run_side_by_side_when_calls_are_full },
	{ "same_object_again_is_deleted_as_duplicate", same_object_again_is_deleted_as_duplicate },
	{ "foreign_message_gets_its_own_key", foreign_message_gets_its_own_key },
	{ "never_holds_more_than_allowed", never_holds_more_than_allowed },
	{ "drain_finishes_what_is_held", drain_finishes_what_is_held },
	{ "drain_without_work_ends_at_once", drain_without_work_ends_at_once },
	{ "is_alive_only_while_it_turns", is_alive_only_while_it_turns },
};

TEST_MAIN(tests)
