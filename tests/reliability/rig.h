/*
 * rig: a pump between a queue and a store that fail on order, as test_pump*.c run it. Beside test.h,
 * whose counts are each program's own.
 */
#ifndef OPS_RIG_H
#define OPS_RIG_H

#include "fakes.h"
#include "log.h"
#include "pump.h"
#include "test.h"
#include "worker_metrics.h"

enum { PLENTY = 600, DRAIN_MS = 120000, RECEIVERS = 2 };

struct rig {
	struct fake_queue queue;
	struct fake_store store;
	struct pump *pump;
	int64_t before[WORKER_METRIC_COUNT]; /* metrics count on from case to case */
};

static struct rig rig; /* one at a time, too large for a stack */

static inline void rig_init(void)
{
	static const struct log_options log = { .service = "test",
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

static inline void rig_start(unsigned visibility_s, unsigned max_in_flight)
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

static inline int64_t counted(enum worker_metric which)
{
	return worker_get(which) - rig.before[which];
}

/* Drain, and check what must be so after any run. */
static inline void rig_stop(void)
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
static inline const char *key_of(unsigned i)
{
	static char keys[FAKE_MESSAGES_MAX][OBJECTKEY_SIZE];

	if (keys[i][0] == '\0') {
		char id[UUID_TEXT_SIZE];

		uuid_v7(&clock_system, id);
		objectkey_of(id, keys[i]);
	}
	return keys[i];
}

static inline void add_messages(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		(void)fake_queue_add(&rig.queue, key_of(i), line, NULL);
}

static inline bool all_deleted(void *arg)
{
	(void)arg;
	return fake_queue_left(&rig.queue) == 0;
}

static inline void check_all_stored(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		CHECK(fake_store_has(&rig.store, key_of(i), line));
	CHECK_INT(rig.store.count, count);
}

static inline void check_received_once(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		CHECK_INT(fake_queue_get(&rig.queue, i).receives, 1);
}

struct expected {
	enum worker_metric which;
	int64_t at_least;
};

static inline bool has_counted(void *arg)
{
	struct expected *e = arg;

	return counted(e->which) >= e->at_least;
}

static inline void await_count(const char *what, enum worker_metric which, int64_t at_least)
{
	struct expected e = { which, at_least };

	fake_await(what, has_counted, &e);
}

static inline bool puts_wait(void *arg)
{
	unsigned blocked;

	pthread_mutex_lock(&rig.store.lock);
	blocked = rig.store.blocked;
	pthread_mutex_unlock(&rig.store.lock);
	return blocked >= *(unsigned *)arg;
}

#endif
