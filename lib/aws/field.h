/*
 * field: takes members of a service's answer into fields of a fixed size, which go to terminals and
 * logs: control characters become '?', a text that is too long is cut before a character. Names that
 * are sent back (ARNs) must fit whole. Pure; any thread.
 */
#ifndef OPS_FIELD_H
#define OPS_FIELD_H

#include "err.h"
#include "json.h"
#include "xml.h"

/* `out` is always terminated. */
void field_copy(char *out, size_t size, const char *text);

/* The member of that name, "" when it is absent, null or not a text. */
void field_json(char *out, size_t size, const struct json *object, const char *key);
void field_xml(char *out, size_t size, const struct xml *element, const char *child);

/* The same for a name that is sent back. ERR_CORRUPT: it is longer than the field. */
int field_json_name(char *out, size_t size, const struct json *object, const char *key,
    struct err *err) ATTR_MUST_CHECK;
int field_xml_name(char *out, size_t size, const struct xml *element, const char *child,
    struct err *err) ATTR_MUST_CHECK;

/* A list that every answer of its kind has. ERR_CORRUPT: this one has not. */
int field_json_list(const struct json *object, const char *key, const struct json **out,
    struct err *err) ATTR_MUST_CHECK;

/* Unix ms of a time that is written as seconds with a fraction; 0: absent. */
int64_t field_json_ms(const struct json *object, const char *key);

/* A decimal number up to INT32_MAX; the fallback when the child is absent or not one. */
int64_t field_xml_int(const struct xml *element, const char *child, int64_t fallback);

/* Index of `text` in `names` (NULL: not a name), or `other`. */
unsigned field_choice(const char *text, const char *const *names, size_t count, unsigned other);

#endif
