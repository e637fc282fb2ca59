/*
 * cond: condition variables that wait on the monotonic clock, so that nobody who sets the
 * machine's time shortens or prolongs a wait. The rest is pthread's own.
 */
#ifndef OPS_COND_H
#define OPS_COND_H

#include <pthread.h>

#include "clock.h"

void cond_init(pthread_cond_t *cond);

/*
 * Wait, with `lock` held, until somebody signals or `clock` says until_us (of its monotonic
 * time; INT64_MAX: never). It may return early and without a reason, but always lets others
 * have the lock: the caller looks again. What is left by a fake clock passes in real time.
 */
void cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, const struct clock *clock,
    int64_t until_us);

#endif
