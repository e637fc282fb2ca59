#include "buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum { CAPACITY_MIN = 64 };

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf)BUF_INIT(max);
}

/*
 * Doubling keeps appends linear. A new block instead of realloc(), and the old one
 * wiped, so that a secret never stays behind in freed memory.
 */
static void grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : CAPACITY_MIN;
	char *p;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if (cap - 1 > b->max) /* max + 1 could wrap round */
		cap = b->max + 1;
	p = xmalloc(cap);
	if (b->n)
		memcpy(p, b->p, b->n);
	mem_wipe(b->p, b->n);
	free(b->p);
	b->p = p;
	b->cap = cap;
}

char *buf_room(struct buf *b, size_t n)
{
	if (b->full || n > b->max - b->n) {
		b->full = true;
		return NULL;
	}
	if (b->n + n + 1 > b->cap)
		grow(b, b->n + n + 1);
	return b->p + b->n;
}

void buf_added(struct buf *b, size_t n)
{
	b->n += n;
	b->p[b->n] = '\0';
}

void buf_add(struct buf *b, struct str s)
{
	char *room = buf_room(b, s.n);

	if (!room)
		return;
	if (s.n)
		memcpy(room, s.p, s.n);
	buf_added(b, s.n);
}

void buf_adds(struct buf *b, const char *text)
{
	buf_add(b, str_from(text));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, (struct str){ &c, 1 });
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	buf_addv(b, fmt, args);
	va_end(args);
}

void buf_addv(struct buf *b, const char *fmt, va_list args)
{
	va_list again;
	char *room;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	room = n < 0 ? NULL : buf_room(b, (size_t)n);
	if (room) {
		(void)vsnprintf(room, (size_t)n + 1, fmt, again); /* measured just above */
		buf_added(b, (size_t)n);
	}
	va_end(again);
}

void hex_encode(const void *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = bytes;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
}

void buf_add_hex(struct buf *b, const void *bytes, size_t n)
{
	char *room = n > SIZE_MAX / 2 ? NULL : buf_room(b, n * 2);

	if (!room)
		return;
	hex_encode(bytes, n, room);
	buf_added(b, n * 2);
}

void buf_truncate(struct buf *b, size_t n)
{
	if (n >= b->n)
		return;
	b->n = n;
	b->p[n] = '\0';
}

void buf_reset(struct buf *b)
{
	buf_truncate(b, 0);
	b->full = false;
}

struct str buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

const char *buf_text(const struct buf *b)
{
	return b->p ? b->p : "";
}

void buf_release(struct buf *b)
{
	if (!b)
		return;
	free(b->p);
	buf_init(b, b->max);
}

void buf_wipe(struct buf *b)
{
	if (!b)
		return;
	mem_wipe(b->p, b->cap);
	buf_release(b);
}
