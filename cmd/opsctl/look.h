/*
 * look: one look of a checkup in the making: the facts at hand, and how rows are made of them. Main
 * thread, for the time of checkup_look().
 */
#ifndef OPS_LOOK_H
#define OPS_LOOK_H

#include "checkup.h"

struct look {
	struct checkup *c;
	struct cli *cli;
	const struct facts *facts;
	const struct checkup_scope *scope;
	struct checkup_row left_out; /* a row that nobody wants to see */
};

/* ---- rows: a new one is ok ---- */

struct checkup_row *look_add_row(struct look *l, const char *name);
struct checkup_row *look_add_service_row(struct look *l, const char *service, const char *name);
void row_detail(struct checkup_row *row, const char *fmt, ...) ATTR_PRINTF(2, 3); /* appends */
void row_value(struct checkup_row *row, const char *name, double value);

/* Worse than before wins; of two equal ones the first stays, which is nearer to the cause. */
void row_judge(struct checkup_row *row, enum checkup_state state, const char *why,
    const char *next);

/* It cannot be judged: another row says why it is bad, or the context does not name it. */
void row_skip(struct checkup_row *row, const char *why);

/* Whether the context has a value of that key; otherwise the row is skipped. */
bool look_is_named(struct look *l, struct checkup_row *row, enum context_key key);

/* Bad, with why it could not be asked and the next step that came with it. */
void row_judge_fact(struct checkup_row *row, const struct fact *fact, const char *next);

/* Who knows did not say: that tells nothing about the system. */
void row_leave_open(struct checkup_row *row, const struct fact *fact);

/* ---- rows of the services as such, by HTTP, and of what they count (look_core.c) ---- */

void look_at_api(struct look *l);
void look_at_worker(struct look *l);
void look_at_progress(struct look *l);
void look_at_errors(struct look *l);

/* ---- rows of what the context names beside them, one or two each (look_ports.c) ---- */

void look_at_queue(struct look *l); /* and its dead letters */
void look_at_store(struct look *l);
void look_at_secret(struct look *l); /* and whether ops-api takes the token in it */
void look_at_alarms(struct look *l);

/* ---- rows of a service of the context, as many as it has keys for (look_service.c) ---- */

void look_at_service(struct look *l, const struct facts_service *s);

#endif
