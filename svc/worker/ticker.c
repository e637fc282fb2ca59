#include "ticker.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += t->period_s;
	while (!t->is_stopping && rc == 0)
		rc = pthread_cond_timedwait(&t->stop, &t->lock, &until);
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
	pthread_condattr_t attr;
	int rc;

	t->period_s = period_s;
	t->fn = fn;
	t->arg = arg;
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&t->stop, &attr);
	(void)pthread_condattr_destroy(&attr);
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
