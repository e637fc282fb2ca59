/*
 * skew: how far the service's clock is ahead of ours, learnt from the Date of every answer (without
 * Age, and of calls of at most 15 minutes): Date less the middle of sending and receiving. Signing
 * uses now + skew. One per client; zeroed is a clock that agrees; any thread.
 */
#ifndef OPS_SKEW_H
#define OPS_SKEW_H

#include <stdatomic.h>

#include "str.h"

enum { SKEW_SUSPECT_S = 240 };

struct skew {
	_Atomic int64_t offset_s;
};

/* What one answer told. */
struct skew_reading {
	bool is_known;
	int64_t offset_s;
};

/* date: the header's value (http_date_parse()); age: that of Age, empty when absent. */
struct skew_reading skew_learn(struct skew *s, struct str date, struct str age, int64_t sent_ms,
    int64_t received_ms);
int64_t skew_s(const struct skew *s);

/*
 * Whether a call whose answer had this code is worth signing again with what the answer told: the
 * code says so by itself, or might be about the clock, and the offset is SKEW_SUSPECT_S or more, or
 * as far from the one that the call was signed with: a clock that was wrong is right again.
 * With what was told and not with skew_s(): a call that was under way when a clock was set may have
 * brought the offset of before.
 */
bool skew_explains(const struct skew_reading *r, int64_t signed_with_s, struct str code);

#endif
