/*
 * autopsy: why a message died, by the checks of the worker: whether it would be stored if it
 * were received now; and by those of ops-api, whether its records would be accepted.
 */
#ifndef OPS_AUTOPSY_H
#define OPS_AUTOPSY_H

#include "cli.h"
#include "queue.h"
#include "store.h"

enum autopsy_verdict {
	AUTOPSY_PASSES,  /* it would be stored now */
	AUTOPSY_STORED,  /* its object is there already: redriving only deletes it */
	AUTOPSY_DAMAGED, /* digest or key is wrong: it fails again */
	AUTOPSY_OTHER,   /* it would be stored, but is not made of records */
	AUTOPSY_REFUSED, /* it would be stored, but ops-api would not accept a record of it */
	AUTOPSY_CLASHES, /* other bytes are under its key: it fails again */
	AUTOPSY_VERDICT_COUNT,
};

struct autopsy {
	enum autopsy_verdict verdict;
	char why[ERR_TEXT_MAX]; /* "" when it passes */
};

/* `store` may be NULL: then it is not looked at. */
void autopsy_make(const struct queue_message *m, struct store *store, struct autopsy *out);

/* Whether it dies again when it is put back. */
bool autopsy_fails_again(enum autopsy_verdict verdict);

const char *autopsy_name(enum autopsy_verdict verdict); /* "would pass", for people */
const char *autopsy_code(enum autopsy_verdict verdict); /* "would_pass", for JSON */

#endif
