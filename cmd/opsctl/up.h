/*
 * up: the running `opsctl up`: its place, its two services, and the steps of its life:
 * watch until a signal, then drain. Main thread only.
 */
#ifndef OPS_UP_H
#define OPS_UP_H

#include "cli.h"
#include "unit.h"
#include "up_place.h"

enum { UP_API, UP_WORKER, UP_UNIT_COUNT };

struct up {
	struct cli *cli;
	struct up_place place;
	struct unit units[UP_UNIT_COUNT];
	struct http *http;
	bool is_announced;   /* all were ready once, and the user was told */
	int64_t ready_by_ms; /* monotonic; start must be done by then */
	int64_t asked_ms;    /* when ready services were last asked whether they still are */
};

/* Write up.ini, for the other commands. */
int up_write_state(const struct up *up, struct err *err) ATTR_MUST_CHECK;

/* Say that all is ready, where, and what to do next. */
void up_announce(struct up *up);

/*
 * Start what does not run, and look after it until a signal asks to stop, or until stdout is
 * gone and nobody watches any more. -1: a service cannot be kept up; ERR_TIMEOUT: never ready.
 */
int up_watch(struct up *up, struct err *err) ATTR_MUST_CHECK;

/* Stop ops-api, let ops-worker empty the queue, stop it. cli->exit_code says if it went well. */
void up_drain(struct up *up);

#endif
