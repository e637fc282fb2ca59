/* redact_value: private to redact.c: finds secrets by their bytes, however these are written. */
#ifndef OPS_REDACT_VALUE_H
#define OPS_REDACT_VALUE_H

#include "str.h"

/*
 * Length of what stands at the start of s and means one of the secrets, 0 when none does: as it
 * is, with the escapes of JSON or XML, or encoded as in URLs. Empty secrets are passed over.
 */
size_t redact_value_match(struct str s, const struct str *secrets, size_t count);

#endif
