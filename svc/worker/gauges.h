/*
 * gauges: reads the queue's depth as often as it is worth asking, in a thread of its own, so that a
 * scrape never waits for the queue.
 */
#ifndef OPS_GAUGES_H
#define OPS_GAUGES_H

#include "queue.h"
#include "ticker.h"

/* End with ticker_close(), before the queue is closed. ERR_IO: the system has no thread for us. */
int gauges_open(struct ticker **out, struct queue *queue, struct err *err) ATTR_MUST_CHECK;

#endif
