/*
 * envelope: 1 to N records, newline-delimited. It travels as one queue message and
 * becomes one object, byte for byte. Its id, and with it its key, is minted before
 * the first attempt to send it; its SHA-256 travels with it.
 * Owned by one thread at a time.
 */
#ifndef OPS_ENVELOPE_H
#define OPS_ENVELOPE_H

#include "hash.h"
#include "objectkey.h"
#include "record.h"

struct envelope {
	char id[UUID_TEXT_SIZE];
	char key[OBJECTKEY_SIZE];
	struct buf body;
	size_t record_count;
	char sha256[HASH_HEX_SIZE]; /* "" until sealed */
};

/* An empty envelope with a new id; its body holds max_bytes at the most. */
void envelope_init(struct envelope *e, const struct clock *clock, size_t max_bytes);

/* Append one record line, newline included. false: it does not fit, nothing changed. */
bool envelope_add(struct envelope *e, struct str line);

/* Compute the digest. Afterwards nothing may be added. */
void envelope_seal(struct envelope *e);

void envelope_release(struct envelope *e);

/* Cut the next line off *rest, its newline too, which is not a part of *line; false at the end. */
bool envelope_next(struct str *rest, struct str *line);

/* ERR_CORRUPT unless every line is a record and the last one ends in a newline; counts them. */
int envelope_check(struct str body, size_t *record_count, struct err *err) ATTR_MUST_CHECK;

#endif
