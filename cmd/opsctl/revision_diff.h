/*
 * revision_diff: what is different between two task definitions, or two documents of any kind: a
 * row for each value. Elements of lists are known by their name where they have one. What stands in
 * a container's environment may be a secret, so it is only said to differ. Pure; what prints it is
 * in revision_diff_print.c.
 */
#ifndef OPS_REVISION_DIFF_H
#define OPS_REVISION_DIFF_H

#include "cli.h"

enum { DIFF_ROWS_MAX = 64, DIFF_PATH_SIZE = 160, DIFF_VALUE_SIZE = 256 };

struct diff_row {
	char path[DIFF_PATH_SIZE];                       /* "containerDefinitions.api.image" */
	char from[DIFF_VALUE_SIZE], to[DIFF_VALUE_SIZE]; /* "" = not there; cut where it is long */
};

struct revision_diff {
	struct diff_row rows[DIFF_ROWS_MAX];
	size_t count, more; /* more: beyond the last row */
};

/* Of two answers to DescribeTaskDefinition; what is only their history is left out. */
void revision_diff(const struct json *from, const struct json *to, struct revision_diff *out);

void revision_diff_print(struct cli *cli, const struct revision_diff *d);
void revision_diff_json(struct json_writer *w, const struct revision_diff *d); /* "changes" */

#endif
