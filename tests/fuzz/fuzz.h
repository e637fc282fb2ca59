/*
 * fuzz: what every target has. A target is one file with one function that must
 * return for any input; a property that does not hold ends the program. Linked
 * with replay.c it runs the files of its corpus; with clang and -Dfuzz=true it is
 * a libFuzzer program.
 */
#ifndef OPS_TEST_FUZZ_H
#define OPS_TEST_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "str.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define FUZZ_CHECK(condition)                                                                      \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static inline struct str fuzz_input(const uint8_t *bytes, size_t size)
{
	return (struct str){ (const char *)bytes, size };
}

/* Whether `part` lies within `whole`: a parser's slices must point into its input. */
static inline bool fuzz_is_within(struct str part, struct str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

#endif
