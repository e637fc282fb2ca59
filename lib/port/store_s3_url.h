/*
 * store_s3_url: the URL of an S3 store in its parts; its form is described at store_open(). Pure;
 * any thread. Private to store_s3*.c and tests.
 */
#ifndef OPS_STORE_S3_URL_H
#define OPS_STORE_S3_URL_H

#include "err.h"
#include "str.h"

enum { S3_BUCKET_MIN = 3, S3_BUCKET_MAX = 63 };

/* Slices of the URL; an option that is not given is empty. */
struct s3_url {
	struct str bucket, prefix;
	struct str sse, kms_key_id, bucket_key;
};

/* ERR_CONFIG says what is allowed. */
int s3_url_parse(struct str url, struct s3_url *out, struct err *err) ATTR_MUST_CHECK;

#endif
