#include "cond.h"

#include <time.h>

void cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t monotonic;

	(void)pthread_condattr_init(&monotonic); /* none of these fails on Linux */
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
}

void cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, const struct clock *clock,
    int64_t until_us)
{
	int64_t left_us, at_us;
	struct timespec at;

	if (until_us == INT64_MAX) {
		(void)pthread_cond_wait(cond, lock);
		return;
	}
	left_us = until_us - clock_mono_us(clock);
	at_us = clock_mono_us(&clock_system) + (left_us > 0 ? left_us : 0);
	at = (struct timespec){ .tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000 };
	(void)pthread_cond_timedwait(cond, lock, &at); /* whatever woke it, the caller looks */
}
