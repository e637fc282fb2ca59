/*
 * bar: a piece of a whole drawn as a bar, for tables of times. Pure, but for the environment.
 */
#ifndef OPS_BAR_H
#define OPS_BAR_H

#include "buf.h"

/* Whether stdout is a terminal that shows UTF-8, as its locale says. */
bool bar_is_unicode(void);

/*
 * Append [from, to) of [0, whole) at its place in `width` columns: blanks, then at least a sliver.
 * Unicode draws eighths of a column, else whole ones of '='. No blanks behind.
 */
void bar_add(struct buf *out, int64_t from, int64_t to, int64_t whole, unsigned width,
    bool is_unicode);

#endif
