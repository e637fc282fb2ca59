#include "cond.h"

#include "test.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond;
static bool is_signalled;

static void *signal_it(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	is_signalled = true;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* The signaller needs the lock, which is only to be had when the wait lets go of it. */
static void wait_for_signal(const struct clock *clock, int64_t until_us)
{
	pthread_t thread;

	pthread_mutex_lock(&lock);
	is_signalled = false;
	if (pthread_create(&thread, NULL, signal_it, NULL) != 0)
		test_die("no thread");
	while (!is_signalled)
		cond_wait(&cond, &lock, clock, until_us);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	CHECK(is_signalled);
}

static void test_signals(void)
{
	struct clock_fake fake;

	cond_init(&cond);
	clock_fake_init(&fake, 0);
	clock_fake_advance(&fake,
	    INT64_C(1000) * 86400 * 366 * 100); /* further than any machine's */
	const struct {
		const char *name;
		const struct clock *clock;
		int64_t until_us;
	} cases[] = {
		{ "for ever", &clock_system, INT64_MAX },
		{ "until later", &clock_system,
		    clock_mono_us(&clock_system) + INT64_C(3600000000) },
		{ "until a fake later", &fake.base,
		    clock_mono_us(&fake.base) + INT64_C(3600000000) },
		{ "until long ago", &clock_system, 0 },
		{ "until a fake long ago", &fake.base, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].name;
		wait_for_signal(cases[i].clock, cases[i].until_us);
	}
	pthread_cond_destroy(&cond);
}

/* It ends by itself, after the time and after few looks: it sleeps in between. */
static void test_time_out(void)
{
	int64_t until_us = clock_mono_us(&clock_system) + 20 * 1000;
	unsigned looks = 0;

	cond_init(&cond);
	pthread_mutex_lock(&lock);
	for (; clock_mono_us(&clock_system) < until_us; looks++)
		cond_wait(&cond, &lock, &clock_system, until_us);
	pthread_mutex_unlock(&lock);
	pthread_cond_destroy(&cond);
	CHECK(looks < 100);
}

static const struct test tests[] = {
	{ "signals", test_signals },
	{ "time-out", test_time_out },
};

TEST_MAIN(tests)
