/*
 * queue_sqs_figures: what GetQueueAttributes tells of a queue, and CloudWatch of its age. Reads
 * parsed answers; pure; any thread. Private to queue_sqs*.c and tests.
 */
#ifndef OPS_QUEUE_SQS_FIGURES_H
#define OPS_QUEUE_SQS_FIGURES_H

#include "err.h"
#include "json.h"

enum { SQS_ARN_SIZE = 256 };

struct sqs_figures {
	uint64_t visible, in_flight, delayed; /* up to a minute old */
	size_t message_max;                   /* bytes of one message; 0: not told */
	char dead_arn[SQS_ARN_SIZE];          /* of the dead-letter queue; "": there is none */
};

/* ERR_CORRUPT: no Attributes, a count that is no number, a policy that cannot be read. */
int sqs_figures_read(const struct json *answer, struct sqs_figures *out, struct err *err)
    ATTR_MUST_CHECK;

/* From GetMetricData: the newest value of the first metric; -1: there is none. */
int64_t sqs_age_read(const struct json *answer);

#endif
