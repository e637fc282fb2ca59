/*
 * mem: allocation that cannot fail (it aborts: inputs are bounded, and a
 * supervisor restarts the program), and handling of secret memory.
 * Thread-safe. Free with free().
 */
#ifndef OPS_MEM_H
#define OPS_MEM_H

#include "str.h"

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size); /* checks the product */
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *text);
char *xstrndup(struct str s); /* terminated copy; s must not hold NUL for the copy to be whole */

/* Overwrite, not to be optimised away. */
void mem_wipe(void *p, size_t n);

/* Equality in time that depends on the lengths only. */
bool mem_eq_const_time(struct str a, struct str b);

#endif
