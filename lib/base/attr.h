/*
 * attr: the only compiler extensions in use, behind macros, and ARRAY_SIZE.
 */
#ifndef OPS_ATTR_H
#define OPS_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATTR_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define ATTR_MUST_CHECK          __attribute__((warn_unused_result))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
