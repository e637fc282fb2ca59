/*
 * recording_head: the first line of a recording: what was run when, on which context, and where the
 * services of AWS were. Private to recording.c.
 */
#ifndef OPS_RECORDING_HEAD_H
#define OPS_RECORDING_HEAD_H

#include "cli.h"

void recording_head_write(struct cli *cli, struct buf *out);

/* Fills cli->context and the environment, in which no credentials are left; main thread, alone. */
int recording_head_read(struct cli *cli, struct str line, int64_t *at_ms, struct err *err)
    ATTR_MUST_CHECK;

/* Whether a value of a context speaks no HTTP. */
bool recording_is_of_this_machine(const char *value);

#endif
