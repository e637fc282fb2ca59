/*
 * exec_sentinel: carries the exit status of a command out of a session that has none. The command is
 * run by a shell, which prints a line with a word that nobody can guess and the status behind it;
 * that line is taken out of what the session prints. Pure.
 */
#ifndef OPS_EXEC_SENTINEL_H
#define OPS_EXEC_SENTINEL_H

#include "buf.h"

enum { SENTINEL_WORD_SIZE = 40, SENTINEL_HELD_MAX = 64 };

struct sentinel {
	char word[SENTINEL_WORD_SIZE]; /* "opsctl-exit-0123456789abcdef:" */
	char held[SENTINEL_HELD_MAX];  /* what may be the beginning of the line */
	size_t held_n;
	bool is_found; /* and the status is whole */
	int status;    /* 0 to 255 */
};

void sentinel_init(struct sentinel *s);

/*
 * Append to `out` the command line for ExecuteCommand that runs argv by /bin/sh and then prints the
 * sentinel; the agent splits it as a shell does, without expanding anything.
 */
void sentinel_command(const struct sentinel *s, char *const *argv, size_t count, struct buf *out);

/* The same without a shell: argv as it is, so that there is no status. */
void sentinel_plain_command(char *const *argv, size_t count, struct buf *out);

/* Append to `out` what of a piece of the session's output is not the sentinel. */
void sentinel_filter(struct sentinel *s, struct str piece, struct buf *out);

/* At the end of the output: what was held back and is no sentinel. */
void sentinel_flush(struct sentinel *s, struct buf *out);

#endif
