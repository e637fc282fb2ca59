/*
 * exec_check: what a session in a container needs, found out beforehand: ECS itself says no more
 * than "internal error". What the role of the task may do is looked at by opsctl verify.
 */
#ifndef OPS_EXEC_CHECK_H
#define OPS_EXEC_CHECK_H

#include "workload.h"

enum { EXEC_ROWS_MAX = 48, EXEC_DETAIL_SIZE = ERR_TEXT_MAX };

struct exec_row {
	const char *what; /* "plugin" */
	bool is_bad;
	char detail[EXEC_DETAIL_SIZE], next[EXEC_DETAIL_SIZE]; /* next "": nothing to do */
};

struct exec_check {
	struct exec_row rows[EXEC_ROWS_MAX];
	size_t count;
	bool is_bad; /* one of them is */
};

/* Look at all of it. A failure to ask is a row. */
void exec_check_look(struct exec_check *c, struct cli *cli, const struct workload *w);

/* Print it; exit status 1 when something is missing. */
void exec_check_report(const struct exec_check *c, struct cli *cli, const struct workload *w);

#endif
