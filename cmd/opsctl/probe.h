/*
 * probe: one canary: a signed test payload, followed from the token to the store, and how long it
 * took from hop to hop. Times of this machine are exact; those of ops-api, the queue and ops-worker
 * are by their own clocks, which are moved where they cannot be right (struct probe.ahead_ms).
 */
#ifndef OPS_PROBE_H
#define OPS_PROBE_H

#include "client.h"
#include "store.h"

enum probe_hop {
	PROBE_SECRET,     /* the token was read */
	PROBE_DNS,        /* the name of ops-api was found */
	PROBE_TCP,        /* a connection was made */
	PROBE_TLS,        /* and encrypted */
	PROBE_FIRST_BYTE, /* an answer begins: the queue has confirmed */
	PROBE_ACCEPTED,   /* it is whole, and a 2xx */
	PROBE_QUEUED,     /* from accepted by ops-api to taken by the queue */
	PROBE_RECEIVED,   /* from there to ops-worker */
	PROBE_STORED,     /* from there to the store */
	PROBE_VISIBLE,    /* from there to the bytes being read and checked here */
	PROBE_HOPS,
};

const char *probe_hop_name(enum probe_hop hop); /* "first byte" */

/* Since the probe began; meaningless where `note` says why it is not known. */
struct probe_span {
	int64_t from_us, to_us;
	const char *note; /* NULL: known */
};

/* Clocks that are not this machine's. */
enum probe_clock { PROBE_CLOCK_API, PROBE_CLOCK_QUEUE, PROBE_CLOCK_WORKER, PROBE_CLOCKS };

const char *probe_clock_name(enum probe_clock clock); /* "ops-api" */

struct probe {
	char id[CLIENT_NEW_ID_SIZE];
	int64_t began_ms; /* by the wall clock */
	int64_t total_us;
	struct client_answer answer; /* zeroed without one */
	struct probe_span spans[PROBE_HOPS];
	/* How far a clock is at least from this one; 0: nothing speaks against it. */
	int64_t ahead_ms[PROBE_CLOCKS];

	bool has_failed;
	enum probe_hop failed_at;
	bool is_ours;            /* it was we who could not look: nothing is said about the hop */
	struct err err;          /* after a failure: why, and what to do */
	char next[ERR_TEXT_MAX]; /* "" without */
};

/*
 * Send one and wait for it, at most --timeout; --auth says how it is signed. 0 also when it failed.
 * ERR_STOPPED: a signal came first.
 */
int probe_run(struct cli *cli, struct store *store, struct probe *out, struct err *err)
    ATTR_MUST_CHECK;

/* EXIT_OK, EXIT_PROBE_HOP and the hop; or what the failure is called everywhere. */
enum exit_code probe_exit_code(const struct probe *p);

#endif
