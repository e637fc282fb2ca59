/*
 * sqs_queue: queues of the fault server and their messages: visible ones in the order in which they
 * became so, hidden ones in a heap by the time at which they come back, all of them by id. So a
 * backlog costs no more per call than a short queue. world_lock is held.
 */
#ifndef OPS_FAULTS_SQS_QUEUE_H
#define OPS_FAULTS_SQS_QUEUE_H

#include "digest.h"
#include "json.h"
#include "uuid.h"

enum {
	SQS_ATTRIBUTES_MAX = 10,
	SQS_QUEUES_MAX = 64,
	SQS_NAME_SIZE = 81,
	SQS_RECEIPT_SIZE = UUID_TEXT_SIZE + 16,
};

struct sqs_queue;

struct sqs_attribute {
	char *name, *type, *value;
};

struct sqs_message {
	char id[UUID_TEXT_SIZE];
	char *body;
	struct sqs_attribute attributes[SQS_ATTRIBUTES_MAX];
	size_t attribute_count;
	char body_md5[DIGEST_MD5_HEX_SIZE], attributes_md5[DIGEST_MD5_HEX_SIZE];
	int64_t sent_at_ms, visible_at_ms;
	unsigned receives;
	unsigned generation; /* of the latest receipt, which alone deletes; grows for ever */

	const struct sqs_queue *queue; /* where it is */
	struct sqs_message *next_of_id;
	struct sqs_message *before, *behind; /* among the visible */
	size_t place;                        /* in the heap, from 1; 0: visible */
};

/* From an entry of SendMessageBatch; not in any queue yet. */
struct sqs_message *sqs_message_new(const struct json *entry, int64_t now_ms);
void sqs_message_free(struct sqs_message *m);
/* As ReceiveMessage has it, with the receipt of this delivery. */
void sqs_message_write(struct json_writer *w, const struct sqs_message *m);

struct sqs_queue {
	char name[SQS_NAME_SIZE];
	struct sqs_message *first, *last; /* visible */
	struct sqs_message **heap;
	size_t visible, hidden, heap_room;
	size_t delayed; /* of the hidden: never received */
	uint64_t sent, received, deleted;
};

/* Made when it is first named; NULL: too many, or no name. */
struct sqs_queue *sqs_queue_named(const char *name);
size_t sqs_queue_count(void);
struct sqs_queue *sqs_queue_at(size_t i);
bool sqs_queue_is_dead(const struct sqs_queue *q); /* a dead-letter queue */
struct sqs_queue *sqs_queue_dead_of(const struct sqs_queue *q);
/* Of a dead-letter queue: whose letters they are. */
struct sqs_queue *sqs_queue_source_of(const struct sqs_queue *q);

/* Hidden until m->visible_at_ms when that is to come, else visible. The queue's from now on. */
void sqs_queue_put(struct sqs_queue *q, struct sqs_message *m, int64_t now_ms);
void sqs_queue_remove(struct sqs_queue *q, struct sqs_message *m); /* the caller's from now on */
/* What has come back by now is visible, or a dead letter when it was received too often. */
void sqs_queue_wake(struct sqs_queue *q, int64_t now_ms);
/* The message of a receipt, of whatever generation, which comes out; NULL: gone. */
struct sqs_message *sqs_queue_find(const struct sqs_queue *q, const char *receipt,
    unsigned *generation);

#endif
