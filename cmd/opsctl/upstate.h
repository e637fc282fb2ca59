/*
 * upstate: what `opsctl up` leaves in its directory for the other commands: up.lock, held
 * by flock while it runs, and up.ini with URLs and process ids.
 */
#ifndef OPS_UPSTATE_H
#define OPS_UPSTATE_H

#include <sys/types.h>

#include "err.h"

enum { UPSTATE_URL_SIZE = 128 };

struct upstate {
	char url[UPSTATE_URL_SIZE], api_admin_url[UPSTATE_URL_SIZE],
	    worker_admin_url[UPSTATE_URL_SIZE];
	pid_t pid, api_pid, worker_pid; /* of `up` itself and its services; 0 not known */
};

/* Hold the directory; *fd is released by closing it or by dying. ERR_CONFLICT names who holds it. */
int upstate_lock(const char *dir, int *fd, struct err *err) ATTR_MUST_CHECK;

/* Whether an `up` holds the directory now: only then process ids may be signalled. */
bool upstate_is_running(const char *dir);

/* ERR_NOTFOUND: there is none. What is there may be stale; see upstate_is_running(). */
int upstate_read(const char *dir, struct upstate *out, struct err *err) ATTR_MUST_CHECK;
int upstate_write(const char *dir, const struct upstate *state, struct err *err) ATTR_MUST_CHECK;
void upstate_remove(const char *dir);

#endif
