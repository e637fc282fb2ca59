#include "gauges.h"

#include "log.h"
#include "worker_metrics.h"

static void refresh(void *queue)
{
	struct queue_stats stats;
	struct err err;

	if (queue_stats(queue, &stats, &err) != 0) {
		log_debug("queue depth unknown", "error.type", err_name(err.code), "error.message",
		    err.text, NULL);
		return;
	}
	worker_set(WORKER_QUEUE_VISIBLE, (int64_t)stats.visible);
	worker_set(WORKER_QUEUE_IN_FLIGHT, (int64_t)stats.in_flight);
	worker_set(WORKER_QUEUE_DEAD, (int64_t)stats.dead);
	if (stats.oldest_age_s >= 0)
		worker_set(WORKER_QUEUE_OLDEST_S, stats.oldest_age_s);
}

int gauges_open(struct ticker **out, struct queue *queue, struct err *err)
{
	return ticker_open(out, queue_traits(queue)->stats_period_s, refresh, queue, err);
}
