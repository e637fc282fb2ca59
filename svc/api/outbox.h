/*
 * outbox: accepted records on their way to the queue. Loops add them and hand them over
 * once per turn; a few sender threads take all that waits, oldest first, make envelopes of
 * it, and send them: natural batching, without timers. Each record comes back with its
 * outcome, grouped by loop.
 *
 * An envelope's key is minted before its first attempt and stays the same in every repeat,
 * so that an attempt whose answer was lost ends in the same object. What is not confirmed
 * within the record's deadline comes back as failed: its outcome may be unknown.
 *
 * A queue that throttles gets fewer calls at a time (gate.h), each of which then takes more:
 * what waits is grouped, and repeated until its deadline. A queue that does not answer is tried
 * a few times only, so that clients can go elsewhere. Nobody below repeats.
 */
#ifndef OPS_OUTBOX_H
#define OPS_OUTBOX_H

#include "envelope.h"
#include "queue.h"

/* One record; embedded in whatever waits for it. Borrowed until it is delivered. */
struct parcel {
	struct parcel *next;
	unsigned loop;
	struct str line;             /* the record, newline included */
	struct str traceparent;      /* or empty */
	int64_t deadline_us;         /* monotonic */
	enum err_code result;        /* out: ERR_NONE = the queue holds it */
	char object[OBJECTKEY_SIZE]; /* out, with ERR_NONE */
};

struct outbox_options {
	struct queue *queue;
	const struct clock *clock;
	unsigned loop_count;
	unsigned senders;
	size_t bytes_max;                                /* of all that waits */
	size_t envelope_records_max, envelope_bytes_max; /* or what the queue takes, if less */
	/* Called in a sender thread with records of one loop, linked by next. */
	void (*deliver)(void *arg, unsigned loop, struct parcel *list);
	void *arg;
};

struct outbox;

/* The longest record that fits into a message of this queue; 0: none does. */
size_t outbox_line_max(const struct queue *q);

int outbox_open(struct outbox **out, const struct outbox_options *options, struct err *err)
    ATTR_MUST_CHECK;

/* All that was added comes back first. NULL is fine. */
void outbox_close(struct outbox *o);

/* Room for a record of that size, before it is made; false: too much waits. Any thread. */
bool outbox_reserve(struct outbox *o, size_t bytes);
bool outbox_has_room(struct outbox *o, size_t bytes); /* whether that would be true now */
void outbox_release(struct outbox *o, size_t bytes);  /* the record's memory is free again */

/* In that loop's thread: add a record, for which room was reserved; at the turn's end hand over. */
void outbox_add(struct outbox *o, struct parcel *p);
void outbox_hand_over(struct outbox *o, unsigned loop);

/*
 * No call begins after that time (monotonic), whatever a record's deadline: what is not confirmed
 * by then comes back as failed. For a stop, which has to answer all that waits. Any thread.
 */
void outbox_end_at(struct outbox *o, int64_t at_us);

size_t outbox_bytes(struct outbox *o);     /* reserved now; any thread */
size_t outbox_records(struct outbox *o);   /* added and not delivered; any thread */
unsigned outbox_senders(struct outbox *o); /* calls that may run at a time now; any thread */

#endif
