/*
 * queue_sqs_batch: what the answer of a batch operation says of each entry. SQS answers 200 also
 * when some entries, or all, have failed. Pure; any thread. Private to queue_sqs*.c and tests.
 */
#ifndef OPS_QUEUE_SQS_BATCH_H
#define OPS_QUEUE_SQS_BATCH_H

#include "json.h"
#include "queue.h"

enum sqs_said {
	SQS_SAID_NOTHING,
	SQS_SAID_DONE,
	SQS_SAID_FAILED,
	SQS_SAID_TWICE, /* contradicts itself, or at least cannot be relied on */
};

/* Members live as long as the document. */
struct sqs_verdict {
	enum sqs_said said;
	const struct json *entry; /* of Successful or Failed */
};

enum { SQS_ENTRY_ID_SIZE = 8 };

/* The id of an entry is its number. */
void sqs_entry_id(size_t index, char out[SQS_ENTRY_ID_SIZE]);

/* out[0..count-1]; what is said of ids that are none of ours is passed over. */
void sqs_batch_read(const struct json *answer, size_t count, struct sqs_verdict *out);

/*
 * The verdict as a result: ERR_NONE; ERR_IO: unknown, nothing reliable was said; for a failed one
 * by its code, else by SenderFault: ERR_INVALID, or ERR_BUSY when it is the service's.
 */
void sqs_verdict_result(const struct sqs_verdict *v, struct err *out);

/* The same of a lease, where ERR_CONFLICT says that it is no longer ours. */
void sqs_verdict_lease(const struct sqs_verdict *v, struct err *out);

#endif
