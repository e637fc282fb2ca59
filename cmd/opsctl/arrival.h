/*
 * arrival: the end of a record's way, looked at from outside: its object is in the store,
 * whole, and holds the record with the bytes that were sent.
 */
#ifndef OPS_ARRIVAL_H
#define OPS_ARRIVAL_H

#include "cli.h"
#include "store.h"

struct arrival {
	int64_t stored_us, verified_us; /* when seen, on cli->clock */
	size_t object_bytes, record_count;
	char sha256[HASH_HEX_SIZE]; /* of the object */
	int64_t accepted_at_ms;     /* by ops-api's clock */
	struct store_info info;
};

/*
 * Wait until `key` is there, at most until deadline_us, then check its digest, its form and
 * that record `id` in it holds `data`. ERR_TIMEOUT: not there yet; ERR_CORRUPT; ERR_STOPPED.
 */
int arrival_wait(struct cli *cli, struct store *store, const char *key, const char *id,
    struct str data, int64_t deadline_us, struct arrival *out, struct err *err) ATTR_MUST_CHECK;

/* Say on stderr where a record that did not arrive may be: what the queue holds. */
void arrival_explain(struct cli *cli);

#endif
