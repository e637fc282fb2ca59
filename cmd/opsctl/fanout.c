#include "fanout.h"

#include "cond.h"
#include "mem.h"
#include "stop.h"

enum {
	TICK_MS = 100,
	STACK_BYTES = 512 *
	    1024, /* name look-ups and TLS need some; 8 MiB each would be reserved */
};

struct fanout {
	struct fanout_job *jobs;
	size_t count;
	bool stoppable;
	const struct clock *clock;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t ended; /* a job has */
	size_t next, done;
};

static void run_job(struct fanout *f, struct fanout_job *job)
{
	int64_t began_us = clock_mono_us(f->clock);

	if (f->stoppable && stop_requested())
		job->rc = err_set(&job->err, ERR_STOPPED, "stopped");
	else
		job->rc = job->run(job->arg, &job->err);
	job->took_us = clock_mono_us(f->clock) - began_us;
}

static void *run_jobs(void *arg)
{
	struct fanout *f = arg;

	pthread_mutex_lock(&f->lock);
	while (f->next < f->count) {
		struct fanout_job *job = &f->jobs[f->next++];

		pthread_mutex_unlock(&f->lock);
		run_job(f, job);
		pthread_mutex_lock(&f->lock);
		job->is_done = true;
		f->done++;
		pthread_cond_signal(&f->ended);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* The lock is held, and one at least is not done. */
static const char *first_awaited(const struct fanout *f)
{
	size_t i = 0;

	while (f->jobs[i].is_done)
		i++;
	return f->jobs[i].what;
}

/* The main thread: the progress line, until all are done. */
static void watch(struct fanout *f, struct cli *cli, const char *what)
{
	struct progress progress;

	progress_begin(&progress, cli, what, f->count);
	pthread_mutex_lock(&f->lock);
	while (f->done < f->count) {
		cond_wait(&f->ended, &f->lock, f->clock, clock_mono_us(f->clock) + TICK_MS * 1000);
		if (f->stoppable)
			(void)stop_wait(0); /* who asks later sees stop_requested() */
		if (what != NULL && f->done < f->count)
			progress_update(&progress, f->done, first_awaited(f));
	}
	pthread_mutex_unlock(&f->lock);
	progress_end(&progress);
}

static size_t start(struct fanout *f, pthread_t threads[FANOUT_THREADS_MAX])
{
	size_t n = 0;
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	while (n < f->count && n < FANOUT_THREADS_MAX &&
	    pthread_create(&threads[n], &attr, run_jobs, f) == 0)
		n++;
	pthread_attr_destroy(&attr);
	return n;
}

void fanout_run(struct cli *cli, const char *what, struct fanout_job *jobs, size_t count,
    bool stoppable)
{
	struct fanout f = { .jobs = jobs,
		.count = count,
		.stoppable = stoppable,
		.clock = cli->clock };
	pthread_t threads[FANOUT_THREADS_MAX];
	size_t started;

	pthread_mutex_init(&f.lock, NULL);
	cond_init(&f.ended);
	started = start(&f, threads);
	if (started == 0)
		(void)run_jobs(&f); /* slower, but nothing is left out */
	else
		watch(&f, cli, what);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);

	pthread_cond_destroy(&f.ended);
	pthread_mutex_destroy(&f.lock);
}

struct cli *fanout_cli(const struct cli *cli)
{
	struct cli *copy = xmalloc(sizeof(*copy));

	*copy = *cli;
	copy->next[0] = '\0';
	return copy;
}
