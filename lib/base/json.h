/*
 * json: a writer that cannot produce malformed JSON, and a reader for small
 * documents (answers of services, --json output, files of ours). Client payloads
 * do not pass here: intake/scan.h keeps their bytes. The reader is the home of cJSON.
 */
#ifndef OPS_JSON_H
#define OPS_JSON_H

#include "buf.h"
#include "err.h"

/* ---- writer ---- */

enum { JSON_DEPTH_MAX = 16 };

/*
 * Appends to a borrowed buffer. Inside an object every value follows a
 * json_key(); violations are asserted. Overflow shows in the buffer's `full`.
 */
struct json_writer {
	struct buf *out;
	unsigned depth;
	bool has_item[JSON_DEPTH_MAX];
	bool is_object[JSON_DEPTH_MAX];
	bool has_key;
};

void json_writer_init(struct json_writer *w, struct buf *out);
void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
/* Any bytes; invalid UTF-8 becomes U+FFFD, control characters are escaped. */
void json_str(struct json_writer *w, struct str value);
void json_text(struct json_writer *w, const char *value); /* NULL writes null */
void json_int(struct json_writer *w, int64_t value);
void json_uint(struct json_writer *w, uint64_t value);
void json_double(struct json_writer *w, double value, int decimals); /* not finite: null */
void json_bool(struct json_writer *w, bool value);
void json_null(struct json_writer *w);
void json_raw(struct json_writer *w, struct str json); /* one valid value, trusted */
struct json;
void json_value(struct json_writer *w, const struct json *value); /* that was read; NULL: null */

/* json_key() and a value at once. */
void json_member_str(struct json_writer *w, const char *key, struct str value);
void json_member_text(struct json_writer *w, const char *key, const char *value);
void json_member_int(struct json_writer *w, const char *key, int64_t value);
void json_member_uint(struct json_writer *w, const char *key, uint64_t value);
void json_member_double(struct json_writer *w, const char *key, double value, int decimals);
void json_member_bool(struct json_writer *w, const char *key, bool value);

/* The escaped form without quotes: for text that is put between quotes by hand. */
void json_escape(struct buf *out, struct str value);

/* ---- reader ---- */

/* A parsed document or one value inside it; opaque; members live as long as the document. */
struct json;

/* Whole text, one value, at most 64 MiB; keys are compared with case. Free with json_free(). */
int json_parse(struct str text, struct json **out, struct err *err) ATTR_MUST_CHECK;
void json_free(struct json *doc); /* wipes the texts: they may be secrets */

/* The member or element, or NULL; all of these accept NULL, so that look-ups chain. */
const struct json *json_get(const struct json *object, const char *key);
const struct json *json_at(const struct json *array, size_t index);
size_t json_count(const struct json *array_or_object);
const char *json_key_at(const struct json *object, size_t index); /* NULL past the end */
bool json_is_null(const struct json *value);                      /* also true for NULL */

/* The value, or the fallback when it is absent or of another type. */
const char *json_get_text(const struct json *value, const char *fallback);
int64_t json_get_int(const struct json *value, int64_t fallback);
double json_get_double(const struct json *value, double fallback);
bool json_get_bool(const struct json *value, bool fallback);

/* Version of the linked library, for --version. */
const char *json_library_version(void);

#endif
