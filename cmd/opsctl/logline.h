/*
 * logline: a line of a service's log as a short one for people. A JSON line (ECS logging, and what
 * is near it) becomes its level, its message and the rest as key=value, without what says the same
 * on every line; any other line stays as it is. What would steer a terminal becomes '?'. Pure.
 */
#ifndef OPS_LOGLINE_H
#define OPS_LOGLINE_H

#include "buf.h"

enum { LOGLINE_LEVEL_SIZE = 8 };

struct logline {
	int64_t at_ms;                  /* of its own time stamp; -1: none */
	char level[LOGLINE_LEVEL_SIZE]; /* "info"; "" where it says none */
	bool is_json;                   /* an object, on one line */
};

/* Read `message`, and append to `text` (NULL: not wanted) what is shown of it. */
void logline_read(struct str message, struct logline *out, struct buf *text);

#endif
