/* A sender thread: takes what waits, makes envelopes, sends them, gives the records back. */
#include "api_metrics.h"
#include "crash.h"
#include "log.h"
#include "outbox_core.h"

enum {
	UNKNOWN_MAX = 3, /* attempts of one envelope that end without an answer */
	PAUSE_MIN_MS = 50,
	PAUSE_BASE_MS = 100, /* full jitter over base * 2^(n-1) on top of that */
	PAUSE_MAX_MS = 2000,
};

/* One envelope and the run of records that are in it. */
struct shipment {
	struct parcel *first;
	size_t records, bytes;
	struct envelope envelope;
	bool is_settled;
	unsigned unknown;     /* attempts without an answer */
	enum err_code result; /* of the latest attempt */
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
	(void)buf_room(&s->envelope.body, s->bytes); /* one block: nothing is copied twice */
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

static void log_attempt(const struct shipment *s, const struct err *err)
{
	log_write(s->is_settled ? LOG_ERROR : LOG_WARN, "envelope not confirmed", "object",
	    s->envelope.key, "records", LOG_INT((int64_t)s->records), "error.type",
	    err_name(err->code), "error.message", err->text, NULL);
}

static void settle(struct shipment *s, const struct err *err)
{
	s->result = err->code;
	if (err->code == ERR_NONE) {
		s->is_settled = true;
		count_envelope(s->records);
		return;
	}
	count_send_error(err->code);
	s->unknown += err->code != ERR_BUSY;
	s->is_settled = !err_is_transient(err->code) || s->unknown == UNKNOWN_MAX;
	log_attempt(s, err);
}

/* Throttled for one envelope is throttled; no answer says nothing of how much would be too much. */
static enum gate_result judge(const struct shipment *const *sent, size_t n)
{
	enum gate_result result = GATE_NEUTRAL;

	for (size_t i = 0; i < n; i++) {
		if (sent[i]->result == ERR_BUSY)
			return GATE_FAILURE;
		if (sent[i]->result == ERR_NONE)
			result = GATE_SUCCESS;
	}
	return result;
}

/* One call with all that is not settled yet. */
static enum gate_result attempt(struct outbox *o, struct batch *b)
{
	struct queue_entry entries[OUTBOX_BATCH_MAX];
	struct shipment *sent[OUTBOX_BATCH_MAX];
	int64_t begin_us = clock_mono_us(o->o.clock);
	size_t n = 0;
	struct err err;
	int rc;

	for (size_t i = 0; i < b->count; i++) {
		if (b->shipments[i].is_settled)
			continue;
		sent[n] = &b->shipments[i];
		entries[n++] = entry_of(&b->shipments[i]);
	}
	CRASH_POINT("api-before-send");
	rc = queue_send(o->o.queue, entries, n, &err);
	CRASH_POINT("api-after-send");
	count_send(clock_mono_us(o->o.clock) - begin_us);
	for (size_t i = 0; i < n; i++)
		settle(sent[i], rc == 0 ? &entries[i].result : &err);
	return judge((const struct shipment *const *)sent, n);
}

static bool is_settled(const struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (!b->shipments[i].is_settled)
			return false;
	return true;
}

/* Outside of the gate; whether there is time for it. */
static bool rest(const struct outbox *o, unsigned attempts, int64_t deadline_us)
{
	int64_t pause_us = PAUSE_MIN_MS * INT64_C(1000) +
	    gate_backoff_us(attempts, PAUSE_BASE_MS, PAUSE_MAX_MS, outbox_random());

	if (clock_mono_us(o->o.clock) + pause_us >= outbox_due_us(o, deadline_us))
		return false;
	clock_sleep_ms(pause_us / 1000);
	return true;
}

static void give_up(const struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (!b->shipments[i].is_settled)
			log_error("envelope given up, its time is over", "object",
			    b->shipments[i].envelope.key, "error.type",
			    err_name(b->shipments[i].result), NULL);
}

/* The same envelopes again, under the same keys, while there is time for it. */
static void send_batch(struct outbox *o, struct batch *b, int64_t deadline_us)
{
	unsigned attempts = 0;

	do {
		outbox_leave(o, attempt(o, b));
	} while (!is_settled(b) && rest(o, ++attempts, deadline_us) &&
	    outbox_enter_again(o, deadline_us));
	give_up(b);
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
	struct parcels list, late;

	while (outbox_take(o, &list, &late)) {
		if (late.head)
			outbox_deliver(o, late.head);
		if (!list.head)
			continue;
		ship(o, list.head, &batch);
		outbox_deliver(o, list.head);
	}
	return NULL;
}
