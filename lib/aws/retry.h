/*
 * retry: when to try again, by the rules that the SDKs share since 2026: a token bucket of 500 for
 * each service; a retry costs 14 (transient) or 5 (throttling); full jitter over 50 ms or 1 s times
 * 2^(n-1), at most 20 s; x-amz-retry-after honoured; three attempts (AWS_MAX_ATTEMPTS).
 * Time and chance come from the caller. A bucket may be used from any thread.
 *
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
#ifndef OPS_RETRY_H
#define OPS_RETRY_H

#include <stdatomic.h>

#include "err.h"
#include "str.h"

enum { RETRY_TOKENS = 500, RETRY_ATTEMPTS = 3 };

enum retry_class {
	RETRY_NEVER,
	RETRY_TRANSIENT,
	RETRY_THROTTLING,
	RETRY_SKEW,        /* the clock was wrong: only with a new offset (skew.h) */
	RETRY_CREDENTIALS, /* expired: only with new ones, once */
};

struct retry_bucket {
	_Atomic int tokens;
};
void retry_bucket_init(struct retry_bucket *b);

/*
 * What kind of failure it is. status 0: no answer, then `code` is empty and transport says why.
 * code: the service's error code ("ThrottlingException", "SlowDown"), or empty.
 */
enum retry_class retry_classify(int status, struct str code, enum err_code transport);

/* One call's attempts. */
struct retry {
	struct retry_bucket *bucket;
	unsigned attempt, max; /* attempt: 1 at first */
	int held;              /* tokens taken for the last retry */
	bool is_long_poll;     /* SQS receive: waits even when the bucket is empty, then gives up */
};
void retry_begin(struct retry *r, struct retry_bucket *bucket, unsigned max, bool is_long_poll);

/*
 * After a failed attempt: true and *delay_ms, or false: give up, after sleeping *delay_ms, which is
 * 0 but for long polls. random01: in [0,1). retry_after_ms: the header, or -1.
 */
bool retry_next(struct retry *r, enum retry_class class, double random01, int64_t retry_after_ms,
    int64_t *delay_ms);

/* A retry that retry_next() allowed is not made: its tokens go back. */
void retry_cancel(struct retry *r);

/* After success: gives tokens back. */
void retry_succeeded(struct retry *r);

/* AWS_MAX_ATTEMPTS, the profile's max_attempts, else the default. 1 to 100; ERR_CONFIG. */
int retry_attempts(const char *profile_value, unsigned *out, struct err *err) ATTR_MUST_CHECK;

#endif
