/*
 * hash: SHA-256, HMAC-SHA256, base64 and random bytes; the home of OpenSSL.
 * Thread-safe. They abort when the library cannot do its work: no result of
 * these may ever be guessed.
 */
#ifndef OPS_HASH_H
#define OPS_HASH_H

#include "buf.h"

enum { HASH_SIZE = 32, HASH_HEX_LEN = 64, HASH_HEX_SIZE = 65 };

void hash_sha256(struct str data, unsigned char out[HASH_SIZE]);
void hash_sha256_hex(struct str data, char out[HASH_HEX_SIZE]); /* lower case, terminated */

/* Incremental form: hash_begin, hash_update..., then hash_end frees. */
struct hash;
struct hash *hash_begin(void);
void hash_update(struct hash *h, struct str data);
void hash_end(struct hash *h, unsigned char out[HASH_SIZE]);

/* RFC 2104 over the concatenation of `count` parts, at most HASH_PARTS_MAX. */
enum { HASH_PARTS_MAX = 8 };
void hash_hmac_sha256(struct str key, const struct str *parts, size_t count,
    unsigned char out[HASH_SIZE]);

void hash_random(void *out, size_t n);

/* RFC 4648 section 4, padded. */
void hash_base64_encode(struct buf *out, struct str data);
/* Strict: alphabet, padding, length and zero trailing bits must be canonical. false: *out untouched. */
bool hash_base64_decode(struct buf *out, struct str text);

/*
 * "3f2a9c01": first 8 hex digits of SHA-256, the only form in which a secret is shown.
 */
enum { HASH_FINGERPRINT_SIZE = 9 };
void hash_fingerprint(struct str secret, char out[HASH_FINGERPRINT_SIZE]);

/* Version line of the linked library, for --version. */
const char *hash_library_version(void);

#endif
