/*
 * store: where envelopes end up. One key is written once: a second put with the
 * same bytes succeeds, with other bytes it is ERR_CONFLICT and the first stays.
 * Every function may be called from several threads at once; calls are synchronous.
 *
 * To add a backend: write store_<name>.c ending in `const struct store_ops
 * store_<name>_ops`, add one row to store.c, run tests/contract against it.
 */
#ifndef OPS_STORE_H
#define OPS_STORE_H

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "hash.h"

enum {
	STORE_KEY_MAX = 512,
	STORE_PREFIX_MAX = 512,
	STORE_OBJECT_MAX = 1024 * 1024,
	STORE_MESSAGE_ID_SIZE = 128,
};

struct store;

struct aws;

struct store_options {
	const struct clock *clock; /* NULL: clock_system */
	bool create;               /* file: make the directory when it is missing */
	struct aws *aws;           /* S3: the client to call with, borrowed until close */
	/*
	 * May be NULL. Told, at most once for each text and from any thread, where a server that is
	 * not AWS's own keeps less than this header promises; for the program's log.
	 */
	void (*notice)(void *arg, const char *text);
	void *notice_arg;
};

/*
 * "file:<directory>", "s3://<bucket>[/<prefix>][?<option>=<value>&...]".
 *
 * The prefix is literal: an object's name is prefix and key, one behind the other, nothing added,
 * removed or decoded. "s3://b/in/" stores in/2026/..., "s3://b/in" in2026/..., "s3://b" 2026/... .
 * At most STORE_PREFIX_MAX bytes of UTF-8, no control characters, no '?'. Options, literal too:
 *
 *   sse=aws:kms | aws:kms:dsse | AES256   encrypt so; without it, as the bucket is set up
 *   kms-key-id=<id, ARN or alias>         of sse=aws:kms or aws:kms:dsse; without it AWS's own key
 *   bucket-key=true | false               of sse=aws:kms: one KMS call for many objects
 *
 * Opening an S3 store makes no call. ERR_CONFIG, ERR_NOTFOUND, ERR_DENIED, ERR_IO.
 */
int store_open(struct store **out, struct str url, const struct store_options *options,
    struct err *err) ATTR_MUST_CHECK;
void store_close(struct store *s);

/* Facts that go with an object where the backend can keep them (S3 metadata); borrowed. */
struct store_metadata {
	size_t record_count;
	int64_t sent_at_ms, received_at_ms; /* 0: unknown */
	struct str traceparent;             /* or empty */
	struct str message_id;              /* the queue's, or empty */
};

/*
 * Store bytes under key if it is absent; durable once 0 is returned. sha256 is the hex
 * digest of bytes, checked by the caller; metadata may be NULL. *existed (may be NULL)
 * says that the same object was there already, perhaps from this very put, whose first answer
 * was lost on the way.
 * Keys: 1 to STORE_KEY_MAX bytes of [A-Za-z0-9._/=-], no empty, "." or ".." segment, none
 * that begins with a dot (ERR_INVALID). ERR_CONFLICT: other bytes are there. Whatever else goes
 * wrong is the store's trouble and not the object's, and has none of ERR_INVALID, ERR_CONFLICT and
 * ERR_CORRUPT.
 */
int store_put(struct store *s, struct str key, struct str bytes, const char sha256[HASH_HEX_SIZE],
    const struct store_metadata *metadata, bool *existed, struct err *err) ATTR_MUST_CHECK;

struct store_info {
	uint64_t size_bytes;
	int64_t stored_at_ms;
	char sha256[HASH_HEX_SIZE]; /* as kept beside the object; "" when the backend has none */
	/* What the put was told, and when it began; 0 and "" where the backend does not keep them. */
	int64_t sent_at_ms, received_at_ms, written_at_ms;
	char message_id[STORE_MESSAGE_ID_SIZE];
};

/*
 * Append the object's bytes to out and check them against the kept digest.
 * info may be NULL. ERR_NOTFOUND; ERR_CORRUPT: the digest does not match or is missing.
 */
int store_get(struct store *s, struct str key, struct buf *out, struct store_info *info,
    struct err *err) ATTR_MUST_CHECK;

/* As store_get() without the bytes and without checking them; S3: no digest is no error. */
int store_head(struct store *s, struct str key, struct store_info *info, struct err *err)
    ATTR_MUST_CHECK;

/*
 * Call fn for every key that sorts behind `after` (empty: all), in bytewise order of keys,
 * until it returns false. The key is valid during the call only.
 */
typedef bool store_list_fn(void *arg, struct str key, uint64_t size_bytes);
int store_list(struct store *s, struct str after, store_list_fn *fn, void *arg, struct err *err)
    ATTR_MUST_CHECK;

/*
 * Whether the store can be written to now, without leaving anything behind. An S3 bucket is only
 * listed, which shows that it is there, that it answers, and who we are; the permission to write
 * cannot be tried without writing.
 */
int store_check(struct store *s, struct err *err) ATTR_MUST_CHECK;

/* ---- for backends: store.c has checked keys and lengths ---- */

extern const char store_key_bytes[]; /* that a key may have, a C string */

/* Whether it is a key that a put takes: what else lies in a bucket or directory is not ours. */
bool store_key_is_valid(struct str key);

struct store_ops {
	const char *scheme;
	int (*open)(struct store **out, struct str url, const struct store_options *o,
	    struct err *err);
	void (*close)(struct store *s);
	int (*put)(struct store *s, struct str key, struct str bytes, const char *sha256,
	    const struct store_metadata *metadata, bool *existed, struct err *err);
	int (*get)(struct store *s, struct str key, struct buf *out, struct store_info *info,
	    struct err *err);
	int (*head)(struct store *s, struct str key, struct store_info *info, struct err *err);
	int (*list)(struct store *s, struct str after, store_list_fn *fn, void *arg,
	    struct err *err);
	int (*check)(struct store *s, struct err *err);
};

struct store {
	const struct store_ops *ops;
};

#endif
