/*
 * shell: words of a command line of a POSIX shell, for commands that are printed to be typed or handed
 * to a shell. Pure.
 */
#ifndef OPS_SHELL_H
#define OPS_SHELL_H

#include "buf.h"

/* Append it in single quotes: one word, whatever is in it. */
void shell_quote(struct buf *out, struct str word);

/* The same, without quotes where it needs none: as a person would write it. */
void shell_word(struct buf *out, struct str word);

#endif
