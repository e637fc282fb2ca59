/*
 * record: one accepted payload as one line:
 *   {"id":"...","accepted_at":"2026-11-21T08:15:30.123Z","traceparent":"...","data":{...}}\n
 * traceparent only when the client sent a valid one. `data` is the client's own
 * bytes, CR and LF in it replaced by a space each. Pure; any thread.
 */
#ifndef OPS_RECORD_H
#define OPS_RECORD_H

#include "buf.h"
#include "err.h"

enum { RECORD_OVERHEAD_MAX = 256 }; /* a line is never longer than its data plus this */

struct record {
	struct str id; /* webhook id or UUIDv7: nothing that JSON would escape */
	int64_t accepted_at_ms;
	struct str traceparent; /* empty: none */
	struct str data[2];     /* the payload in one or two pieces; parsed: whole in [0] */
};

/* Append the line, newline included. */
void record_write(struct buf *out, const struct record *r);

/* Read one line (its newline optional). Slices point into it. ERR_CORRUPT. */
int record_parse(struct str line, struct record *out, struct err *err) ATTR_MUST_CHECK;

#endif
