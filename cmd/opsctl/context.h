/*
 * context: which system a command is about. `local` is built in and needs no file:
 * its values come from the directory of `opsctl up`. Others are sections of
 * $XDG_CONFIG_HOME/opsctl/contexts.ini (mode 0600). Order: --context, then
 * OPSCTL_CONTEXT, then the file's `current`, then `local`.
 *
 * The directory of `local`: OPSCTL_LOCAL_DIR, else $XDG_STATE_HOME/opsctl/local (default
 * ~/.local/state/opsctl/local). In it: token (0600), token.previous, queue.db, store/,
 * ops-api.log, ops-worker.log, up.ini (URLs and process ids of the running system).
 */
#ifndef OPS_CONTEXT_H
#define OPS_CONTEXT_H

#include "buf.h"
#include "err.h"

enum { CONTEXT_VALUE_MAX = 1024, CONTEXT_NAME_MAX = 64 };

/* One row per key of a context; the table in context.c gives its name, help and check. */
enum context_key {
	CONTEXT_URL,              /* of ops-api */
	CONTEXT_SECRET,           /* secret URL */
	CONTEXT_QUEUE,            /* queue URL */
	CONTEXT_STORE,            /* store URL */
	CONTEXT_API_ADMIN_URL,    /* of the admin port, or empty */
	CONTEXT_WORKER_ADMIN_URL,
	CONTEXT_ACCOUNT,
	CONTEXT_REGION,
	CONTEXT_PROFILE,
	CONTEXT_KEY_COUNT,
};

struct context {
	char name[CONTEXT_NAME_MAX + 1];
	char values[CONTEXT_KEY_COUNT][CONTEXT_VALUE_MAX]; /* "" = not set */
	char local_dir[CONTEXT_VALUE_MAX];                 /* of `local`; "" otherwise */
};

const char *context_key_name(enum context_key key); /* "url", "api-admin-url" */
const char *context_key_help(enum context_key key);

/* The value, or ERR_CONFIG that names context and key and how to set it. */
int context_require(const struct context *c, enum context_key key, const char **out, struct err *err)
    ATTR_MUST_CHECK;

/*
 * Resolve by name (NULL: by the order above). ERR_CONFIG: unknown, or the file is wrong or readable
 * by others. `local` resolves even when nothing runs: then its URLs are those `up` would use.
 */
int context_resolve(const char *name, struct context *out, struct err *err) ATTR_MUST_CHECK;

/* The directory of `local`, from `override` (--dir), the environment or the default. */
int context_local_dir(const char *override, struct buf *out, struct err *err) ATTR_MUST_CHECK;

#endif
