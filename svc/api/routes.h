/*
 * routes: what ops-api answers at all: one table row per path and method, with every
 * status that it can have. Dispatch, metrics and the test of openapi.yaml read it.
 */
#ifndef OPS_ROUTES_H
#define OPS_ROUTES_H

#include "api.h"

enum { ROUTE_STATUS_MAX = 14 };

struct operation {
	const char *path, *method;
	/* At the head's end: answer, or return for the body to be read. */
	void (*head)(struct api *api, struct httpd_request *r);
	/* With the body: answer or defer. NULL: head always answers. */
	void (*body)(struct api *api, struct httpd_request *r);
	unsigned statuses[ROUTE_STATUS_MAX]; /* ended by 0 */
};

/* The last row stands for all that no other row describes. */
extern const struct operation operations[];
extern const size_t operation_count;

/* The row of a request. */
size_t route_find(const struct httpd_request *r);

#endif
