/*
 * checkup: one look at every part of a system. Each part is asked for itself: one that
 * does not answer hides no other.
 */
#ifndef OPS_CHECKUP_H
#define OPS_CHECKUP_H

#include "cli.h"
#include "hash.h"

enum checkup_state {
	CHECKUP_OK,
	CHECKUP_SKIPPED, /* not named by the context, or another row is why it cannot be judged */
	CHECKUP_WARN,    /* works, but somebody should look */
	CHECKUP_BAD,
	CHECKUP_STATE_COUNT,
};

const char *checkup_state_name(enum checkup_state state); /* "ok" */

enum { CHECKUP_ROWS_MAX = 10, CHECKUP_VALUES_MAX = 6 };

struct checkup_row {
	const char *name; /* "worker" */
	enum checkup_state state;
	char detail[200];        /* what was found, for people */
	char why[ERR_TEXT_MAX];  /* "" when ok */
	char next[ERR_TEXT_MAX]; /* what to do; "" when ok */
	struct {
		const char *name;
		double value;
	} values[CHECKUP_VALUES_MAX]; /* for programs; name NULL ends */
};

struct checkup {
	struct checkup_row rows[CHECKUP_ROWS_MAX];
	size_t count;
	int64_t at_ms;
	/* Kept from look to look, so that "recent" means since the last one. */
	double last_errors;
	bool has_last_errors;
	/* A good answer about a token is good for a while: each question is in the log of ops-api. */
	int64_t token_asked_ms; /* 0: not, or the answer was bad */
	char token_asked[HASH_FINGERPRINT_SIZE];
};

/* Fill rows anew; a checkup that is looked at for the first time must be zeroed. */
void checkup_look(struct checkup *c, struct cli *cli);

/* The worst state of all rows. */
enum checkup_state checkup_worst(const struct checkup *c);

/* Whether ops-api, the queue or the store was asked: without them nothing can be said. */
bool checkup_knows(const struct checkup *c);

#endif
