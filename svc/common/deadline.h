/*
 * deadline: the time of a process that was asked to stop. First it drains; then it closes, and is
 * ended when it cannot end by itself, because what it closes hangs in a call: a file system that is
 * away, a name server that does not answer. Of the thread that stops it.
 */
#ifndef OPS_DEADLINE_H
#define OPS_DEADLINE_H

#include <stdatomic.h>
#include <stdint.h>

/* Zeroed has not begun. Lives as long as the process. */
struct deadline {
	_Atomic(const char *) awaited;
	int64_t drained_by_ms; /* monotonic */
	int64_t close_ms;
};

/* The process is asked to stop: the drain has so long from now on. Once. */
void deadline_begin(struct deadline *d, int64_t drain_timeout_s);

/* How long what is under way may still take, so that the exit is within the time, too; or 0. */
int64_t deadline_drain_ms(const struct deadline *d);

/*
 * Unless the process has ended 4 s after the drain's time is over, say what was awaited and exit with
 * status 1: what the drain left of its time is for a slow disk. Once.
 */
void deadline_close(struct deadline *d);

/* What is waited for from now on, in words for the log: "queue depth". */
void deadline_await(struct deadline *d, const char *what);

#endif
