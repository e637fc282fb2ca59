#include "scan.h"

#include <string.h>

#include "scan_bytes.h"

/* One pass, no recursion: a bit per open container says whether it is an object. */
struct cursor {
	const unsigned char *p, *end;
	unsigned depth;
	uint32_t objects; /* bit d - 1: the container at depth d is an object */
	const char *fault;
};

_Static_assert(SCAN_DEPTH_MAX <= 32, "one bit per depth");

static bool refuse(struct cursor *c, const char *fault)
{
	c->fault = fault;
	return false;
}

/* The byte at the cursor; NUL, which no rule allows anywhere, at the end. */
static unsigned char peek(const struct cursor *c)
{
	return c->p < c->end ? *c->p : 0;
}

static bool take(struct cursor *c, unsigned char byte)
{
	if (c->p == c->end || *c->p != byte)
		return false;
	c->p++;
	return true;
}

static void skip_blanks(struct cursor *c)
{
	while (c->p < c->end && scan_is_blank(*c->p))
		c->p++;
}

static bool digits(struct cursor *c)
{
	if (!scan_is_digit(peek(c)))
		return refuse(c, "expected a digit");
	while (scan_is_digit(peek(c)))
		c->p++;
	return true;
}

static bool number(struct cursor *c)
{
	(void)take(c, '-');
	if (!take(c, '0') && !digits(c))
		return false;
	if (take(c, '.') && !digits(c))
		return false;
	if (!take(c, 'e') && !take(c, 'E'))
		return true;
	if (!take(c, '+'))
		(void)take(c, '-');
	return digits(c);
}

/* One well-formed sequence beyond ASCII: shortest form, no surrogate, nothing past U+10FFFF. */
static bool utf8(struct cursor *c)
{
	static const uint32_t smallest[] = { [2] = 0x80, [3] = 0x800, [4] = 0x10000 };
	unsigned char lead = *c->p;
	size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	uint32_t code = lead & (0x7fU >> n);

	if (lead < 0xc0 || lead > 0xf7 || (size_t)(c->end - c->p) < n)
		return refuse(c, "not UTF-8");
	for (size_t i = 1; i < n; i++) {
		if ((c->p[i] & 0xc0) != 0x80)
			return refuse(c, "not UTF-8");
		code = code << 6 | (c->p[i] & 0x3f);
	}
	if (code < smallest[n] || code > 0x10ffff || scan_is_surrogate(code))
		return refuse(c, "not UTF-8");
	if (code == 0xfffe || code == 0xffff)
		return refuse(c, "U+FFFE and U+FFFF must be escaped");
	c->p += n;
	return true;
}

/* Behind "\u"; two of them make one character beyond U+FFFF. */
static bool unicode_escape(struct cursor *c)
{
	const unsigned char *p = c->p;
	int32_t code = scan_hex4(p, c->end), low = -1;

	if (code < 0)
		return refuse(c, "\\u needs four hex digits");
	if (code == 0)
		return refuse(c, "\\u0000 is not allowed");
	if (!scan_is_surrogate((uint32_t)code)) {
		c->p += 4;
		return true;
	}
	if (code < 0xdc00 && c->end - p >= 10 && p[4] == '\\' && p[5] == 'u')
		low = scan_hex4(p + 6, c->end);
	if (low < 0xdc00 || low > 0xdfff)
		return refuse(c, "a lone surrogate");
	c->p += 10;
	return true;
}

static bool escape(struct cursor *c)
{
	c->p++;
	if (take(c, 'u'))
		return unicode_escape(c);
	if (!scan_escaped(peek(c)))
		return refuse(c, "no such escape");
	c->p++;
	return true;
}

/* Behind the opening quote. */
static bool string(struct cursor *c)
{
	for (;;) {
		c->p = scan_skip_plain(c->p, c->end);
		if (c->p == c->end)
			return refuse(c, "a string without its end");
		if (*c->p == '"') {
			c->p++;
			return true;
		}
		if (*c->p < ' ')
			return refuse(c, "a raw control character in a string");
		if (*c->p == '\\' ? !escape(c) : !utf8(c))
			return false;
	}
}

static bool literal(struct cursor *c, struct str word)
{
	if ((size_t)(c->end - c->p) < word.n || memcmp(c->p, word.p, word.n) != 0)
		return refuse(c, "expected a value");
	c->p += word.n;
	return true;
}

static bool scalar(struct cursor *c)
{
	switch (peek(c)) {
	case '"':
		c->p++;
		return string(c);
	case 't':
		return literal(c, STR("true"));
	case 'f':
		return literal(c, STR("false"));
	case 'n':
		return literal(c, STR("null"));
	default:
		if (peek(c) != '-' && !scan_is_digit(peek(c)))
			return refuse(c, "expected a value");
		return number(c);
	}
}

static bool key(struct cursor *c)
{
	skip_blanks(c);
	if (!take(c, '"'))
		return refuse(c, "expected a member's name");
	if (!string(c))
		return false;
	skip_blanks(c);
	return take(c, ':') || refuse(c, "expected ':'");
}

static bool in_object(const struct cursor *c)
{
	return c->objects >> (c->depth - 1) & 1;
}

static bool enter(struct cursor *c, bool is_object)
{
	if (c->depth == SCAN_DEPTH_MAX)
		return refuse(c, "nested too deep");
	c->p++;
	c->objects &= ~(UINT32_C(1) << c->depth);
	c->objects |= (uint32_t)is_object << c->depth;
	c->depth++;
	return true;
}

static bool leave(struct cursor *c)
{
	if (!take(c, in_object(c) ? '}' : ']'))
		return false;
	c->depth--;
	return true;
}

/* A value begins: into containers, until a scalar or an empty container ends one. */
static bool descend(struct cursor *c)
{
	for (;;) {
		skip_blanks(c);
		if (peek(c) != '{' && peek(c) != '[')
			return scalar(c);
		if (!enter(c, peek(c) == '{'))
			return false;
		skip_blanks(c);
		if (leave(c))
			return true;
		if (in_object(c) && !key(c))
			return false;
	}
}

/* A value has ended: out of what ends with it, up to where the next value begins. */
static bool ascend(struct cursor *c)
{
	while (c->depth) {
		skip_blanks(c);
		if (take(c, ','))
			return !in_object(c) || key(c);
		if (!leave(c))
			return refuse(c,
			    in_object(c) ? "expected ',' or '}'" : "expected ',' or ']'");
	}
	return true;
}

static bool whole_text(struct cursor *c)
{
	do {
		if (!descend(c) || !ascend(c))
			return false;
	} while (c->depth);
	skip_blanks(c);
	return c->p == c->end || refuse(c, "more after the value");
}

int scan_check(struct str text, enum scan_kind *kind, struct err *err)
{
	const unsigned char *start = (const unsigned char *)(text.p ? text.p : "");
	struct cursor c = { .p = start, .end = start + text.n };

	if (!whole_text(&c))
		return err_set(err, ERR_INVALID, "JSON at byte %zu: %s", (size_t)(c.p - start),
		    c.fault);
	c.p = start;
	skip_blanks(&c);
	*kind = scan_kind_of(*c.p);
	return 0;
}
