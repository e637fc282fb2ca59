/*
 * ecr: whether an image is in a repository of Amazon ECR. Any thread.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
 */
#ifndef OPS_ECR_H
#define OPS_ECR_H

#include "aws.h"

/* "<account>.dkr.ecr.<region>.amazonaws.com/<repository>@<digest>" or ":<tag>", in its parts. */
struct ecr_name {
	char account[16], region[64], repository[256];
	char digest[80]; /* "sha256:...", or "" */
	char tag[136];   /* or "" */
};

/* false: it is of another registry. */
bool ecr_name_parse(struct str image, struct ecr_name *out);

struct ecr_image {
	char digest[80];
	int64_t pushed_ms, pulled_ms; /* 0: never, or not said */
	int64_t size_bytes;
};

/* By digest where the name has one, else by tag, else `latest`. ERR_NOTFOUND: repository or image. */
int ecr_image(struct aws *a, const struct ecr_name *name, struct ecr_image *out, struct err *err)
    ATTR_MUST_CHECK;

/* The first image of an answer. ERR_NOTFOUND: there is none. */
int ecr_read_image(const struct json *answer, struct ecr_image *out, struct err *err)
    ATTR_MUST_CHECK;

#endif
