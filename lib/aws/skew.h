/*
 * skew: how far the service's clock is from ours, learnt from the Date of every answer (without
 * Age, and of calls under 15 minutes): Date less the middle of sending and receiving. Signing uses
 * now + skew. One per client; any thread.
 */
#ifndef OPS_SKEW_H
#define OPS_SKEW_H

#include <stdatomic.h>

#include "str.h"

enum { SKEW_SUSPECT_S = 240 };

struct skew {
	_Atomic int64_t offset_s;
};

/* date: the header's value; age: that of Age, empty when absent. false: not learnt. */
bool skew_learn(struct skew *s, struct str date, struct str age, int64_t sent_ms,
    int64_t received_ms);
int64_t skew_s(const struct skew *s);

/* Whether a call that failed with this code is worth signing again with the offset. */
bool skew_explains(const struct skew *s, struct str code, bool learnt);

/* RFC 9110 section 5.6.7, all three forms; Unix s. */
bool http_date_parse(struct str text, int64_t *out_s);

#endif
