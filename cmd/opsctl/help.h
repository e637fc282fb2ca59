/*
 * help: texts made from the command table.
 */
#ifndef OPS_HELP_H
#define OPS_HELP_H

#include "cli.h"

enum { HELP_MAX = 256 * 1024 };

/* For people: `words` is a command, a noun (all of its commands) or "" (everything). */
void help_text(const char *words, struct buf *out);

/* The same rows as one JSON document, opsctl/help/1. */
void help_json(const char *words, struct buf *out);

#endif
