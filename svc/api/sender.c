/* A sender thread: takes what waits, makes envelopes, sends them, gives the records back. */
#include "api_metrics.h"
#include "crash.h"
#include "log.h"
#include "outbox_core.h"

enum { ATTEMPTS = 3, FIRST_PAUSE_MS = 50, PAUSE_FACTOR = 5 };

/* One envelope and the run of records that are in it. */
struct shipment {
	struct parcel *first;
	size_t records, bytes;
	struct envelope envelope;
	bool is_settled;
	enum err_code result;
};

struct batch {
	struct shipment shipments[OUTBOX_BATCH_MAX];
	size_t count;
};

/* ---- making envelopes ---- */

static void pack(const struct outbox *o, struct parcel *list, struct batch *b)
{
	struct shipment *s = NULL;

	b->count = 0;
	for (struct parcel *p = list; p; p = p->next) {
		if (!s || s->records == o->o.envelope_records_max ||
		    s->bytes + p->line.n > o->o.envelope_bytes_max) {
			s = &b->shipments[b->count++];
			*s = (struct shipment){ .first = p };
		}
		s->records++;
		s->bytes += p->line.n;
	}
}

static void fill(const struct outbox *o, struct shipment *s)
{
	struct parcel *p = s->first;

	envelope_init(&s->envelope, o->o.clock, s->bytes);
	(void)buf_room(&s->envelope.body,
	    s->bytes); /* one block of that size, nothing copied twice */
	for (size_t i = 0; i < s->records; i++, p = p->next)
		(void)envelope_add(&s->envelope, p->line); /* its room was counted by pack() */
	envelope_seal(&s->envelope);
}

/* Of the first record that has one: an envelope can continue one trace only. */
static struct str traceparent_of(const struct shipment *s)
{
	const struct parcel *p = s->first;

	for (size_t i = 0; i < s->records; i++, p = p->next)
		if (p->traceparent.n)
			return p->traceparent;
	return STR_NONE;
}

static struct queue_entry entry_of(const struct shipment *s)
{
	return (struct queue_entry){
		.body = buf_str(&s->envelope.body),
		.object = str_from(s->envelope.key),
		.sha256 = str_from(s->envelope.sha256),
		.traceparent = traceparent_of(s),
		.record_count = s->records,
	};
}

/* ---- sending ---- */

static void settle(struct shipment *s, const struct err *err, bool is_last)
{
	s->result = err->code;
	s->is_settled = is_last || err->code == ERR_NONE || !err_is_transient(err->code);
	if (err->code == ERR_NONE) {
		count_envelope(s->records);
		return;
	}
	count_send_error(err->code);
	log_write(s->is_settled ? LOG_ERROR : LOG_WARN, "envelope not confirmed", "object",
	    s->envelope.key, "records", LOG_INT((int64_t)s->records), "error.code",
	    err_name(err->code), "error.message", err->text, NULL);
}

/* One call with all that is not settled yet. */
static void attempt(struct outbox *o, struct batch *b, bool is_last)
{
	struct queue_entry entries[OUTBOX_BATCH_MAX];
	struct shipment *of_entry[OUTBOX_BATCH_MAX];
	int64_t begin_us = clock_mono_us(o->o.clock);
	size_t n = 0;
	struct err err;
	int rc;

	for (size_t i = 0; i < b->count; i++) {
		if (b->shipments[i].is_settled)
			continue;
		of_entry[n] = &b->shipments[i];
		entries[n++] = entry_of(&b->shipments[i]);
	}
	CRASH_POINT("api-before-send");
	rc = queue_send(o->o.queue, entries, n, &err);
	CRASH_POINT("api-after-send");
	count_send(clock_mono_us(o->o.clock) - begin_us);
	for (size_t i = 0; i < n; i++)
		settle(of_entry[i], rc == 0 ? &entries[i].result : &err, is_last);
}

static bool is_settled(const struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (!b->shipments[i].is_settled)
			return false;
	return true;
}

/* The same envelopes again, under the same keys, while there is time for it. */
static void send_batch(struct outbox *o, struct batch *b, int64_t deadline_us)
{
	int64_t pause_ms = FIRST_PAUSE_MS;

	for (int i = 1; !is_settled(b); i++, pause_ms *= PAUSE_FACTOR) {
		bool is_last = i == ATTEMPTS ||
		    clock_mono_us(o->o.clock) + pause_ms * 1000 >= deadline_us;

		attempt(o, b, is_last);
		if (!is_settled(b))
			clock_sleep_ms(pause_ms);
	}
}

/* ---- results ---- */

static void stamp(const struct shipment *s)
{
	struct parcel *p = s->first;

	for (size_t i = 0; i < s->records; i++, p = p->next) {
		p->result = s->result;
		(void)snprintf(p->object, sizeof(p->object), "%s", s->envelope.key);
	}
}

/* Out of *list what has waited too long: it was never sent, and its client is about to give up. */
static struct parcel *take_late(struct outbox *o, struct parcels *list)
{
	int64_t now_us = clock_mono_us(o->o.clock);
	struct parcels late, in_time;

	parcels_init(&late);
	parcels_init(&in_time);
	for (struct parcel *p = list->head, *next; p; p = next) {
		next = p->next;
		p->result = ERR_TIMEOUT;
		parcels_add(p->deadline_us <= now_us ? &late : &in_time, p);
	}
	*list = in_time;
	return late.head;
}

static void ship(struct outbox *o, struct parcel *list, struct batch *b)
{
	pack(o, list, b);
	for (size_t i = 0; i < b->count; i++)
		fill(o, &b->shipments[i]);
	send_batch(o, b, list->deadline_us);
	for (size_t i = 0; i < b->count; i++) {
		stamp(&b->shipments[i]);
		envelope_release(&b->shipments[i].envelope);
	}
}

void *sender_main(void *outbox)
{
	struct outbox *o = outbox;
	struct batch batch;
	struct parcels list;
	struct parcel *late;

	while (outbox_take(o, &list)) {
		late = take_late(o, &list);
		if (late)
			outbox_deliver(o, late);
		if (!list.head)
			continue;
		ship(o, list.head, &batch);
		outbox_deliver(o, list.head);
	}
	return NULL;
}
