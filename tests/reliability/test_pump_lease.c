/* The pump and its leases: kept, lost, and given up to whoever has them. */
#include "rig.h"

/*
 * Of leases that must be extended, in seconds: a third is waited for, and a busy machine may stumble
 * for the rest.
 */
enum { LEASE_S = 12 };

/* ---- leases ---- */

static bool all_extended_twice(void *arg)
{
	for (unsigned i = 0; i < *(unsigned *)arg; i++)
		if (fake_queue_get(&rig.queue, i).extends < 2)
			return false;
	return true;
}

/* While puts take as long as they like. */
static void leases_are_kept_while_puts_are_slow(void)
{
	unsigned count = 12;

	rig_init();
	add_messages(count);
	fake_store_block(&rig.store, true);
	rig_start(LEASE_S, 64);
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
	rig_start(LEASE_S, 64);
	fake_await("put begun", puts_wait, &one);
	/* The put cannot end within this drain: it says so, and the lease lives on. */
	CHECK(!pump_drain(rig.pump, 100));
	fake_await("extended", all_extended_twice, &one);
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
	rig_start(LEASE_S, 64);
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
	rig_start(LEASE_S, 64);
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

static const struct test tests[] = {
	{ "leases_are_kept_while_puts_are_slow", leases_are_kept_while_puts_are_slow },
	{ "leases_are_kept_while_draining", leases_are_kept_while_draining },
	{ "lost_lease_is_neither_extended_nor_deleted",
	    lost_lease_is_neither_extended_nor_deleted },
	{ "lease_lost_at_the_delete_is_not_counted_as_deleted",
	    lease_lost_at_the_delete_is_not_counted_as_deleted },
	{ "extend_that_fails_is_tried_again", extend_that_fails_is_tried_again },
	{ "delete_that_fails_is_tried_again", delete_that_fails_is_tried_again },
	{ "receive_that_fails_is_tried_again", receive_that_fails_is_tried_again },
};

TEST_MAIN(tests)
