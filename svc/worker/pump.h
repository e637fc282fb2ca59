/*
 * pump: moves messages from a queue to a store with a few threads: receivers, putters, one
 * deleter, one heartbeat. An item is deleted only after the store holds it durably.
 *
 * Invariants: capacity is reserved before a receive; every lease held is extended before
 * half of the visibility timeout has passed, until its item is settled, drain included;
 * nothing is received while the store is away, and what is held then is kept and tried again.
 */
#ifndef OPS_PUMP_H
#define OPS_PUMP_H

#include "queue.h"
#include "store.h"

enum {
	PUMP_RECEIVERS_MAX = 32,
	PUMP_PUTTERS_MAX = 256,
	PUMP_IN_FLIGHT_MAX = 4096,
	PUMP_BYTES_MAX = 64 * 1024 * 1024, /* of all bodies held or asked for */
	PUMP_STRIKES_MAX = 8,       /* puts of one item that fail while others pass: then refused */
	PUMP_STRIKE_SUCCESSES = 16, /* of others, from one strike to the next */
};

struct pump;

struct pump_options {
	struct queue *queue; /* borrowed, as are all of these, until pump_close() */
	struct store *store;
	const struct clock *clock;
	unsigned receivers, putters; /* 1 to the maxima above */
	unsigned visibility_s;       /* 2 to QUEUE_VISIBILITY_MAX_S */
	unsigned max_in_flight;      /* 1 to PUMP_IN_FLIGHT_MAX */
	unsigned wait_s;             /* of a receive that finds nothing; 1 to QUEUE_WAIT_MAX_S */
};

struct pump *pump_open(const struct pump_options *options);

/* Start all threads; once. ERR_IO: the system has no thread for us. */
int pump_start(struct pump *p, struct err *err) ATTR_MUST_CHECK;

/* Whether every receiver's loop has turned lately; true while draining. Any thread. */
bool pump_is_alive(struct pump *p);

/*
 * Stop receiving, finish or give back what is held, stop the threads. false when something
 * was still under way after timeout_ms: then the threads run on, and pump_close() must not
 * be called; the process can only exit (the leases run out by themselves).
 */
bool pump_drain(struct pump *p, int64_t timeout_ms);

void pump_close(struct pump *p); /* never started, or drained; NULL is fine */

#endif
