/*
 * creds_words: a command line taken apart as a shell does, and no more of a shell than that: quotes
 * and backslashes, no variables, no patterns, no pipes. Private to creds_process.c and its tests.
 */
#ifndef OPS_CREDS_WORDS_H
#define OPS_CREDS_WORDS_H

#include "buf.h"
#include "err.h"

enum { WORDS_MAX = 64, WORDS_BYTES_MAX = 16 * 1024 };

struct words {
	char *argv[WORDS_MAX + 1]; /* ended by NULL; point into bytes */
	size_t count;
	struct buf bytes;
};

/* ERR_CONFIG: nothing in it, a quote left open, too much. Release after success. */
int words_split(const char *text, struct words *out, struct err *err) ATTR_MUST_CHECK;
void words_release(struct words *w);

#endif
