#include "redact_value.h"

#include <string.h>

/* What one piece of written text means: at most the four bytes of a character. */
struct piece {
	char bytes[4];
	size_t n;
};

/* Takes the piece at the start of s, which is not empty: the length of how it is written. */
typedef size_t take_fn(struct str s, struct piece *out);

static size_t take_raw(struct str s, struct piece *out)
{
	out->bytes[0] = s.p[0];
	out->n = 1;
	return 1;
}

static void put_utf8(unsigned code, struct piece *out)
{
	static const struct {
		unsigned below, mark;
	} lengths[] = { { 0x80, 0 }, { 0x800, 0xc0 }, { 0x10000, 0xe0 }, { 0x110000, 0xf0 } };
	size_t more = 0;

	while (more < ARRAY_SIZE(lengths) - 1 && code >= lengths[more].below)
		more++;
	out->n = more + 1;
	for (size_t i = more; i > 0; i--, code >>= 6)
		out->bytes[i] = (char)(0x80 | (code & 0x3f));
	out->bytes[0] = (char)(lengths[more].mark | code);
}

/* The number that all of s is, at most 0x10ffff. */
static bool to_code(struct str s, unsigned base, unsigned *out)
{
	const struct str digits = { "0123456789abcdef", base };
	unsigned value = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] >= 'A' && s.p[i] <= 'F' ? (char)(s.p[i] | 0x20) : s.p[i];
		size_t digit = str_find(digits, c);

		if (digit == digits.n)
			return false;
		value = value * base + (unsigned)digit;
		if (value > 0x10ffff)
			return false;
	}
	*out = value;
	return s.n > 0;
}

static bool take_u(struct str s, unsigned *out)
{
	return str_has_prefix(s, STR("\\u")) && s.n >= 6 && to_code(str_slice(s, 2, 6), 16, out);
}

static size_t take_json(struct str s, struct piece *out)
{
	const struct str letters = STR("bfnrt\"\\/"), meanings = STR("\b\f\n\r\t\"\\/");
	size_t at = s.p[0] == '\\' && s.n > 1 ? str_find(letters, s.p[1]) : letters.n;
	unsigned code, low;

	if (at < letters.n) {
		out->bytes[0] = meanings.p[at];
		out->n = 1;
		return 2;
	}
	if (!take_u(s, &code))
		return take_raw(s, out);
	if ((code & 0xfc00) == 0xd800 && take_u(str_skip(s, 6), &low) && (low & 0xfc00) == 0xdc00) {
		put_utf8(0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff)), out);
		return 12;
	}
	put_utf8(code, out);
	return 6;
}

static size_t take_url(struct str s, struct piece *out)
{
	unsigned code;

	if (s.p[0] == '%' && s.n > 2 && to_code(str_slice(s, 1, 3), 16, &code)) {
		out->bytes[0] = (char)code;
		out->n = 1;
		return 3;
	}
	(void)take_raw(s, out);
	if (s.p[0] == '+')
		out->bytes[0] = ' ';
	return 1;
}

static bool take_entity(struct str name, unsigned *out)
{
	static const struct {
		const char *name;
		char c;
	} entities[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
		{ "apos", '\'' } };

	for (size_t i = 0; i < ARRAY_SIZE(entities); i++)
		if (str_is(name, entities[i].name)) {
			*out = (unsigned char)entities[i].c;
			return true;
		}
	if (str_has_prefix(name, STR("#x")))
		return to_code(str_skip(name, 2), 16, out);
	return str_has_prefix(name, STR("#")) && to_code(str_skip(name, 1), 10, out);
}

static size_t take_xml(struct str s, struct piece *out)
{
	enum { ENTITY_MAX = 12 };
	struct str name, rest;
	unsigned code;

	if (s.p[0] != '&' || !str_cut(str_slice(s, 1, ENTITY_MAX), ';', &name, &rest) ||
	    !take_entity(name, &code))
		return take_raw(s, out);
	put_utf8(code, out);
	return name.n + 2;
}

static size_t match(struct str s, struct str secret, take_fn *take)
{
	size_t at = 0;

	for (size_t known = 0; known < secret.n;) {
		struct piece piece;

		if (at == s.n)
			return 0;
		at += take(str_skip(s, at), &piece);
		if (piece.n > secret.n - known ||
		    memcmp(piece.bytes, secret.p + known, piece.n) != 0)
			return 0;
		known += piece.n;
	}
	return at;
}

size_t redact_value_match(struct str s, const struct str *secrets, size_t count)
{
	static take_fn *const ways[] = { take_raw, take_json, take_url, take_xml };

	for (size_t i = 0; i < count; i++)
		for (size_t w = 0; w < ARRAY_SIZE(ways); w++) {
			size_t n = match(s, secrets[i], ways[w]);

			if (n > 0)
				return n;
		}
	return 0;
}
