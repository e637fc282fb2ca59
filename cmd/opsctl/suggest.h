/*
 * suggest: the known word nearest to a mistyped one. Borrows everything.
 */
#ifndef OPS_SUGGEST_H
#define OPS_SUGGEST_H

#include "str.h"

struct suggest {
	struct str typed;
	struct str best; /* empty: nothing is near enough */
	unsigned distance;
};

void suggest_init(struct suggest *s, struct str typed);

/* Consider `shown` as the answer, by how near `word` is to what was typed. */
void suggest_try(struct suggest *s, struct str word, struct str shown);

#endif
