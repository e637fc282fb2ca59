/*
 * redact: the one place through which traces pass. Takes out by name (Authorization,
 * X-Amz-Security-Token, Password, SecretString, Value of SSM, tokens in bodies, ...) and by value
 * (whatever secrets the caller names). Pure; any thread.
 */
#ifndef OPS_REDACT_H
#define OPS_REDACT_H

#include "buf.h"

/* What stands in place of a secret. */
#define REDACTED "[redacted]"

/* A header line "Name: value", without line end. */
void redact_header(struct buf *out, struct str line, const struct str *secrets, size_t count);

/* A body: JSON, XML or form; control characters become '.'; cut at max bytes with "... (N bytes)". */
void redact_body(struct buf *out, struct str body, size_t max, const struct str *secrets,
    size_t count);

#endif
