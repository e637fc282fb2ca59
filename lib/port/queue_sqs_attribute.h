/*
 * queue_sqs_attribute: message attributes of SQS, on the way out, on the way in, and their MD5.
 * Pure; any thread. Private to queue_sqs*.c and tests.
 *
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
#ifndef OPS_QUEUE_SQS_ATTRIBUTE_H
#define OPS_QUEUE_SQS_ATTRIBUTE_H

#include "digest.h"
#include "err.h"
#include "json.h"

enum { SQS_ATTRIBUTES_MAX = 10 }; /* of a message, says SQS */

/* Slices of what it was made from. */
struct sqs_attribute {
	struct str name, type; /* "String", "Number.int", "Binary", ... */
	struct str value;      /* of a binary one base64 */
};

struct sqs_attributes {
	struct sqs_attribute items[SQS_ATTRIBUTES_MAX];
	size_t count;
};

bool sqs_attribute_is_binary(const struct sqs_attribute *a);

/* An attribute whose value is empty cannot be, and is left out. */
void sqs_attributes_add(struct sqs_attributes *all, const char *name, const char *type,
    struct str value);

/* NULL when there is none of that name. */
const struct sqs_attribute *sqs_attributes_find(const struct sqs_attributes *all, const char *name);

/* The member MessageAttributes; nothing when there are none. */
void sqs_attributes_write(struct json_writer *w, const struct sqs_attributes *all);

/*
 * From the member MessageAttributes, absent included; the slices live as long as the document.
 * ERR_CORRUPT: more than SQS has, or one without name, type or value.
 */
int sqs_attributes_read(const struct json *json, struct sqs_attributes *out, struct err *err)
    ATTR_MUST_CHECK;

/*
 * MD5OfMessageAttributes, "" of none: of all, sorted by name, each as length and bytes of name and
 * type, the kind of value, length and bytes of the value; lengths are 4 bytes, big-endian.
 * ERR_CORRUPT: a binary value that is not base64.
 */
int sqs_attributes_md5(const struct sqs_attributes *all, char out[DIGEST_MD5_HEX_SIZE],
    struct err *err) ATTR_MUST_CHECK;

#endif
