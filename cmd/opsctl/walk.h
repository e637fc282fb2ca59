/*
 * walk: the objects of a store whose envelopes were made in a span of time, in the order
 * of their keys, each read and checked. Cost is proportional to what lies in the span.
 */
#ifndef OPS_WALK_H
#define OPS_WALK_H

#include "cli.h"
#include "envelope.h"
#include "store.h"

struct walk_object {
	struct str key;
	struct str body;    /* valid during the call */
	int64_t made_at_ms; /* when the key was minted; foreign: when the message was sent */
	struct store_info info;
	size_t record_count;     /* 0 of a foreign object */
	bool is_foreign;         /* made of a message that was not ops-api's: any bytes */
	const struct err *fault; /* NULL: digest and form are right */
};

/* false ends the walk. */
typedef bool walk_fn(void *arg, const struct walk_object *object);

struct walk {
	struct cli *cli;
	struct store *store;
	int64_t since_ms, until_ms; /* of made_at_ms; until is exclusive, INT64_MAX for none */
	/* Asked before an object is read; false leaves it out. NULL: all. */
	bool (*wants)(void *arg, struct str key, int64_t made_at_ms);
	walk_fn *fn;
	void *arg;
	uint64_t other_keys; /* out: neither ours nor foreign, left out */
};

/*
 * A faulty object is given to fn, not an error. ERR_STOPPED on a signal (after stop_init()); for
 * what the store refuses the next step is set, as by ports_failed().
 */
int walk_run(struct walk *w, struct err *err) ATTR_MUST_CHECK;

/*
 * Read one object and check digest and form; body is emptied before. 0 also for a faulty one:
 * object->fault is then `fault`. ERR_NOTFOUND; ERR_IO and others: it could not be read.
 */
int walk_read(struct store *store, struct str key, struct buf *body, struct err *fault,
    struct walk_object *object, struct err *err) ATTR_MUST_CHECK;

#endif
