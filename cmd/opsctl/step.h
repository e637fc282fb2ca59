/*
 * step: a next step as it is shown. What is typed as it stands must reach the system that the command
 * worked on, and a recording is not that system. Any thread, each with a struct cli of its own.
 */
#ifndef OPS_STEP_H
#define OPS_STEP_H

#include "cli.h"

/*
 * `text` in `out`: each command of opsctl in one that begins with "run: " has the --context that was
 * given, unless it names a context or needs none; where the system was named by options alone it is
 * said that they are needed again; in a replay, that it is about the system that was recorded.
 * Doing it twice changes nothing. `text` may be `out`, which is returned.
 */
const char *step_show(const struct cli *cli, const char *text, char out[ERR_TEXT_MAX]);

#endif
