/*
 * digest: MD5 and SHA-1, which nothing here relies on for security but AWS's formats ask for
 * (checksums of SQS messages, names of SSO cache files). Thread-safe; aborts as hash.h does.
 */
#ifndef OPS_DIGEST_H
#define OPS_DIGEST_H

#include "str.h"

enum { DIGEST_MD5_SIZE = 16, DIGEST_MD5_HEX_SIZE = 33, DIGEST_SHA1_HEX_SIZE = 41 };

void digest_md5_hex(struct str data, char out[DIGEST_MD5_HEX_SIZE]);
void digest_sha1_hex(struct str data, char out[DIGEST_SHA1_HEX_SIZE]);

/* Incremental MD5: begin, update..., end frees. */
struct digest;
struct digest *digest_md5_begin(void);
void digest_update(struct digest *d, struct str data);
void digest_end_hex(struct digest *d, char out[DIGEST_MD5_HEX_SIZE]);

#endif
