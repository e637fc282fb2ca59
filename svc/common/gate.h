/*
 * gate: how much what is behind it, a store or a queue, can take now. The number of calls at a
 * time grows by one per round of successes and halves with a failure, once per round of calls under
 * way: those that began before it halved were too many for the same reason (additive increase,
 * multiplicative decrease, as TCP does it: all who call share what there is, without knowing of each
 * other). After GATE_SHUT_AFTER failures in a row the gate is shut: one attempt at a time, further and further
 * apart, finds out when the other side is back.
 * Pure: time and randomness are passed in; guarded by its owner's lock.
 */
#ifndef OPS_GATE_H
#define OPS_GATE_H

#include "attr.h"

enum {
	GATE_SHUT_AFTER = 5,
	GATE_PROBE_MAX_MS = 4000, /* at most so long from one attempt to the next while shut */
};

enum gate_result {
	GATE_SUCCESS,
	GATE_FAILURE,
	GATE_NEUTRAL, /* says nothing about how much can be taken */
};

struct gate {
	unsigned max, limit, active;
	unsigned credit; /* successes since limit last changed */
	unsigned echoes; /* results to come of calls that began before limit was last halved */
	unsigned failures_in_row;
	uint64_t successes;
	bool is_shut;
	int64_t probe_at_us; /* while shut: no attempt before */
};

/*
 * Shut: nothing is known, and one attempt finds out. Open: all `max` at once, for who would rather
 * be refused than begin slowly.
 */
void gate_init(struct gate *g, unsigned max, bool is_shut);

/* Whether one more attempt may begin now; true counts it until gate_leave(). */
bool gate_enter(struct gate *g, int64_t now_us);

/* true: news. This result opened or shut the gate, or is the first failure since the start. */
bool gate_leave(struct gate *g, enum gate_result result, int64_t now_us, uint32_t random);

/*
 * Full jitter: a delay anywhere between 0 and the ceiling, which doubles with each attempt
 * from base_ms up to max_ms. attempts counts from 1.
 */
int64_t gate_backoff_us(unsigned attempts, unsigned base_ms, unsigned max_ms, uint32_t random);

#endif
