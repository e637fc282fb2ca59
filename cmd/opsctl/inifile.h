/*
 * inifile: ini files of ours; the home of libinih. Rows are kept in the order of the file;
 * edits are made in the text, so that comments and order of the rest stay as they are.
 */
#ifndef OPS_INIFILE_H
#define OPS_INIFILE_H

#include "buf.h"
#include "err.h"

enum {
	INIFILE_MAX = 256 * 1024,
	INIFILE_LINE_MAX = 197, /* libinih reads 200 bytes, line end and terminator included */
};

struct inifile_row {
	char *section, *key, *value; /* section "" before the first header */
};

/* Zeroed is empty. */
struct inifile {
	struct inifile_row *rows;
	size_t count;
};

/*
 * ERR_CONFIG names `path` and the line; a key that is there twice is refused, and so is what libinih
 * would read in its own way. Lines may be indented; none is continued.
 */
int inifile_parse(struct str text, const char *path, struct inifile *out, struct err *err)
    ATTR_MUST_CHECK;
void inifile_release(struct inifile *ini);

/* The value, or NULL. */
const char *inifile_get(const struct inifile *ini, const char *section, const char *key);

/* Append "key = value\n". ERR_INVALID: the line would be read back as something else. */
int inifile_add_line(struct buf *out, const char *key, const char *value, struct err *err)
    ATTR_MUST_CHECK;

/* Copy text to out with the content of a section replaced by lines; no lines: without the section. */
void inifile_put_section(struct str text, const char *section, struct str lines, struct buf *out);

/* Copy text to out with the line of a key above all sections replaced; an empty line removes it. */
void inifile_put_head(struct str text, const char *key, struct str line, struct buf *out);

#endif
