/*
 * scan_bytes: what bytes mean in JSON, shared by the two halves of scan: the check
 * (scan.c) and the walk through checked text (scan_walk.c). Private to them.
 */
#ifndef OPS_SCAN_BYTES_H
#define OPS_SCAN_BYTES_H

#include <string.h>

#include "scan.h"

static inline bool scan_is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool scan_is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static inline bool scan_is_surrogate(uint32_t code)
{
	return code >= 0xd800 && code <= 0xdfff;
}

static inline int scan_hex_value(unsigned char c)
{
	if (scan_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits of \uXXXX; -1 when they are not four. */
static inline int32_t scan_hex4(const unsigned char *p, const unsigned char *end)
{
	int32_t code = 0;

	if (end - p < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		int digit = scan_hex_value(p[i]);

		if (digit < 0)
			return -1;
		code = code << 4 | digit;
	}
	return code;
}

/* What stands behind a backslash, apart from 'u'; 0: no such escape. */
static inline char scan_escaped(unsigned char c)
{
	static const char meanings[256] = {
		['"'] = '"',
		['\\'] = '\\',
		['/'] = '/',
		['b'] = '\b',
		['f'] = '\f',
		['n'] = '\n',
		['r'] = '\r',
		['t'] = '\t',
	};

	return meanings[c];
}

#define SCAN_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * Whether any of eight bytes is a quote, a backslash, a control character or not ASCII.
 * x - 1 borrows into the top bit when the ASCII byte x is 0; the borrow may mark the next
 * byte too, but never a word without a special byte.
 */
static inline bool scan_has_special(uint64_t word)
{
	uint64_t quote = (word ^ SCAN_EACH('"')) - SCAN_EACH(1);
	uint64_t backslash = (word ^ SCAN_EACH('\\')) - SCAN_EACH(1);
	uint64_t control = word - SCAN_EACH(' ');

	return (word | quote | backslash | control) & SCAN_EACH(0x80);
}

/* Past the bytes that stand for themselves: most of every body, hence eight at a time. */
static inline const unsigned char *scan_skip_plain(const unsigned char *p, const unsigned char *end)
{
	uint64_t word;

	while (end - p >= (ptrdiff_t)sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		if (scan_has_special(word))
			break;
		p += sizeof(word);
	}
	while (p < end && *p >= ' ' && *p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

static inline enum scan_kind scan_kind_of(unsigned char first)
{
	switch (first) {
	case '{':
		return SCAN_OBJECT;
	case '[':
		return SCAN_ARRAY;
	case '"':
		return SCAN_STRING;
	case 't':
		return SCAN_TRUE;
	case 'f':
		return SCAN_FALSE;
	case 'n':
		return SCAN_NULL;
	default:
		return SCAN_NUMBER;
	}
}

#endif
