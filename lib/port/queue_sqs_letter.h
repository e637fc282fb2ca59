/*
 * queue_sqs_letter: a message in the words of SQS: what is sent, and what comes. Pure; any thread.
 * Private to queue_sqs*.c and tests.
 */
#ifndef OPS_QUEUE_SQS_LETTER_H
#define OPS_QUEUE_SQS_LETTER_H

#include "queue.h"
#include "queue_sqs_attribute.h"

enum { SQS_COUNT_SIZE = 24 };

/* ---- out ---- */

/* Slices of an entry, or of a received message that is sent on. */
struct sqs_letter {
	struct str body;
	struct sqs_attributes attributes;
	char records[SQS_COUNT_SIZE]; /* the attribute's value */
	struct err result;            /* ERR_NONE: to be sent; later: was confirmed */
};

/* Of an entry; *out must stay where it is. Its result is the entry's. */
void sqs_letter_of(const struct queue_entry *e, struct sqs_letter *out);

/*
 * Its result becomes ERR_INVALID, with the offset of the byte, when it holds what SQS does not
 * take.
 */
void sqs_letter_check(struct sqs_letter *l);

/* What it counts against the limits of SQS. */
size_t sqs_letter_size(const struct sqs_letter *l);

/* An entry of SendMessageBatch. */
void sqs_letter_write(struct json_writer *w, const struct sqs_letter *l, const char *id);

/*
 * Whether what SQS says that it has taken is what was sent. Its result becomes ERR_IO when not, or
 * when that is not said: the outcome is unknown.
 */
void sqs_letter_confirm(struct sqs_letter *l, const struct json *successful);

/* ---- in ---- */

/* A member of Messages; slices of the document. */
struct sqs_delivery {
	const char *id, *receipt, *source_arn; /* the last: of dead letters, else "" */
	struct str body;
	struct sqs_attributes attributes;
	int64_t sent_at_ms;
	unsigned receive_count;
	struct err fault; /* ERR_NONE, or why the content cannot be trusted */
};

/*
 * ERR_CORRUPT: no id or no receipt, without which nothing can be done with it. Damage and limits
 * that are exceeded are no error, but its fault.
 */
int sqs_delivery_read(const struct json *message, struct sqs_delivery *out, struct err *err)
    ATTR_MUST_CHECK;

/* As queue_receive() gives it; `out` was reset. */
void sqs_delivery_fill(const struct sqs_delivery *d, struct queue_message *out);

#endif
