#include "store_s3_url.h"

#include "store.h"

/* values: what it may be, parted by '|'; NULL: anything but nothing. */
static const struct option {
	const char *name, *values;
	size_t offset;
} options[] = {
	{ "sse", "aws:kms|aws:kms:dsse|AES256", offsetof(struct s3_url, sse) },
	{ "kms-key-id", NULL, offsetof(struct s3_url, kms_key_id) },
	{ "bucket-key", "true|false", offsetof(struct s3_url, bucket_key) },
};

static bool is_one_of(struct str value, const char *values)
{
	struct str rest = str_from(values), one;
	bool more = true;

	while (more) {
		more = str_cut(rest, '|', &one, &rest);
		if (str_eq(one, value))
			return true;
	}
	return false;
}

static int take_value(const struct option *o, struct str value, struct s3_url *out, struct err *err)
{
	struct str *at = (struct str *)(void *)((char *)out + o->offset);

	if (at->p)
		return err_set(err, ERR_CONFIG, "%s: given twice", o->name);
	if (value.n == 0 || (o->values && !is_one_of(value, o->values)))
		return err_set(err, ERR_CONFIG, "%s: '%.*s': must be %s", o->name, STR_ARG(value),
		    o->values ? o->values : "a key's id, ARN or alias");
	*at = value;
	return 0;
}

static int take_option(struct str text, struct s3_url *out, struct err *err)
{
	struct str name, value;

	(void)str_cut(text, '=', &name, &value);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (str_is(name, options[i].name))
			return take_value(&options[i], value, out, err);
	return err_set(err, ERR_CONFIG, "option '%.*s': must be sse, kms-key-id or bucket-key",
	    STR_ARG(name));
}

/* An option that would have no effect is a mistake that somebody should hear of. */
static int check_options(const struct s3_url *u, struct err *err)
{
	bool is_kms = str_has_prefix(u->sse, STR("aws:kms"));

	if (u->kms_key_id.n && !is_kms)
		return err_set(err, ERR_CONFIG, "kms-key-id: needs sse=aws:kms or aws:kms:dsse");
	if (u->bucket_key.n && !str_is(u->sse, "aws:kms"))
		return err_set(err, ERR_CONFIG, "bucket-key: needs sse=aws:kms");
	return 0;
}

static int parse_options(struct str text, struct s3_url *out, struct err *err)
{
	struct str one;
	bool more = true;

	while (more) {
		more = str_cut(text, '&', &one, &text);
		if (take_option(one, out, err) != 0)
			return -1;
	}
	return check_options(out, err);
}

/* The bucket becomes a part of host names and paths. */
static int check_bucket(struct str bucket, struct err *err)
{
	if (bucket.n < S3_BUCKET_MIN || bucket.n > S3_BUCKET_MAX ||
	    !str_only(bucket,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") ||
	    str_contains(bucket, STR("..")) || bucket.p[0] == '.' || bucket.p[0] == '-')
		return err_set(err, ERR_CONFIG,
		    "bucket '%.*s': must be %d to %d of A-Z a-z 0-9 . - _", STR_ARG(bucket),
		    S3_BUCKET_MIN, S3_BUCKET_MAX);
	return 0;
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

static int parse_parts(struct str url, struct s3_url *out, struct err *err)
{
	struct str place, query, scheme = STR("s3://");
	bool has_query = str_cut(url, '?', &place, &query);

	if (!str_has_prefix(place, scheme))
		return err_set(err, ERR_CONFIG, "must be s3://<bucket> or s3://<bucket>/<prefix>");
	if (has_control(url))
		return err_set(err, ERR_CONFIG, "must not hold control characters");
	(void)str_cut(str_skip(place, scheme.n), '/', &out->bucket, &out->prefix);
	if (check_bucket(out->bucket, err) != 0)
		return -1;
	if (out->prefix.n > STORE_PREFIX_MAX)
		return err_set(err, ERR_CONFIG, "prefix of %zu bytes: at most %d", out->prefix.n,
		    STORE_PREFIX_MAX);
	return has_query ? parse_options(query, out, err) : 0;
}

int s3_url_parse(struct str url, struct s3_url *out, struct err *err)
{
	struct s3_url found = { 0 };

	if (parse_parts(url, &found, err) != 0)
		return err_wrap(err, "store URL '%.*s'", STR_ARG(url));
	*out = found;
	return 0;
}
