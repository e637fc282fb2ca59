/*
 * keyring: the current and, for a grace period, the previous version of the shared
 * secret, in the forms that judging needs: the HMAC key of signatures, and a keyed
 * digest of the token (the token itself is not kept). A thread reads the secret again
 * every ttl; a source that fails leaves the last good keys in place.
 *
 * A request whose credentials did not match may wait for one read out of turn, because
 * the secret may just have been rotated; the whole process does that once in 5 s.
 * Any thread.
 */
#ifndef OPS_KEYRING_H
#define OPS_KEYRING_H

#include "hash.h"
#include "httpd.h"
#include "secret.h"

enum { KEYRING_MAX = 2, KEYRING_REREAD_S = 5 };

struct keyring_options {
	const char *url;
	struct aws *aws; /* as secret_options has it */
	int64_t ttl_s, grace_s;
	const struct clock *clock;
	/* Waiting requests go back to their loops through this. */
	void (*give_back)(void *arg, unsigned loop, struct httpd_request *list);
	void *arg;
};

/* What may be shown of a key. */
struct key_name {
	bool is_previous;
	char fingerprint[HASH_FINGERPRINT_SIZE];
	char version[SECRET_VERSION_SIZE];
};

struct keyring;

/* Reads the secret. ERR_CONFIG and whatever secret_get() and webhook_key() say. */
int keyring_open(struct keyring **out, const struct keyring_options *options, struct err *err)
    ATTR_MUST_CHECK;
int keyring_start(struct keyring *k, struct err *err) ATTR_MUST_CHECK; /* the thread */

/* Requests that still wait are given back first. NULL is fine. */
void keyring_close(struct keyring *k);

/* Read again soon: SIGHUP. */
void keyring_reload(struct keyring *k);

/*
 * Which key a token, or a signature, was made with. The comparison takes the same time
 * wherever the two differ and compares with every key. *generation tells keyring_await()
 * which keys were judged by.
 */
bool keyring_match_token(struct keyring *k, struct str token, struct key_name *which,
    unsigned *generation);

/* Call `verify` with the HMAC keys that are valid now, under a lock: it must not block. */
typedef bool keyring_verify(void *arg, const struct str *keys, size_t count, size_t *index);
bool keyring_match_signature(struct keyring *k, keyring_verify *verify, void *arg,
    struct key_name *which, unsigned *generation);

enum keyring_wait {
	KEYRING_NO,      /* nothing newer to be had now: the judgement stands */
	KEYRING_AGAIN,   /* the keys have changed meanwhile: judge again */
	KEYRING_WAITING, /* the request is deferred; it comes back after the read */
};
enum keyring_wait keyring_await(struct keyring *k, unsigned generation, struct httpd_request *r);

/* For metrics. */
struct keyring_state {
	size_t count;
	struct key_name names[KEYRING_MAX];
	int64_t read_at_s; /* Unix time of the last successful read */
};
void keyring_state(struct keyring *k, struct keyring_state *out);

#endif
