/*
 * sns: who gets what a topic of Amazon SNS is sent. Any thread.
 *
 * https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
 */
#ifndef OPS_SNS_H
#define OPS_SNS_H

#include "aws.h"

enum { SNS_PAGES_MAX = 10, SNS_TOKEN_SIZE = 2048 };

struct sns_receivers {
	unsigned confirmed, pending; /* of the first SNS_PAGES_MAX pages of 100 */
	bool is_cut;
};

/* ERR_NOTFOUND: no such topic. */
int sns_receivers(struct aws *a, const char *topic_arn, struct sns_receivers *out, struct err *err)
    ATTR_MUST_CHECK;

/* Add those of one page; `token` is that of the next, "" for the last. */
int sns_read_page(const struct xml *root, struct sns_receivers *out, char token[SNS_TOKEN_SIZE],
    struct err *err) ATTR_MUST_CHECK;

#endif
