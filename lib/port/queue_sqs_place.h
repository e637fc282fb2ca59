/*
 * queue_sqs_place: where an SQS queue is, as its URL or its ARN tells. Pure; any thread. Private
 * to queue_sqs*.c, tests, and the policies that opsctl writes.
 */
#ifndef OPS_QUEUE_SQS_PLACE_H
#define OPS_QUEUE_SQS_PLACE_H

#include "err.h"
#include "str.h"

enum {
	SQS_URL_SIZE = 512,
	SQS_ENDPOINT_SIZE = 300,
	SQS_REGION_SIZE = 64,
	SQS_ACCOUNT_SIZE = 64,
	SQS_NAME_SIZE = 81,
};

struct sqs_place {
	char url[SQS_URL_SIZE];           /* QueueUrl, as it was given */
	char endpoint[SQS_ENDPOINT_SIZE]; /* "http://127.0.0.1:9324"; "": AWS's own of the region */
	char region[SQS_REGION_SIZE];     /* "": the client's */
	char account[SQS_ACCOUNT_SIZE], name[SQS_NAME_SIZE];
};

/*
 * "https://sqs.<region>.amazonaws.com/<account>/<name>", AWS's other host names (FIPS, dual-stack,
 * VPC endpoint), or "http[s]://<host>[:<port>]/[<path>/]<account>/<name>" of a compatible server.
 * ERR_CONFIG: anything else; http of AWS itself; a FIFO queue.
 */
int sqs_place_parse(struct str url, struct sqs_place *out, struct err *err) ATTR_MUST_CHECK;

/* Whether the ARN is that of the place; the region is not compared: some servers invent it. */
bool sqs_place_has_arn(const struct sqs_place *p, struct str arn);

/* The queue of the ARN, on the server of `near`. ERR_CORRUPT: not an ARN of a queue. */
int sqs_place_beside(const struct sqs_place *near, struct str arn, struct sqs_place *out,
    struct err *err) ATTR_MUST_CHECK;

#endif
