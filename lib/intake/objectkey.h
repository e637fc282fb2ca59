/*
 * objectkey: where an envelope is stored: "YYYY/MM/DD/HH/<envelope id>.ndjson", UTC,
 * a function of the envelope id (UUIDv7) alone, hence time-ordered and the same on
 * every retry. Pure; any thread.
 */
#ifndef OPS_OBJECTKEY_H
#define OPS_OBJECTKEY_H

#include "err.h"
#include "uuid.h"

enum {
	OBJECTKEY_ID_AT = 13 + 1, /* where the envelope's id begins in a key of ours */
	OBJECTKEY_LEN = OBJECTKEY_ID_AT + UUID_TEXT_LEN + 7,
	OBJECTKEY_SIZE = 128, /* room for any key made here, foreign ones included, and NUL */
};

/* id must be a UUIDv7 text. */
void objectkey_of(const char id[UUID_TEXT_SIZE], char out[OBJECTKEY_SIZE]);

/*
 * Key of a message that ops-api did not make: "foreign/YYYY/MM/DD/HH/<sent ms>-<message id>".
 * In place of an id that is not 1 to 64 of [A-Za-z0-9_-] stands its SHA-256.
 */
void objectkey_foreign(int64_t sent_at_ms, struct str message_id, char out[OBJECTKEY_SIZE]);

/* A lower bound of the foreign keys of messages sent at or after sent_at_ms. */
void objectkey_foreign_floor(int64_t sent_at_ms, char out[OBJECTKEY_SIZE]);

/* The envelope id inside a key of ours; false for anything else. *wall_ms may be NULL. */
bool objectkey_parse(struct str key, char id[UUID_TEXT_SIZE], int64_t *wall_ms);

/* A lower bound: every key of an envelope made at or after wall_ms sorts at or behind it. */
void objectkey_floor(int64_t wall_ms, char out[OBJECTKEY_SIZE]);

#endif
