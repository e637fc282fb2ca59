/*
 * plan: what --plan prints: the calls of AWS that a command would make in its context with the options
 * that it was given, and which of them cost money. From the rows of commands and operations; nothing
 * is called.
 */
#ifndef OPS_PLAN_H
#define OPS_PLAN_H

#include "cli.h"

void plan_print(struct cli *cli);

#endif
