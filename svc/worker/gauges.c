#include "gauges.h"

#include <stdlib.h>

#include "log.h"
#include "mem.h"
#include "ticker.h"
#include "worker_metrics.h"

struct gauges {
	struct queue *queue;
	struct ticker *ticker;
	bool has_failed; /* the ticker's own */
};

/* The alarm for dead letters hangs on these: that it cannot ring must not go unnoticed. */
static void note(struct gauges *g, int rc, const struct err *err)
{
	if (rc != 0 && !g->has_failed)
		log_warn("queue depth unknown", "error.type", err_name(err->code), "error.message",
		    err->text, NULL);
	if (rc == 0 && g->has_failed)
		log_info("queue depth known", NULL);
	g->has_failed = rc != 0;
}

static void refresh(void *gauges)
{
	struct gauges *g = gauges;
	struct queue_stats stats;
	struct err err;
	int rc = queue_stats(g->queue, &stats, &err);

	if (rc != 0 && err.code == ERR_STOPPED)
		return;
	note(g, rc, &err);
	if (rc != 0)
		return;
	worker_set(WORKER_QUEUE_VISIBLE, (int64_t)stats.visible);
	worker_set(WORKER_QUEUE_IN_FLIGHT, (int64_t)stats.in_flight);
	worker_set(WORKER_QUEUE_DEAD, (int64_t)stats.dead);
	if (stats.oldest_age_s >= 0)
		worker_set(WORKER_QUEUE_OLDEST_S, stats.oldest_age_s);
}

int gauges_open(struct gauges **out, struct queue *queue, struct err *err)
{
	struct gauges *g = xcalloc(1, sizeof(*g));

	g->queue = queue;
	if (ticker_open(&g->ticker, queue_traits(queue)->stats_period_s, refresh, g, err) != 0) {
		free(g);
		return -1;
	}
	*out = g;
	return 0;
}

void gauges_close(struct gauges *g)
{
	if (g == NULL)
		return;
	ticker_close(g->ticker);
	free(g);
}
