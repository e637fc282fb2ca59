/*
 * checkup: one look at every part of a system, as rows of which each is judged. Each part is asked
 * for itself: one that does not answer hides no other.
 */
#ifndef OPS_CHECKUP_H
#define OPS_CHECKUP_H

#include "facts.h"

enum checkup_state {
	CHECKUP_OK,
	CHECKUP_SKIPPED,   /* not named by the context, or another row is why it cannot be judged */
	CHECKUP_UNCHECKED, /* whoever knows did not say */
	CHECKUP_WARN,      /* works, but somebody should look */
	CHECKUP_BAD,
	CHECKUP_STATE_COUNT,
};

const char *checkup_state_name(enum checkup_state state); /* "ok", of a row for people */
const char *checkup_state_json(enum checkup_state state); /* "skipped" */

enum {
	CHECKUP_SERVICE_ROWS = 4,
	CHECKUP_ROWS_MAX = 10 + CHECKUP_SERVICE_ROWS * CONTEXT_SERVICES_MAX,
	CHECKUP_VALUES_MAX = 8,
};

struct checkup_row {
	const char *service; /* of the context, or NULL */
	const char *name;    /* "worker"; of a service "targets" */
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
	bool is_rolling; /* a service is being changed */
	bool is_partial; /* only what the command names was looked at */
	struct facts facts;
	/* Kept from look to look, so that "recent" means since the last one. */
	double last_errors;
	bool has_last_errors;
};

/* Zeroed, and to be closed with checkup_close(). */
struct checkup *checkup_open(void);
void checkup_close(struct checkup *c);

/* What a look is about: everything, or the rows and services that the command names. */
struct checkup_scope {
	bool is_all;
	char *const *names;
	int count;
	bool lines;      /* the last log lines of tasks that failed, and why letters are dead */
	bool is_watched; /* see gather.h */
};

/* Fill rows anew. */
void checkup_look(struct checkup *c, struct cli *cli, const struct checkup_scope *scope);

/* ERR_USAGE: a name is neither a row's nor that of a service of the context. */
int checkup_check_scope(const struct context *c, const struct checkup_scope *scope, struct err *err)
    ATTR_MUST_CHECK;

/* The worst state of all rows. */
enum checkup_state checkup_worst(const struct checkup *c);

/*
 * Whether anything was asked that tells about the system, or what the command names: without it
 * nothing can be said.
 */
bool checkup_knows(const struct checkup *c);

/* Nothing is bad, and something is known. */
bool checkup_is_healthy(const struct checkup *c);

/* "api targets" */
enum { CHECKUP_NAME_SIZE = 64 };
const char *checkup_row_name(const struct checkup_row *row, char out[CHECKUP_NAME_SIZE]);

#endif
