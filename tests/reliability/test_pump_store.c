/* The pump while the store is away, and with messages that it will never take. */
#include "rig.h"

/* ---- the store is away ---- */

static const enum err_code outages[] = { ERR_IO, ERR_BUSY, ERR_TIMEOUT, ERR_DENIED, ERR_NOTFOUND,
	ERR_CREDENTIALS };

static bool is_store_away(void *arg)
{
	(void)arg;
	return worker_get(WORKER_STORE_AVAILABLE) == 0;
}

static void outage_uses_up_no_receives(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(outages); i++) {
		rig_init();
		rig_start(PLENTY, 16);
		add_messages(1);
		await_count("store in use", WORKER_DELETED, 1);
		fake_store_fail(&rig.store, outages[i]);
		for (unsigned m = 1; m < 100; m++)
			(void)fake_queue_add(&rig.queue, key_of(m), line, NULL);
		fake_await("store away", is_store_away, NULL);
		CHECK(worker_get(WORKER_IN_FLIGHT) <= 16);
		fake_store_fail(&rig.store, ERR_NONE);
		fake_await("all deleted", all_deleted, NULL);
		check_received_once(100);
		check_all_stored(100);
		rig_stop();
		CHECK_INT(counted(WORKER_REFUSED), 0);
	}
}

static void start_during_an_outage_receives_nothing(void)
{
	rig_init();
	add_messages(10);
	fake_store_fail(&rig.store, ERR_IO);
	rig_start(PLENTY, 16);
	await_count("checks", WORKER_FAILED_CHECK, 3);
	CHECK(is_store_away(NULL));
	CHECK_INT(rig.queue.receive_calls, 0);
	fake_store_fail(&rig.store, ERR_NONE);
	fake_await("all deleted", all_deleted, NULL);
	check_received_once(10);
	rig_stop();
}

static unsigned read_locked(pthread_mutex_t *lock, const unsigned *value)
{
	unsigned now;

	pthread_mutex_lock(lock);
	now = *value;
	pthread_mutex_unlock(lock);
	return now;
}

/* Who may not list a bucket may write to it all the same. */
static void store_that_may_not_be_looked_at_is_tried(void)
{
	rig_init();
	add_messages(100);
	rig.store.check_fails = ERR_DENIED;
	rig_start(PLENTY, 16);
	fake_await("all deleted", all_deleted, NULL);
	CHECK_INT(read_locked(&rig.store.lock, &rig.store.check_calls), 1);
	check_received_once(100);
	check_all_stored(100);
	rig_stop();
}

/* And if it may neither, one call's worth is received, and kept. */
static void store_that_denies_all_is_tried_once(void)
{
	rig_init();
	add_messages(100);
	fake_store_fail(&rig.store, ERR_DENIED);
	rig_start(PLENTY, 16);
	await_count("puts", WORKER_FAILED_PUT, 3);
	CHECK_INT(read_locked(&rig.queue.lock, &rig.queue.receive_calls), 1);
	CHECK(is_store_away(NULL));
	fake_store_fail(&rig.store, ERR_NONE);
	fake_await("all deleted", all_deleted, NULL);
	check_received_once(100);
	rig_stop();
}

static void drain_during_an_outage_gives_everything_back(void)
{
	rig_init();
	rig_start(PLENTY, 16);
	add_messages(1);
	await_count("store in use", WORKER_DELETED, 1);
	fake_store_fail(&rig.store, ERR_IO);
	for (unsigned m = 1; m < 100; m++)
		(void)fake_queue_add(&rig.queue, key_of(m), line, NULL);
	fake_await("store away", is_store_away, NULL);
	rig_stop();
	CHECK(counted(WORKER_RETURNED_DRAIN) > 0);
	for (size_t i = 1; i < rig.queue.count; i++) {
		CHECK_INT(rig.queue.messages[i].last_delay_s, 0);
		CHECK(rig.queue.messages[i].visible_at_us <= clock_mono_us(&clock_system));
	}
}

/* ---- messages that can never be stored ---- */

static void hopeless_message_is_refused_alone(void)
{
	static const char other_digest[] =
	    "0000000000000000000000000000000000000000000000000000000000000000";
	size_t corrupt, path;

	rig_init();
	add_messages(10);
	corrupt = fake_queue_add(&rig.queue, key_of(10), line, other_digest);
	path = fake_queue_add(&rig.queue, "../etc/passwd", line, NULL);
	/* Which of the two with one key comes first is the putters' affair. */
	(void)fake_queue_add(&rig.queue, key_of(3), "other bytes", NULL);
	rig_start(PLENTY, 64);
	await_count("three refused", WORKER_RETURNED_REFUSED, 3);
	await_count("ten deleted", WORKER_DELETED, 10);
	/* Hidden for a whole timeout, so that receives are not burnt in a loop. */
	CHECK_INT(fake_queue_get(&rig.queue, corrupt).last_delay_s, PLENTY);
	CHECK_INT(fake_queue_get(&rig.queue, path).last_delay_s, PLENTY);
	CHECK_INT(fake_queue_get(&rig.queue, corrupt).receives, 1);
	CHECK_INT(fake_queue_left(&rig.queue), 3);
	CHECK_INT(rig.store.count, 10);
	CHECK_INT(worker_get(WORKER_STORE_AVAILABLE), 1);
	rig_stop();
	CHECK_INT(counted(WORKER_REFUSED), 3);
}

static bool has_failed_again(void *arg)
{
	return counted(WORKER_FAILED_PUT) > *(int64_t *)arg || counted(WORKER_REFUSED) > 0;
}

/* One key fails for ever while the store works: it must not hold its place for ever. */
static void message_that_fails_alone_is_refused(void)
{
	unsigned passed = 0;

	rig_init();
	add_messages(1);
	rig.store.bad_key = key_of(0);
	rig_start(PLENTY, 16);
	await_count("first failure", WORKER_FAILED_PUT, 1);
	while (counted(WORKER_REFUSED) == 0 && passed + PUMP_STRIKE_SUCCESSES < FAKE_MESSAGES_MAX) {
		int64_t failures = counted(WORKER_FAILED_PUT);

		for (unsigned i = 0; i < PUMP_STRIKE_SUCCESSES; i++)
			(void)fake_queue_add(&rig.queue, key_of(++passed), line, NULL);
		await_count("the others pass", WORKER_DELETED, passed);
		fake_await("failure", has_failed_again, &failures);
	}
	await_count("returned", WORKER_RETURNED_REFUSED, 1);
	CHECK(counted(WORKER_FAILED_PUT) >= PUMP_STRIKES_MAX);
	CHECK_INT(fake_queue_get(&rig.queue, 0).last_delay_s, PLENTY);
	rig_stop();
}

static const struct test tests[] = {
	{ "outage_uses_up_no_receives", outage_uses_up_no_receives },
	{ "start_during_an_outage_receives_nothing", start_during_an_outage_receives_nothing },
	{ "store_that_may_not_be_looked_at_is_tried", store_that_may_not_be_looked_at_is_tried },
	{ "store_that_denies_all_is_tried_once", store_that_denies_all_is_tried_once },
	{ "drain_during_an_outage_gives_everything_back",
	    drain_during_an_outage_gives_everything_back },
	{ "hopeless_message_is_refused_alone", hopeless_message_is_refused_alone },
	{ "message_that_fails_alone_is_refused", message_that_fails_alone_is_refused },
};

TEST_MAIN(tests)
