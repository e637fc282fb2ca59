/*
 * outbox_core: what outbox.c (taking in, handing over) and sender.c (sending) share.
 */
#ifndef OPS_OUTBOX_CORE_H
#define OPS_OUTBOX_CORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "outbox.h"

enum { OUTBOX_BATCH_MAX = 32 }; /* envelopes per call of queue_send() */

struct parcels {
	struct parcel *head, **tail;
};

struct outbox {
	struct outbox_options o;
	size_t batch_max; /* envelopes per call, and bytes of their bodies */
	size_t batch_bytes_max;
	struct parcels *lanes; /* per loop: added in this turn; its thread's own */
	_Atomic size_t bytes, records;

	pthread_mutex_t lock; /* over the rest */
	pthread_cond_t filled;
	struct parcels waiting; /* FIFO: the oldest must not starve */
	bool is_stopping;
	pthread_t *senders;
	unsigned sender_count;
};

void parcels_init(struct parcels *p);
void parcels_add(struct parcels *p, struct parcel *one);

/* The next batch into *out, oldest first; false: the outbox stops and is empty. Blocks. */
bool outbox_take(struct outbox *o, struct parcels *out);

/* Records with their results, back to their loops. */
void outbox_deliver(struct outbox *o, struct parcel *list);

void *sender_main(void *outbox);

#endif
