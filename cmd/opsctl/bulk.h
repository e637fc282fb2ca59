/*
 * bulk: a run of `opsctl submit` over a file of payloads: its state, and what the runner
 * calls (bulk_lines.c). The rest of it is in submit_bulk.c.
 */
#ifndef OPS_BULK_H
#define OPS_BULK_H

#include "halt.h"
#include "lines.h"
#include "refusals.h"
#include "rejects.h"
#include "submit.h"

enum { BULK_LOCAL = -1 };

struct bulk {
	struct cli *cli;
	struct client client;
	struct lines lines;
	struct journal journal;
	struct rejects rejects; /* --rejects */
	struct buf journal_path;
	char prefix[SUBMIT_PREFIX_SIZE];
	uint64_t line_count, last_sent;
	uint64_t verified_before, again; /* of an earlier run: in the store; refused, sent anew */
	uint64_t unknown, found;         /* of an earlier run: without answer, of these stored */
	uint64_t unanswered;             /* in this run */
	struct refusals refusals;        /* in this run */
	struct submit_account account;
	struct halt halt; /* --stop-on-error */
	bool is_fatal;    /* fatal is set: no further line would fare better */
	struct err fatal;
	int fatal_status; /* of an answer; 0: none came; BULK_LOCAL: not of the system */
	struct runner runner;
};

/* The functions of struct runner; arg is the struct bulk. */
bool bulk_next(void *arg, struct runner_item *item);
bool bulk_done(void *arg, const struct runner_item *item, const struct runner_outcome *o);
void bulk_tick(void *arg);

/* The first such error counts. */
void bulk_set_fatal(struct bulk *b, const struct err *err, int status);

/* Print what was refused since the last time. */
void bulk_print_refusals(struct bulk *b);

#endif
