/*
 * gather: asks every part of a system at once, each for itself: what one says, or fails to say,
 * changes nothing about the others. What follows from another's answer (the log of a task that
 * stopped) is asked behind it.
 */
#ifndef OPS_GATHER_H
#define OPS_GATHER_H

#include "facts.h"

/* What does not belong to a service of the context. */
enum {
	GATHER_PATHS = 1 << 0, /* ops-api and ops-worker, by HTTP */
	GATHER_METRICS = 1 << 1,
	GATHER_QUEUE = 1 << 2,
	GATHER_STORE = 1 << 3,
	GATHER_SECRET = 1 << 4, /* and ops-api about the token */
	GATHER_ALARMS = 1 << 5,
};

struct gather_wish {
	unsigned parts;
	bool services[CONTEXT_SERVICES_MAX]; /* of the context, by index */
	bool lines;                          /* of tasks that failed; and why letters are dead */
	int timeout_ms;                      /* of each call, with its retries */
	/*
	 * One look of many: no progress is shown, and what is under way is given up when the command,
	 * which called stop_init(), is told to stop.
	 */
	bool is_watched;
	/* A good answer about a token is good for a while: each question is in the log of ops-api. */
	int64_t token_good_ms;
	/*
	 * The look before, or NULL. A service that was steady then is not asked again for its latest
	 * rollout and for tasks that wait: that is taken over.
	 */
	const struct facts *last;
};

/* *out is released by the caller. */
void gather(struct cli *cli, const struct gather_wish *wish, struct facts *out);

#endif
