#include "pump_core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cond.h"
#include "log.h"
#include "mem.h"

/* ---- what the threads share ---- */

int64_t pump_now_us(const struct pump *p)
{
	return clock_mono_us(p->options.clock);
}

uint32_t pump_random(void)
{
	uint32_t random;

	hash_random(&random, sizeof(random));
	return random;
}

void pump_wait(struct pump *p, pthread_cond_t *cond, int64_t until_us)
{
	cond_wait(cond, &p->lock, p->options.clock, until_us);
}

void pump_failed(enum worker_metric stage, const struct item *it, const struct err *err)
{
	worker_count(stage, 1);
	log_debug("attempt went wrong", "error.type", err_name(err->code), "error.message",
	    err->text, "object", it != NULL ? it->message.object : NULL, "messaging.message.id",
	    it != NULL ? it->message.id : NULL, NULL);
}

void pump_note_health(struct pump_health *h, int rc, const struct err *err)
{
	if (rc != 0 && h->failures++ == 0)
		log_warn("queue unavailable", "operation", h->operation, "error.type",
		    err_name(err->code), "error.message", err->text, NULL);
	if (rc == 0 && h->failures > 0) {
		h->failures = 0;
		log_info("queue available", "operation", h->operation, NULL);
	}
}

/* Denied, throttled and the like say nothing about the lease either. */
bool pump_is_lost(int rc, const struct queue_lease *lease)
{
	enum err_code code = lease->result.code;

	return rc == 0 && (code == ERR_CONFLICT || code == ERR_NOTFOUND || code == ERR_INVALID);
}

void pump_lose(struct pump *p, struct item *it, const struct err *err)
{
	item_leases_remove(&p->leases, it);
	if (it->is_lost)
		return;
	it->is_lost = true;
	worker_count(WORKER_LEASE_LOST, 1);
	log_warn("lease lost", "error.type", err_name(err->code), "error.message", err->text,
	    "object", it->message.object, "messaging.message.id", it->message.id, NULL);
}

void pump_settle(struct pump *p, struct item *it)
{
	item_leases_remove(&p->leases, it);
	if (it->stage != ITEM_SETTLED) {
		it->stage = ITEM_SETTLED;
		p->items--;
		p->held_bytes -= it->size_bytes;
		worker_count(WORKER_IN_FLIGHT, -1);
		worker_count(WORKER_IN_FLIGHT_BYTES, -(int64_t)it->size_bytes);
		(void)pthread_cond_signal(&p->room);
		if (p->is_draining)
			(void)pthread_cond_signal(&p->progress);
	}
	if (it->is_extending)
		return;
	queue_message_release(&it->message);
	free(it);
}

void pump_return(struct pump *p, struct item *it, unsigned delay_s)
{
	if (it->is_lost) {
		pump_settle(p, it);
		return;
	}
	it->stage = ITEM_RETURNING;
	it->return_delay_s = delay_s;
	item_list_push(&p->returning, it);
	(void)pthread_cond_signal(&p->beat);
}

/* Those who wait out their own delay need not any more. */
static void retry_now(struct pump *p, int64_t now_us)
{
	for (struct item *it = p->waiting.head; it != NULL; it = it->next)
		it->due_us = now_us;
}

void pump_store_result(struct pump *p, enum gate_result result, const struct err *err)
{
	int64_t now_us = pump_now_us(p);
	bool is_news = gate_leave(&p->gate, result, now_us, pump_random());

	p->is_trial = p->is_trial && result == GATE_NEUTRAL;
	(void)pthread_cond_signal(&p->work);
	if (!is_news)
		return;
	worker_set(WORKER_STORE_AVAILABLE, !p->gate.is_shut);
	if (p->gate.is_shut) {
		log_warn("store unavailable, nothing is received until it is back", "error.type",
		    err_name(err->code), "error.message", err->text, NULL);
		return;
	}
	log_info("store available", NULL);
	retry_now(p, now_us);
	(void)pthread_cond_broadcast(&p->work);
	(void)pthread_cond_broadcast(&p->room);
}

/* ---- start ---- */

/* Few enough per call that all receivers together never want more than half of what may be held. */
static unsigned receive_max(const struct pump_options *o)
{
	size_t places = o->max_in_flight / (2 * o->receivers);
	size_t bytes = PUMP_BYTES_MAX / QUEUE_BODY_MAX / (2 * o->receivers);
	size_t n = queue_traits(o->queue)->batch_max;

	n = n < places ? n : places;
	n = n < bytes ? n : bytes;
	return n > 0 ? (unsigned)n : 1;
}

static void for_each_cond(struct pump *p, int (*act)(pthread_cond_t *))
{
	pthread_cond_t *const all[] = { &p->room, &p->work, &p->stored, &p->overflow, &p->beat,
		&p->progress };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		(void)act(all[i]); /* cannot fail on a condition variable of ours */
}

static int init_cond(pthread_cond_t *cond)
{
	cond_init(cond);
	return 0;
}

static int start(struct pump *p, void *(*run)(void *), void *arg, struct err *err)
{
	int rc = pthread_create(&p->threads[p->thread_count], NULL, run, arg);

	if (rc != 0)
		return err_set(err, ERR_IO, "thread %zu: %s", p->thread_count + 1, strerror(rc));
	p->thread_count++;
	return 0;
}

static int start_receiver(struct pump *p, unsigned index, struct err *err)
{
	struct receiver *r = xcalloc(1, sizeof(*r));

	*r = (struct receiver){ .pump = p, .index = index };
	p->receivers_running++;
	if (start(p, receiver_run, r, err) == 0)
		return 0;
	p->receivers_running--;
	free(r);
	return -1;
}

static int start_receivers(struct pump *p, struct err *err)
{
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	for (unsigned i = 0; rc == 0 && i < p->options.receivers; i++)
		rc = start_receiver(p, i, err);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

/* Where calls may run side by side, as many at a time as bring the messages. */
static int start_deleters(struct pump *p, struct err *err)
{
	unsigned count = queue_traits(p->options.queue)->senders > 1 ? p->options.receivers : 1;

	if (start(p, deleter_run, p, err) != 0)
		return -1;
	for (unsigned i = 1; i < count; i++)
		if (start(p, deleter_overflow_run, p, err) != 0)
			return -1;
	return 0;
}

/* Receivers last: whatever they bring finds its thread there. */
static int start_all(struct pump *p, struct err *err)
{
	if (start(p, heartbeat_run, p, err) != 0 || start_deleters(p, err) != 0)
		return -1;
	for (unsigned i = 0; i < p->options.putters; i++)
		if (start(p, putter_run, p, err) != 0)
			return -1;
	return start_receivers(p, err);
}

struct pump *pump_open(const struct pump_options *options)
{
	struct pump *p = xcalloc(1, sizeof(*p));

	assert(options->receivers >= 1 && options->receivers <= PUMP_RECEIVERS_MAX);
	assert(options->wait_s >= 1 && options->wait_s <= QUEUE_WAIT_MAX_S);
	assert(options->putters >= 1 && options->putters <= PUMP_PUTTERS_MAX);
	p->options = *options;
	p->receive_max = receive_max(options);
	p->batch_max = queue_traits(options->queue)->batch_max;
	p->visibility_us = (int64_t)options->visibility_s * 1000000;
	p->is_over = true;
	p->is_idle = true;
	/* Shut: a restart during an outage must not receive, which would use up receive counts. */
	gate_init(&p->gate, options->putters, true);
	(void)pthread_mutex_init(&p->lock, NULL);
	for_each_cond(p, init_cond);
	for (unsigned i = 0; i < options->receivers; i++)
		p->turned_at_us[i] = pump_now_us(p);
	return p;
}

int pump_start(struct pump *p, struct err *err)
{
	p->is_over = false;
	worker_set(WORKER_STORE_AVAILABLE, 1); /* nothing has failed yet */
	if (start_all(p, err) == 0)
		return 0;
	(void)pump_drain(p, 2000); /* nothing can be held yet */
	return -1;
}

/* ---- alive ---- */

bool pump_is_alive(struct pump *p)
{
	/* A receive may wait, then every retry of the backend may take its own time-out. */
	const int64_t limit_us = (QUEUE_WAIT_MAX_S + 60) * INT64_C(1000000);
	int64_t now_us = pump_now_us(p);
	bool is_draining;

	pthread_mutex_lock(&p->lock);
	is_draining = p->is_draining;
	pthread_mutex_unlock(&p->lock);
	if (is_draining)
		return true;
	for (unsigned i = 0; i < p->options.receivers; i++)
		if (now_us - p->turned_at_us[i] > limit_us)
			return false;
	return true;
}

/* ---- drain ---- */

static void return_list(struct pump *p, struct item_list *l)
{
	for (struct item *it; (it = item_list_pop(l)) != NULL;)
		pump_return(p, it, 0);
}

static bool is_idle(const struct pump *p)
{
	return p->items == 0 && p->receivers_running == 0;
}

/*
 * While the store works, what is held is finished: each item costs one put and saves a
 * redelivery. What the store does not take, or what is not begun at return_at_us, goes back.
 */
static bool await_idle(struct pump *p, int64_t return_at_us, int64_t until_us)
{
	for (;;) {
		int64_t now_us = pump_now_us(p);

		return_list(p, &p->waiting);
		if (p->gate.is_shut || now_us >= return_at_us)
			return_list(p, &p->queued);
		if (is_idle(p))
			return true;
		if (now_us >= until_us)
			return false;
		pump_wait(p, &p->progress, now_us < return_at_us ? return_at_us : until_us);
	}
}

bool pump_drain(struct pump *p, int64_t timeout_ms)
{
	int64_t start_us = pump_now_us(p);
	bool is_done;

	/* In this order: a receiver that was interrupted finds that it shall not come back. */
	pthread_mutex_lock(&p->lock);
	p->is_draining = true;
	for_each_cond(p, pthread_cond_broadcast);
	pthread_mutex_unlock(&p->lock);
	queue_interrupt(p->options.queue);

	pthread_mutex_lock(&p->lock);
	is_done = await_idle(p, start_us + timeout_ms * 750, start_us + timeout_ms * 1000);
	p->is_over = is_done;
	for_each_cond(p, pthread_cond_broadcast);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; is_done && i < p->thread_count; i++)
		(void)pthread_join(p->threads[i], NULL);
	return is_done;
}

void pump_close(struct pump *p)
{
	if (p == NULL)
		return;
	assert(p->is_over);
	for_each_cond(p, pthread_cond_destroy);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}
