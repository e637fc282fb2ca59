/*
 * timestamp: what `email_timestream` may be: ticks (1 to 11 digits seconds, 12 to
 * 14 milliseconds, optional fraction), RFC 3339, and ISO 8601 beyond it (no zone = UTC,
 * date only, no seconds, +HHMM, +HH, comma fraction, basic format). Cases:
 * tests/data/timestamps. Pure; any thread.
 */
#ifndef OPS_TIMESTAMP_H
#define OPS_TIMESTAMP_H

#include "err.h"
#include "str.h"

enum { TIMESTAMP_LEN_MAX = 64 };

/* The text of a JSON string, unescaped. ERR_INVALID says what is allowed. */
int timestamp_parse(struct str text, int64_t *epoch_ms, struct err *err) ATTR_MUST_CHECK;

/* The text of a JSON number: digits and an optional fraction; no sign, no exponent. */
int timestamp_parse_number(struct str text, int64_t *epoch_ms, struct err *err) ATTR_MUST_CHECK;

#endif
