/*
 * unit: one service under the supervision of `opsctl up`: start, watch, start again, stop.
 * Its log file tells on which ports it listens; those are kept for the next start. Main thread.
 */
#ifndef OPS_UNIT_H
#define OPS_UNIT_H

#include <sys/types.h>

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "http.h"
#include "settings.h"

enum { UNIT_PATH_SIZE = 1200, UNIT_ARGS_MAX = 16, UNIT_GIVE_UP_AFTER = 5 };

struct unit {
	const char *name;       /* "ops-api" */
	const char *build_path; /* of its program in the build tree, from that of opsctl */
	bool has_public_port;   /* beside the admin port */
	char log_path[UNIT_PATH_SIZE];
	struct setting_address listen, admin_listen; /* port 0 until the service has told */
	struct buf args[UNIT_ARGS_MAX];              /* --queue=... and the like */
	size_t arg_count;

	pid_t pid;                         /* 0: does not run */
	bool is_ready;                     /* answered /readyz since its start */
	bool is_silent;                    /* was ready, and does not answer now */
	bool was_ready;                    /* in any run */
	bool is_over;                      /* will not be started again */
	int64_t started_ms, restart_at_ms; /* monotonic; restart_at_ms 0: none planned */
	off_t log_from;                    /* where the lines of this run begin */
	unsigned failed_starts;            /* in a row, without having been ready */
	unsigned short_lives;              /* in a row, ready or not: they make the pause longer */
};

/* Add an option of the service, "--name=value". */
void unit_add_arg(struct unit *u, const char *name, const char *value);
void unit_release(struct unit *u);

/* Start the program, stdout and stderr at the end of its log. */
int unit_start(struct unit *u, int64_t now_ms, struct err *err) ATTR_MUST_CHECK;

/* The process ended: plan what comes next (restart_at_ms or is_over). */
void unit_ended(struct unit *u, int wait_status, int64_t now_ms);

/* Learn the ports from the log. true when all are known. */
bool unit_find_ports(struct unit *u);

/* Ask /readyz on the admin port. */
bool unit_answers(const struct unit *u, struct http *http);

/* Append "http://host:port" as a client on this machine writes it. */
void unit_url(const struct setting_address *address, struct buf *out);

/* Append the last lines of the log, at most `lines`. */
void unit_log_tail(const struct unit *u, size_t lines, struct buf *out);

#endif
