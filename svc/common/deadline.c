#include "deadline.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

static void *run(void *arg)
{
	struct deadline *d = arg;

	clock_sleep_ms(d->ms);
	log_error("stopped before all was closed", "awaited", atomic_load(&d->awaited), NULL);
	_exit(1);
}

/* Without a thread there is no deadline: the platform's own, SIGKILL, remains. */
void deadline_begin(struct deadline *d, int64_t ms)
{
	pthread_t thread;
	int rc;

	d->ms = ms;
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
