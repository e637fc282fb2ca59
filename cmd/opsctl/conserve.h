/*
 * conserve: the account of a run: everything accepted is in the store, once, with the bytes
 * that were sent. Owned by one thread at a time.
 */
#ifndef OPS_CONSERVE_H
#define OPS_CONSERVE_H

#include "cli.h"
#include "idset.h"
#include "store.h"

enum { CONSERVE_MAX = 4 * 1024 * 1024 };

struct conserve {
	struct idset expected; /* by record id: word = digest of data, count = times seen */
	struct idset objects;  /* keys that were read already */
	uint64_t not_watched;  /* accepted, but more than CONSERVE_MAX */
	uint64_t found, duplicates, corrupt;
	uint64_t objects_read, faulty_objects;
	char example[160]; /* what is wrong with one of them, "" when nothing is */
};

void conserve_init(struct conserve *c);
void conserve_release(struct conserve *c);

/* A payload was accepted under this id; data as client_stored_data() gives it. */
void conserve_add(struct conserve *c, struct str id, struct str data);

/*
 * Look for all of them in objects made since since_ms, until they are found or deadline_us.
 * 0 also when some are missing: see conserve_is_whole(). ERR_STOPPED; ERR_IO and others of the store.
 */
int conserve_wait(struct conserve *c, struct cli *cli, struct store *store, int64_t since_ms,
    int64_t deadline_us, struct err *err) ATTR_MUST_CHECK;

uint64_t conserve_missing(const struct conserve *c);
bool conserve_is_whole(const struct conserve *c);

#endif
