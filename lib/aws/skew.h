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

/* date: the header's value (http_date_parse()); age: that of Age, empty when absent. false: not learnt. */
bool skew_learn(struct skew *s, struct str date, struct str age, int64_t sent_ms,
    int64_t received_ms);
int64_t skew_s(const struct skew *s);

/*
 * Whether a call that failed with this code is worth signing again with the offset: the code says
 * so by itself, or might be about the clock and the offset is SKEW_SUSPECT_S or more.
 * learnt: what skew_learn() said of that answer.
 */
bool skew_explains(const struct skew *s, struct str code, bool learnt);

#endif
