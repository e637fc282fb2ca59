/*
 * logs_cmd: what `opsctl logs` is made of, and `tail --logs` beside it: the logs of a context
 * (logs_open.c), the past of them and what follows (logs_follow.c), Live Tail (logs_live_cmd.c).
 */
#ifndef OPS_LOGS_CMD_H
#define OPS_LOGS_CMD_H

#include "logsource.h"

/* A log by the name of its service: a log group, or the name of a file. Borrows from the context. */
struct log_place {
	const char *service, *place;
};

struct logs_cmd {
	struct cli *cli;
	struct logview view;
	const char *services; /* names separated by commas; NULL: all that the context has */
	bool follows;
	struct log_place places[CONTEXT_SERVICES_MAX]; /* those that are wanted */
	size_t place_count;
	struct log_source *sources[CONTEXT_SERVICES_MAX]; /* of these places, once they are open */
	size_t source_count;
	size_t streams_matched; /* where one task is wanted: streams of that name */
};

/*
 * Fill places. ERR_CONFIG: the context names no log; ERR_USAGE: a service that has none. On -1 the
 * next step may be set.
 */
int logs_choose(struct logs_cmd *c, struct err *err) ATTR_MUST_CHECK;

/* Open them; close also after -1. ERR_NOTFOUND: no stream of the task that is wanted. */
int logs_open(struct logs_cmd *c, struct err *err) ATTR_MUST_CHECK;
void logs_close(struct logs_cmd *c);

/*
 * All there is, in the order of time; with `follows` then what comes, without end. ERR_STOPPED: a
 * signal asked for that; what was held for the order's sake is printed then, too.
 */
int logs_read_all(struct logs_cmd *c, struct err *err) ATTR_MUST_CHECK;

/* Until the reader goes away, or as above; places are groups. */
int logs_read_live(struct logs_cmd *c, struct err *err) ATTR_MUST_CHECK;

/* Wait so long for a signal that asks to stop, and return -1 (ERR_STOPPED) when one has. */
int logs_pause(const struct logs_cmd *c, int64_t wait_ms, struct err *err) ATTR_MUST_CHECK;

/*
 * What comes, step by step: what is there by now is printed by each, and what is still held when it
 * is closed. Close also after -1.
 */
struct logs_follow;
struct logs_follow *logs_follow_open(struct logs_cmd *c);
void logs_follow_close(struct logs_follow *f);
int logs_follow_step(struct logs_follow *f, struct err *err) ATTR_MUST_CHECK;

#endif
