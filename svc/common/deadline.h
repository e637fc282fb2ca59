/*
 * deadline: ends a process that was asked to stop and cannot end by itself, because what it closes
 * hangs in a call: a file system that is away, a name server that does not answer.
 */
#ifndef OPS_DEADLINE_H
#define OPS_DEADLINE_H

#include <stdatomic.h>
#include <stdint.h>

/* Zeroed has not begun. Lives as long as the process. */
struct deadline {
	_Atomic(const char *) awaited;
	int64_t ms;
};

/*
 * Unless the process has ended after so many milliseconds, say what was awaited and exit with
 * status 1. Once.
 */
void deadline_begin(struct deadline *d, int64_t ms);

/* What is waited for from now on, in words for the log: "queue depth". */
void deadline_await(struct deadline *d, const char *what);

#endif
