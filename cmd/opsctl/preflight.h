/*
 * preflight: what is wrong with how a system is set up, before it goes wrong. Each check says what it
 * found and, where that is not good, why it matters and what to do; what could not be checked is said
 * too. Nothing is written, and no check hides another.
 */
#ifndef OPS_PREFLIGHT_H
#define OPS_PREFLIGHT_H

#include "aws.h"
#include "cli.h"
#include "policy_arn.h"

enum preflight_state {
	PREFLIGHT_OK,
	PREFLIGHT_WARN, /* works, but somebody should look */
	PREFLIGHT_BAD,
	PREFLIGHT_UNKNOWN, /* could not be checked */
	PREFLIGHT_STATE_COUNT,
};

const char *preflight_state_name(enum preflight_state state); /* "warning" */

/* The table in preflight.c gives each its name, why and what to do. */
enum preflight_check {
	CHECK_ACCOUNT,
	CHECK_TOKEN_READABLE,
	CHECK_TOKEN_TYPE,
	CHECK_TOKEN_STAGES,
	CHECK_TOKEN_ROTATION,
	CHECK_QUEUE_THERE,
	CHECK_QUEUE_DEAD,
	CHECK_QUEUE_RECEIVES,
	CHECK_QUEUE_RETENTION,
	CHECK_QUEUE_ENCRYPTION,
	CHECK_QUEUE_TLS,
	CHECK_DEAD_THERE,
	CHECK_DEAD_RETENTION,
	CHECK_DEAD_ENCRYPTION,
	CHECK_BUCKET_ENCRYPTION,
	CHECK_BUCKET_PRIVATE,
	CHECK_BUCKET_VERSIONS,
	CHECK_SERVICE_THERE,
	CHECK_SERVICE_BREAKER,
	CHECK_TASK_DEFINITION,
	CHECK_IMAGE_DIGEST,
	CHECK_IMAGE_THERE,
	CHECK_LOG_GROUP,
	CHECK_LOG_RETENTION,
	CHECK_STOP_TIMEOUT,
	CHECK_VISIBILITY,
	CHECK_ROLE_THERE,
	CHECK_ROLE_MUST,
	CHECK_ROLE_MUST_NOT,
	CHECK_TARGET_GROUP,
	CHECK_TARGET_PORT,
	CHECK_TARGET_PROTOCOL,
	CHECK_TARGET_PATH,
	CHECK_TARGET_DELAY,
	CHECK_TARGET_IDLE,
	CHECK_ALARMS_THERE,
	CHECK_ALARMS_ACT,
	CHECK_ALARMS_RECEIVED,
	CHECK_LOCAL_THERE,
	CHECK_LOCAL_MODES,
	CHECK_LOCAL_SPACE,
	CHECK_LOCAL_VERSIONS,
	CHECK_COUNT,
};

struct preflight_finding {
	enum preflight_check check;
	enum preflight_state state;
	char detail[200]; /* what was found */
};

enum { PREFLIGHT_FINDINGS_MAX = 64 };

const char *preflight_name(enum preflight_check check); /* "dead-letter queue" */
const char *preflight_why(enum preflight_check check);

/* What all parts work with; read by many threads. */
struct preflight {
	const struct context *context;
	struct aws *aws;
	struct policy_scope scope;
};

/* One part of the system, and what was found. A part is looked at by one thread. */
struct preflight_part {
	const char *name; /* "queue", or that of a service */
	const struct preflight *p;
	const struct context_service *service; /* NULL: no service */
	struct preflight_finding findings[PREFLIGHT_FINDINGS_MAX];
	size_t count;
};

/* Append what to do, with the directory of a local system in its place. */
void preflight_fix(const struct preflight_part *part, enum preflight_check check, struct buf *out);

/* What is not good gets the state that the table gives to the check: warning or bad. */
void preflight_found(struct preflight_part *part, enum preflight_check check, bool is_good,
    const char *fmt, ...) ATTR_PRINTF(4, 5);

/* It could not be asked; what is not there is no such case, but bad. */
void preflight_failed(struct preflight_part *part, enum preflight_check check,
    const struct err *err);

/* Runs of fanout.h for the parts; arg is a struct preflight_part. They always return 0. */
int preflight_token(void *arg, struct err *err);  /* in SSM */
int preflight_secret(void *arg, struct err *err); /* a token in Secrets Manager */
int preflight_queue(void *arg, struct err *err);
int preflight_store(void *arg, struct err *err);
int preflight_service(void *arg, struct err *err);
int preflight_alarms(void *arg, struct err *err);
int preflight_local(void *arg, struct err *err);

#endif
