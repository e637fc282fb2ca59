/*
 * count: a number with its noun, for people: "1 line", "2 lines".
 */
#ifndef OPS_COUNT_H
#define OPS_COUNT_H

#include "attr.h"

/* The noun in its singular; its plural must end in s. */
enum { COUNT_SIZE = 64 };
const char *count_text(uint64_t n, const char *noun, char out[COUNT_SIZE]);

/* As an argument of printf and its like: the text lives until the end of the block around it. */
#define COUNT(n, noun) count_text((n), (noun), (char[COUNT_SIZE]){ 0 })

#endif
