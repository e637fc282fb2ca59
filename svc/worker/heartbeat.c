/*
 * The heartbeat extends every lease when a third of the visibility timeout has passed, and
 * gives back what is returned. One thread: an item is never extended and returned at once.
 */
#include "pump_core.h"

#include <stdlib.h>

#include "mem.h"

/* Fractions of the visibility timeout, so that 2 s work as 43,200 s do. */
enum {
	PERIOD = PUMP_LEASE_PERIOD,
	AHEAD = 12, /* take along what would be due within 1/12 */
	RETRY = 12, /* a call that failed: again after 1/12 */
};

struct batch {
	struct item **items;
	struct queue_lease *leases;
	size_t n;
	int64_t started_us;
	bool is_return;
};

/* ---- what to do next ---- */

static void schedule(struct pump *p, struct item *it, int64_t at_us)
{
	item_leases_remove(&p->leases, it);
	it->extend_at_us = at_us;
	item_leases_add(&p->leases, it);
}

/* Leases that are due, earliest first. */
static void take_due(struct pump *p, struct batch *b, int64_t now_us)
{
	int64_t until_us = now_us + p->visibility_us / AHEAD;
	struct item *it = p->leases.head;

	if (it == NULL || it->extend_at_us > now_us)
		return;
	for (; it != NULL && it->extend_at_us <= until_us && b->n < p->batch_max;
	     it = p->leases.head) {
		if (it->stage == ITEM_DELETING) {
			/* No lease to extend if it works; if not, look again soon. */
			schedule(p, it, until_us + 1);
			continue;
		}
		item_leases_remove(&p->leases, it);
		it->is_extending = true;
		b->items[b->n++] = it;
	}
}

/* Items to give back with one and the same delay. */
static void take_returns(struct pump *p, struct batch *b)
{
	struct item *it;

	while (b->n < p->batch_max && (it = p->returning.head) != NULL) {
		if (b->n > 0 && it->return_delay_s != b->items[0]->return_delay_s)
			break;
		(void)item_list_pop(&p->returning);
		item_leases_remove(&p->leases, it);
		if (it->is_lost)
			pump_settle(p, it);
		else
			b->items[b->n++] = it;
	}
	b->is_return = b->n > 0;
}

/* false: the pump is over. */
static bool await_batch(struct pump *p, struct batch *b)
{
	b->n = 0;
	b->is_return = false;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		b->started_us = pump_now_us(p);
		take_due(p, b, b->started_us);
		if (b->n == 0)
			take_returns(p, b);
		if (b->n > 0 || p->is_over)
			break;
		pump_wait(p, &p->beat,
		    p->leases.head != NULL ? p->leases.head->extend_at_us : INT64_MAX);
	}
	pthread_mutex_unlock(&p->lock);
	return b->n > 0;
}

/* ---- what came of it; lock held ---- */

static void apply_return(struct pump *p, struct item *it, const struct err *result)
{
	/* A return that failed happens all the same when the lease runs out. */
	if (result->code != ERR_NONE)
		pump_failed(WORKER_FAILED_EXTEND, it, result);
	worker_count(it->return_delay_s == 0 ? WORKER_RETURNED_DRAIN : WORKER_RETURNED_REFUSED, 1);
	pump_settle(p, it);
}

static void apply_extend(struct pump *p, struct item *it, int rc, const struct queue_lease *lease,
    int64_t started_us)
{
	const struct err *result = &lease->result;
	bool is_deleting = it->stage == ITEM_DELETING;

	it->is_extending = false;
	if (it->stage == ITEM_SETTLED) {
		pump_settle(p, it);
		return;
	}
	if (result->code == ERR_NONE) {
		it->lease_until_us = started_us + p->visibility_us;
		schedule(p, it, started_us + p->visibility_us / PERIOD);
		return;
	}
	/* Of one that is being deleted, the deleter will know better. */
	if (!is_deleting)
		pump_failed(WORKER_FAILED_EXTEND, it, result);
	if (!is_deleting && (pump_is_lost(rc, lease) || pump_now_us(p) > it->lease_until_us))
		pump_lose(p, it, result);
	else
		schedule(p, it, pump_now_us(p) + p->visibility_us / RETRY);
}

static void run_batch(struct pump *p, struct batch *b, struct pump_health *health)
{
	unsigned delay_s = b->is_return ? b->items[0]->return_delay_s : p->options.visibility_s;
	struct err err = { 0 };
	int rc;

	for (size_t i = 0; i < b->n; i++)
		b->leases[i] = (struct queue_lease){ .receipt = b->items[i]->message.receipt };
	rc = queue_extend(p->options.queue, b->leases, b->n, delay_s, &err);
	pump_note_health(health, rc, &err);
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < b->n; i++)
		if (b->is_return)
			apply_return(p, b->items[i], &b->leases[i].result);
		else
			apply_extend(p, b->items[i], rc, &b->leases[i], b->started_us);
	pthread_mutex_unlock(&p->lock);
}

void *heartbeat_run(void *pump)
{
	struct pump *p = pump;
	struct pump_health health = { .operation = "extend" };
	struct batch b = {
		.items = xcalloc(p->batch_max, sizeof(struct item *)),
		.leases = xcalloc(p->batch_max, sizeof(struct queue_lease)),
	};

	while (await_batch(p, &b))
		run_batch(p, &b, &health);
	free(b.leases);
	free(b.items);
	return NULL;
}
