/*
 * gauges: reads the queue's depth as often as it is worth asking, in a thread of its own, so that a
 * scrape never waits for the queue. What cannot be read stays as it was, which is logged once.
 */
#ifndef OPS_GAUGES_H
#define OPS_GAUGES_H

#include "queue.h"

struct gauges;

/* The queue is borrowed until the close. ERR_IO: the system has no thread for us. */
int gauges_open(struct gauges **out, struct queue *queue, struct err *err) ATTR_MUST_CHECK;

/* Waits for a call under way. NULL is fine. */
void gauges_close(struct gauges *g);

#endif
