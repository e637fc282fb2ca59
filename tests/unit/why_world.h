/*
 * why_world: facts that are made up, of a system that is well, for the tests of the rules of why.h.
 * One at a time; one thread.
 */
#ifndef OPS_TEST_WHY_WORLD_H
#define OPS_TEST_WHY_WORLD_H

#include "why.h"

enum { WHY_API, WHY_WORKER }; /* its services */

#define WHY_NOW_MS    INT64_C(1763712000000)
#define WHY_AGO_MS(s) (WHY_NOW_MS - (s)*INT64_C(1000))

struct why_world {
	struct context context;
	struct facts facts;
	struct elb_target targets[4]; /* of the api */
	struct alarm alarms[2];
	struct causes causes; /* that were found */
};
extern struct why_world world;

/* A system with api behind a load balancer, worker, queue, token and alarms, all well. */
void why_make_well(void);
void why_make_service(size_t i, const char *name);
void why_add_targets(struct facts_targets *g, size_t count);

void why_copy(char *out, const char *text); /* into an array that has room for it */
void why_fail(struct fact *fact, enum err_code code, const char *text);
void why_stop_tasks(size_t i, enum stop_kind kind);
void why_sicken(size_t count, enum elb_state state); /* so many targets of the api */

#endif
