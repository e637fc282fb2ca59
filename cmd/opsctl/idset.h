/*
 * idset: a set of record ids or object keys, with one word and a counter for each. It
 * keeps 128 bits of a SHA-256 instead of the text: at most 128 bytes of memory for an
 * entry, and it never grows beyond its maximum. One thread.
 */
#ifndef OPS_IDSET_H
#define OPS_IDSET_H

#include "str.h"

struct idset_entry {
	uint64_t key[2];
	uint64_t word;  /* the caller's */
	uint32_t count; /* the caller's; how often it was seen */
	bool is_used;
};

struct idset {
	struct idset_entry *slots; /* a power of two of them, at most half in use */
	size_t capacity, count, max;
};

#define IDSET_INIT(maximum)                                                                        \
	{                                                                                          \
		.max = (maximum)                                                                   \
	}

/* The entry, made with word 0 and count 0 when it is not there; NULL when the set is full. */
struct idset_entry *idset_add(struct idset *s, struct str id);

/* The entry, or NULL. Pointers to entries live until the next idset_add(). */
struct idset_entry *idset_find(const struct idset *s, struct str id);

void idset_release(struct idset *s); /* empty and usable again */

/* 64 bits of the SHA-256 of some bytes, to compare contents by. */
uint64_t idset_digest(struct str bytes);

#endif
