#include "store_s3.h"

#include <stdlib.h>

#include "mem.h"

/* ---- open ---- */

static void s3_close(struct store *base)
{
	struct store_s3 *s = (struct store_s3 *)base;

	(void)pthread_mutex_destroy(&s->lock);
	free(s->url);
	free(s);
}

static int s3_open(struct store **out, struct str url, const struct store_options *o,
    struct err *err)
{
	extern const struct store_ops store_s3_ops;
	struct store_s3 *s;
	struct s3_url place;

	if (s3_url_parse(url, &place, err) != 0)
		return -1;
	if (!o || !o->aws)
		return err_set(err, ERR_CONFIG, "store URL '%.*s': needs an AWS client",
		    STR_ARG(url));
	s = xcalloc(1, sizeof(*s));
	s->base.ops = &store_s3_ops;
	s->aws = o->aws;
	s->clock = o->clock ? o->clock : &clock_system;
	s->notice = o->notice;
	s->notice_arg = o->notice_arg;
	s->url = xstrndup(url);
	/* Cannot fail: the same text did not. */
	(void)!s3_url_parse(str_from(s->url), &s->place, err);
	(void)pthread_mutex_init(&s->lock, NULL); /* cannot fail without attributes */
	*out = &s->base;
	return 0;
}

/* ---- notices ---- */

static const char *const notices[S3_NOTICE_COUNT] = {
	[S3_NOT_CONDITIONAL] = "the server does not write if absent (If-None-Match): objects are "
			       "looked for before they are written; of two that write one key at "
			       "the same moment the later wins",
	[S3_NOT_ENCRYPTED] =
	    "the server did not say that it encrypts objects as the store's URL asks",
};

void store_s3_tell(struct store_s3 *s, enum s3_notice notice)
{
	if (s->notice && !atomic_exchange(&s->is_told[notice], true))
		s->notice(s->notice_arg, notices[notice]);
}

/* ---- calls ---- */

static void get_region(struct store_s3 *s, char out[S3_REGION_SIZE])
{
	pthread_mutex_lock(&s->lock);
	memcpy(out, s->region, S3_REGION_SIZE);
	pthread_mutex_unlock(&s->lock);
}

static void set_region(struct store_s3 *s, const char region[S3_REGION_SIZE])
{
	pthread_mutex_lock(&s->lock);
	memcpy(s->region, region, S3_REGION_SIZE);
	pthread_mutex_unlock(&s->lock);
}

/*
 * Redirects, and the refusal of a signature for another region, which a HEAD gives without a code.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
 */
static bool is_elsewhere(const struct aws_answer *answer, const char *region)
{
	return (answer->status == 301 || answer->status == 307 || answer->status == 400) &&
	    answer->bucket_region[0] && strcmp(answer->bucket_region, region) != 0;
}

/*
 * What the key service says comes through S3 as a 400; a key that is off is nobody's bad input.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html#API_GenerateDataKey_Errors
 */
static const struct {
	const char *part;
	enum err_code code;
} kms_refusals[] = {
	{ "Throttl", ERR_BUSY }, { "LimitExceeded", ERR_BUSY }, { "Timeout", ERR_BUSY },
	{ "Internal", ERR_BUSY }, { "KeyUnavailable", ERR_BUSY }, { "NotFound", ERR_CONFIG },
	{ "InvalidKeyUsage", ERR_CONFIG },
	{ "", ERR_DENIED }, /* disabled, pending deletion, access denied */
};

static void classify_kms(const struct aws_answer *answer, struct err *err)
{
	struct str code = str_from(answer->code);
	size_t i = 0;

	if (!str_has_prefix(code, STR("KMS.")))
		return;
	while (!str_contains(code, str_from(kms_refusals[i].part)))
		i++;
	err->code = kms_refusals[i].code;
}

int store_s3_wrap(const struct store_s3 *s, struct err *err)
{
	return err_wrap(err, "store s3://%.*s", STR_ARG(s->place.bucket));
}

static int call(struct store_s3 *s, const struct aws_request *r, struct aws_answer *answer,
    struct xml **xml, struct err *err)
{
	return xml ? aws_call_xml(s->aws, r, answer, xml, err) : aws_call(s->aws, r, answer, err);
}

int store_s3_call(struct store_s3 *s, struct aws_request *r, struct aws_answer *answer,
    struct xml **xml, struct err *err)
{
	char region[S3_REGION_SIZE];
	int rc;

	get_region(s, region);
	if (r->total_ms == 0)
		r->total_ms = S3_TOTAL_MS;
	r->bucket = s->place.bucket;
	r->region = region[0] ? region : NULL;
	rc = call(s, r, answer, xml, err);
	if (rc != 0 && is_elsewhere(answer, region)) {
		memcpy(region, answer->bucket_region, sizeof(region));
		r->region = region;
		rc = call(s, r, answer, xml, err);
		if (!is_elsewhere(answer, region))
			set_region(s, region);
	}
	r->region = NULL; /* it goes out of scope */
	if (rc == 0)
		return 0;
	classify_kms(answer, err);
	return store_s3_wrap(s, err);
}

int store_s3_call_key(struct store_s3 *s, struct str key, struct aws_request *r,
    struct aws_answer *answer, struct err *err)
{
	struct buf name = BUF_INIT(S3_NAME_MAX);
	int rc;

	buf_add(&name, s->place.prefix);
	buf_add(&name, key);
	r->key = buf_str(&name);
	rc = store_s3_call(s, r, answer, NULL, err);
	r->key = STR_NONE; /* it goes out of scope */
	buf_release(&name);
	return rc;
}

const struct store_ops store_s3_ops = {
	.scheme = "s3",
	.open = s3_open,
	.close = s3_close,
	.put = store_s3_put,
	.get = store_s3_get,
	.head = store_s3_head,
	.list = store_s3_list,
	.check = store_s3_check,
};
