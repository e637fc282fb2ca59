/*
 * age: how long something has been so, for people: "45 s", "3 min", "2 h", "5 days".
 */
#ifndef OPS_AGE_H
#define OPS_AGE_H

#include "attr.h"

/* In the largest unit of which there are at least two; negative counts as 0. */
enum { AGE_SIZE = 32 };
const char *age_text(int64_t s, char out[AGE_SIZE]);

/* As an argument of printf and its like: the text lives until the end of the block around it. */
#define AGE(s) age_text((s), (char[AGE_SIZE]){ 0 })

#endif
