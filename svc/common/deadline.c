#include "deadline.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

enum { EXIT_MARGIN_MS = 500, CLOSE_MS = 4000 };

static int64_t left_ms(const struct deadline *d, int64_t margin_ms)
{
	int64_t ms = d->drained_by_ms - margin_ms - clock_mono_ms(&clock_system);

	return ms > 0 ? ms : 0;
}

void deadline_begin(struct deadline *d, int64_t drain_timeout_s)
{
	d->drained_by_ms = clock_mono_ms(&clock_system) + drain_timeout_s * 1000;
}

int64_t deadline_drain_ms(const struct deadline *d)
{
	return left_ms(d, EXIT_MARGIN_MS);
}

static void *run(void *arg)
{
	struct deadline *d = arg;

	clock_sleep_ms(d->close_ms);
	log_error("stopped before all was closed", "awaited", atomic_load(&d->awaited), NULL);
	_exit(1);
}

/* Without a thread there is no deadline: the platform's own, SIGKILL, remains. */
void deadline_close(struct deadline *d)
{
	pthread_t thread;
	int rc;

	d->close_ms = left_ms(d, 0) + CLOSE_MS;
	rc = pthread_create(&thread, NULL, run, d);
	if (rc == 0)
		(void)pthread_detach(thread); /* it ends with the process */
	else
		log_warn("no deadline for the stop", "error.message", strerror(rc), NULL);
}

void deadline_await(struct deadline *d, const char *what)
{
	atomic_store(&d->awaited, what);
}
