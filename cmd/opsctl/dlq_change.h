/*
 * dlq_change: how dead letters are changed: which they are is decided first, then a question is
 * asked about just those, then it is done and told. What dies meanwhile is not touched. Main thread.
 */
#ifndef OPS_DLQ_CHANGE_H
#define OPS_DLQ_CHANGE_H

#include "access.h"
#include "dlq.h"

/* One letter whose way to the store can be watched. */
struct dlq_canary {
	char id[QUEUE_ID_SIZE]; /* "": none of them has a key of ops-api and would pass */
	char object[OBJECTKEY_SIZE];
	char sha256[HASH_HEX_SIZE]; /* of its body */
};

/*
 * What was meant when the command began, and is asked about: no letter that dies later is
 * changed, --all or not. But for all of them on AWS, which the service changes at once.
 */
struct dlq_picked {
	struct dlq dlq;
	const struct dlq_change *change;
	bool all, is_selected; /* --all; the option of dlq_change.option */
	size_t count, skipped;
	struct buf names;         /* of those picked, each ended by NUL */
	struct buf skipped_names; /* named, and left alone */
	struct dlq_verdicts verdicts;
	struct dlq_canary canary;
	struct out_table table; /* for --dry-run */
	struct json_writer w;   /* of the document, in its array "letters" */
};

struct dlq_change {
	const char *schema, *verb, *done; /* "Put back", "redriven" */
	enum access_danger danger;
	const char *option;           /* of the command, for those of one verdict: "passing" */
	enum autopsy_verdict options; /* which verdict that is */
	enum autopsy_verdict
	    left_alone;        /* letters of it are skipped; AUTOPSY_VERDICT_COUNT: none */
	const char *left_note; /* ", stored already" about them */
	const char *left_next; /* what to do with them: "run: ..." */
	uint64_t (*noteworthy)(const struct dlq_verdicts *v);
	const char *note, *done_note; /* about so many of them: "would fail again" */
	const char *warning;          /* end of the question */
	/* Those picked; and all, by the service. *n says how many it was, also after -1. */
	int (*apply)(struct dlq_picked *p, const char *const *ids, size_t count, uint64_t *n,
	    struct err *err);
	int (*apply_all)(struct queue *q, const char *const *ids, size_t count, uint64_t *n,
	    struct err *err);
};

/* The whole command. `redrive_rate` as queue.h has it. */
int dlq_change_run(struct cli *cli, const struct dlq_change *change, unsigned redrive_rate,
    struct err *err) ATTR_MUST_CHECK;

#endif
