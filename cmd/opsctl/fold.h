/*
 * fold: a text for people in as many lines as the terminal needs. A word is never cut, because it may
 * be a name: one that is longer than a line stands on one of its own. Main thread.
 */
#ifndef OPS_FOLD_H
#define OPS_FOLD_H

#include "cli.h"

/*
 * The words that `rest` begins with, as many as `room` columns hold; `rest` becomes what follows
 * them. Where the line is empty the first one is taken whether it fits or not, else maybe none.
 */
struct str fold_line(struct str *rest, size_t room, bool is_empty);

/*
 * Words from column *at on, in lines of `room` columns, all but the first indented; *at is then where
 * they end. Behind what stands in the line already (*at > indent) a space comes first.
 */
void fold_words(struct cli *cli, struct str text, size_t indent, size_t room, size_t *at);

/* The same behind `used` columns of a line, in the width of stdout, and the end of the line. */
void fold_rest(struct cli *cli, size_t used, size_t indent, const char *text);

#endif
