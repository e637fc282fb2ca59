/*
 * dlq: the dead letters of a context, one after another, each with its autopsy. One thread.
 */
#ifndef OPS_DLQ_H
#define OPS_DLQ_H

#include "autopsy.h"

struct dlq {
	struct cli *cli;
	struct progress progress; /* of a change of all of them */
	struct queue *queue;
	struct store *store; /* for the autopsy; NULL when it is out of reach, which is noted */
};

/* `redrive_rate` as queue.h has it. On -1 nothing is left open and the next step is set. */
int dlq_open(struct dlq *d, struct cli *cli, unsigned redrive_rate, struct err *err)
    ATTR_MUST_CHECK;
void dlq_close(struct dlq *d);

/* Whether all of them can be changed by the service at once, and none be looked at for nothing. */
bool dlq_is_on_aws(const struct dlq *d);

/* The message lives until it returns; false: enough. */
typedef bool dlq_letter_fn(void *arg, const struct queue_message *m);

/*
 * Call fn for each dead letter, oldest first, until it returns false. On SQS, which has no list,
 * they are received, in any order: that is noted.
 */
int dlq_each(struct dlq *d, dlq_letter_fn *fn, void *arg, struct err *err) ATTR_MUST_CHECK;

/* How many there were of each verdict. */
struct dlq_verdicts {
	uint64_t counts[AUTOPSY_VERDICT_COUNT];
};

/* Those that are lost when they are removed: neither stored nor of no use. */
uint64_t dlq_verdicts_passing(const struct dlq_verdicts *v);
uint64_t dlq_verdicts_failing(const struct dlq_verdicts *v);

/* The member "verdicts". */
void dlq_verdicts_json(struct json_writer *w, const struct dlq_verdicts *v);

#endif
