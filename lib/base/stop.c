#include "stop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "clock.h"

static atomic_int stop_by; /* the signal that asked; 0: none has */

/* Signals are blocked in every thread and taken by sigtimedwait() in main: no handler, no race. */
static sigset_t waited_for(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	return set;
}

int stop_init(struct err *err)
{
	sigset_t set = waited_for();
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	errno = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (errno != 0 || sigaction(SIGPIPE, &ignore, NULL) != 0 ||
	    sigaction(SIGXFSZ, &ignore, NULL) != 0)
		return err_errno(err, "signals");
	return 0;
}

bool stop_requested(void)
{
	return atomic_load_explicit(&stop_by, memory_order_relaxed) != 0;
}

bool stop_pending(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	    (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

int stop_signal(void)
{
	return atomic_load(&stop_by);
}

static enum stop_event event_of(int signal_number)
{
	int none = 0;

	if (signal_number == SIGHUP)
		return STOP_RELOAD;
	if (signal_number == SIGCHLD)
		return STOP_CHILD;
	(void)atomic_compare_exchange_strong(&stop_by, &none, signal_number);
	return STOP_STOP;
}

enum stop_event stop_wait(int timeout_ms)
{
	int64_t deadline_us = clock_mono_us(&clock_system) + timeout_ms * INT64_C(1000);
	sigset_t set = waited_for();

	for (;;) {
		int64_t left_us = deadline_us - clock_mono_us(&clock_system);
		struct timespec wait = { 0 };
		int number;

		if (left_us > 0) {
			wait.tv_sec = left_us / 1000000;
			wait.tv_nsec = left_us % 1000000 * 1000;
		}
		number = timeout_ms < 0 ? sigwaitinfo(&set, NULL) : sigtimedwait(&set, NULL, &wait);
		if (number > 0)
			return event_of(number);
		if (errno == EAGAIN)
			return STOP_TIMEOUT;
		/* EINTR: some other signal (a debugger's, SIGCONT); wait on. */
	}
}
