/*
 * plan: what --plan prints: the calls of AWS that a command would make in its context with the options
 * and for the services that it was given, and which of them cost money. From the rows of commands and
 * operations; nothing is called.
 */
#ifndef OPS_PLAN_H
#define OPS_PLAN_H

#include "cli.h"

/*
 * The context keeps only the services that the command is about. ERR_CONFIG, ERR_NOTFOUND: it does
 * not know the one that the command changes.
 */
int plan_print(struct cli *cli, struct err *err) ATTR_MUST_CHECK;

#endif
