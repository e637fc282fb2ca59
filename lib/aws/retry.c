#include "retry.h"

#include <assert.h>
#include <stdlib.h>

enum {
	DELAY_MAX_MS = 20000,
	RETRY_AFTER_MORE_MS = 5000, /* a service may ask for that much more than we would wait */
	REFUND_FIRST_TRY = 1,
	ATTEMPTS_MAX = 100,
};

/*
 * What a retry costs, and what its pause grows from. Skew and credentials are repaired before the
 * retry: nothing is to be waited for, but they count, so that a wrong repair cannot go on for ever.
 */
static const struct {
	int cost, base_ms;
} rules[] = {
	[RETRY_TRANSIENT] = { 14, 50 },
	[RETRY_THROTTLING] = { 5, 1000 },
	[RETRY_SKEW] = { 14, 0 },
	[RETRY_CREDENTIALS] = { 14, 0 },
};

/* A code says more than the status it came with. */
static const struct {
	const char *code;
	enum retry_class class;
} classes[] = {
	{ "BandwidthLimitExceeded", RETRY_THROTTLING },
	{ "EC2ThrottledException", RETRY_THROTTLING },
	{ "LimitExceededException", RETRY_THROTTLING },
	{ "PriorRequestNotComplete", RETRY_THROTTLING },
	{ "ProvisionedThroughputExceededException", RETRY_THROTTLING },
	{ "RequestLimitExceeded", RETRY_THROTTLING },
	{ "RequestThrottled", RETRY_THROTTLING },
	{ "RequestThrottledException", RETRY_THROTTLING },
	{ "SlowDown", RETRY_THROTTLING },
	{ "ThrottledException", RETRY_THROTTLING },
	{ "Throttling", RETRY_THROTTLING },
	{ "ThrottlingException", RETRY_THROTTLING },
	{ "TooManyRequestsException", RETRY_THROTTLING },
	{ "TransactionInProgressException", RETRY_THROTTLING },

	{ "IDPCommunicationError", RETRY_TRANSIENT },
	{ "InternalError", RETRY_TRANSIENT }, /* S3 may say it with status 200 */
	{ "RequestTimeout", RETRY_TRANSIENT },
	{ "RequestTimeoutException", RETRY_TRANSIENT },

	{ "AuthFailure", RETRY_SKEW },
	{ "InvalidSignatureException", RETRY_SKEW },
	{ "RequestExpired", RETRY_SKEW },
	{ "RequestInTheFuture", RETRY_SKEW },
	{ "RequestTimeTooSkewed", RETRY_SKEW },
	{ "SignatureDoesNotMatch", RETRY_SKEW },

	{ "ExpiredToken", RETRY_CREDENTIALS },
	{ "ExpiredTokenException", RETRY_CREDENTIALS },
	{ "InvalidAccessKeyId", RETRY_CREDENTIALS },
	{ "InvalidClientTokenId", RETRY_CREDENTIALS },
	{ "InvalidToken", RETRY_CREDENTIALS },
	{ "TokenRefreshRequired", RETRY_CREDENTIALS },
	{ "UnrecognizedClientException", RETRY_CREDENTIALS },
};

static const struct {
	int status;
	enum retry_class class;
} statuses[] = {
	{ 429, RETRY_THROTTLING },
	{ 500, RETRY_TRANSIENT },
	{ 502, RETRY_TRANSIENT },
	{ 503, RETRY_TRANSIENT },
	{ 504, RETRY_TRANSIENT },
};

enum retry_class retry_classify(int status, struct str code, enum err_code transport)
{
	if (status == 0)
		return transport == ERR_TIMEOUT || transport == ERR_IO ? RETRY_TRANSIENT
								       : RETRY_NEVER;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (str_is(code, classes[i].code))
			return classes[i].class;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].class;
	return RETRY_NEVER;
}

/* ---- the bucket ---- */

void retry_bucket_init(struct retry_bucket *b)
{
	atomic_init(&b->tokens, RETRY_TOKENS);
}

static bool take(struct retry_bucket *b, int cost)
{
	int have = atomic_load(&b->tokens);

	do {
		if (have < cost)
			return false;
	} while (!atomic_compare_exchange_weak(&b->tokens, &have, have - cost));
	return true;
}

static void give(struct retry_bucket *b, int tokens)
{
	int have = atomic_load(&b->tokens), next;

	do {
		next = have + tokens < RETRY_TOKENS ? have + tokens : RETRY_TOKENS;
	} while (!atomic_compare_exchange_weak(&b->tokens, &have, next));
}

/* ---- one call ---- */

void retry_begin(struct retry *r, struct retry_bucket *bucket, unsigned max, bool is_long_poll)
{
	assert(max >= 1);
	*r = (struct retry){
		.bucket = bucket,
		.attempt = 1,
		.max = max,
		.is_long_poll = is_long_poll,
	};
}

/* Full jitter over base * 2^(attempt-1), at most 20 s; then what the service asked for. */
static int64_t delay(unsigned attempt, int base_ms, double random01, int64_t retry_after_ms)
{
	int64_t ceiling_ms = base_ms, wait_ms;

	for (unsigned i = 1; i < attempt && ceiling_ms < DELAY_MAX_MS; i++)
		ceiling_ms *= 2;
	if (ceiling_ms > DELAY_MAX_MS)
		ceiling_ms = DELAY_MAX_MS;
	wait_ms = (int64_t)((double)ceiling_ms * random01);
	if (retry_after_ms > wait_ms + RETRY_AFTER_MORE_MS)
		return wait_ms + RETRY_AFTER_MORE_MS;
	return retry_after_ms > wait_ms ? retry_after_ms : wait_ms;
}

bool retry_next(struct retry *r, enum retry_class class, double random01, int64_t retry_after_ms,
    int64_t *delay_ms)
{
	int64_t wait_ms;

	r->held = 0; /* those of a retry that failed are spent */
	*delay_ms = 0;
	if (class == RETRY_NEVER || r->attempt >= r->max)
		return false;

	wait_ms = delay(r->attempt, rules[class].base_ms, random01, retry_after_ms);
	if (!take(r->bucket, rules[class].cost)) {
		/* A receiver asks again at once: without the pause it would be the storm itself. */
		*delay_ms = r->is_long_poll ? wait_ms : 0;
		return false;
	}
	r->held = rules[class].cost;
	r->attempt++;
	*delay_ms = wait_ms;
	return true;
}

void retry_cancel(struct retry *r)
{
	give(r->bucket, r->held);
	r->held = 0;
}

void retry_succeeded(struct retry *r)
{
	give(r->bucket, r->held > 0 ? r->held : REFUND_FIRST_TRY);
}

int retry_attempts(const char *profile_value, unsigned *out, struct err *err)
{
	const char *text = getenv("AWS_MAX_ATTEMPTS"), *name = "AWS_MAX_ATTEMPTS";
	uint64_t n = RETRY_ATTEMPTS;

	if (!text || !*text) {
		text = profile_value;
		name = "max_attempts of the profile";
	}
	if (text && *text && (!str_to_u64(str_from(text), &n) || n < 1 || n > ATTEMPTS_MAX))
		return err_set(err, ERR_CONFIG, "%s is '%s': must be 1 to %d", name, text,
		    ATTEMPTS_MAX);
	*out = (unsigned)n;
	return 0;
}
