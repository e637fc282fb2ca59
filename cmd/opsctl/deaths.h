/*
 * deaths: why letters are dead, counted: those of one verdict and one reason are one cause, whichever
 * record of them it was. One thread.
 */
#ifndef OPS_DEATHS_H
#define OPS_DEATHS_H

#include "autopsy.h"

enum { DEATHS_MAX = 32 };

struct death {
	enum autopsy_verdict verdict;
	char why[ERR_TEXT_MAX]; /* "" where it needs none */
	uint64_t count;
	char example[QUEUE_ID_SIZE]; /* the first letter of it */
};

/* Zeroed is empty. */
struct deaths {
	struct death rows[DEATHS_MAX];
	size_t count;
	uint64_t others; /* letters of further causes */
};

void deaths_add(struct deaths *c, const char *id, const struct autopsy *a);

/* A table, if there is more than one letter; nothing else. */
void deaths_print(struct cli *cli, const struct deaths *c);

/* The member "causes". */
void deaths_json(struct json_writer *w, const struct deaths *c);

#endif
