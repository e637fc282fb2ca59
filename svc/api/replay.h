/*
 * replay: which webhook ids this process has seen, until their signature is too old to be
 * accepted again. The same id with the same body is answered as the first time, without a
 * second record; while the first is under way it waits for it. With another body it is a
 * mistake of the client.
 *
 * Bounded: REPLAY_IDS_MAX ids. When full, the id that was answered longest ago is forgotten
 * early (its retry would make a second record of the same id, as a retry to another task
 * does); one that is under way never is. Refusing new ids instead would cap signed requests
 * at REPLAY_IDS_MAX per 5 minutes. Any thread.
 */
#ifndef OPS_REPLAY_H
#define OPS_REPLAY_H

#include "hash.h"
#include "objectkey.h"

enum { REPLAY_IDS_MAX = 32768 }; /* 1.7 MiB once all were used */

struct replay;

/* A request with an id; embedded in whatever stands for the request. */
struct replay_waiter {
	struct replay_waiter *next; /* of those who wait for the same outcome */
	uint16_t entry;             /* of a REPLAY_NEW: what replay_finish() ends */
};

struct replay *replay_open(void);
void replay_close(struct replay *r); /* nobody may be waiting; NULL is fine */

enum replay_verdict {
	REPLAY_NEW,   /* yours: replay_finish() must follow */
	REPLAY_DONE,  /* accepted before: object is filled */
	REPLAY_WAIT,  /* under way: `own` was queued, and comes out of replay_finish() */
	REPLAY_OTHER, /* seen with another body */
	REPLAY_FULL,  /* as many as can be are under way */
};

/* `digest` is of the body; the id is kept until the latest expires_s (Unix time) it came with. */
enum replay_verdict replay_begin(struct replay *r, struct str id,
    const unsigned char digest[HASH_SIZE], int64_t now_s, int64_t expires_s,
    struct replay_waiter *own, char object[OBJECTKEY_SIZE]);

/*
 * The outcome of `own`, a REPLAY_NEW: its object's key, or NULL when it failed, whereupon the id is
 * free again. Returns all who waited, oldest first; they are the caller's.
 */
struct replay_waiter *replay_finish(struct replay *r, const struct replay_waiter *own,
    const char *object);

size_t replay_count(struct replay *r);

#endif
