/*
 * queue_sqs: what the parts of the SQS queue share. Private to queue_sqs*.c and their tests.
 *
 * A message has the attributes object, sha256, traceparent (String) and records (Number). MD5s of
 * body and attributes are checked both ways. Needs of its caller's role, on the queue:
 * sqs:SendMessage (sending), sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility
 * (receiving), sqs:GetQueueAttributes (also on the dead-letter queue, for figures), and, only for
 * the age of the oldest message, cloudwatch:GetMetricData. Dead letters: the receiving ones and
 * sqs:SendMessage to the queue; for all at once sqs:ListDeadLetterSourceQueues,
 * sqs:StartMessageMoveTask, sqs:ListMessageMoveTasks, sqs:PurgeQueue.
 */
#ifndef OPS_QUEUE_SQS_H
#define OPS_QUEUE_SQS_H

#include <pthread.h>
#include <stdatomic.h>

#include "aws.h"
#include "queue_sqs_batch.h"
#include "queue_sqs_figures.h"
#include "queue_sqs_letter.h"
#include "queue_sqs_place.h"
#include "queue_sqs_walk.h"

enum {
	SQS_TOTAL_MS = 10000, /* of a call of the port, repeats included: somebody waits for it */
	/* Room for JSON: six bytes for one, at worst, and what surrounds each message. */
	SQS_JSON_PER_MESSAGE = 6 * QUEUE_BODY_MAX + 16 * 1024,
	SQS_SEND_JSON_MAX = SQS_JSON_PER_MESSAGE + 64 * 1024,
};

struct queue_sqs {
	struct queue base;
	struct queue_traits traits;
	struct aws *aws;
	const struct clock *clock;
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *progress_arg;
	unsigned redrive_rate;
	struct sqs_place place;
	atomic_bool interrupted;
	void (*sleep_ms)(int64_t ms); /* tests set their own */

	pthread_mutex_t age_lock; /* over the next three */
	int64_t age_s, age_due_ms;
	bool is_age_denied;

	pthread_mutex_t walk_lock; /* over the next */
	struct sqs_walk walk;      /* the listing of dead letters that is under way */
};

/* ---- queue_sqs.c ---- */

/* A request body: an object with QueueUrl, left open. Ended by sqs_body_end(). */
void sqs_body_begin(struct json_writer *w, struct buf *out, const struct sqs_place *place);
void sqs_body_end(struct json_writer *w);

/*
 * One call about the queue of `place`, with the body that was written; fills the rest of *r,
 * total_ms too where neither that nor wait_s is set. *answer may be NULL.
 */
int sqs_call(struct queue_sqs *q, const struct sqs_place *place, struct aws_request *r,
    const struct buf *body, struct aws_answer *answer, struct json **out, struct err *err)
    ATTR_MUST_CHECK;

/* ---- queue_sqs_send.c ---- */

int sqs_send(struct queue *q, struct queue_entry *entries, size_t count, struct err *err)
    ATTR_MUST_CHECK;

/*
 * SendMessageBatch of those whose result is ERR_NONE; at most QUEUE_BATCH_MAX, and body_max bytes.
 */
int sqs_send_letters(struct queue_sqs *q, struct sqs_letter *letters, size_t count, struct err *err)
    ATTR_MUST_CHECK;

/* ---- queue_sqs_receive.c ---- */

int sqs_receive(struct queue *q, struct queue_message *messages, size_t max, unsigned wait_s,
    unsigned visibility_s, size_t *count, struct err *err) ATTR_MUST_CHECK;

/* ReceiveMessage; *out is the answer, its deliveries are json_at(json_get(*out, "Messages"), i). */
int sqs_receive_from(struct queue_sqs *q, const struct sqs_place *place, size_t max,
    unsigned wait_s, unsigned visibility_s, struct json **out, struct err *err) ATTR_MUST_CHECK;

/* ---- queue_sqs_lease.c ---- */

int sqs_remove(struct queue *q, struct queue_lease *leases, size_t count, struct err *err)
    ATTR_MUST_CHECK;
int sqs_extend(struct queue *q, struct queue_lease *leases, size_t count, unsigned visibility_s,
    struct err *err) ATTR_MUST_CHECK;

/* The same of the queue of a place; at most QUEUE_BATCH_MAX. */
int sqs_remove_from(struct queue_sqs *q, const struct sqs_place *place, struct queue_lease *leases,
    size_t count, struct err *err) ATTR_MUST_CHECK;
int sqs_extend_in(struct queue_sqs *q, const struct sqs_place *place, struct queue_lease *leases,
    size_t count, unsigned visibility_s, struct err *err) ATTR_MUST_CHECK;

/* ---- queue_sqs_stats.c ---- */

int sqs_stats(struct queue *q, struct queue_stats *out, struct err *err) ATTR_MUST_CHECK;
int sqs_figures(struct queue_sqs *q, const struct sqs_place *place, struct sqs_figures *out,
    struct err *err) ATTR_MUST_CHECK;

/* The dead-letter queue. ERR_NOTFOUND: the queue has none. */
int sqs_dead_place(struct queue_sqs *q, struct sqs_place *out, char arn[SQS_ARN_SIZE],
    struct err *err) ATTR_MUST_CHECK;

/* ---- queue_sqs_dead.c, queue_sqs_all.c ---- */

int sqs_dead_list(struct queue *q, const char *after, struct queue_message *messages, size_t max,
    size_t *count, struct err *err) ATTR_MUST_CHECK;
int sqs_dead_redrive(struct queue *q, const char *const *ids, size_t count, uint64_t *moved,
    struct err *err) ATTR_MUST_CHECK;
int sqs_dead_purge(struct queue *q, const char *const *ids, size_t count, uint64_t *removed,
    struct err *err) ATTR_MUST_CHECK;

/*
 * All of the dead-letter queue at once, by the service itself. *is_possible false: not this way (it
 * serves other queues too, or the server does not know the operation); nothing was done then.
 */
int sqs_move_all(struct queue_sqs *q, bool *is_possible, uint64_t *moved, struct err *err)
    ATTR_MUST_CHECK;
int sqs_purge_all(struct queue_sqs *q, bool *is_possible, uint64_t *removed, struct err *err)
    ATTR_MUST_CHECK;

#endif
