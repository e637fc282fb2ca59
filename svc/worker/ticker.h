/*
 * ticker: a thread that does one thing at once and then every few seconds, until it is closed.
 */
#ifndef OPS_TICKER_H
#define OPS_TICKER_H

#include "err.h"

struct ticker;

/* The first call of fn(arg) comes at once. ERR_IO: the system has no thread for us. */
int ticker_open(struct ticker **out, unsigned period_s, void (*fn)(void *arg), void *arg,
    struct err *err) ATTR_MUST_CHECK;

/* Waits for a call under way. NULL is fine. */
void ticker_close(struct ticker *t);

#endif
