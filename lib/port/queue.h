/*
 * queue: where accepted envelopes wait. At-least-once: a message that was received
 * and not deleted comes back after its visibility timeout; after the queue's limit of
 * receives, or when its stored content is damaged, it becomes a dead letter. No order is
 * promised. Damage that only the receiver can see (SQS) comes with the message, as its fault: it is
 * to be refused, and then becomes a dead letter by its number of receives.
 *
 * Every function may be called from several threads at once; calls are synchronous.
 * A batch can fail in part: each entry has its own result (code ERR_NONE = done). -1: nothing is
 * known of any; all have the call's error, which says nothing of the single entry or lease.
 *
 * To add a backend: write queue_<name>.c ending in `const struct queue_ops
 * queue_<name>_ops`, add one row to queue.c, run tests/contract against it.
 */
#ifndef OPS_QUEUE_H
#define OPS_QUEUE_H

#include "clock.h"
#include "err.h"
#include "hash.h"
#include "objectkey.h"
#include "traceparent.h"

enum {
	QUEUE_BATCH_MAX = 10,         /* entries per call */
	QUEUE_BODY_MAX = 1024 * 1024, /* bytes of all bodies and attributes of one send call */
	QUEUE_ID_SIZE = 128,
	QUEUE_RECEIPT_SIZE = 2048,
	QUEUE_VISIBILITY_MAX_S = 43200,
	QUEUE_WAIT_MAX_S = 20,
};

struct queue;

struct aws;

struct queue_options {
	const struct clock *clock; /* NULL: clock_system */
	bool create;               /* sqlite: make the file when it is missing */
	struct aws *aws;           /* SQS: the client to call with, borrowed until close */
	/* May be NULL. SQS: how far a redrive or purge is, total 0: unknown; from its thread. */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *progress_arg;
	unsigned
	    redrive_rate; /* SQS: put back at most so many dead letters a second; 0: no limit */
};

/* One message to send. Borrowed for the duration of the call. */
struct queue_entry {
	struct str body;        /* 1 byte to QUEUE_BODY_MAX less attributes */
	struct str object;      /* object key; empty only in tests (a foreign message) */
	struct str sha256;      /* hex digest of body, or empty */
	struct str traceparent; /* or empty */
	size_t record_count;
	struct err result; /* out */
};

/* One received message. Reuse is fine: queue_receive() resets it. */
struct queue_message {
	struct buf body;
	char id[QUEUE_ID_SIZE];
	char receipt[QUEUE_RECEIPT_SIZE]; /* names this delivery, not the message */
	char object[OBJECTKEY_SIZE];      /* "" = foreign */
	char sha256[HASH_HEX_SIZE];       /* "" = none */
	char traceparent[TRACEPARENT_SIZE];
	size_t record_count;
	int64_t sent_at_ms;
	unsigned receive_count; /* this delivery included */
	struct err fault;       /* ERR_NONE, or why the content is not to be trusted, nor stored */
};

void queue_message_init(struct queue_message *m);
void queue_message_release(struct queue_message *m);

/* A delivery to delete or to extend. */
struct queue_lease {
	const char *receipt;
	/*
	 * out; ERR_CONFLICT: the lease is no longer ours; ERR_INVALID: not a receipt, where the
	 * queue can tell that from an old one.
	 */
	struct err result;
};

struct queue_stats {
	uint64_t visible, in_flight, delayed, dead; /* on SQS approximate, up to a minute old */
	int64_t oldest_age_s; /* of the oldest message that is not dead; 0 when empty; -1 unknown */
	/*
	 * SQS: ERR_NONE, or why `dead` is not known, and 0; ERR_NOTFOUND: there is no dead-letter
	 * queue, or not any more.
	 */
	struct err dead_fault;
};

/*
 * Open by URL: "sqlite:<path>" ("?max_receives=N", default 5, 1 to 1000, kept in the file),
 * "https://sqs.<region>.amazonaws.com/<account>/<name>", and "http[s]://<host>/<account>/<name>" of
 * a server that speaks like SQS. Asks SQS whether the queue is there and what it takes; who may not
 * ask (ERR_DENIED) is let in all the same. ERR_CONFIG: unknown scheme, bad URL, other schema
 * version; ERR_NOTFOUND; ERR_CORRUPT; ERR_IO, ERR_BUSY.
 */
int queue_open(struct queue **out, struct str url, const struct queue_options *options,
    struct err *err) ATTR_MUST_CHECK;
void queue_close(struct queue *q);

/* How this backend likes to be used: concurrent senders worth having, most entries per call. */
struct queue_traits {
	unsigned senders;
	size_t batch_max; /* >= QUEUE_BATCH_MAX */
	size_t body_max;  /* of all entries of one send call, each as queue_entry_size() has it */
	unsigned stats_period_s; /* newer figures are not to be had, or not worth their calls */
};
const struct queue_traits *queue_traits(const struct queue *q);

/*
 * What an entry counts against QUEUE_BODY_MAX and body_max: body and attributes, names included, as
 * on SQS.
 */
size_t queue_entry_size(const struct queue_entry *e);

/*
 * An entry with ERR_NONE is durable. ERR_BUSY, ERR_TIMEOUT, ERR_IO: unknown, may be sent again. On
 * SQS the text must be UTF-8 of the characters that SQS takes, else ERR_INVALID with the byte.
 */
int queue_send(struct queue *q, struct queue_entry *entries, size_t count, struct err *err)
    ATTR_MUST_CHECK;

/*
 * Up to max messages, hidden from others for visibility_s (1 to QUEUE_VISIBILITY_MAX_S);
 * waits up to wait_s (0 to QUEUE_WAIT_MAX_S) for the first one. *count = 0 is normal.
 * messages[0..max-1] must be initialised.
 */
int queue_receive(struct queue *q, struct queue_message *messages, size_t max, unsigned wait_s,
    unsigned visibility_s, size_t *count, struct err *err) ATTR_MUST_CHECK;

/*
 * Make waiting and later receives return at once with nothing: for stop. Sticky. On SQS a receive
 * under way is awaited, up to its wait_s, because what SQS hands to a connection that was given up
 * is hidden from everybody; none is begun or repeated after it.
 */
void queue_interrupt(struct queue *q);

/*
 * Remove for good. A message that is gone already counts as deleted. SQS may take an old receipt
 * without a word; then the message comes back.
 */
int queue_delete(struct queue *q, struct queue_lease *leases, size_t count, struct err *err)
    ATTR_MUST_CHECK;

/* Hide for visibility_s from now; 0 gives it back at once. */
int queue_extend(struct queue *q, struct queue_lease *leases, size_t count, unsigned visibility_s,
    struct err *err) ATTR_MUST_CHECK;

int queue_stats(struct queue *q, struct queue_stats *out, struct err *err) ATTR_MUST_CHECK;

/* ---- dead letters: for operators, not on the way of a record ---- */

/*
 * Up to max dead letters, oldest first, behind the one with id `after` ("" = from the start).
 * receipt is unset; the body is empty when the queue has lost it.
 *
 * SQS has no list: letters are received, in no certain order, which raises their receive count and
 * hides them for up to a minute, until the listing has come to its end (*count < max), another one
 * begins, or the queue is closed. `after` must be the last of the listing under way; a handle has
 * one.
 */
int queue_dead_list(struct queue *q, const char *after, struct queue_message *messages, size_t max,
    size_t *count, struct err *err) ATTR_MUST_CHECK;

/*
 * Back into the queue with receive count 0; ids == NULL: all of them. *moved says how many, on SQS
 * also after -1: what was done before the error, or beside it, stays done.
 *
 * SQS: by ids, a copy is sent, confirmed, and the letter deleted: it may then be in both places,
 * with one key. All: by a task of the service, of which options.progress tells; letters that
 * somebody else has just received stay.
 */
int queue_dead_redrive(struct queue *q, const char *const *ids, size_t count, uint64_t *moved,
    struct err *err) ATTR_MUST_CHECK;

/*
 * Remove for good; ids == NULL: all of them. As with redrive, *removed is set after -1 too. SQS
 * purges once in 60 s (ERR_BUSY), says approximately how many there were, and takes up to 60 s to
 * do it.
 */
int queue_dead_purge(struct queue *q, const char *const *ids, size_t count, uint64_t *removed,
    struct err *err) ATTR_MUST_CHECK;

/* Version of the SQLite that is linked, for --version. */
const char *queue_sqlite_version(void);

/* ---- for backends ---- */

struct queue_ops {
	struct queue_traits traits;
	int (*open)(struct queue **out, struct str url, const struct queue_options *o,
	    struct err *err);
	void (*close)(struct queue *q);
	int (*send)(struct queue *q, struct queue_entry *entries, size_t count, struct err *err);
	int (*receive)(struct queue *q, struct queue_message *messages, size_t max, unsigned wait_s,
	    unsigned visibility_s, size_t *count, struct err *err);
	void (*interrupt)(struct queue *q);
	int (*remove)(struct queue *q, struct queue_lease *leases, size_t count, struct err *err);
	int (*extend)(struct queue *q, struct queue_lease *leases, size_t count,
	    unsigned visibility_s, struct err *err);
	int (*stats)(struct queue *q, struct queue_stats *out, struct err *err);
	int (*dead_list)(struct queue *q, const char *after, struct queue_message *messages,
	    size_t max, size_t *count, struct err *err);
	int (*dead_redrive)(struct queue *q, const char *const *ids, size_t count, uint64_t *moved,
	    struct err *err);
	int (*dead_purge)(struct queue *q, const char *const *ids, size_t count, uint64_t *removed,
	    struct err *err);
};

/* Every backend's struct begins with this. */
struct queue {
	const struct queue_ops *ops;
	const struct queue_traits *traits; /* of this one queue; NULL: those of ops */
};

#endif
