/*
 * probe_tally: what several probes have in common: how long each hop took, and at which they failed.
 * One thread; about 200 KiB, so not on the stack.
 */
#ifndef OPS_PROBE_TALLY_H
#define OPS_PROBE_TALLY_H

#include "histogram.h"
#include "probe.h"

/* Those at one hop; the texts are of the last. */
struct probe_failures {
	uint64_t count;
	char text[ERR_TEXT_MAX];
	char next[ERR_TEXT_MAX]; /* "" without */
};

/* Zeroed is empty. */
struct probe_tally {
	uint64_t count, arrived;
	struct probe_failures failures[PROBE_HOPS];
	struct histogram hops[PROBE_HOPS]; /* of those that passed it, and have that hop */
	struct histogram total;            /* of those that arrived */
	int64_t ahead_ms[PROBE_CLOCKS];    /* the largest differences */
	enum exit_code exit_code;          /* of the first that failed; EXIT_OK */
};

void probe_tally_add(struct probe_tally *t, const struct probe *p);

#endif
