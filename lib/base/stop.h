/*
 * stop: signals as facts that threads can see and wait for. SIGTERM and SIGINT
 * ask to stop, SIGHUP to reload; SIGPIPE and SIGXFSZ are ignored (a peer that left and a
 * file size limit are errors of the call, not the end of the process). A second stop signal changes
 * nothing: draining is bounded by its own deadline. One per process.
 */
#ifndef OPS_STOP_H
#define OPS_STOP_H

#include "err.h"

/* Call in main before any thread starts (threads inherit the blocked mask). */
int stop_init(struct err *err) ATTR_MUST_CHECK;

bool stop_requested(void); /* any thread, cheap */
bool stop_pending(void);   /* a signal has asked that stop_wait() has not told yet; any thread */
int stop_signal(void);     /* the signal that asked, 0 for none; 128 + it is the exit status */

enum stop_event { STOP_TIMEOUT, STOP_STOP, STOP_RELOAD, STOP_CHILD };

/* Wait for the next signal, at most timeout_ms (-1: for ever). Main thread only. */
enum stop_event stop_wait(int timeout_ms);

#endif
