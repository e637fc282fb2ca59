/*
 * scan: strict JSON (RFC 8259) that keeps the bytes. Nothing is decoded into a
 * tree and nothing printed again: values are slices of the text, so numbers keep
 * every digit. Pure; any thread.
 */
#ifndef OPS_SCAN_H
#define OPS_SCAN_H

#include "buf.h"
#include "err.h"

enum { SCAN_DEPTH_MAX = 32 }; /* the outer brace is depth 1 */

enum scan_kind {
	SCAN_OBJECT,
	SCAN_ARRAY,
	SCAN_STRING,
	SCAN_NUMBER,
	SCAN_TRUE,
	SCAN_FALSE,
	SCAN_NULL,
};

/*
 * Check a whole text: one value, blanks around it, nothing after; valid UTF-8; depth;
 * no \u0000, no lone surrogate (escaped or raw), no raw U+FFFE or U+FFFF and no raw
 * control character (SQS refuses them). ERR_INVALID names the byte offset and the rule.
 */
int scan_check(struct str text, enum scan_kind *kind, struct err *err) ATTR_MUST_CHECK;

/* One member of an object. All slices point into the scanned text. */
struct scan_member {
	struct str key;   /* between the quotes, escapes as they stand */
	struct str value; /* a string with its quotes */
	enum scan_kind kind;
	struct str whole; /* from the key's quote to the value's last byte */
};

struct scan_members {
	struct str rest;
};

/* Walk the members of an object in a text that scan_check() has passed. */
void scan_members_init(struct scan_members *it, struct str object);
bool scan_members_next(struct scan_members *it, struct scan_member *out);

/* Whether a raw key or string content equals `text` after unescaping. Case counts. */
bool scan_is(struct str raw, struct str text);

/* Append a string's content (without quotes) to out, escapes resolved. Checked text only. */
void scan_unescape(struct str raw, struct buf *out);

/* A string value's content: the slice between its quotes. */
struct str scan_content(struct str string_value);

#endif
