/*
 * str: borrowed bytes. A struct str owns nothing, is passed by value, need not
 * be terminated, may hold NUL, and is valid as long as what it points into.
 * An empty str may have p == NULL.
 */
#ifndef OPS_STR_H
#define OPS_STR_H

#include "attr.h"

struct str {
	const char *p;
	size_t n;
};

/* clang-format off */
#define STR(literal)   ((struct str){ "" literal, sizeof(literal) - 1 })
/* clang-format on */
#define STR_NONE ((struct str){ NULL, 0 })

/* printf("%.*s", STR_ARG(s)); cut at INT_MAX. */
#define STR_ARG(s) (int)((s).n > 0x7fffffff ? 0x7fffffff : (s).n), ((s).p ? (s).p : "")

/* The bytes of a C string; NULL gives an empty str. */
struct str str_from(const char *text);

bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
bool str_is(struct str a, const char *text);
bool str_has_prefix(struct str s, struct str prefix);
bool str_has_suffix(struct str s, struct str suffix);
bool str_contains(struct str s, struct str part);
int str_cmp(struct str a, struct str b); /* bytewise order, as strcmp */

/* Bytes [from, to), both clamped to the length. */
struct str str_slice(struct str s, size_t from, size_t to);
struct str str_skip(struct str s, size_t n);

/* Without leading and trailing spaces, tabs, CR and LF. */
struct str str_trim(struct str s);

/* Offset of the first byte `c`, or s.n. */
size_t str_find(struct str s, char c);

/*
 * Cut at the first `c`: *head is what stands before it, *tail what follows.
 * Without `c`: false, *head is all of s, *tail empty. head or tail may be &s.
 */
bool str_cut(struct str s, char c, struct str *head, struct str *tail);

/* What stands behind the last `c` of a C string, in place; all of it where there is none. */
const char *str_behind_last(const char *text, char c);

/* Decimal digits only, no sign, no blanks, at least one; false when it does not fit. */
bool str_to_u64(struct str s, uint64_t *out);

/* Whether every byte is one of `set`, a C string. */
bool str_only(struct str s, const char *set);

/* Length of the well-formed UTF-8 character that a non-empty s begins with, or 0 (Unicode table 3-7). */
size_t str_utf8_length(struct str s);

/* Columns that UTF-8 takes on a terminal: one for each character, none for its continuation bytes. */
size_t str_columns(struct str s);

#endif
