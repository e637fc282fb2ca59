/*
 * plan: which calls are disturbed, and how. A test adds rules; the first rule that fits a call and
 * has not been used up decides. Guarded by its own lock; chance comes from a seeded generator, so
 * that a run can be repeated.
 */
#ifndef OPS_FAULTS_PLAN_H
#define OPS_FAULTS_PLAN_H

#include "buf.h"
#include "err.h"

enum fault {
	FAULT_NONE,
	FAULT_CUT, /* applied; of the answer only the first `at` bytes, then the connection closes */
	FAULT_DROP,    /* not applied; the connection closes, with FIN */
	FAULT_RESET,   /* not applied; the connection is reset */
	FAULT_SILENCE, /* not applied; no answer until the client gives up: requests get lost */
	FAULT_REFUSE,  /* not applied; answered with status and code */
	FAULT_LATE,    /* applied; the answer after delay_ms */
	FAULT_STALL,   /* applied; no answer until the client gives up: answers get lost */
	FAULT_TRICKLE, /* applied; the answer in pieces of `at` bytes, delay_ms apart */
	FAULT_PARTIAL, /* batches: entries of `mask` fail and are not applied, SenderFault by sender_mask */
	FAULT_IDS, /* batches: applied; the answer's ids are wrong: code unknown|duplicate|missing */
	FAULT_TWICE,     /* ReceiveMessage: what is received stays visible */
	FAULT_UNDELETED, /* DeleteMessageBatch: answered as done, but the messages come back */
	FAULT_RAW,       /* not applied; status, and `body` as it stands */
	FAULT_HUGE,      /* not applied; status 200 and `at` bytes */
	FAULT_SKEW,      /* this server's clock is offset_s ahead from now on; the call goes on */
	FAULT_COUNT,
};

enum { PLAN_TEXT_MAX = 4096 };

struct plan_rule {
	enum fault what;
	char op[64];          /* "SendMessageBatch", "PutObject", ...; "*" = all */
	uint64_t skip, times; /* let pass so many, then so many; times 0: always */
	double percent;       /* of those that fit */
	uint64_t at, delay_ms, mask, sender_mask;
	int status;
	int64_t offset_s;
	char code[64];
	char body[PLAN_TEXT_MAX];
};

void plan_seed(uint64_t seed);

/* A rule as JSON; ERR_INVALID names what is wrong. */
int plan_add(struct str json, struct err *err) ATTR_MUST_CHECK;
void plan_clear(void);
uint64_t plan_epoch(void); /* how often they were cleared */

/* What happens to this call: a copy of the rule; FAULT_NONE when there is none. */
struct plan_rule plan_take(const char *op);

uint64_t plan_hits(void); /* calls disturbed so far */

#endif
