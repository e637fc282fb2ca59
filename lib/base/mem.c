#include "mem.h"

#include <stdlib.h>
#include <string.h>

static void *checked(void *p)
{
	if (!p)
		abort();
	return p;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

/* glibc's calloc() passes over the thread's cache of small blocks: twice the work of malloc(). */
void *xcalloc(size_t count, size_t size)
{
	enum { SMALL = 1024 };

	if (count == 1 && size <= SMALL)
		return memset(xmalloc(size), 0, size);
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t size)
{
	return checked(realloc(p, size ? size : 1));
}

char *xstrdup(const char *text)
{
	return xstrndup(str_from(text));
}

char *xstrndup(struct str s)
{
	char *copy = xmalloc(s.n + 1);

	if (s.n)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

void mem_wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}

bool mem_eq_const_time(struct str a, struct str b)
{
	volatile unsigned char difference = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		difference = (unsigned char)(difference | (a.p[i] ^ b.p[i]));
	return difference == 0;
}
