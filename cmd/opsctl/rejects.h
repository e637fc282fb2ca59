/*
 * rejects: a copy of the lines of a file that are refused, to be mended and submitted as a
 * file of their own. It is opened before the run, so that a name that cannot be written is no
 * surprise at its end, and holds what it held until then.
 */
#ifndef OPS_REJECTS_H
#define OPS_REJECTS_H

#include "journal.h"
#include "lines.h"

struct rejects {
	int fd;           /* -1: closed */
	const char *path; /* borrowed */
};

/*
 * ERR_USAGE: it is the file of `lines` or of the journal, or one that stdout or stderr goes to;
 * ERR_CONFIG, ERR_DENIED.
 */
int rejects_open(struct rejects *r, const char *path, const struct lines *lines,
    const struct journal *journal, struct err *err) ATTR_MUST_CHECK;

/*
 * Write the lines that the journal calls refused; reads `lines` from its beginning to its end.
 * A line longer than LINES_MAX is left out and counted in *left_out.
 */
int rejects_write(struct rejects *r, struct lines *lines, const struct journal *journal,
    uint64_t *left_out, struct err *err) ATTR_MUST_CHECK;

void rejects_close(struct rejects *r);

#endif
