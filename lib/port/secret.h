/*
 * secret: where the shared token lives. "file:<path>" (previous version in <path>.previous; refused
 * when group or others may read or write it), "env:<NAME>", "ssm:<parameter name>",
 * "secretsmanager:<id>", of which both may be an ARN. Every call goes to the source: callers that
 * need it often keep it. Any thread.
 */
#ifndef OPS_SECRET_H
#define OPS_SECRET_H

#include "buf.h"
#include "clock.h"
#include "err.h"

enum { SECRET_MAX = 4096, SECRET_VERSION_SIZE = 64 };

enum secret_which { SECRET_CURRENT, SECRET_PREVIOUS };

struct secret_value {
	struct buf bytes; /* less one trailing newline; never empty after success */
	char version[SECRET_VERSION_SIZE]; /* what the source calls it; "" when it has no names */
	int64_t changed_at;                /* Unix s at which this became current; 0 unknown */
};

void secret_value_init(struct secret_value *v);
void secret_value_wipe(struct secret_value *v);

struct secret;
struct secret_history;
struct aws;

struct secret_options {
	const struct clock *clock; /* of waiting; NULL: clock_system */
	struct aws *aws; /* SSM, Secrets Manager: the client to call with, borrowed until close */
};

/* options may be NULL. ERR_CONFIG: unknown scheme or bad URL. Does not read the secret. */
int secret_open(struct secret **out, struct str url, const struct secret_options *options,
    struct err *err) ATTR_MUST_CHECK;
void secret_close(struct secret *s);

/*
 * Fill *out, to be wiped by the caller. ERR_NOTFOUND: no such version; ERR_DENIED; ERR_INVALID:
 * empty, too long, not printable ASCII, or a file others can read; ERR_BUSY, ERR_IO.
 * For SECRET_PREVIOUS changed_at is the time at which it stopped being current.
 */
int secret_get(struct secret *s, enum secret_which which, struct secret_value *out, struct err *err)
    ATTR_MUST_CHECK;

/*
 * Make `value` current and the present one previous. ERR_DENIED where the source cannot be written
 * (env:). The order of steps is such that a crash leaves a usable current one. A value that is
 * current already changes nothing. ERR_CONFLICT (SSM, which knows no compare-and-swap): somebody
 * else wrote at the same moment, and either value may be in force; ERR_NOTFOUND (Secrets Manager):
 * there is no such secret yet.
 */
int secret_rotate(struct secret *s, struct str value, struct err *err) ATTR_MUST_CHECK;

/*
 * Whether that can succeed, as far as it can be told without trying. ERR_DENIED: env:, or a file in
 * a directory that we may not write to. What a policy of AWS allows shows when it is done.
 */
int secret_may_rotate(struct secret *s, struct err *err) ATTR_MUST_CHECK;

/* ---- for backends ---- */

/*
 * Take one trailing newline off and check the rest: 1 to SECRET_MAX bytes, printable ASCII.
 * ERR_INVALID names `source`, never the value.
 */
int secret_accept(struct buf *bytes, const char *source, struct err *err) ATTR_MUST_CHECK;

struct secret_ops {
	const char *scheme;
	int (*open)(struct secret **out, struct str url, const struct secret_options *o,
	    struct err *err);
	void (*close)(struct secret *s);
	int (*get)(struct secret *s, enum secret_which which, struct secret_value *out,
	    struct err *err);
	int (*rotate)(struct secret *s, struct str value, struct err *err);
	int (
	    *may_rotate)(struct secret *s, struct err *err); /* NULL: nothing is known against it */
	/* NULL: what get() gives is all; see secret_history.h */
	int (*history)(struct secret *s, struct secret_history *out, struct err *err);
};

struct secret {
	const struct secret_ops *ops;
};

#endif
