/*
 * refusals: the lines of a file that a run had refused: all are counted, of the first the
 * reasons are kept. One thread at a time.
 */
#ifndef OPS_REFUSALS_H
#define OPS_REFUSALS_H

#include "cli.h"

enum { REFUSALS_KEPT = 20 };

struct refusal {
	uint64_t line;
	int status; /* 0: not sent */
	char text[ERR_TEXT_MAX];
};

/* Zeroed is empty. */
struct refusals {
	uint64_t count;
	struct refusal first[REFUSALS_KEPT];
	uint64_t printed;
};

void refusals_add(struct refusals *r, uint64_t line, int status, const char *text);

/* Whether refusals_print() would print something. */
bool refusals_are_new(const struct refusals *r);

/* Warn of those kept that were not printed before, as "path:line: reason". */
void refusals_print(struct refusals *r, struct cli *cli, const char *path);

/* Member "refusals": those kept. */
void refusals_json(struct json_writer *w, const struct refusals *r);

#endif
