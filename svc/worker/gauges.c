#include "gauges.h"

#include <stdlib.h>

#include "log.h"
#include "mem.h"
#include "ticker.h"
#include "worker_metrics.h"

struct gauges {
	struct queue *queue;
	struct ticker *ticker;

	/* The ticker's own. */
	bool has_failed;
	enum err_code dead_fault;
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

/* Denied, or there is no dead-letter queue: as a rule that stays so, and is said once. */
static void note_dead(struct gauges *g, const struct err *fault)
{
	if (fault->code == g->dead_fault)
		return;
	g->dead_fault = fault->code;
	if (fault->code == ERR_NONE)
		log_info("dead letters known", NULL);
	else
		log_warn("dead letters unknown", "error.type", err_name(fault->code),
		    "error.message", fault->text, NULL);
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
	note_dead(g, &stats.dead_fault);
	if (stats.dead_fault.code == ERR_NONE)
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
