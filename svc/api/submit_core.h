/*
 * submit_core: what submit.c (judging, waiting) and submit_answer.c (answering) share.
 */
#ifndef OPS_SUBMIT_CORE_H
#define OPS_SUBMIT_CORE_H

#include "auth.h"
#include "outbox.h"
#include "problem.h"
#include "record.h"
#include "replay.h"
#include "submit.h"

enum stage {
	JUDGING,
	WAITING_FOR_KEYS,  /* in keyring */
	WAITING_FOR_QUEUE, /* in outbox */
	WAITING_FOR_FIRST, /* in replay, for the first of its id */
};

struct submission {
	struct parcel parcel; /* first: outbox gives it back */
	struct replay_waiter waiter;
	struct api *api;
	struct httpd_request *request;
	enum stage stage;
	bool is_rejudged; /* keys were read again for it */
	bool is_first;    /* replay_finish() is due */
	struct auth auth;
	char request_id[REQUEST_ID_SIZE];
	char id[WEBHOOK_ID_MAX + 1]; /* the record's */
	struct traceparent trace;    /* of our own span; empty: the client sent none */
	char traceparent[TRACEPARENT_SIZE];
	struct buf line;
	size_t reserved;
};

struct auth_context submit_audit_context(const struct submission *s);

/* Each answers the request; exactly one of them, once. */
void submit_answer_problem(struct submission *s, const struct problem *p);
void submit_answer_unauthorized(struct submission *s);
void submit_answer_unavailable(struct submission *s, const char *error, int64_t retry_after_s);
void submit_answer_payload(struct submission *s, enum payload_fault fault, const char *detail);
void submit_answer_accepted(struct submission *s);
void submit_answer_outcome(struct submission *s); /* parcel.result decides */

#endif
