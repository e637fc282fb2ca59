#include "ecs_call.h"

enum { ANSWER_MAX = 16 * 1024 * 1024 }; /* a hundred tasks with all their containers */

int ecs_call(struct aws *a, enum aws_op op, const char *resource, struct buf *body,
    struct json **out, struct err *err)
{
	const struct aws_request r = {
		.op = op,
		.resource = resource,
		.body = buf_str(body),
		.answer_max = ANSWER_MAX,
	};
	int rc;

	if (body->full)
		rc = err_set(err, ERR_INVALID, "ecs %s: more than %zu bytes to send",
		    aws_operations[op].name, body->max);
	else
		rc = aws_call_json(a, &r, NULL, out, err);
	buf_wipe(body);
	return rc;
}
