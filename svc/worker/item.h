/*
 * item: one delivery that the worker holds, from its receipt until it is settled: the
 * message was deleted, given back, or its lease was lost. Every item is in exactly one
 * stage; the lists below are how the stages hand it on. Items are guarded by the pump's
 * lock, except for `message`, which belongs to the thread whose stage the item is in.
 */
#ifndef OPS_ITEM_H
#define OPS_ITEM_H

#include "queue.h"

enum item_stage {
	ITEM_QUEUED,    /* waits for a putter */
	ITEM_PUTTING,   /* with a putter */
	ITEM_WAITING,   /* the store was not able to take it: again at due_us */
	ITEM_STORED,    /* waits for the deleter, from due_us on */
	ITEM_DELETING,  /* a delete call is under way */
	ITEM_RETURNING, /* waits to be given back to the queue */
	ITEM_SETTLED,   /* done, but an extend call still names its receipt */
};

struct item {
	struct queue_message message;
	enum item_stage stage;
	size_t size_bytes;      /* what it counts for in the pump's bound */
	int64_t received_at_ms; /* wall clock */

	struct item *next;                      /* in the list of its stage */
	int64_t due_us;                         /* monotonic; of WAITING and STORED */
	unsigned attempts;                      /* failed ones in this stage */
	unsigned strikes;                       /* failed puts while others passed */
	uint64_t successes_seen, stumbled_seen; /* the pump's, when the latest strike was judged */
	unsigned return_delay_s;                /* of RETURNING */

	struct item *lease_prev, *lease_next;
	int64_t extend_at_us;   /* when the heartbeat is due */
	int64_t lease_until_us; /* by our own clock */
	bool is_leased;         /* in the list of leases */
	bool is_extending;      /* an extend call is under way */
	bool is_lost;           /* the lease is another's now */
};

/* A stage's items: first in, first out, or in the order of due_us. */
struct item_list {
	struct item *head, *tail;
	size_t count;
};

void item_list_push(struct item_list *l, struct item *it);
void item_list_push_due(struct item_list *l, struct item *it);    /* behind those due earlier */
struct item *item_list_pop(struct item_list *l);                  /* NULL when empty */
bool item_list_is_due(const struct item_list *l, int64_t now_us); /* the first one */

/* All leases that the heartbeat keeps, by extend_at_us. */
struct item_leases {
	struct item *head, *tail;
};

void item_leases_add(struct item_leases *l, struct item *it);
void item_leases_remove(struct item_leases *l, struct item *it); /* fine when it is not in */

#endif
