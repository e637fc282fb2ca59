/*
 * buf: a byte builder with a maximum stated when it is declared.
 *
 * Append freely, then test `full` once: an append that would exceed `max`
 * appends nothing, and everything after it is refused too, so a full buffer
 * never holds a torn tail. The content is always followed by a NUL that is not
 * counted. Zeroed is a valid empty buffer with max 0. One owner, one thread.
 */
#ifndef OPS_BUF_H
#define OPS_BUF_H

#include <stdarg.h>

#include "str.h"

struct buf {
	char *p; /* NULL until the first append */
	size_t n, cap, max;
	bool full; /* an append was refused; sticky until buf_reset() */
};

/* clang-format off */
#define BUF_INIT(maximum) { .max = (maximum) }
/* clang-format on */

void buf_init(struct buf *b, size_t max);
void buf_add(struct buf *b, struct str s);
void buf_adds(struct buf *b, const char *text);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) ATTR_PRINTF(2, 3);
void buf_addv(struct buf *b, const char *fmt, va_list args) ATTR_PRINTF(2, 0);
void buf_add_hex(struct buf *b, const void *bytes, size_t n); /* lower case */

/* 2 * n lower-case digits, not terminated. */
void hex_encode(const void *bytes, size_t n, char *out);

/* Room for n more bytes at the end, or NULL (and full). Count them with buf_added(). */
char *buf_room(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);

/* Drop all but the first n bytes. */
void buf_truncate(struct buf *b, size_t n);

/* Empty it and keep the memory; clears `full`. */
void buf_reset(struct buf *b);

struct str buf_str(const struct buf *b);

/* The content as a C string, "" when empty; valid until the next change. */
const char *buf_text(const struct buf *b);

/* Free the content; the buffer is empty and usable with the same max. NULL and zeroed are fine. */
void buf_release(struct buf *b);

/* As buf_release(), after overwriting all of the memory. For secrets; growth wipes too. */
void buf_wipe(struct buf *b);

#endif
