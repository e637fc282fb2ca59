/*
 * bucket: how a bucket of S3 is set up: encryption, versioning, and whether it can be made public.
 * Any thread.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html and its neighbours
 */
#ifndef OPS_BUCKET_H
#define OPS_BUCKET_H

#include "aws.h"

/* What was asked for; the others are untouched. */
struct bucket_encryption {
	bool is_set;
	char algorithm[32]; /* "AES256", "aws:kms", "aws:kms:dsse" */
	char key[512];      /* of KMS, or "" */
};

struct bucket_block {
	bool is_set;
	bool acls, ignored_acls, policy, restricted; /* the four switches */
};

enum bucket_versioning { BUCKET_UNVERSIONED, BUCKET_VERSIONED, BUCKET_SUSPENDED };

/* What is not set up is no failure: is_set is false. ERR_NOTFOUND: no such bucket. */
int bucket_encryption(struct aws *a, struct str bucket, struct bucket_encryption *out,
    struct err *err) ATTR_MUST_CHECK;
int bucket_block(struct aws *a, struct str bucket, struct bucket_block *out, struct err *err)
    ATTR_MUST_CHECK;
int bucket_versioning(struct aws *a, struct str bucket, enum bucket_versioning *out,
    struct err *err) ATTR_MUST_CHECK;

/* What those answers hold. ERR_CORRUPT: another document. */
int bucket_read_encryption(const struct xml *root, struct bucket_encryption *out, struct err *err)
    ATTR_MUST_CHECK;
int bucket_read_block(const struct xml *root, struct bucket_block *out, struct err *err)
    ATTR_MUST_CHECK;
int bucket_read_versioning(const struct xml *root, enum bucket_versioning *out, struct err *err)
    ATTR_MUST_CHECK;

#endif
