/*
 * causes: why letters are dead, counted: those of one verdict and one reason are one cause, whichever
 * record of them it was. One thread.
 */
#ifndef OPS_CAUSES_H
#define OPS_CAUSES_H

#include "autopsy.h"

enum { CAUSES_MAX = 32 };

struct cause {
	enum autopsy_verdict verdict;
	char why[ERR_TEXT_MAX]; /* "" where it needs none */
	uint64_t count;
	char example[QUEUE_ID_SIZE]; /* the first letter of it */
};

/* Zeroed is empty. */
struct causes {
	struct cause rows[CAUSES_MAX];
	size_t count;
	uint64_t others; /* letters of further causes */
};

void causes_add(struct causes *c, const char *id, const struct autopsy *a);

/* A table, if there is more than one letter; nothing else. */
void causes_print(struct cli *cli, const struct causes *c);

/* The member "causes". */
void causes_json(struct json_writer *w, const struct causes *c);

#endif
