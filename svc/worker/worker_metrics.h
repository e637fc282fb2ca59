/*
 * worker_metrics: what ops-worker counts. Conservation: received = deleted + given back +
 * leases lost + in flight (+ what a killed process took with it).
 * Updates from any thread.
 */
#ifndef OPS_WORKER_METRICS_H
#define OPS_WORKER_METRICS_H

#include "metrics.h"

/* One series each. Runs of one metric's series stay together: the table counts on it. */
enum worker_metric {
	WORKER_RECEIVED,
	WORKER_STORED,
	WORKER_DUPLICATE,
	WORKER_RECORDS,
	WORKER_FOREIGN,
	WORKER_DELETED,
	WORKER_LEASE_LOST,
	WORKER_REFUSED,
	WORKER_RETURNED_DRAIN,
	WORKER_RETURNED_REFUSED,
	WORKER_FAILED_RECEIVE,
	WORKER_FAILED_CHECK,
	WORKER_FAILED_PUT,
	WORKER_FAILED_DELETE,
	WORKER_FAILED_EXTEND,
	WORKER_IN_FLIGHT,
	WORKER_IN_FLIGHT_BYTES,
	WORKER_STORE_AVAILABLE,
	WORKER_QUEUE_VISIBLE,
	WORKER_QUEUE_IN_FLIGHT,
	WORKER_QUEUE_DEAD,
	WORKER_QUEUE_OLDEST_S,
	WORKER_LAST_SUCCESS, /* millionths of a second since 1970 */
	WORKER_METRIC_COUNT,
};

enum worker_hop {
	WORKER_ACCEPTED_SENT,
	WORKER_SENT_RECEIVED,
	WORKER_RECEIVED_STORED,
	WORKER_ACCEPTED_STORED,
	WORKER_HOP_COUNT,
};

void worker_count(enum worker_metric which, int64_t n); /* counters and gauges */
void worker_set(enum worker_metric which, int64_t value);
int64_t worker_get(enum worker_metric which);

/* How long a hop took; clocks of two machines may differ: negative counts as 0. */
void worker_observe_hop(enum worker_hop hop, int64_t ms);

/* Append everything, log lines, build and process included. */
void worker_metrics_render(struct buf *out);

#endif
