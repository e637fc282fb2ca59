/*
 * sample: generated test payloads, valid under every payload policy of ops-api.
 */
#ifndef OPS_SAMPLE_H
#define OPS_SAMPLE_H

#include "clock.h"

enum { SAMPLE_BYTES_MIN = 256, SAMPLE_BYTES_MAX = 1024 * 1024 };

/*
 * Append a flat payload with the time now, numbered n; of `bytes` bytes, at least
 * SAMPLE_BYTES_MIN, or as short as it can be when bytes is 0.
 */
void sample_payload(struct buf *out, const struct clock *clock, uint64_t n, size_t bytes);

#endif
