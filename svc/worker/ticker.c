#include "ticker.h"

#include <stdlib.h>
#include <string.h>

#include "cond.h"
#include "mem.h"

struct ticker {
	unsigned period_s;
	void (*fn)(void *arg);
	void *arg;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t stop;
	bool is_stopping;
};

static void await_period(struct ticker *t)
{
	int64_t until_us = clock_mono_us(&clock_system) + (int64_t)t->period_s * 1000000;

	while (!t->is_stopping && clock_mono_us(&clock_system) < until_us)
		cond_wait(&t->stop, &t->lock, &clock_system, until_us);
}

static void *run(void *arg)
{
	struct ticker *t = arg;

	pthread_mutex_lock(&t->lock);
	while (!t->is_stopping) {
		pthread_mutex_unlock(&t->lock);
		t->fn(t->arg);
		pthread_mutex_lock(&t->lock);
		await_period(t);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

int ticker_open(struct ticker **out, unsigned period_s, void (*fn)(void *arg), void *arg,
    struct err *err)
{
	struct ticker *t = xcalloc(1, sizeof(*t));
	int rc;

	t->period_s = period_s;
	t->fn = fn;
	t->arg = arg;
	(void)pthread_mutex_init(&t->lock, NULL);
	cond_init(&t->stop);
	rc = pthread_create(&t->thread, NULL, run, t);
	if (rc != 0) {
		free(t);
		return err_set(err, ERR_IO, "thread: %s", strerror(rc));
	}
	*out = t;
	return 0;
}

void ticker_close(struct ticker *t)
{
	if (t == NULL)
		return;
	pthread_mutex_lock(&t->lock);
	t->is_stopping = true;
	(void)pthread_cond_signal(&t->stop);
	pthread_mutex_unlock(&t->lock);
	(void)pthread_join(t->thread, NULL);
	(void)pthread_cond_destroy(&t->stop);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}
