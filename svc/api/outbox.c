#include "outbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "cond.h"
#include "hash.h"
#include "log.h"
#include "mem.h"
#include "outbox_core.h"

/* Of an envelope's message besides its body: attribute names and values. */
enum { ATTRIBUTE_BYTES = 1024 };

static void list_init(struct parcels *p)
{
	p->head = NULL;
	p->tail = &p->head;
}

static void list_add(struct parcels *p, struct parcel *one)
{
	one->next = NULL;
	*p->tail = one;
	p->tail = &one->next;
}

uint32_t outbox_random(void)
{
	uint32_t random;

	hash_random(&random, sizeof(random));
	return random;
}

/* ---- in ---- */

bool outbox_reserve(struct outbox *o, size_t bytes)
{
	if (atomic_fetch_add_explicit(&o->bytes, bytes, memory_order_relaxed) + bytes <=
	    o->o.bytes_max)
		return true;
	atomic_fetch_sub_explicit(&o->bytes, bytes, memory_order_relaxed);
	return false;
}

bool outbox_has_room(struct outbox *o, size_t bytes)
{
	return outbox_bytes(o) + bytes <= o->o.bytes_max;
}

void outbox_add(struct outbox *o, struct parcel *p)
{
	list_add(&o->lanes[p->loop], p);
	atomic_fetch_add_explicit(&o->records, 1, memory_order_relaxed);
}

/* Once a turn and not once a record: otherwise senders are woken for batches of one. */
void outbox_hand_over(struct outbox *o, unsigned loop)
{
	struct parcels *lane = &o->lanes[loop];

	if (!lane->head)
		return;
	pthread_mutex_lock(&o->lock);
	*o->waiting.tail = lane->head;
	o->waiting.tail = lane->tail;
	pthread_cond_signal(&o->filled);
	pthread_mutex_unlock(&o->lock);
	list_init(lane);
}

/* ---- out ---- */

/*
 * How much of the queue's head fits into one call: envelopes are filled in order, so what
 * fits can be counted without making them.
 */
static void cut_batch(struct outbox *o, struct parcels *out)
{
	size_t envelopes = 0, records = 0, bytes = 0, batch_bytes = 0;

	while (o->waiting.head) {
		struct parcel *p = o->waiting.head;
		bool is_next = envelopes == 0 || records == o->o.envelope_records_max ||
		    bytes + p->line.n > o->o.envelope_bytes_max;
		size_t more = p->line.n + (is_next ? ATTRIBUTE_BYTES : 0);

		if (out->head && batch_bytes + more > o->batch_bytes_max)
			break;
		if (is_next && ++envelopes > o->batch_max)
			break;
		records = is_next ? 1 : records + 1;
		bytes = is_next ? p->line.n : bytes + p->line.n;
		batch_bytes += more;
		o->waiting.head = p->next;
		list_add(out, p);
	}
	if (!o->waiting.head)
		o->waiting.tail = &o->waiting.head;
}

int64_t outbox_due_us(const struct outbox *o, int64_t deadline_us)
{
	int64_t end_us = atomic_load_explicit(&o->end_us, memory_order_relaxed);

	return end_us < deadline_us ? end_us : deadline_us;
}

/* Their clients are about to give up: to send them would only delay the others. */
static void cut_late(struct outbox *o, int64_t now_us, struct parcels *late)
{
	while (o->waiting.head && outbox_due_us(o, o->waiting.head->deadline_us) <= now_us) {
		struct parcel *p = o->waiting.head;

		o->waiting.head = p->next;
		p->result = ERR_TIMEOUT;
		list_add(late, p);
	}
	if (!o->waiting.head)
		o->waiting.tail = &o->waiting.head;
}

/* A gate that is shut opens by itself; one that is full, when somebody leaves. */
static int64_t turn_us(const struct outbox *o, int64_t deadline_us)
{
	int64_t due_us = outbox_due_us(o, deadline_us);

	if (o->gate.is_shut && o->gate.active == 0 && o->gate.probe_at_us < due_us)
		return o->gate.probe_at_us;
	return due_us;
}

static void await_turn(struct outbox *o)
{
	cond_wait(&o->filled, &o->lock, o->o.clock,
	    o->waiting.head ? turn_us(o, o->waiting.head->deadline_us) : INT64_MAX);
}

bool outbox_take(struct outbox *o, struct parcels *out, struct parcels *late)
{
	list_init(out);
	list_init(late);
	pthread_mutex_lock(&o->lock);
	while (!out->head && !late->head && (o->waiting.head || !o->is_stopping)) {
		int64_t now_us = clock_mono_us(o->o.clock);

		cut_late(o, now_us, late);
		if (o->waiting.head && o->repeating == 0 && gate_enter(&o->gate, now_us))
			cut_batch(o, out);
		else if (!late->head)
			await_turn(o);
	}
	/* More than one call's worth is another sender's; at the end, the last of it frees all. */
	if (o->waiting.head || o->is_stopping)
		pthread_cond_signal(&o->filled);
	pthread_mutex_unlock(&o->lock);
	return out->head || late->head;
}

static void log_news(const struct outbox *o)
{
	if (o->gate.is_shut)
		log_warn("queue throttles, one call at a time tries it", NULL);
	else
		log_info("queue takes calls again", NULL);
}

void outbox_leave(struct outbox *o, enum gate_result result)
{
	/* Only a failure is followed by a pause that chance decides. */
	uint32_t random = result == GATE_FAILURE ? outbox_random() : 0;

	pthread_mutex_lock(&o->lock);
	if (gate_leave(&o->gate, result, clock_mono_us(o->o.clock), random))
		log_news(o);
	atomic_store_explicit(&o->senders_now, o->gate.limit, memory_order_relaxed);
	if (o->repeating > 0)
		pthread_cond_signal(&o->passable);
	else if (o->waiting.head)
		pthread_cond_signal(&o->filled);
	pthread_mutex_unlock(&o->lock);
}

bool outbox_enter_again(struct outbox *o, int64_t deadline_us)
{
	int64_t now_us;
	bool is_granted;

	pthread_mutex_lock(&o->lock);
	o->repeating++;
	while (now_us = clock_mono_us(o->o.clock),
	    !(is_granted = gate_enter(&o->gate, now_us)) && now_us < outbox_due_us(o, deadline_us))
		cond_wait(&o->passable, &o->lock, o->o.clock, turn_us(o, deadline_us));
	o->repeating--;
	pthread_cond_signal(o->repeating > 0 ? &o->passable : &o->filled);
	pthread_mutex_unlock(&o->lock);
	return is_granted;
}

void outbox_deliver(struct outbox *o, struct parcel *list)
{
	struct parcels *by_loop = xcalloc(o->o.loop_count, sizeof(*by_loop));
	size_t count = 0;

	for (unsigned i = 0; i < o->o.loop_count; i++)
		list_init(&by_loop[i]);
	for (struct parcel *p = list, *next; p; p = next) {
		next = p->next;
		list_add(&by_loop[p->loop], p);
		count++;
	}
	atomic_fetch_sub_explicit(&o->records, count, memory_order_relaxed);
	for (unsigned i = 0; i < o->o.loop_count; i++)
		if (by_loop[i].head)
			o->o.deliver(o->o.arg, i, by_loop[i].head);
	free(by_loop);
}

void outbox_release(struct outbox *o, size_t bytes)
{
	atomic_fetch_sub_explicit(&o->bytes, bytes, memory_order_relaxed);
}

void outbox_end_at(struct outbox *o, int64_t at_us)
{
	pthread_mutex_lock(&o->lock);
	atomic_store_explicit(&o->end_us, at_us, memory_order_relaxed);
	pthread_cond_broadcast(&o->filled);
	pthread_cond_broadcast(&o->passable);
	pthread_mutex_unlock(&o->lock);
}

size_t outbox_bytes(struct outbox *o)
{
	return atomic_load_explicit(&o->bytes, memory_order_relaxed);
}

size_t outbox_records(struct outbox *o)
{
	return atomic_load_explicit(&o->records, memory_order_relaxed);
}

unsigned outbox_senders(struct outbox *o)
{
	return atomic_load_explicit(&o->senders_now, memory_order_relaxed);
}

size_t outbox_line_max(const struct queue *q)
{
	size_t max = queue_traits(q)->body_max;

	if (max > QUEUE_BODY_MAX)
		max = QUEUE_BODY_MAX;
	return max > ATTRIBUTE_BYTES ? max - ATTRIBUTE_BYTES : 0;
}

/* ---- open and close ---- */

static int start_senders(struct outbox *o, unsigned count, struct err *err)
{
	for (; o->sender_count < count; o->sender_count++) {
		errno = pthread_create(&o->senders[o->sender_count], NULL, sender_main, o);
		if (errno != 0)
			return err_errno(err, "thread");
	}
	return 0;
}

int outbox_open(struct outbox **out, const struct outbox_options *options, struct err *err)
{
	const struct queue_traits *traits = queue_traits(options->queue);
	unsigned count = options->senders ? options->senders : traits->senders;
	struct outbox *o = xcalloc(1, sizeof(*o));

	o->o = *options;
	o->batch_max = traits->batch_max < OUTBOX_BATCH_MAX ? traits->batch_max : OUTBOX_BATCH_MAX;
	o->batch_bytes_max = traits->body_max;
	if (o->o.envelope_bytes_max > outbox_line_max(options->queue))
		o->o.envelope_bytes_max = outbox_line_max(options->queue);
	o->lanes = xcalloc(options->loop_count, sizeof(*o->lanes));
	for (unsigned i = 0; i < options->loop_count; i++)
		list_init(&o->lanes[i]);
	list_init(&o->waiting);
	pthread_mutex_init(&o->lock, NULL);
	cond_init(&o->filled);
	cond_init(&o->passable);
	gate_init(&o->gate, count, false);
	atomic_init(&o->senders_now, count);
	atomic_init(&o->end_us, INT64_MAX);
	o->senders = xcalloc(count, sizeof(*o->senders));
	if (start_senders(o, count, err) != 0) {
		outbox_close(o);
		return -1;
	}
	*out = o;
	return 0;
}

void outbox_close(struct outbox *o)
{
	if (!o)
		return;
	pthread_mutex_lock(&o->lock);
	o->is_stopping = true;
	pthread_cond_broadcast(&o->filled);
	pthread_mutex_unlock(&o->lock);
	for (unsigned i = 0; i < o->sender_count; i++)
		pthread_join(o->senders[i], NULL);
	assert(!o->waiting.head);
	pthread_cond_destroy(&o->filled);
	pthread_cond_destroy(&o->passable);
	pthread_mutex_destroy(&o->lock);
	free(o->senders);
	free(o->lanes);
	free(o);
}
