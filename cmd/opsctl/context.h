/*
 * context: which system a command is about. `local` is built in and needs no file:
 * its values come from the directory of `opsctl up`. Others are sections of
 * $XDG_CONFIG_HOME/opsctl/contexts.ini (mode 0600). Order: --context, then
 * OPSCTL_CONTEXT, then the file's `current`, then `local`. Global options take the place of
 * values of it (overrides.h).
 *
 * The directory of `local`: OPSCTL_LOCAL_DIR, else $XDG_STATE_HOME/opsctl/local (default
 * ~/.local/state/opsctl/local). In it: token (0600), token.previous, queue.db, store/,
 * ops-api.log, ops-worker.log, up.ini (URLs and process ids of the running system).
 */
#ifndef OPS_CONTEXT_H
#define OPS_CONTEXT_H

#include "context_service.h"
#include "err.h"

#define CONTEXT_LOCAL "local"
#define CONTEXT_FLAGS "(flags)" /* no section can be called so */

enum {
	CONTEXT_NAME_MAX = 49, /* libinih keeps no more of a section's name */
};

/* One row per key of a context; the table in context.c gives its name, help and check. */
enum context_key {
	CONTEXT_URL,           /* of ops-api */
	CONTEXT_SECRET,        /* secret URL */
	CONTEXT_QUEUE,         /* queue URL */
	CONTEXT_STORE,         /* store URL */
	CONTEXT_API_ADMIN_URL, /* of the admin port, or empty */
	CONTEXT_WORKER_ADMIN_URL,
	CONTEXT_ACCOUNT,
	CONTEXT_REGION,
	CONTEXT_PROFILE,
	CONTEXT_CLUSTER, /* of ECS */
	CONTEXT_ALARMS,  /* what the names of its CloudWatch alarms begin with */
	CONTEXT_ACCESS,  /* "full", "confirm", "read-only"; see access.h */
	CONTEXT_KEY_COUNT,
};

struct context {
	char name[CONTEXT_NAME_MAX + 1];
	char values[CONTEXT_KEY_COUNT][CONTEXT_VALUE_MAX];     /* "" = not set */
	char local_dir[CONTEXT_VALUE_MAX];                     /* of `local`; "" otherwise */
	struct context_service services[CONTEXT_SERVICES_MAX]; /* in the order of the file */
	size_t service_count;
	bool is_recorded; /* by another run, maybe on another machine: local_dir is but a name */
};

const char *context_key_name(enum context_key key); /* "url", "api-admin-url" */

/*
 * The value, or ERR_CONFIG that names context and key and how to set it. The URLs of `local`:
 * ERR_IO when nothing runs, ERR_BUSY when it does not run yet.
 */
int context_require(const struct context *c, enum context_key key, const char **out,
    struct err *err) ATTR_MUST_CHECK;

/*
 * Resolve by name (NULL: by the order above). ERR_CONFIG: unknown, or the file is wrong or readable
 * by others. `local` resolves even when nothing runs: then it has no URLs of services, because
 * whatever listens where `up` would is another system.
 */
int context_resolve(const char *name, struct context *out, struct err *err) ATTR_MUST_CHECK;

/* The directory of `local`, from `override` (--dir), the environment or the default. */
int context_local_dir(const char *override, struct buf *out, struct err *err) ATTR_MUST_CHECK;

/* Path of contexts.ini. ERR_CONFIG: neither XDG_CONFIG_HOME nor HOME. */
int context_file_path(struct buf *out, struct err *err) ATTR_MUST_CHECK;

/* The context `local` of that directory (NULL: as context_local_dir() says). */
int context_local(const char *dir_override, struct context *out, struct err *err) ATTR_MUST_CHECK;

/* ERR_CONFIG says what the key allows. */
int context_check_value(enum context_key key, const char *value, struct err *err) ATTR_MUST_CHECK;

/* Whether a value of that key, or any of the context, is a thing of AWS or of what speaks like it. */
bool context_value_is_aws(enum context_key key, const char *value);
bool context_is_aws(const struct context *c);

/* Whether it may name a section: [A-Za-z0-9._-], not "local". ERR_USAGE otherwise. */
int context_check_name(const char *name, struct err *err) ATTR_MUST_CHECK;

#endif
