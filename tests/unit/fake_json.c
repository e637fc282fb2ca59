#include "fake_json.h"

#include <stdlib.h>

enum { CALLS_MAX = 64 * 1024 };

static struct {
	fake_json_fn *fn;
	bool is_real;
	unsigned numbers[AWS_OP_COUNT];
	struct buf calls, bodies;
} fake = { .calls = BUF_INIT(CALLS_MAX), .bodies = BUF_INIT(FAKE_ANSWER_MAX) };

struct aws *fake_json_start(fake_json_fn *fn)
{
	fake.fn = fn;
	fake.is_real = false;
	memset(fake.numbers, 0, sizeof(fake.numbers));
	buf_reset(&fake.calls);
	buf_reset(&fake.bodies);
	return (struct aws *)(void *)&fake; /* nobody looks into it */
}

void fake_json_stop(void)
{
	buf_release(&fake.calls);
	buf_release(&fake.bodies);
}

struct str fake_json_calls(void)
{
	return buf_str(&fake.calls);
}

struct str fake_json_bodies(void)
{
	return buf_str(&fake.bodies);
}

void fake_json_be_real(bool is_real)
{
	fake.is_real = is_real;
}

/* ---- aws.c ---- */

void aws_answer_init(struct aws_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
}

void aws_answer_release(struct aws_answer *answer)
{
	(void)answer; /* nothing was put into it */
}

int aws_is_real(struct aws *a, enum aws_service_id service, bool *out, struct err *err)
{
	(void)a;
	(void)service;
	(void)err;
	*out = fake.is_real;
	return 0;
}

int64_t aws_skew_s(const struct aws *a)
{
	(void)a;
	return 0;
}

static void ask(const struct aws_request *r, struct fake_answer *answer)
{
	struct fake_call call = { .op = r->op, .request = r, .number = ++fake.numbers[r->op] };
	struct json *body;
	struct err err;

	buf_addf(&fake.calls, "%s ", aws_operations[r->op].name);
	buf_addf(&fake.bodies, "%.*s\n", STR_ARG(r->body));
	if (json_parse(r->body, &body, &err) != 0)
		abort(); /* no request of ours may be malformed */
	call.body = body;
	fake.fn(&call, answer);
	json_free(body);
}

static int refuse(const struct aws_request *r, const struct fake_answer *a,
    struct aws_answer *answer, struct err *err)
{
	if (answer && a->code)
		(void)snprintf(answer->code, sizeof(answer->code), "%s", a->code);
	return err_set(err, a->refused, "%s on '%s': %s", aws_operations[r->op].name,
	    r->resource ? r->resource : "", a->code ? a->code : "no answer");
}

int aws_call_json(struct aws *a, const struct aws_request *r, struct aws_answer *answer,
    struct json **out, struct err *err)
{
	struct fake_answer made = { .body = BUF_INIT(FAKE_ANSWER_MAX) };
	int rc = 0;

	(void)a;
	ask(r, &made);
	if (answer)
		answer->attempts = made.attempts ? made.attempts : 1;
	if (made.refused != ERR_NONE)
		rc = refuse(r, &made, answer, err);
	else if (json_parse(made.body.n ? buf_str(&made.body) : STR("{}"), out, err) != 0)
		abort(); /* the test's own text */
	buf_release(&made.body);
	return rc;
}
