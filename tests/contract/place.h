/*
 * place: where a test puts its files, and child processes. One directory per program,
 * removed at its end.
 */
#ifndef OPS_TEST_PLACE_H
#define OPS_TEST_PLACE_H

#include <sys/types.h>

#include "buf.h"

enum { PLACE_PATH_SIZE = 512 };

/* "<directory>/<n>-<name>", another one at every call; nothing is made. */
void place_new(char out[PLACE_PATH_SIZE], const char *name);

void place_write(const char *path, struct str content, unsigned mode);
void place_overwrite(const char *path, long offset, struct str content);
bool place_exists(const char *path);
long place_size(const char *path);

/*
 * A file system of its own of that many bytes, mounted for this process and its children
 * only; false where that is not allowed, which is so for root in most containers.
 */
bool place_mount_small(char out[PLACE_PATH_SIZE], long bytes);
bool place_remount_read_only(const char *path);

/* Run fn in a child; its exit status is what fn returns. */
pid_t place_fork(int (*fn)(void *arg), void *arg);
int place_join(pid_t child); /* exit status, or 128 + signal */

#endif
