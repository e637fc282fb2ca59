/*
 * probe_tally: what several probes have in common: how long each hop took, and at which they failed.
 * One thread; about 200 KiB, so not on the stack.
 */
#ifndef OPS_PROBE_TALLY_H
#define OPS_PROBE_TALLY_H

#include "histogram.h"
#include "probe.h"

/* Zeroed is empty. */
struct probe_tally {
	uint64_t count, arrived;
	uint64_t failed_at[PROBE_HOPS];
	struct histogram hops[PROBE_HOPS]; /* of those that arrived, and have that hop */
	struct histogram total;
	int64_t ahead_ms[PROBE_CLOCKS]; /* the largest differences */
	enum exit_code exit_code;       /* of the first that failed; EXIT_OK */
};

void probe_tally_add(struct probe_tally *t, const struct probe *p);

#endif
