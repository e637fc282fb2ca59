/*
 * worker_settings: the settings of ops-worker, one table row each.
 */
#ifndef OPS_WORKER_SETTINGS_H
#define OPS_WORKER_SETTINGS_H

#include "service.h"

enum task_protection { TASK_PROTECTION_AUTO, TASK_PROTECTION_OFF };
#define TASK_PROTECTION_CHOICES "auto|off"

struct worker_settings {
	struct service_settings service;
	const char *queue, *store; /* URLs */
	int64_t receivers, putters, visibility_timeout_s, max_in_flight;
	int task_protection; /* enum task_protection */
};

/* ops-worker, as service_begin() wants to know it. */
extern const struct service worker_service;

#endif
