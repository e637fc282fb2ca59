#include "pump_core.h"

#include <stdlib.h>

#include "crash.h"
#include "log.h"
#include "mem.h"

enum {
	TURN_US = 1000000, /* a receiver that must wait looks round so often */
	RETRY_BASE_MS = 200,
	RETRY_MAX_MS = 20000,
};

/* ---- may we receive? ---- */

static void begin_trial(struct pump *p, const struct err *err)
{
	pump_store_result(p, GATE_NEUTRAL, err);
	p->is_trial = true;
	if (!p->is_trial_told)
		log_warn("store may not be looked at, a message will show whether it takes any",
		    "error.type", err_name(err->code), "error.message", err->text, NULL);
	p->is_trial_told = true;
}

/* With nothing to put there is no put that would show whether the store is back: ask it. */
static void probe_store(struct pump *p)
{
	struct err err = { 0 };
	int rc;

	pthread_mutex_unlock(&p->lock);
	rc = store_check(p->options.store, &err);
	pthread_mutex_lock(&p->lock);
	if (rc != 0 && err.code == ERR_DENIED)
		begin_trial(p, &err);
	else
		pump_store_result(p, rc == 0 ? GATE_SUCCESS : GATE_FAILURE, &err);
	if (rc != 0)
		pump_failed(WORKER_FAILED_CHECK, NULL, &err);
}

static bool is_open(const struct pump *p)
{
	return !p->gate.is_shut || (p->is_trial && p->items == 0 && p->receiving == 0);
}

static bool has_nothing_to_put(const struct pump *p)
{
	return p->queued.head == NULL && p->waiting.head == NULL;
}

static bool has_room(const struct pump *p)
{
	return p->items + p->reserved + p->receive_max <= p->options.max_in_flight &&
	    p->held_bytes + (size_t)p->receive_max * QUEUE_BODY_MAX <= PUMP_BYTES_MAX;
}

/* Whether this receive may run beside those that do already. */
static bool is_wanted(const struct pump *p)
{
	return !p->is_idle || p->receiving == 0;
}

static void turn(struct receiver *r)
{
	r->pump->turned_at_us[r->index] = pump_now_us(r->pump);
}

/* Reserve room for one call, before the call. false: draining. */
static bool reserve(struct receiver *r)
{
	struct pump *p = r->pump;
	bool is_granted = false;

	pthread_mutex_lock(&p->lock);
	while (!p->is_draining && !is_granted) {
		int64_t now_us = pump_now_us(p);

		turn(r);
		if (p->gate.is_shut && !p->is_trial && has_nothing_to_put(p) &&
		    gate_enter(&p->gate, now_us))
			probe_store(p);
		else if (is_open(p) && has_room(p) && is_wanted(p))
			is_granted = true;
		else
			pump_wait(p, &p->room, now_us + (p->gate.is_shut ? TURN_US / 10 : TURN_US));
	}
	if (is_granted) {
		p->receiving++;
		p->reserved += p->receive_max;
		p->held_bytes += (size_t)p->receive_max * QUEUE_BODY_MAX;
	}
	pthread_mutex_unlock(&p->lock);
	return is_granted;
}

/* ---- taking over what came ---- */

static struct item *item_new(struct pump *p, struct queue_message *m, int64_t now_us)
{
	struct item *it = xcalloc(1, sizeof(*it));

	it->message = *m;
	queue_message_init(m); /* its content is the item's now */
	it->size_bytes = it->message.body.n;
	it->received_at_ms = clock_wall_ms(p->options.clock);
	it->extend_at_us = now_us + p->visibility_us / PUMP_LEASE_PERIOD;
	it->lease_until_us = now_us + p->visibility_us;
	return it;
}

static void accept_message(struct pump *p, struct queue_message *m, int64_t now_us)
{
	struct item *it = item_new(p, m, now_us);

	p->items++;
	p->held_bytes += it->size_bytes;
	worker_count(WORKER_RECEIVED, 1);
	worker_count(WORKER_IN_FLIGHT, 1);
	worker_count(WORKER_IN_FLIGHT_BYTES, (int64_t)it->size_bytes);
	worker_observe_hop(WORKER_SENT_RECEIVED, it->received_at_ms - it->message.sent_at_ms);
	if (p->leases.head == NULL)
		(void)pthread_cond_signal(&p->beat);
	item_leases_add(&p->leases, it);
	item_list_push(&p->queued, it);
	(void)pthread_cond_signal(&p->work);
	if (p->is_draining)
		(void)pthread_cond_signal(&p->progress);
}

static void accept_all(struct pump *p, struct queue_message *messages, size_t count)
{
	int64_t now_us = pump_now_us(p);

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < count; i++)
		accept_message(p, &messages[i], now_us);
	p->receiving--;
	p->is_idle = count == 0;
	if (!p->is_idle)
		(void)pthread_cond_broadcast(&p->room);
	p->reserved -= p->receive_max;
	p->held_bytes -= (size_t)p->receive_max * QUEUE_BODY_MAX;
	(void)pthread_cond_signal(&p->room);
	pthread_mutex_unlock(&p->lock);
}

/* ---- the loop ---- */

/* Longer after each failure. */
static void back_off(struct pump *p, unsigned failures)
{
	int64_t until_us = pump_now_us(p) +
	    gate_backoff_us(failures, RETRY_BASE_MS, RETRY_MAX_MS, pump_random());

	pthread_mutex_lock(&p->lock);
	while (!p->is_draining && pump_now_us(p) < until_us)
		pump_wait(p, &p->room, until_us);
	pthread_mutex_unlock(&p->lock);
}

static void receive_loop(struct receiver *r, struct queue_message *messages)
{
	struct pump *p = r->pump;
	struct pump_health health = { .operation = "receive" };

	while (reserve(r)) {
		struct err err = { 0 };
		size_t count = 0;
		int rc = queue_receive(p->options.queue, messages, p->receive_max,
		    p->options.wait_s, p->options.visibility_s, &count, &err);

		if (count > 0)
			CRASH_POINT("worker-received");
		accept_all(p, messages, count);
		pump_note_health(&health, rc, &err);
		if (rc != 0) {
			pump_failed(WORKER_FAILED_RECEIVE, NULL, &err);
			back_off(p, health.failures);
		}
	}
}

void *receiver_run(void *receiver)
{
	struct receiver *r = receiver;
	struct pump *p = r->pump;
	struct queue_message *messages = xcalloc(p->receive_max, sizeof(*messages));

	for (size_t i = 0; i < p->receive_max; i++)
		queue_message_init(&messages[i]);
	receive_loop(r, messages);
	for (size_t i = 0; i < p->receive_max; i++)
		queue_message_release(&messages[i]);
	free(messages);
	free(r);
	pthread_mutex_lock(&p->lock);
	p->receivers_running--;
	(void)pthread_cond_signal(&p->progress);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}
