/*
 * prefix: what a value may begin with, as the tables of keys have it.
 */
#ifndef OPS_PREFIX_H
#define OPS_PREFIX_H

#include "str.h"

/* `prefixes` are parted by bars: "http://|https://"; NULL: none. */
bool prefix_is_one_of(const char *prefixes, const char *value);

#endif
