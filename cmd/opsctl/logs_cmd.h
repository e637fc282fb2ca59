/*
 * logs_cmd: what the parts of `opsctl logs` share: what is asked (cmd_logs.c), the past and what
 * follows (logs_follow.c), Live Tail (logs_live_cmd.c).
 */
#ifndef OPS_LOGS_CMD_H
#define OPS_LOGS_CMD_H

#include "logsource.h"

struct logs_cmd {
	struct cli *cli;
	struct logview view;
	struct log_source *sources[CONTEXT_SERVICES_MAX];
	size_t source_count;
	size_t streams_matched; /* with --task: streams of that name */
};

/* All there is, in the order of time; at its end, with `follows`, what comes, without end. */
int logs_read_all(struct logs_cmd *c, bool follows, struct err *err);

/* Until the reader goes away. `groups`: names. */
int logs_read_live(struct logs_cmd *c, const char *const *groups, size_t count, struct err *err);

#endif
