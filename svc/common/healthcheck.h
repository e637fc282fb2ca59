/*
 * healthcheck: what `--healthcheck` does in a container: GET /livez on this machine
 * within 2 s. Returns the exit status: 0 alive, 1 not; prints one line either way.
 */
#ifndef OPS_HEALTHCHECK_H
#define OPS_HEALTHCHECK_H

#include "settings.h"

int healthcheck_run(const struct setting_address *address);

#endif
