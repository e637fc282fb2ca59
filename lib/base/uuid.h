/*
 * uuid: version 7 (RFC 9562 section 5.7), time-ordered: 48 bits of Unix ms, then
 * a counter within the millisecond that starts at random, then random bits, so
 * that ids of one process sort in the order they were made, unless the clock is
 * set back by more than two minutes: then what they say of the time comes first.
 */
#ifndef OPS_UUID_H
#define OPS_UUID_H

#include "clock.h"

enum { UUID_BYTES = 16, UUID_TEXT_LEN = 36, UUID_TEXT_SIZE = 37 };

/* The text of an id in binary. */
void uuid_print(const unsigned char bytes[UUID_BYTES], char out[UUID_TEXT_SIZE]);

/* A new id as lower-case text, terminated. Thread-safe. */
void uuid_v7(const struct clock *clock, char out[UUID_TEXT_SIZE]);

/* Whether s is a version-7 id in lower case; *wall_ms (may be NULL) gets its time. */
bool uuid_v7_parse(struct str s, int64_t *wall_ms);

/* The smallest id text of that millisecond: a lower bound for key listings. */
void uuid_v7_floor(int64_t wall_ms, char out[UUID_TEXT_SIZE]);

#endif
