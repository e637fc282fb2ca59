/*
 * contexts_file: contexts.ini, where all contexts but `local` are kept: one section each,
 * and above them `current = NAME`. No file is an empty one. Changes keep comments and the
 * order of what they do not touch.
 */
#ifndef OPS_CONTEXTS_FILE_H
#define OPS_CONTEXTS_FILE_H

#include "context.h"

/* The context of that section. ERR_CONFIG: none, or a key or value is wrong. */
int context_load(const char *name, struct context *out, struct err *err) ATTR_MUST_CHECK;

/* Call fn for `local`, then for every section of the file in its order. */
typedef void context_name_fn(void *arg, const char *name);
int context_names(context_name_fn *fn, void *arg, struct err *err) ATTR_MUST_CHECK;

/* The name that NULL resolves to, and what decided: "OPSCTL_CONTEXT", "contexts.ini", "default". */
int context_current(char name[CONTEXT_NAME_MAX + 1], const char **decided_by, struct err *err)
    ATTR_MUST_CHECK;

/* Make it what the file says is current. ERR_CONFIG: no such context. */
int context_make_current(const char *name, struct err *err) ATTR_MUST_CHECK;

/* Write or replace the section of c; remove one (ERR_CONFIG: none), and `current` with it. */
int context_save(const struct context *c, struct err *err) ATTR_MUST_CHECK;
int context_remove(const char *name, struct err *err) ATTR_MUST_CHECK;

#endif
