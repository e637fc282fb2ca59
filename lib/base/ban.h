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

#pragma GCC poison strcpy strncpy strcat strncat sprintf vsprintf gets strtok
#pragma GCC poison gmtime localtime ctime asctime atoi atol atoll tmpnam mktemp
#pragma GCC poison system popen

#endif
