/*
 * store_s3_page: one page of a listing, as the answer to ListObjectsV2 tells it. Reads a parsed
 * document and keeps nothing of it; one thread. Private to store_s3*.c and tests.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
#ifndef OPS_STORE_S3_PAGE_H
#define OPS_STORE_S3_PAGE_H

#include "buf.h"
#include "xml.h"

enum {
	S3_OBJECT_NAME_MAX = 1024, /* bytes of a key, says S3 */
	/* Of one page: 1,000 keys with every byte as %XX, and what surrounds each. */
	S3_PAGE_MAX = 1000 * (3 * S3_OBJECT_NAME_MAX + 1024),
};

struct s3_page {
	const struct xml *next; /* element to look at */
	bool is_encoded;        /* keys stand as in a URL */
	bool is_truncated;      /* there are further pages: ask with the token */
	struct str token;       /* as long as the document */
};

/* ERR_CORRUPT: another document, or truncated and without a token. */
int s3_page_open(const struct xml *root, struct s3_page *out, struct err *err) ATTR_MUST_CHECK;

/*
 * The next object: its whole name, which replaces what is in `name`. *found is false behind the
 * last. ERR_CORRUPT: no key, no size, one that is too long, or not encoded as announced.
 */
int s3_page_next(struct s3_page *page, struct buf *name, uint64_t *size_bytes, bool *found,
    struct err *err) ATTR_MUST_CHECK;

#endif
