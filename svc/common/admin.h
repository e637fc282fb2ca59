/*
 * admin: the private port of a service: GET and HEAD on /livez, /readyz, /health and
 * /metrics; one small thread. Never calls anything outside the process.
 */
#ifndef OPS_ADMIN_H
#define OPS_ADMIN_H

#include "settings.h"

struct admin;

struct admin_options {
	struct setting_address listen;
	bool (*is_alive)(void *arg);                   /* /livez: 200 or 503 */
	bool (*is_ready)(void *arg, const char **why); /* /readyz and /health; *why when not */
	void (*render)(void *arg, struct buf *out);    /* append all metrics */
	void *arg;
};

int admin_open(struct admin **out, const struct admin_options *options, struct err *err)
    ATTR_MUST_CHECK;
uint16_t admin_port(const struct admin *a); /* the real one when 0 was asked */
void admin_close(struct admin *a);

#endif
