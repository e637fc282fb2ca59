/*
 * lines: the lines of a file, one after the other, numbered from 1, without reading the
 * whole file into memory. One thread.
 */
#ifndef OPS_LINES_H
#define OPS_LINES_H

#include "buf.h"
#include "err.h"
#include "hash.h"

enum { LINES_MAX = 1024 * 1024 }; /* of one line in bytes, its end not counted */

struct lines {
	int fd;
	const char *path; /* borrowed */
	struct buf piece;
	size_t at; /* of what is in piece, so much is used */
	bool at_end, long_line;
	uint64_t number;                /* of the line given last */
	int64_t size_bytes, changed_ns; /* when it was opened */
};

/* A regular file, since it is read twice. ERR_CONFIG, ERR_DENIED: it cannot be read. */
int lines_open(struct lines *l, const char *path, struct err *err) ATTR_MUST_CHECK;
void lines_close(struct lines *l);

/*
 * The next line, without LF or CRLF; valid until the next call. 1; 0 at the end; -1. Of a line
 * longer than LINES_MAX is_long is set, and the slice is its beginning.
 */
int lines_next(struct lines *l, struct str *line, bool *is_long, struct err *err) ATTR_MUST_CHECK;

/* Go back to the beginning. */
int lines_rewind(struct lines *l, struct err *err) ATTR_MUST_CHECK;

/* Whether somebody has written to the file since it was opened. */
bool lines_changed(const struct lines *l);

/* Read the whole file for its digest and the number of its lines, and go back to its beginning. */
int lines_digest(struct lines *l, char sha256[HASH_HEX_SIZE], uint64_t *count, struct err *err)
    ATTR_MUST_CHECK;

#endif
