#include "secret_aws.h"

#include <stdlib.h>

#include "mem.h"

/* Of all that a get or rotate asks: a start, or a request that did not match, waits for it. */
enum { TOTAL_MS = 15000 };

/* ---- open ---- */

/* "arn:aws:ssm:eu-west-1:123456789012:parameter/api/token" */
static bool read_region(struct str name, struct str *region)
{
	struct str part, rest = name;

	for (int i = 0; i < 3; i++) /* arn, partition, service */
		if (!str_cut(rest, ':', &part, &rest))
			return false;
	return str_cut(rest, ':', region, &rest) && region->n > 0;
}

static int check_name(struct str scheme, struct str name, const char *characters,
    struct str *region, struct err *err)
{
	bool is_arn = str_has_prefix(name, STR("arn:"));

	*region = STR_NONE;
	if (name.n == 0 || name.n >= SECRET_NAME_SIZE)
		return err_set(err, ERR_CONFIG,
		    "secret URL '%.*s:': a name or an ARN of at most %d characters must follow",
		    STR_ARG(scheme), SECRET_NAME_SIZE - 1);
	/* A version behind ':' would be pinned for ever: the version in force is what is wanted. */
	if (!is_arn && !str_only(name, characters))
		return err_set(err, ERR_CONFIG,
		    "secret URL '%.*s:': what follows is neither a name nor an ARN",
		    STR_ARG(scheme));
	if (is_arn && (!read_region(name, region) || region->n >= SECRET_REGION_SIZE))
		return err_set(err, ERR_CONFIG, "secret URL '%.*s:': an ARN that names no region",
		    STR_ARG(scheme));
	return 0;
}

static void copy(char *out, struct str s)
{
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

int secret_aws_open(struct secret **out, struct str url, const struct secret_options *o,
    const struct secret_ops *ops, const char *characters, struct err *err)
{
	struct str scheme, name, region;
	struct secret_aws *s;

	(void)str_cut(url, ':', &scheme, &name);
	if (check_name(scheme, name, characters, &region, err) != 0)
		return -1;
	if (!o || !o->aws)
		return err_set(err, ERR_CONFIG, "secret URL '%.*s:': needs an AWS client",
		    STR_ARG(scheme));
	s = xcalloc(1, sizeof(*s));
	s->base.ops = ops;
	s->aws = o->aws;
	s->clock = o->clock ? o->clock : &clock_system;
	copy(s->name, name);
	copy(s->region, region);
	*out = &s->base;
	return 0;
}

void secret_aws_close(struct secret *s)
{
	free(s);
}

/* ---- calls ---- */

struct secret_aws secret_aws_begin(const struct secret *s)
{
	struct secret_aws begun = *(const struct secret_aws *)s;

	begun.ends_at_ms = clock_mono_ms(begun.clock) + TOTAL_MS;
	return begun;
}

int secret_aws_call(struct secret_aws *s, enum aws_op op, struct buf *body, struct str secret,
    struct aws_answer *answer, struct json **out, struct err *err)
{
	int64_t left_ms = s->ends_at_ms - clock_mono_ms(s->clock);
	struct aws_request r = {
		.op = op,
		.body = buf_str(body),
		.resource = s->name,
		.secret = secret,
		.region = s->region[0] ? s->region : NULL,
		.total_ms = (int)left_ms,
	};
	int rc;

	if (body->full)
		rc = err_set(err, ERR_INVALID, "secret '%s': the request is too long", s->name);
	else if (left_ms <= 0)
		rc = err_set(err, ERR_TIMEOUT, "secret '%s': took more than %d s", s->name,
		    TOTAL_MS / 1000);
	else
		rc = aws_call_json(s->aws, &r, answer, out, err);
	buf_wipe(body);
	return rc;
}

int secret_aws_take(const struct secret_aws *s, const struct json *value, struct buf *out,
    struct err *err)
{
	const char *text = json_get_text(value, NULL);
	char source[SECRET_SHOWN_SIZE + 16];

	(void)snprintf(source, sizeof(source), "secret '%.*s'", SECRET_SHOWN_SIZE, s->name);
	if (!text)
		return err_set(err, ERR_INVALID, "%s: the answer has no text", source);
	buf_reset(out);
	buf_adds(out, text);
	if (out->full)
		return err_set(err, ERR_INVALID, "%s: at most %d bytes", source, SECRET_MAX);
	return secret_accept(out, source, err);
}

void secret_aws_fingerprint(const struct secret_aws *s, const struct json *value,
    char out[HASH_FINGERPRINT_SIZE])
{
	struct buf bytes = BUF_INIT(SECRET_MAX + 1);
	struct err ignored; /* a version that was never good is still one of the history */

	out[0] = '\0';
	if (secret_aws_take(s, value, &bytes, &ignored) == 0)
		hash_fingerprint(buf_str(&bytes), out);
	buf_wipe(&bytes);
}

int64_t secret_aws_time(const struct json *value)
{
	double s = json_get_double(value, 0);

	return s > 0 && s < 1e12 ? (int64_t)s : 0;
}
