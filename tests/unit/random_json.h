/*
 * random_json: valid JSON objects from a seeded generator, the same in every run:
 * escapes, characters beyond ASCII, long numbers, blanks wherever they are allowed.
 */
#ifndef OPS_TEST_RANDOM_JSON_H
#define OPS_TEST_RANDOM_JSON_H

#include "buf.h"

/* xorshift64*; the state must not be 0. */
struct random {
	uint64_t state;
};

static inline unsigned random_below(struct random *r, unsigned limit)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (unsigned)((r->state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % limit;
}

enum random_blanks { RANDOM_ONE_LINE, RANDOM_ANY_BLANKS };

static inline void random_gap(struct random *r, struct buf *out, enum random_blanks blanks)
{
	static const char kinds[] = " \t\n\r";

	while (random_below(r, 4) == 0)
		buf_addc(out, kinds[random_below(r, blanks == RANDOM_ONE_LINE ? 2 : 4)]);
}

static inline void random_string(struct random *r, struct buf *out)
{
	static const char *const pieces[] = { "a", "token", "data", "\\\"", "\\\\", "\\u0074", "{",
		"}", ",", ":", "[", "]", " ", "\xc3\xa9", "\xf0\x9f\x8e\x89", "\\ud83c\\udf89",
		"\\n", "plain text of some length", "\x7f" };

	buf_addc(out, '"');
	for (unsigned n = random_below(r, 6); n > 0; n--)
		buf_adds(out, pieces[random_below(r, ARRAY_SIZE(pieces))]);
	buf_addc(out, '"');
}

static inline void random_value(struct random *r, struct buf *out, enum random_blanks blanks,
    unsigned depth)
{
	static const char *const scalars[] = { "true", "false", "null", "0", "-1.5e+3",
		"12345678901234567890", "0.1E-2" };
	unsigned kind = random_below(r, depth < 4 ? 4 : 2);
	unsigned members = random_below(r, 4);

	if (kind == 0) {
		buf_adds(out, scalars[random_below(r, ARRAY_SIZE(scalars))]);
		return;
	}
	if (kind == 1) {
		random_string(r, out);
		return;
	}
	buf_addc(out, kind == 2 ? '{' : '[');
	random_gap(r, out, blanks);
	for (unsigned i = 0; i < members; i++) {
		if (i)
			buf_addc(out, ',');
		random_gap(r, out, blanks);
		if (kind == 2)
			buf_addf(out, "\"k%u\":", random_below(r, 1000));
		random_value(r, out, blanks, depth + 1);
		random_gap(r, out, blanks);
	}
	buf_addc(out, kind == 2 ? '}' : ']');
}

/* A member whose name is not "token", "data" or "email_timestream". */
static inline void random_member(struct random *r, struct buf *out, enum random_blanks blanks)
{
	buf_addf(out, "\"m%u\"", random_below(r, 1000));
	random_gap(r, out, blanks);
	buf_addc(out, ':');
	random_gap(r, out, blanks);
	random_value(r, out, blanks, 0);
}

static inline void random_object(struct random *r, struct buf *out, enum random_blanks blanks)
{
	unsigned count = random_below(r, 5);

	buf_addc(out, '{');
	random_gap(r, out, blanks);
	for (unsigned i = 0; i < count; i++) {
		if (i)
			buf_addc(out, ',');
		random_member(r, out, blanks);
		random_gap(r, out, blanks);
	}
	buf_addc(out, '}');
}

#endif
