/*
 * crash: named points at which a test build can die at once, as by kill -9
 * (meson option crash_points). CRASH_AT=<name>:<n> in the environment dies the
 * n-th time the point is reached. In other builds the macro is nothing.
 */
#ifndef OPS_CRASH_H
#define OPS_CRASH_H

#ifdef OPS_CRASH_POINTS
void crash_point(const char *name);
#define CRASH_POINT(name) crash_point(name)
#else
#define CRASH_POINT(name) ((void)0)
#endif

#endif
