/*
 * reasons: what load balancers and containers say in codes, in words. Constant data.
 */
#ifndef OPS_REASONS_H
#define OPS_REASONS_H

#include "attr.h"
#include "elb.h"

/* "it does not answer the health check in time"; NULL: a code that is not known. */
const char *reason_of_target(const char *code);

/*
 * Why a target is not healthy, in words and with what the load balancer says beside its code:
 * "10.0.1.5:8080 unhealthy: the health check gets another status ([503])".
 */
enum { REASON_SIZE = 320 };
const char *reason_text(const struct elb_target *target, char out[REASON_SIZE]);

/* "segmentation fault" of 139; NULL: the program's own. */
const char *reason_of_exit(int code);

/* "exit 139 (segmentation fault)" */
enum { REASON_EXIT_SIZE = 96 };
const char *reason_exit_text(int code, char out[REASON_EXIT_SIZE]);

#endif
