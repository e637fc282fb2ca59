/*
 * out: the part of the output that is main's alone; commands use cli.h.
 */
#ifndef OPS_OUT_H
#define OPS_OUT_H

#include "cli.h"

/* Whether to colour what goes to fd; `when` is the value of --color. Reads the environment. */
bool out_wants_color(const char *when, int fd);

/* "opsctl: <text>" and the next step below it, on stderr. */
void out_error(struct cli *cli, const char *text);

#endif
