/* The pump against a queue and a store that fail on order. */
#include "fakes.h"
#include "log.h"
#include "pump.h"
#include "test.h"
#include "worker_metrics.h"

enum { PLENTY = 60, DRAIN_MS = 20000, RECEIVERS = 2 };

struct rig {
	struct fake_queue queue;
	struct fake_store store;
	struct pump *pump;
	int64_t before[WORKER_METRIC_COUNT]; /* metrics count on from case to case */
};

static struct rig rig; /* one at a time, too large for a stack */

static void rig_init(void)
{
	static const struct log_options log = { .service = "test_pump",
		.version = "",
		.fd = 2,
		.level = LOG_ERROR,
		.format = LOG_TEXT };

	log_init(&log);
	fake_queue_init(&rig.queue);
	fake_store_init(&rig.store);
	for (int i = 0; i < WORKER_METRIC_COUNT; i++)
		rig.before[i] = worker_get((enum worker_metric)i);
}

static void rig_start(unsigned visibility_s, unsigned max_in_flight)
{
	const struct pump_options options = {
		.queue = &rig.queue.base,
		.store = &rig.store.base,
		.clock = &clock_system,
		.receivers = RECEIVERS,
		.putters = 4,
		.visibility_s = visibility_s,
		.max_in_flight = max_in_flight,
		.wait_s = QUEUE_WAIT_MAX_S,
	};
	struct err err;

	rig.pump = pump_open(&options);
	if (pump_start(rig.pump, &err) != 0)
		test_die("%s", err.text);
}

static int64_t counted(enum worker_metric which)
{
	return worker_get(which) - rig.before[which];
}

/* Drain, and check what must be so after any run. */
static void rig_stop(void)
{
	CHECK(pump_drain(rig.pump, DRAIN_MS));
	/* At most one each: a receiver may have been on its way. */
	CHECK(rig.queue.receive_calls_after_interrupt <= RECEIVERS);
	CHECK_INT(worker_get(WORKER_IN_FLIGHT), 0);
	CHECK_INT(worker_get(WORKER_IN_FLIGHT_BYTES), 0);
	CHECK_INT(counted(WORKER_RECEIVED),
	    counted(WORKER_DELETED) + counted(WORKER_LEASE_LOST) + counted(WORKER_RETURNED_DRAIN) +
		counted(WORKER_RETURNED_REFUSED));
	pump_close(rig.pump);
	fake_store_release(&rig.store);
	fake_queue_release(&rig.queue);
}

static const char line[] =
    "{\"id\":\"a\",\"accepted_at\":\"2026-11-21T08:15:30.123Z\",\"data\":{}}\n";

/* Message `i` of a case: its key. Equal i, equal key. */
static const char *key_of(unsigned i)
{
	static char keys[FAKE_MESSAGES_MAX][OBJECTKEY_SIZE];

	if (keys[i][0] == '\0') {
		char id[UUID_TEXT_SIZE];

		uuid_v7(&clock_system, id);
		objectkey_of(id, keys[i]);
	}
	return keys[i];
}

static void add_messages(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		(void)fake_queue_add(&rig.queue, key_of(i), line, NULL);
}

static bool all_deleted(void *arg)
{
	(void)arg;
	return fake_queue_left(&rig.queue) == 0;
}

static void check_all_stored(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		CHECK(fake_store_has(&rig.store, key_of(i), line));
	CHECK_INT(rig.store.count, count);
}

static void check_received_once(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		CHECK_INT(fake_queue_get(&rig.queue, i).receives, 1);
}

struct expected {
	enum worker_metric which;
	int64_t at_least;
};

static bool has_counted(void *arg)
{
	struct expected *e = arg;

	return counted(e->which) >= e->at_least;
}

static void await_count(const char *what, enum worker_metric which, int64_t at_least)
{
	struct expected e = { which, at_least };

	fake_await(what, has_counted, &e);
}

static bool puts_wait(void *arg)
{
	unsigned blocked;

	pthread_mutex_lock(&rig.store.lock);
	blocked = rig.store.blocked;
	pthread_mutex_unlock(&rig.store.lock);
	return blocked >= *(unsigned *)arg;
}

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

/* ---- leases ---- */

static bool all_extended_twice(void *arg)
{
	for (unsigned i = 0; i < *(unsigned *)arg; i++)
		if (fake_queue_get(&rig.queue, i).extends < 2)
			return false;
	return true;
}

/* Puts that take longer than the shortest visibility timeout there is. */
static void leases_are_kept_while_puts_are_slow(void)
{
	unsigned count = 12;

	rig_init();
	add_messages(count);
	fake_store_block(&rig.store, true);
	rig_start(2, 64);
	fake_await("extended", all_extended_twice, &count);
	fake_store_block(&rig.store, false);
	fake_await("all deleted", all_deleted, NULL);
	check_received_once(count);
	check_all_stored(count);
	rig_stop();
}

static void leases_are_kept_while_draining(void)
{
	unsigned one = 1;

	rig_init();
	add_messages(1);
	fake_store_block(&rig.store, true);
	rig_start(2, 64);
	fake_await("put begun", puts_wait, &one);
	/* The put cannot end within this drain: it says so, and the lease lives on. */
	CHECK(!pump_drain(rig.pump, 2500));
	CHECK(fake_queue_get(&rig.queue, 0).extends >= 2);
	CHECK_INT(fake_queue_get(&rig.queue, 0).returns, 0);
	fake_store_block(&rig.store, false);
	rig_stop();
	CHECK_INT(rig.queue.messages[0].receives, 1);
	CHECK_INT(counted(WORKER_DELETED), 1);
}

static void lost_lease_is_neither_extended_nor_deleted(void)
{
	unsigned one = 1;
	struct fake_message m;

	rig_init();
	add_messages(1);
	fake_store_block(&rig.store, true);
	rig_start(2, 64);
	fake_await("put begun", puts_wait, &one);
	pthread_mutex_lock(&rig.queue.lock);
	rig.queue.steal = 0;
	pthread_mutex_unlock(&rig.queue.lock);
	await_count("lease lost", WORKER_LEASE_LOST, 1);
	m = fake_queue_get(&rig.queue, 0);
	fake_store_block(&rig.store, false);
	await_count("put ends", WORKER_STORED, 1);
	check_all_stored(1); /* the put may end: the key makes it harmless */
	rig_stop();
	CHECK_INT(rig.queue.messages[0].extends, m.extends);
	CHECK(!rig.queue.messages[0].is_deleted);
}

static void lease_lost_at_the_delete_is_not_counted_as_deleted(void)
{
	unsigned one = 1;

	rig_init();
	add_messages(1);
	fake_store_block(&rig.store, true);
	rig_start(PLENTY, 64);
	fake_await("put begun", puts_wait, &one);
	pthread_mutex_lock(&rig.queue.lock);
	rig.queue.steal = 0;
	pthread_mutex_unlock(&rig.queue.lock);
	fake_store_block(&rig.store, false);
	await_count("lease lost", WORKER_LEASE_LOST, 1);
	rig_stop();
	CHECK_INT(counted(WORKER_DELETED), 0);
}

static void extend_that_fails_is_tried_again(void)
{
	unsigned one = 1;

	rig_init();
	add_messages(1);
	rig.queue.extend_fails = ERR_BUSY;
	fake_store_block(&rig.store, true);
	rig_start(2, 64);
	fake_await("put begun", puts_wait, &one);
	await_count("failures", WORKER_FAILED_EXTEND, 2);
	pthread_mutex_lock(&rig.queue.lock);
	rig.queue.extend_fails = ERR_NONE;
	pthread_mutex_unlock(&rig.queue.lock);
	fake_await("extended", all_extended_twice, &one);
	fake_store_block(&rig.store, false);
	fake_await("all deleted", all_deleted, NULL);
	check_received_once(1);
	rig_stop();
	CHECK_INT(counted(WORKER_LEASE_LOST), 0);
}

static void delete_that_fails_is_tried_again(void)
{
	/* Of a whole call also those that, said of one lease, mean that it is lost. */
	static const enum err_code codes[] = { ERR_BUSY, ERR_IO, ERR_TIMEOUT, ERR_DENIED,
		ERR_NOTFOUND, ERR_INVALID, ERR_CONFLICT };

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		rig_init();
		add_messages(20);
		rig.queue.delete_fails = codes[i];
		rig_start(PLENTY, 64);
		await_count("failures", WORKER_FAILED_DELETE, 20);
		pthread_mutex_lock(&rig.queue.lock);
		rig.queue.delete_fails = ERR_NONE;
		pthread_mutex_unlock(&rig.queue.lock);
		fake_await("all deleted", all_deleted, NULL);
		check_received_once(20);
		check_all_stored(20);
		rig_stop();
	}
}

static void receive_that_fails_is_tried_again(void)
{
	rig_init();
	add_messages(20);
	rig.queue.receive_fails = ERR_IO;
	rig_start(PLENTY, 64);
	await_count("failures", WORKER_FAILED_RECEIVE, 3);
	pthread_mutex_lock(&rig.queue.lock);
	rig.queue.receive_fails = ERR_NONE;
	pthread_mutex_unlock(&rig.queue.lock);
	fake_await("all deleted", all_deleted, NULL);
	rig_stop();
}

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
	CHECK_INT(rig.queue.receive_calls, 0);
	fake_store_fail(&rig.store, ERR_NONE);
	fake_await("all deleted", all_deleted, NULL);
	check_received_once(10);
	rig_stop();
}

/* Who may not list a bucket may write to it all the same. */
static void store_that_may_not_be_looked_at_is_tried(void)
{
	rig_init();
	add_messages(100);
	rig.store.check_fails = ERR_DENIED;
	rig_start(PLENTY, 16);
	fake_await("all deleted", all_deleted, NULL);
	CHECK_INT(rig.store.check_calls, 1);
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
	CHECK_INT(rig.queue.receive_calls, 1);
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
	{ "leases_are_kept_while_puts_are_slow", leases_are_kept_while_puts_are_slow },
	{ "leases_are_kept_while_draining", leases_are_kept_while_draining },
	{ "lost_lease_is_neither_extended_nor_deleted",
	    lost_lease_is_neither_extended_nor_deleted },
	{ "lease_lost_at_the_delete_is_not_counted_as_deleted",
	    lease_lost_at_the_delete_is_not_counted_as_deleted },
	{ "extend_that_fails_is_tried_again", extend_that_fails_is_tried_again },
	{ "delete_that_fails_is_tried_again", delete_that_fails_is_tried_again },
	{ "receive_that_fails_is_tried_again", receive_that_fails_is_tried_again },
	{ "outage_uses_up_no_receives", outage_uses_up_no_receives },
	{ "start_during_an_outage_receives_nothing", start_during_an_outage_receives_nothing },
	{ "store_that_may_not_be_looked_at_is_tried", store_that_may_not_be_looked_at_is_tried },
	{ "store_that_denies_all_is_tried_once", store_that_denies_all_is_tried_once },
	{ "drain_during_an_outage_gives_everything_back",
	    drain_during_an_outage_gives_everything_back },
	{ "hopeless_message_is_refused_alone", hopeless_message_is_refused_alone },
	{ "message_that_fails_alone_is_refused", message_that_fails_alone_is_refused },
	{ "drain_finishes_what_is_held", drain_finishes_what_is_held },
	{ "drain_without_work_ends_at_once", drain_without_work_ends_at_once },
	{ "is_alive_only_while_it_turns", is_alive_only_while_it_turns },
};

TEST_MAIN(tests)
