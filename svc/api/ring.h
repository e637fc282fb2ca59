/*
 * ring: the keys that are valid at one time: the current version of the secret and, for a grace
 * period, the one before it. Read as a whole, compared as a whole, wiped as a whole. Private to
 * keyring.c, whose lock guards it.
 */
#ifndef OPS_RING_H
#define OPS_RING_H

#include "keyring.h"

struct key {
	struct key_name name;
	struct buf webhook; /* HMAC key of signatures */
	unsigned char token_mac[HASH_SIZE];
	int64_t not_after_s; /* previous: end of its grace */
	bool is_end_guessed; /* from known_at */
};

struct ring {
	struct key keys[KEYRING_MAX]; /* the current one first */
	size_t count;
};

/* Where keys come from. */
struct ring_source {
	struct secret *secret;
	int64_t grace_s; /* 0: no previous key */
	int64_t
	    known_at; /* Unix s of the last reading, for a source that does not say since when */
	/* Random per process: digests of tokens mean nothing elsewhere. */
	unsigned char mac_key[HASH_SIZE];
};

/*
 * All of them or none: a previous version that there is not, or that cannot be used, is left out; one
 * that cannot be reached is an error. As secret_get() and webhook_key() say.
 */
int ring_read(const struct ring_source *source, struct ring *out, struct err *err) ATTR_MUST_CHECK;
void ring_wipe(struct ring *ring);

/* An end that was guessed stays what it was in the ring before: further readings do not put it off. */
void ring_keep_end(struct ring *fresh, const struct ring *before);

bool ring_is_same(const struct ring *a, const struct ring *b);

/* The key that the token is, in the same time wherever the two differ; NULL: none at that time. */
const struct key *ring_find_token(const struct ring *ring, const struct ring_source *source,
    struct str token, int64_t now_s);

/* The HMAC keys that are valid at that time, in the order of ring->keys. How many. */
size_t ring_webhook_keys(const struct ring *ring, int64_t now_s, struct str out[KEYRING_MAX]);

#endif
