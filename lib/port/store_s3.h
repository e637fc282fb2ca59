/*
 * store_s3: what the parts of the S3 store share. Private to store_s3*.c and their tests.
 *
 *   <bucket>/<prefix><key>   the object's bytes, with their SHA-256 as the service's own checksum
 *                            (x-amz-checksum-sha256) and, for servers that have none, as metadata
 *                            (x-amz-meta-sha256)
 *
 * Needs s3:PutObject and s3:GetObject (a put whose key exists compares; without GetObject it is
 * ERR_DENIED) on <bucket>/<prefix>*, and s3:ListBucket on the bucket (list and check). Where a key of
 * the customer encrypts the objects: kms:GenerateDataKey, and kms:Decrypt, without which S3 tells
 * nobody a checksum, so that a put whose key exists is ERR_DENIED too.
 */
#ifndef OPS_STORE_S3_H
#define OPS_STORE_S3_H

#include <pthread.h>
#include <stdatomic.h>

#include "aws.h"
#include "store.h"
#include "store_s3_url.h"

enum {
	S3_NAME_MAX = STORE_PREFIX_MAX + STORE_KEY_MAX, /* S3 takes 1024 */
	/* Of one put, get, head or page, with all calls and pauses: somebody waits for each. */
	S3_TOTAL_MS = 30000,
	S3_REGION_SIZE = sizeof(((struct aws_answer *)NULL)->bucket_region),
};

/* Told once each: see store_options.notice. */
enum s3_notice { S3_NOT_CONDITIONAL, S3_NOT_ENCRYPTED, S3_NOTICE_COUNT };

struct store_s3 {
	struct store base;
	struct aws *aws;
	const struct clock *clock;
	char *url;
	struct s3_url place; /* slices of url */

	void (*notice)(void *arg, const char *text);
	void *notice_arg;
	atomic_bool is_told[S3_NOTICE_COUNT];

	atomic_bool is_unconditional; /* the server has shown that it cannot write if absent */
	pthread_mutex_t lock;         /* of region */
	char region[S3_REGION_SIZE];  /* where the bucket said it is; "": the client's */
};

/*
 * aws_call() on the store's bucket; once more when the bucket says that it is in another region,
 * which is then remembered. With xml not NULL: aws_call_xml(). Errors as there, KMS's by cause.
 */
int store_s3_call(struct store_s3 *s, struct aws_request *r, struct aws_answer *answer,
    struct xml **xml, struct err *err) ATTR_MUST_CHECK;

/* The same about the object of a key. */
int store_s3_call_key(struct store_s3 *s, struct str key, struct aws_request *r,
    struct aws_answer *answer, struct err *err) ATTR_MUST_CHECK;

/* Name the bucket, as the errors of all calls do. Always -1. */
int store_s3_wrap(const struct store_s3 *s, struct err *err);

void store_s3_tell(struct store_s3 *s, enum s3_notice notice);

/* ---- reading (store_s3_read.c) ---- */

/* What the headers of an answer to GET or HEAD say; sha256 "" when there is none. */
void store_s3_info(const struct http_response *http, struct store_info *out);

int store_s3_get(struct store *s, struct str key, struct buf *out, struct store_info *info,
    struct err *err) ATTR_MUST_CHECK;
int store_s3_head(struct store *s, struct str key, struct store_info *info, struct err *err)
    ATTR_MUST_CHECK;

/* What a put is about. */
struct s3_object {
	struct str key, bytes;
	const char *sha256;
	int64_t ends_at_ms; /* by clock_mono_ms() */
};

/* What is left for the next call, in ms: at least 1, which is as good as none. */
int store_s3_left_ms(const struct store_s3 *s, const struct s3_object *o);

/*
 * Whether the object of the key has these bytes: 0; ERR_CONFLICT: it has others; ERR_NOTFOUND: there
 * is none. Read is only what has no digest.
 */
int store_s3_compare(struct store_s3 *s, const struct s3_object *o, struct err *err)
    ATTR_MUST_CHECK;

/* ---- writing (store_s3_put.c) ---- */

int store_s3_put(struct store *s, struct str key, struct str bytes, const char *sha256,
    const struct store_metadata *metadata, bool *existed, struct err *err) ATTR_MUST_CHECK;

/* ---- listing (store_s3_list.c, store_s3_page.c) ---- */

int store_s3_list(struct store *s, struct str after, store_list_fn *fn, void *arg, struct err *err)
    ATTR_MUST_CHECK;
int store_s3_check(struct store *s, struct err *err) ATTR_MUST_CHECK;

#endif
