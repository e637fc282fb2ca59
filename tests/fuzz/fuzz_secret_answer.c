/*
 * Answers of SSM and Secrets Manager: every call is answered with the input. Whatever it is, a
 * value that comes out is one that we take, and no error tells what stood in "Value" or
 * "SecretString".
 */
#include <string.h>

#include "aws.h"
#include "secret_history.h"

#include "fuzz.h"

enum { CALLS_MAX = 16 }; /* of one use: each page may name a next one */

static struct str input;
static int calls;

/* ---- aws.c ---- */

void aws_answer_init(struct aws_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
}

void aws_answer_release(struct aws_answer *answer)
{
	(void)answer; /* nothing was put into it */
}

int aws_call_json(struct aws *a, const struct aws_request *r, struct aws_answer *answer,
    struct json **out, struct err *err)
{
	(void)a;
	(void)r;
	if (++calls > CALLS_MAX)
		return err_set(err, ERR_BUSY, "enough");
	if (answer)
		answer->attempts = 1;
	return json_parse(input, out, err);
}

/* ---- the target ---- */

static void check_value(const struct secret_value *v)
{
	FUZZ_CHECK(v->bytes.n > 0 && v->bytes.n <= SECRET_MAX && v->changed_at >= 0);
	for (size_t i = 0; i < v->bytes.n; i++)
		FUZZ_CHECK(v->bytes.p[i] >= 0x20 && v->bytes.p[i] <= 0x7e);
}

static void check_error(const struct err *err)
{
	/* The corpus' values; whatever grows from it that still has one must not show it. */
	FUZZ_CHECK(!str_contains(str_from(err->text), STR("hush")));
}

static void check_history(const struct secret_history *h)
{
	FUZZ_CHECK(h->count > 0 && h->count <= SECRET_HISTORY_MAX);
	for (size_t i = 0; i < h->count; i++) {
		size_t n = strlen(h->items[i].labels);

		FUZZ_CHECK(i == 0 || h->items[i - 1].rank >= h->items[i].rank);
		FUZZ_CHECK(n == 0 || h->items[i].labels[n - 1] == '\n');
		FUZZ_CHECK(h->items[i].made_at >= 0);
	}
}

static void use_history(struct secret *s)
{
	struct secret_history h;
	struct err err;

	calls = 0;
	if (secret_history_read(s, &h, &err) != 0) {
		check_error(&err);
		return;
	}
	check_history(&h);
	secret_history_release(&h);
}

static void use(const char *url)
{
	struct secret_options options = { .aws = (struct aws *)(void *)&input };
	struct secret_value v;
	struct secret *s;
	struct err err;

	if (secret_open(&s, str_from(url), &options, &err) != 0)
		abort();
	calls = 0;
	for (int which = SECRET_CURRENT; which <= SECRET_PREVIOUS; which++) {
		secret_value_init(&v);
		if (secret_get(s, (enum secret_which)which, &v, &err) == 0)
			check_value(&v);
		else
			check_error(&err);
		secret_value_wipe(&v);
	}
	if (secret_rotate(s, STR("hush-new"), &err) != 0)
		check_error(&err);
	use_history(s);
	secret_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	input = fuzz_input(bytes, size);
	use("ssm:/api/token");
	use("secretsmanager:api/token");
	return 0;
}
