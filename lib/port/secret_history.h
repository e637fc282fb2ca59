/*
 * secret_history: the versions of a secret that its source keeps, the latest first, each with its
 * fingerprint in the place of its value: values are read one page at a time, and wiped. SSM keeps
 * 100, Secrets Manager about as many; a file and its .previous are two. Any thread.
 */
#ifndef OPS_SECRET_HISTORY_H
#define OPS_SECRET_HISTORY_H

#include "hash.h"
#include "secret.h"

enum {
	SECRET_HISTORY_MAX = 256,
	SECRET_AUTHOR_SIZE = 256,
	SECRET_LABELS_SIZE = 1152, /* SSM: 10 of 100 characters */
};

struct secret_past {
	char version[SECRET_VERSION_SIZE + 1]; /* as the source calls it; "" when it has no names */
	bool is_current;
	int64_t rank;                            /* the later, the greater */
	int64_t made_at;                         /* Unix s; 0: not told */
	char author[SECRET_AUTHOR_SIZE];         /* an ARN; "": not told */
	char labels[SECRET_LABELS_SIZE];         /* or stages, each ended by a line feed */
	char fingerprint[HASH_FINGERPRINT_SIZE]; /* "": the value was not read */
};

struct secret_history {
	struct secret_past *items;
	size_t count;
	bool is_cut; /* there are more */
};

/*
 * Where values may not be read, or are not cheap to read (Secrets Manager: those without a stage),
 * fingerprints are absent. Errors are those of secret_get().
 */
int secret_history_read(struct secret *s, struct secret_history *out, struct err *err)
    ATTR_MUST_CHECK;
void secret_history_release(struct secret_history *h);

/* ---- for backends ---- */

/* At its rank; of more than SECRET_HISTORY_MAX the lowest goes. */
void secret_history_add(struct secret_history *h, const struct secret_past *one);

/* Of texts; from the first that does not fit whole they are left out. */
struct json;
void secret_history_labels(struct secret_past *one, const struct json *labels);

#endif
