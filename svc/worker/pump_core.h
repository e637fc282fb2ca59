/*
 * pump_core: what the threads of the pump share; private to pump.c, receiver.c, putter.c,
 * deleter.c and heartbeat.c. One lock guards everything that is not marked otherwise; no
 * queue or store call is made while holding it.
 */
#ifndef OPS_PUMP_CORE_H
#define OPS_PUMP_CORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "gate.h"
#include "item.h"
#include "pump.h"
#include "worker_metrics.h"

enum {
	PUMP_THREADS_MAX = 2 * PUMP_RECEIVERS_MAX + PUMP_PUTTERS_MAX + 1,
	PUMP_LEASE_PERIOD = 3, /* a lease is extended after 1/3 of the visibility timeout */
};

struct pump {
	struct pump_options options; /* never changes */
	unsigned receive_max;        /* messages per receive call; never changes */
	size_t batch_max;            /* leases per delete or extend call; never changes */
	int64_t visibility_us;       /* never changes */

	pthread_mutex_t lock;
	pthread_cond_t room;     /* receivers: capacity, or the store is back */
	pthread_cond_t work;     /* putters */
	pthread_cond_t stored;   /* first deleter */
	pthread_cond_t overflow; /* the other deleters: a full call waits */
	pthread_cond_t beat;     /* heartbeat: the first lease, something to return */
	pthread_cond_t progress; /* drain: something was settled, a receiver is through */

	/*
	 * While the queue is empty one receiver asks, and the others wait: a long poll costs the
	 * same whether it brings something or not.
	 */
	bool is_idle;       /* the last receive brought nothing */
	unsigned receiving; /* receives under way */

	size_t items;      /* held now */
	size_t reserved;   /* places for those that receive calls under way may bring */
	size_t held_bytes; /* of the items; QUEUE_BODY_MAX for each place */
	struct item_list queued, waiting, to_delete, returning;
	struct item_leases leases;
	struct gate gate;  /* of puts; nothing is received while it is shut */
	uint64_t stumbled; /* items whose first put failed, since the start */
	/*
	 * The gate is shut, and we may not look at the store (S3: s3:ListBucket) but perhaps write:
	 * one receive at a time, while nothing is held, brings what will show it.
	 */
	bool is_trial, is_trial_told;

	bool is_draining; /* no receive is issued any more */
	bool is_over;     /* nothing is held: threads end */
	unsigned receivers_running;

	_Atomic int64_t turned_at_us[PUMP_RECEIVERS_MAX]; /* no lock */
	pthread_t threads[PUMP_THREADS_MAX];
	size_t thread_count;
};

/* A receiver's argument. */
struct receiver {
	struct pump *pump;
	unsigned index;
};

void *receiver_run(void *receiver); /* frees its argument */
void *putter_run(void *pump);
void *deleter_run(void *pump);          /* takes whatever is there */
void *deleter_overflow_run(void *pump); /* takes full calls only: see deleter.c */
void *heartbeat_run(void *pump);

/* ---- a putter's choices, for itself and for its test; lock held ---- */

/* The item to put now, counted by the gate; NULL: none now. */
struct item *putter_choose(struct pump *p, int64_t now_us);

/* When a putter that found none must look again of its own accord; INT64_MAX: when signalled. */
int64_t putter_turn_us(const struct pump *p, int64_t now_us);

enum putter_verdict { VERDICT_STORED, VERDICT_RETRY, VERDICT_REFUSED };

/* What becomes of an item whose put ended so; counts a failure. Before the gate is told. */
enum putter_verdict putter_judge(struct pump *p, struct item *it, int rc, enum err_code code);

/* ---- what they call ---- */

/* Wait for `cond`, at most until that monotonic time (INT64_MAX: for ever). Lock held. */
void pump_wait(struct pump *p, pthread_cond_t *cond, int64_t until_us);

int64_t pump_now_us(const struct pump *p);
uint32_t pump_random(void);

/* Whether calls of one kind to the queue work: logged when it changes. One thread's own. */
struct pump_health {
	const char *operation;
	unsigned failures; /* in a row */
};
void pump_note_health(struct pump_health *h, int rc, const struct err *err);

/* Note a receive, put, delete or extend that went wrong. Lock held or not. */
void pump_failed(enum worker_metric stage, const struct item *it, const struct err *err);

/*
 * Whether a call that ended so says of this lease that it is no longer ours. A call that failed as
 * a whole is the queue's trouble.
 */
bool pump_is_lost(int rc, const struct queue_lease *lease);

/* Mark the lease as lost: the item is not extended, deleted or returned any more. Lock held. */
void pump_lose(struct pump *p, struct item *it, const struct err *err);

/*
 * The item's end: its place and its lease are let go, its memory freed (by the heartbeat,
 * when that is just extending it). Lock held.
 */
void pump_settle(struct pump *p, struct item *it);

/* Have it given back so that it is visible again after delay_s. Lock held; in no list. */
void pump_return(struct pump *p, struct item *it, unsigned delay_s);

/*
 * The outcome of an attempt at the store: opens or shuts the gate, says so once, and wakes
 * whom it concerns. Lock held.
 */
void pump_store_result(struct pump *p, enum gate_result result, const struct err *err);

#endif
