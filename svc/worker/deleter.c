/*
 * Deleters. The first takes whatever is there as soon as it is free: no timer, no minimum. The
 * others, where there are any, begin a call only when one is full: calls are what a queue
 * bills, and nothing waits for them longer than one call of the first.
 */
#include "pump_core.h"

#include <stdlib.h>

#include "crash.h"
#include "mem.h"

enum {
	RETRY_BASE_MS = 100,
	RETRY_MAX_MS = 5000,
};

/* Everything that waits and is due, up to one call's worth. Lock held. */
static size_t take(struct pump *p, struct item **batch)
{
	int64_t now_us = pump_now_us(p);
	size_t n = 0;

	while (n < p->batch_max && item_list_is_due(&p->to_delete, now_us)) {
		struct item *it = item_list_pop(&p->to_delete);

		if (it->is_lost) {
			/* Stored it is; whoever has the lease finds that out and deletes. */
			pump_settle(p, it);
			continue;
		}
		it->stage = ITEM_DELETING;
		batch[n++] = it;
	}
	return n;
}

static int64_t turn_us(const struct pump *p, bool is_overflow)
{
	return !is_overflow && p->to_delete.head != NULL ? p->to_delete.head->due_us : INT64_MAX;
}

static size_t await_batch(struct pump *p, struct item **batch, bool is_overflow)
{
	size_t min = is_overflow ? p->batch_max : 1, n = 0;

	pthread_mutex_lock(&p->lock);
	while (n == 0 && !p->is_over) {
		if (p->to_delete.count >= min)
			n = take(p, batch);
		if (n == 0 && !p->is_over)
			pump_wait(p, is_overflow ? &p->overflow : &p->stored,
			    turn_us(p, is_overflow));
	}
	pthread_mutex_unlock(&p->lock);
	return n;
}

static void retry(struct pump *p, struct item *it)
{
	it->attempts++;
	it->stage = ITEM_STORED;
	it->due_us = pump_now_us(p) +
	    gate_backoff_us(it->attempts, RETRY_BASE_MS, RETRY_MAX_MS, pump_random());
	item_list_push_due(&p->to_delete, it);
}

/* Lock held. */
static void apply(struct pump *p, struct item *it, int rc, const struct queue_lease *lease)
{
	if (lease->result.code == ERR_NONE) {
		worker_count(WORKER_DELETED, 1);
		pump_settle(p, it);
		return;
	}
	pump_failed(WORKER_FAILED_DELETE, it, &lease->result);
	if (!pump_is_lost(rc, lease)) {
		retry(p, it);
		return;
	}
	/* It comes back, is found in the store, and is deleted then. */
	pump_lose(p, it, &lease->result);
	pump_settle(p, it);
}

static void delete_batch(struct pump *p, struct item **batch, struct queue_lease *leases, size_t n,
    struct pump_health *health)
{
	struct err err = { 0 };
	int rc;

	for (size_t i = 0; i < n; i++)
		leases[i] = (struct queue_lease){ .receipt = batch[i]->message.receipt };
	CRASH_POINT("worker-before-delete");
	rc = queue_delete(p->options.queue, leases, n, &err);
	CRASH_POINT("worker-after-delete");
	pump_note_health(health, rc, &err);
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < n; i++)
		apply(p, batch[i], rc, &leases[i]);
	pthread_mutex_unlock(&p->lock);
}

static void run(struct pump *p, bool is_overflow)
{
	struct item **batch = xcalloc(p->batch_max, sizeof(*batch));
	struct queue_lease *leases = xcalloc(p->batch_max, sizeof(*leases));
	struct pump_health health = { .operation = "delete" };
	size_t n;

	while ((n = await_batch(p, batch, is_overflow)) > 0)
		delete_batch(p, batch, leases, n, &health);
	free(leases);
	free(batch);
}

void *deleter_run(void *pump)
{
	run(pump, false);
	return NULL;
}

void *deleter_overflow_run(void *pump)
{
	run(pump, true);
	return NULL;
}
