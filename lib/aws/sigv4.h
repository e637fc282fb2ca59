/*
 * sigv4: AWS Signature Version 4, in three stages that can be tested one by one: canonical
 * request, string to sign, authorization. It signs what is meant (decoded path and query) and
 * makes the request target that must then be sent byte for byte; a URL is never parsed back.
 * Pure but for OpenSSL; any thread.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
#ifndef OPS_SIGV4_H
#define OPS_SIGV4_H

#include "buf.h"
#include "err.h"
#include "hash.h"

enum {
	SIGV4_PAIRS_MAX = 64,       /* headers, and query pairs, of one request */
	SIGV4_TEXT_MAX = 64 * 1024, /* room that out buffers should have */
	SIGV4_DATE_SIZE = 17,       /* "20261121T081530Z" */
};

#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

struct sigv4_pair {
	struct str name, value;
};

/* Borrowed. */
struct sigv4_keys {
	struct str access_key_id, secret_access_key, session_token; /* token may be empty */
};

/* Borrowed. */
struct sigv4_request {
	struct str method;
	struct str path; /* decoded, begins with '/' */
	const struct sigv4_pair *query;
	size_t query_count; /* decoded */
	/*
	 * Names in any case: host, x-amz-date (sigv4_date()), x-amz-security-token where there is a
	 * token, content-type, other x-amz-*. All are signed but those that proxies change, which are
	 * passed over: authorization, connection, expect, keep-alive, proxy-*, te, trailer,
	 * transfer-encoding, upgrade, user-agent, x-amzn-trace-id.
	 */
	const struct sigv4_pair *headers;
	size_t header_count;
	struct str payload_hash;    /* hex SHA-256 of the body, or SIGV4_UNSIGNED_PAYLOAD */
	bool is_path_encoded_once;  /* S3; all other services sign the path encoded twice */
	bool is_path_kept;          /* S3: "//" and dot segments stay */
	struct str region, service; /* of the scope */
	int64_t at_s;               /* Unix time of signing, skew included */
};

void sigv4_date(int64_t at_s, char out[SIGV4_DATE_SIZE]);

/* RFC 3986: all but A-Za-z0-9-_.~ becomes %XX; with keep_slash '/' stays. */
void sigv4_encode(struct buf *out, struct str s, bool keep_slash);

/*
 * What must stand in the request line: the path as it is, encoded once, and "?" with the sorted
 * encoded query. Too many pairs: out is full.
 */
void sigv4_target(const struct sigv4_request *r, struct buf *out);

/* "host;x-amz-date". Too many headers: out is full. */
void sigv4_signed_headers(const struct sigv4_request *r, struct buf *out);

/* ERR_INVALID: too many pairs, out is full, or CR, LF or NUL in a header. */
int sigv4_canonical_request(const struct sigv4_request *r, struct buf *out, struct err *err)
    ATTR_MUST_CHECK;

/* canonical_request may stand in out, which is appended to. */
void sigv4_string_to_sign(const struct sigv4_request *r, struct str canonical_request,
    struct buf *out);

/* The key of one day, region and service; callers may keep it that long, and wipe it. */
void sigv4_signing_key(const struct sigv4_request *r, struct str secret_access_key,
    unsigned char out[HASH_SIZE]);

void sigv4_signature(const unsigned char key[HASH_SIZE], struct str string_to_sign,
    char out[HASH_HEX_SIZE]);

/*
 * All stages: appends the value of the Authorization header. signing_key NULL: derived here. The
 * canonical request, which holds the session token, stands in out meanwhile and is wiped: give
 * out room for it, SIGV4_TEXT_MAX. Errors as sigv4_canonical_request().
 */
int sigv4_authorize(const struct sigv4_request *r, const struct sigv4_keys *keys,
    const unsigned char *signing_key, struct buf *out, struct err *err) ATTR_MUST_CHECK;

/*
 * The target of a presigned URL: the X-Amz-* query pairs are added and signed, and the
 * signature stands at the end. expires_s: 1 to 604800. r->headers need hold only host. Whoever
 * has the target can use it, and reads the session token in it.
 */
int sigv4_presign(const struct sigv4_request *r, const struct sigv4_keys *keys, unsigned expires_s,
    struct buf *out_target, struct err *err) ATTR_MUST_CHECK;

#endif
