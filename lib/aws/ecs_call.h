/*
 * ecs_call: one call of ECS, for the files of ecs*.c.
 */
#ifndef OPS_ECS_CALL_H
#define OPS_ECS_CALL_H

#include "aws.h"

/*
 * aws_call_json() with that body, which is wiped whatever comes out: a command line may hold what is
 * nobody's business. `resource` as of struct aws_request. ERR_INVALID: the body is full.
 */
int ecs_call(struct aws *a, enum aws_op op, const char *resource, struct buf *body,
    struct json **out, struct err *err) ATTR_MUST_CHECK;

#endif
