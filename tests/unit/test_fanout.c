#include "fanout.h"

#include <pthread.h>

#include "test.h"

static struct cli cli = { .clock = &clock_system, .quiet = true };

/* Every job waits for all others to be under way: only if they run at once does any end. */
static pthread_barrier_t all_are_here;

static int meet(void *arg, struct err *err)
{
	(void)arg; /* the barrier is shared */
	(void)err; /* it cannot fail */
	(void)pthread_barrier_wait(&all_are_here);
	return 0;
}

static void test_at_once(void)
{
	struct fanout_job jobs[FANOUT_THREADS_MAX];

	pthread_barrier_init(&all_are_here, NULL, FANOUT_THREADS_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
		jobs[i] = (struct fanout_job){ .what = "x", .run = meet };
	fanout_run(&cli, "test", jobs, ARRAY_SIZE(jobs), false);
	pthread_barrier_destroy(&all_are_here);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
		CHECK(jobs[i].is_done && jobs[i].rc == 0);
}

static int fail_odd(void *arg, struct err *err)
{
	size_t n = *(const size_t *)arg;

	return n % 2 == 0 ? 0 : err_set(err, ERR_BUSY, "job %zu", n);
}

/* More jobs than threads; each has its own error, and none disturbs another. */
static void test_errors(void)
{
	enum { JOBS = FANOUT_THREADS_MAX * 3 };
	static struct fanout_job jobs[JOBS];
	static size_t numbers[JOBS];
	char text[32];

	for (size_t i = 0; i < JOBS; i++) {
		numbers[i] = i;
		jobs[i] = (struct fanout_job){ .what = "x", .run = fail_odd, .arg = &numbers[i] };
	}
	fanout_run(&cli, "test", jobs, JOBS, false);
	for (size_t i = 0; i < JOBS; i++) {
		(void)snprintf(text, sizeof(text), "job %zu", i);
		CHECK(jobs[i].is_done);
		CHECK_INT(jobs[i].rc, i % 2 == 0 ? 0 : -1);
		if (i % 2 != 0)
			CHECK_TEXT(jobs[i].err.text, text);
	}
}

static void test_none(void)
{
	struct fanout_job job = { .what = "x", .run = meet };

	fanout_run(&cli, "test", &job, 0, false);
	CHECK(!job.is_done);
}

static void test_copy(void)
{
	struct cli *copy;

	(void)snprintf(cli.next, sizeof(cli.next), "a step");
	copy = fanout_cli(&cli);
	CHECK_TEXT(copy->next, "");
	CHECK_TEXT(cli.next, "a step");
	CHECK(copy->clock == cli.clock);
	free(copy);
}

static const struct test tests[] = {
	{ "at once", test_at_once },
	{ "errors", test_errors },
	{ "none", test_none },
	{ "copy", test_copy },
};

TEST_MAIN(tests)
