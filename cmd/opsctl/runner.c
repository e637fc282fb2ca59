#include "runner.h"

#include <errno.h>

#include "cond.h"
#include "hash.h"
#include "mem.h"
#include "stop.h"

enum {
	TICK_MS = 20,
	TICKS_PER_CALL = 5,
	BACKOFF_FIRST_MS = 100,
	BACKOFF_LAST_MS = 10000,
};

/* What all threads of a run share. */
struct run {
	struct runner *r;
	pthread_mutex_t lock;   /* of everything below and of the caller's functions */
	pthread_cond_t changed; /* is_over, or a thread has ended */
	int64_t began_us;
	uint64_t issued;
	bool is_over; /* no new items; waits end */
	unsigned running;
	unsigned retrying;          /* threads that wait to try again */
	char trouble[ERR_TEXT_MAX]; /* why the last of them does */
};

/* One thread's own, merged at its end. */
struct sender {
	struct run *run;
	pthread_t thread;
	struct histogram latency;
};

/* The lock is held. Returns early, false, when the run is over. */
static bool wait_until(struct run *run, int64_t due_us)
{
	while (!run->is_over && clock_mono_us(run->r->cli->clock) < due_us)
		cond_wait(&run->changed, &run->lock, run->r->cli->clock, due_us);
	return !run->is_over;
}

/* The lock is held. */
static bool take_item(struct run *run, struct runner_item *item)
{
	struct runner *r = run->r;

	if (r->rate > 0) {
		int64_t due_us = run->began_us +
		    (int64_t)(run->issued * 1000000 / (uint64_t)r->rate);

		run->issued++; /* before the wait: the next thread waits for the slot after */
		if (r->deadline_us && due_us >= r->deadline_us)
			return false;
		if (!wait_until(run, due_us))
			return false;
	}
	if (run->is_over || (r->deadline_us && clock_mono_us(r->cli->clock) >= r->deadline_us))
		return false;
	buf_reset(&item->payload);
	return r->next(r->arg, item);
}

/* Exponential with full jitter, so that many senders do not come back together. */
static int64_t backoff_ms(unsigned attempt, int64_t retry_after_s)
{
	int64_t most = BACKOFF_LAST_MS;
	uint32_t random;

	if (attempt < 7)
		most = (int64_t)BACKOFF_FIRST_MS << attempt;
	hash_random(&random, sizeof(random));
	return retry_after_s * 1000 + 1 + (int64_t)(random % (uint32_t)most);
}

static bool is_worth_a_retry(const struct runner_outcome *o)
{
	return o->is_answered ? client_is_retryable(o->answer.status)
			      : err_is_transient(o->err.code);
}

/* false: the run is over. */
static bool wait_to_retry(struct run *run, const struct runner_outcome *o)
{
	int64_t wait_ms = backoff_ms(o->attempts, o->answer.retry_after_s);
	bool goes_on;

	pthread_mutex_lock(&run->lock);
	run->r->retried++;
	run->retrying++;
	if (o->is_answered)
		(void)snprintf(run->trouble, sizeof(run->trouble), "HTTP %d", o->answer.status);
	else
		(void)snprintf(run->trouble, sizeof(run->trouble), "%s", o->err.text);
	goes_on = wait_until(run, clock_mono_us(run->r->cli->clock) + wait_ms * 1000);
	run->retrying--;
	pthread_mutex_unlock(&run->lock);
	return goes_on;
}

static void send_item(struct sender *s, const struct runner_item *item, struct runner_outcome *o)
{
	const struct runner *r = s->run->r;

	*o = (struct runner_outcome){ .attempts = 0 };
	do {
		int64_t began_us = clock_mono_us(r->cli->clock);

		o->answer = (struct client_answer){ 0 };
		o->is_answered = client_submit(r->client, item->id, buf_str(&item->payload),
				     &o->answer, &o->err) == 0;
		if (o->is_answered)
			histogram_add(&s->latency, clock_mono_us(r->cli->clock) - began_us);
	} while (is_worth_a_retry(o) && o->attempts++ < r->retries && wait_to_retry(s->run, o));
}

/* The lock is held. */
static void count(struct run *run, const struct runner_item *item, const struct runner_outcome *o)
{
	struct runner *r = run->r;

	r->sent++;
	r->elapsed_us = clock_mono_us(r->cli->clock) - run->began_us;
	if (!o->is_answered)
		r->failed++;
	else if (o->answer.status < RUNNER_STATUS_MAX)
		r->statuses[o->answer.status]++;
	if (!r->done(r->arg, item, o)) {
		run->is_over = true;
		pthread_cond_broadcast(&run->changed);
	}
}

static void *send_items(void *arg)
{
	struct sender *s = arg;
	struct run *run = s->run;
	struct runner_item item = { .payload = BUF_INIT(CLIENT_BODY_MAX) };
	struct runner_outcome outcome;

	pthread_mutex_lock(&run->lock);
	while (take_item(run, &item)) {
		pthread_mutex_unlock(&run->lock);
		send_item(s, &item, &outcome);
		pthread_mutex_lock(&run->lock);
		count(run, &item, &outcome);
	}
	histogram_merge(&run->r->latency, &s->latency);
	run->running--;
	pthread_mutex_unlock(&run->lock);
	buf_release(&item.payload);
	return NULL;
}

static void stop_run(struct run *run)
{
	pthread_mutex_lock(&run->lock);
	run->is_over = true;
	pthread_cond_broadcast(&run->changed);
	pthread_mutex_unlock(&run->lock);
}

enum { EXTRA_SIZE = ERR_TEXT_MAX + 16 };

/* What stands behind the progress bar. The lock is held. */
static void describe(const struct run *run, char out[EXTRA_SIZE])
{
	out[0] = '\0';
	if (run->r->is_stopped)
		(void)snprintf(out, EXTRA_SIZE, "stopping");
	else if (run->retrying > 0)
		(void)snprintf(out, EXTRA_SIZE, "trying again: %s", run->trouble);
}

/* The main thread: signals, the progress bar and the caller's tick, until no thread runs. */
static void watch(struct run *run)
{
	struct runner *r = run->r;
	char extra[EXTRA_SIZE];
	unsigned running, ticks = 0;

	progress_begin(&r->progress, r->cli, r->what, r->total);
	do {
		uint64_t sent;

		if (stop_wait(TICK_MS) == STOP_STOP) {
			r->is_stopped = true;
			stop_run(run);
		}
		pthread_mutex_lock(&run->lock);
		if (r->tick && ++ticks % TICKS_PER_CALL == 0)
			r->tick(r->arg);
		running = run->running;
		sent = r->sent;
		describe(run, extra);
		pthread_mutex_unlock(&run->lock);
		progress_update(&r->progress, sent, extra);
	} while (running > 0);
	progress_end(&r->progress);
}

static int start(struct run *run, struct sender *senders, unsigned *started, struct err *err)
{
	while (*started < run->r->threads) {
		senders[*started].run = run;
		errno = pthread_create(&senders[*started].thread, NULL, send_items,
		    &senders[*started]);
		if (errno != 0)
			return err_errno(err, "thread %u", *started);
		(*started)++;
	}
	return 0;
}

int runner_run(struct runner *r, struct err *err)
{
	struct sender *senders = xcalloc(r->threads, sizeof(*senders));
	struct run run = { .r = r, .running = r->threads };
	unsigned started = 0;
	int rc;

	pthread_mutex_init(&run.lock, NULL);
	cond_init(&run.changed);
	run.began_us = clock_mono_us(r->cli->clock);
	rc = start(&run, senders, &started, err);
	if (rc == 0)
		watch(&run);
	else
		stop_run(&run);
	for (unsigned i = 0; i < started; i++)
		pthread_join(senders[i].thread, NULL);

	pthread_cond_destroy(&run.changed);
	pthread_mutex_destroy(&run.lock);
	free(senders);
	return rc;
}

double runner_rate(const struct runner *r)
{
	return r->elapsed_us > 0 ? (double)(r->sent - r->failed) * 1e6 / (double)r->elapsed_us : 0;
}
