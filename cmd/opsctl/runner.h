/*
 * runner: sends many payloads with a few threads that share one client: at a rate or as
 * fast as it goes, with retries. Where payloads come from and what becomes of them is the
 * caller's: its functions are called under one lock, never two at a time.
 */
#ifndef OPS_RUNNER_H
#define OPS_RUNNER_H

#include "client.h"
#include "histogram.h"

enum { RUNNER_THREADS_MAX = 256, RUNNER_STATUS_MAX = 600 };

/* One payload under way. */
struct runner_item {
	uint64_t number; /* the caller's */
	char id[WEBHOOK_ID_MAX + 1];
	struct buf payload; /* emptied before next() fills it */
};

/* What became of it. */
struct runner_outcome {
	bool is_answered;            /* else err says why not */
	struct client_answer answer; /* the last one */
	struct err err;
	unsigned attempts;
};

struct runner {
	/* set by the caller */
	struct cli *cli;
	const struct client *client;
	unsigned threads;
	int64_t rate;        /* sends per second, 0: no limit; retries do not count */
	unsigned retries;    /* of one item, on 429, 5xx and lost connections */
	int64_t deadline_us; /* no new item afterwards; 0: none */
	uint64_t total;      /* for the progress bar; 0: unknown */
	const char *what;    /* its word */
	/* false: there are no more. */
	bool (*next)(void *arg, struct runner_item *item);
	/* false: stop the run. */
	bool (*done)(void *arg, const struct runner_item *item, const struct runner_outcome *o);
	/*
	 * Called by the main thread some ten times a second, under the lock; may be NULL. Before it
	 * prints it ends `progress`, which comes back by itself.
	 */
	void (*tick)(void *arg);
	void *arg;

	/* filled by the run */
	uint64_t sent, retried;                       /* items given up count as sent */
	uint64_t statuses[RUNNER_STATUS_MAX], failed; /* last answers by status; no answer */
	struct histogram latency;                     /* of answered attempts */
	int64_t elapsed_us;                           /* until the last outcome */
	bool is_stopped;                              /* by a signal */
	struct progress progress;
};

/*
 * Run to the end of items, the deadline, done() == false, or a signal: then what is under way
 * is waited for, and retries are given up. Call stop_init() before. ERR_IO: no threads.
 */
int runner_run(struct runner *r, struct err *err) ATTR_MUST_CHECK;

/* Requests per second that were answered. */
double runner_rate(const struct runner *r);

#endif
