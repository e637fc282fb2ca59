#include "queue_sqs_place.h"

#include "buf.h"

enum { SHOWN_MAX = 160 }; /* of a URL, so that the reason behind it is not cut off */

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

static void copy(char *out, struct str s)
{
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

/* ---- AWS's host names ---- */

/* What follows the region. */
static const struct {
	const char *name;
	bool is_plain; /* the name that an SDK makes up from the region alone */
} suffixes[] = {
	{ "amazonaws.com", true },
	{ "amazonaws.com.cn", true },
	{ "amazonaws.eu", true },
	{ "api.aws", false },
	{ "api.amazonwebservices.com.cn", false },
	{ "api.amazonwebservices.eu", false },
	{ "vpce.amazonaws.com", false },
	{ "vpce.amazonaws.com.cn", false },
};

static bool find_suffix(struct str text, bool *is_plain)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (str_eq_nocase(text, str_from(suffixes[i].name))) {
			*is_plain = suffixes[i].is_plain;
			return true;
		}
	return false;
}

/* "[<endpoint>.]sqs[-fips].<region>.<suffix>" */
static bool read_aws_host(struct str host, struct str *region, bool *is_plain)
{
	struct str label, rest = host;

	while (str_cut(rest, '.', &label, &rest)) {
		bool is_sqs = str_eq_nocase(label, STR("sqs"));

		if (!is_sqs && !str_eq_nocase(label, STR("sqs-fips")))
			continue;
		if (!str_cut(rest, '.', region, &rest) || !find_suffix(rest, is_plain))
			return false;
		*is_plain = *is_plain && is_sqs && label.p == host.p;
		return true;
	}
	return false;
}

/* ---- the parts of a URL ---- */

struct parts {
	struct str scheme, authority, account, name; /* slices of the URL */
};

/* The last two segments of a path. */
static bool split_path(struct str path, struct parts *p)
{
	size_t name = path.n, account;

	while (name > 0 && path.p[name - 1] != '/')
		name--;
	for (account = name > 0 ? name - 1 : 0; account > 0 && path.p[account - 1] != '/';)
		account--;
	p->name = str_skip(path, name);
	p->account = name > 0 ? str_slice(path, account, name - 1) : STR_NONE;
	return account > 0;
}

static int split(struct str url, struct parts *p, struct err *err)
{
	struct str rest;
	size_t slash;

	(void)str_cut(url, ':', &p->scheme, &rest);
	if (!str_is(p->scheme, "https") && !str_is(p->scheme, "http"))
		return err_set(err, ERR_CONFIG, "must begin with https:// or http://");
	if (!str_has_prefix(rest, STR("//")) ||
	    !str_only(rest, LETTERS DIGITS "/.:-_[]~%")) /* no user, query or fragment */
		return err_set(err, ERR_CONFIG,
		    "must be %.*s://<host>/<account>/<queue>, and nothing else",
		    STR_ARG(p->scheme));
	rest = str_skip(rest, 2);
	slash = str_find(rest, '/');
	p->authority = str_slice(rest, 0, slash);
	if (p->authority.n == 0 || !split_path(str_skip(rest, slash), p))
		return err_set(err, ERR_CONFIG, "the path must be /<account>/<queue>");
	return 0;
}

static int check_name(struct str name, struct err *err)
{
	if (str_has_suffix(name, STR(".fifo")))
		return err_set(err, ERR_CONFIG,
		    "queue '%.*s': a FIFO queue; envelopes need no order, use a standard one",
		    STR_ARG(name));
	if (name.n == 0 || name.n >= SQS_NAME_SIZE || !str_only(name, LETTERS DIGITS "-_"))
		return err_set(err, ERR_CONFIG, "queue '%.*s': must be 1 to %d of A-Z a-z 0-9 - _",
		    STR_ARG(name), SQS_NAME_SIZE - 1);
	return 0;
}

static int check_account(struct str account, struct err *err)
{
	if (account.n == 0 || account.n >= SQS_ACCOUNT_SIZE ||
	    !str_only(account, LETTERS DIGITS "-_"))
		return err_set(err, ERR_CONFIG, "account '%.*s': must be 12 digits",
		    STR_ARG(account));
	return 0;
}

static int check(struct str url, const struct parts *p, struct err *err)
{
	/* The endpoint is scheme and authority: as long as it may be, there is room for them. */
	if (url.n >= SQS_URL_SIZE || p->authority.n >= SQS_ENDPOINT_SIZE - sizeof("https://"))
		return err_set(err, ERR_CONFIG, "longer than %d characters", SQS_URL_SIZE - 1);
	return check_name(p->name, err) == 0 ? check_account(p->account, err) : -1;
}

static int fill(struct str url, const struct parts *p, struct sqs_place *out, struct err *err)
{
	struct str host, port, region;
	bool is_plain, is_aws;

	(void)str_cut(p->authority, ':', &host, &port);
	is_aws = read_aws_host(host, &region, &is_plain);
	if (is_aws && !str_is(p->scheme, "https"))
		return err_set(err, ERR_CONFIG, "AWS is to be asked by https only");
	if (is_aws && (region.n == 0 || region.n >= SQS_REGION_SIZE))
		return err_set(err, ERR_CONFIG, "region '%.*s': there is none of that name",
		    STR_ARG(region));
	copy(out->url, url);
	copy(out->account, p->account);
	copy(out->name, p->name);
	copy(out->region, is_aws ? region : STR_NONE);
	if (is_aws && is_plain && port.n == 0)
		out->endpoint[0] = '\0';
	else
		(void)snprintf(out->endpoint, sizeof(out->endpoint), "%.*s://%.*s",
		    STR_ARG(p->scheme), STR_ARG(p->authority));
	return 0;
}

int sqs_place_parse(struct str url, struct sqs_place *out, struct err *err)
{
	struct parts p;
	struct sqs_place found;

	if (split(url, &p, err) != 0 || check(url, &p, err) != 0 || fill(url, &p, &found, err) != 0)
		return err_wrap(err, "queue URL '%.*s'", STR_ARG(str_slice(url, 0, SHOWN_MAX)));
	*out = found;
	return 0;
}

/* ---- by ARN ---- */

/* "arn:aws:sqs:eu-west-1:123456789012:ops" */
static bool split_arn(struct str arn, struct str *account, struct str *name)
{
	struct str part, rest = arn;

	for (int i = 0; i < 4; i++) /* arn, partition, service, region */
		if (!str_cut(rest, ':', &part, &rest) || (i == 2 && !str_is(part, "sqs")))
			return false;
	return str_has_prefix(arn, STR("arn:")) && str_cut(rest, ':', account, name);
}

bool sqs_place_has_arn(const struct sqs_place *p, struct str arn)
{
	struct str account, name;

	return split_arn(arn, &account, &name) && str_is(account, p->account) &&
	    str_is(name, p->name);
}

static int refuse_arn(const struct sqs_place *near, struct str arn, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "queue '%s': '%.*s' is not the ARN of a queue beside it",
	    near->name, STR_ARG(str_slice(arn, 0, SHOWN_MAX)));
}

int sqs_place_beside(const struct sqs_place *near, struct str arn, struct sqs_place *out,
    struct err *err)
{
	struct str account, name, base = str_from(near->url);
	struct buf url = BUF_INIT(SQS_URL_SIZE);
	struct sqs_place found;
	int rc;

	if (!split_arn(arn, &account, &name))
		return refuse_arn(near, arn, err);
	base.n -= strlen(near->account) + 1 + strlen(near->name);
	buf_add(&url, base);
	buf_add(&url, account);
	buf_addc(&url, '/');
	buf_add(&url, name);
	rc = sqs_place_parse(buf_str(&url), &found, err);
	buf_release(&url);
	/* An account with a slash in it would lead elsewhere. */
	if (rc != 0 || !sqs_place_has_arn(&found, arn))
		return refuse_arn(near, arn, err);
	*out = found;
	return 0;
}
