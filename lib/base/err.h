/*
 * err: what went wrong, as a code for the program and one line for the person.
 *
 * Every function that can fail returns 0, or -1 with *err set; err is the last
 * parameter and never NULL; other outputs are untouched on -1 where the header does
 * not say otherwise. A struct err
 * lives on the caller's stack, owns nothing, and means something only after -1.
 * The text is one line, lower case, without a full stop, names the thing, and
 * never holds a secret.
 */
#ifndef OPS_ERR_H
#define OPS_ERR_H

#include "attr.h"

enum err_code {
	ERR_NONE,
	ERR_USAGE,       /* called wrongly: the command line */
	ERR_CONFIG,      /* a setting, a context, a file of ours is wrong or missing */
	ERR_CREDENTIALS, /* none, or expired */
	ERR_DENIED,      /* not allowed */
	ERR_NOTFOUND,    /* the named thing does not exist */
	ERR_INVALID,     /* the input is wrong; the same input will fail again */
	ERR_CONFLICT,    /* exists already with other content, or changed meanwhile */
	ERR_BUSY,        /* throttled, full, locked: try again later */
	ERR_TIMEOUT,     /* took longer than allowed; the outcome may be unknown */
	ERR_IO,          /* network, disk, database: may pass, outcome may be unknown */
	ERR_CORRUPT,     /* stored or received data is not what it must be */
	ERR_STOPPED,     /* given up because the program was asked to stop */
	ERR_CODE_COUNT,
};

enum { ERR_TEXT_MAX = 320 };

struct err {
	enum err_code code;
	char text[ERR_TEXT_MAX];
};

/* Set code and text (cut at ERR_TEXT_MAX; control characters become '?'). Always returns -1. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) ATTR_PRINTF(3, 4);

/* As err_set(), with ": <what errno says>" appended; the code follows errno (ENOSPC, EACCES, ...). */
int err_errno(struct err *err, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* Put "<prefix>: " before the text, keep the code. For what the lower layer could not know. */
int err_wrap(struct err *err, const char *fmt, ...) ATTR_PRINTF(2, 3);

#ifdef __clang_analyzer__
/* It sees one file at a time, and would follow paths on which a failure returned 0. */
#define err_set(...)   ((void)err_set(__VA_ARGS__), -1)
#define err_errno(...) ((void)err_errno(__VA_ARGS__), -1)
#define err_wrap(...)  ((void)err_wrap(__VA_ARGS__), -1)
#endif

/* Stable lower-case name of a code: "busy". */
const char *err_name(enum err_code code);

/* Whether the same call may succeed later without anybody changing anything. */
bool err_is_transient(enum err_code code);

#endif
