#include "gauges.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "worker_metrics.h"

enum { PERIOD_S = 15 }; /* on SQS each reading is two billed calls */

struct gauges {
	struct queue *queue;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t stop;
	bool is_stopping;
};

static void refresh(struct gauges *g)
{
	struct queue_stats stats;
	struct err err;

	if (queue_stats(g->queue, &stats, &err) != 0) {
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

static void await_period(struct gauges *g)
{
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PERIOD_S;
	while (!g->is_stopping && rc == 0)
		rc = pthread_cond_timedwait(&g->stop, &g->lock, &until);
}

static void *run(void *arg)
{
	struct gauges *g = arg;

	pthread_mutex_lock(&g->lock);
	while (!g->is_stopping) {
		pthread_mutex_unlock(&g->lock);
		refresh(g);
		pthread_mutex_lock(&g->lock);
		await_period(g);
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

int gauges_open(struct gauges **out, struct queue *queue, struct err *err)
{
	struct gauges *g = xcalloc(1, sizeof(*g));
	pthread_condattr_t attr;
	int rc;

	g->queue = queue;
	(void)pthread_mutex_init(&g->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&g->stop, &attr);
	(void)pthread_condattr_destroy(&attr);
	rc = pthread_create(&g->thread, NULL, run, g);
	if (rc != 0) {
		free(g);
		return err_set(err, ERR_IO, "thread: %s", strerror(rc));
	}
	*out = g;
	return 0;
}

void gauges_close(struct gauges *g)
{
	if (g == NULL)
		return;
	pthread_mutex_lock(&g->lock);
	g->is_stopping = true;
	(void)pthread_cond_signal(&g->stop);
	pthread_mutex_unlock(&g->lock);
	(void)pthread_join(g->thread, NULL);
	(void)pthread_cond_destroy(&g->stop);
	(void)pthread_mutex_destroy(&g->lock);
	free(g);
}
