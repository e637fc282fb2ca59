/*
 * redact: the one place through which traces pass. Takes out by name (Authorization,
 * X-Amz-Security-Token, Password, SecretString, Value of SSM, tokens in bodies, ...) and by value
 * (whatever secrets the caller names, also where they are written with the escapes of JSON, XML or
 * URLs). Text need not be well-formed: what has no end is hidden to the end. Pure; any thread.
 */
#ifndef OPS_REDACT_H
#define OPS_REDACT_H

#include "buf.h"

/* What stands in place of a secret. */
#define REDACTED "[redacted]"

/* Whether the value of a member or header of that name is hidden. */
bool redact_hides(struct str name);

/* A header line "Name: value", without line end; control characters become '.'. */
void redact_header(struct buf *out, struct str line, const struct str *secrets, size_t count);

/*
 * A body: JSON, XML or form; control characters become '.'; after max bytes of it, and never within
 * a secret, "... (N bytes)" stands for the rest.
 */
void redact_body(struct buf *out, struct str body, size_t max, const struct str *secrets,
    size_t count);

#endif
