/*
 * ban: functions that this project does not use, made errors. Force-included by
 * meson into every file; each has a replacement that is bounded or reentrant.
 */
#ifndef OPS_BAN_H
#define OPS_BAN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Some libcs make macros of these; a macro cannot be poisoned. */
#undef strcpy
#undef strncpy
#undef strcat
#undef strncat
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strncpy strcat strncat sprintf vsprintf gets strtok
#pragma GCC poison gmtime localtime ctime asctime atoi atol atoll tmpnam mktemp
#pragma GCC poison system popen

#endif
