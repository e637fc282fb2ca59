/*
 * protection: keeps ECS from choosing this task for scale-in while messages are in flight. A
 * thread of its own looks every few seconds at what the worker counts, asks the container agent
 * for a short protection, renews it, and ends it when nothing has been in flight for a while.
 * SIGTERM drains all the same: this only saves redeliveries.
 */
#ifndef OPS_PROTECTION_H
#define OPS_PROTECTION_H

#include "http.h"

struct protection;

/* The client is borrowed until protection_close(). ERR_IO: the system has no thread for us. */
int protection_open(struct protection **out, struct http *http, struct err *err) ATTR_MUST_CHECK;

/* Ends the protection, when there is one. NULL is fine. */
void protection_close(struct protection *p);

#endif
