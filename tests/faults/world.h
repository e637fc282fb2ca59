/*
 * world: what the services of the fault server hold, in memory: queues, objects, parameters. One
 * lock over all of it (world_lock), which is not held while an answer is delayed or sent. As
 * strict as AWS is, where AWS says how strict it is; limits are in bytes.
 */
#ifndef OPS_FAULTS_WORLD_H
#define OPS_FAULTS_WORLD_H

#include <pthread.h>

#include "json.h"
#include "plan.h"
#include "wire.h"

extern pthread_mutex_t world_lock;

/* This server's time: the machine's, and what FAULT_SKEW has put on top. Any thread. */
int64_t world_now_ms(void);
void world_set_offset(int64_t offset_s);

/* ---- answers ---- */

/* {"__type": code, "message": ...} as the JSON protocols have it. */
void world_refuse_json(struct wire_answer *a, int status, const char *code, const char *text);
/* <Error><Code>... as S3 has it. */
void world_refuse_xml(struct wire_answer *a, int status, const char *code, const char *text);

/*
 * Checks what every signed request has: a date within five minutes, a payload hash that is true, a
 * session token that has not been revoked. false: refused, as JSON or XML.
 */
bool world_check_signed(const struct wire_request *r, bool is_xml, struct wire_answer *a);
unsigned world_new_token(void); /* of session-token-<n> */
void world_revoke(void);        /* those until now have expired */

/* ---- services; lock held ---- */

extern _Atomic unsigned sqs_receives_max; /* then a message goes to <name>-dlq; 5 at first */
extern _Atomic int64_t sqs_wait_max_ms;   /* long polls end so early; 20 s at first */

/* What X-Amz-Target says behind the dot. rule: FAULT_PARTIAL and those of single operations. */
void sqs_call(const char *op, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a);
/* All queues with their messages, for GET /_state. */
void sqs_state(struct json_writer *w);

const char *s3_op(const struct wire_request *r); /* "PutObject", ... */
void s3_call(const char *op, const struct wire_request *r, struct wire_answer *a);
void s3_state(struct json_writer *w);

void ssm_call(const char *op, const struct json *in, struct wire_answer *a);

#endif
