/*
 * health: what the files of that command share: one look with its causes, and how it is shown.
 */
#ifndef OPS_HEALTH_H
#define OPS_HEALTH_H

#include "checkup.h"
#include "screen.h"
#include "why.h"

struct health {
	struct cli *cli;
	struct checkup *checkup;
	struct checkup_scope scope;
	struct causes *causes; /* NULL: nobody asked why */
};

/* Look, and find causes. */
void health_look(struct health *h);

/* "healthy", "unhealthy", "healthy, a rollout is in progress", ... */
const char *health_verdict(const struct checkup *c);
enum out_color health_color(const struct checkup *c);
enum out_color health_state_color(enum checkup_state state);

/* Of the longest name of a row, and of a space behind it. */
int health_name_width(const struct checkup *c);

/* Some were asked for, and found: they say in order what else each row would say. */
bool health_has_causes(const struct health *h);

/* The same as the row before that says why; without credentials that is most of them. */
bool health_says_same(const struct checkup_row *r, const struct checkup_row *before);

void health_print(const struct health *h);
void health_json(const struct health *h); /* "opsctl/health/1" */

/* Until somebody says stop, which is ERR_STOPPED, or nobody reads any more. */
int health_watch(struct health *h, struct err *err) ATTR_MUST_CHECK;

#endif
