/*
 * outbox_core: what outbox.c (taking in, handing over) and sender.c (sending) share.
 */
#ifndef OPS_OUTBOX_CORE_H
#define OPS_OUTBOX_CORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "gate.h"
#include "outbox.h"

enum { OUTBOX_BATCH_MAX = 32 }; /* envelopes per call of queue_send() */

struct parcels {
	struct parcel *head, **tail;
};

struct outbox {
	struct outbox_options o;
	size_t batch_max; /* envelopes per call, and bytes of them with their attributes */
	size_t batch_bytes_max;
	struct parcels *lanes; /* per loop: added in this turn; its thread's own */
	_Atomic size_t bytes, records;
	_Atomic unsigned senders_now; /* the gate's limit, for other threads */
	_Atomic int64_t end_us;       /* of all calls; monotonic */

	pthread_mutex_t lock;    /* over the rest */
	pthread_cond_t filled;   /* there is something to take, and the gate may be open */
	pthread_cond_t passable; /* for those that repeat: the gate may be open */
	struct parcels waiting;  /* FIFO: the oldest must not starve */
	struct gate gate;        /* of calls */
	unsigned repeating;      /* senders at the gate with what they have taken: they go first */
	bool is_stopping;
	pthread_t *senders;
	unsigned sender_count;
};

/*
 * Blocks until there is one of these: the next batch in *out, oldest first, counted by the gate
 * until outbox_leave(); in *late, what has waited beyond its deadline. false: neither, because the
 * outbox stops and is empty.
 */
bool outbox_take(struct outbox *o, struct parcels *out, struct parcels *late);

/* The record's deadline, or the outbox's own when that is earlier. */
int64_t outbox_due_us(const struct outbox *o, int64_t deadline_us);

/* The call is over. */
void outbox_leave(struct outbox *o, enum gate_result result);

/* Through the gate once more with the same batch; false: not before that time. Blocks. */
bool outbox_enter_again(struct outbox *o, int64_t deadline_us);

/* Records with their results, back to their loops. */
void outbox_deliver(struct outbox *o, struct parcel *list);

uint32_t outbox_random(void);

void *sender_main(void *outbox);

#endif
