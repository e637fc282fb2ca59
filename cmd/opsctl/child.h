/*
 * child: programs started by opsctl. Main thread only: a child that dies with its parent
 * dies with the thread that started it.
 */
#ifndef OPS_CHILD_H
#define OPS_CHILD_H

#include <sys/types.h>

#include "buf.h"
#include "err.h"

struct child {
	const char *const *argv; /* argv[0] is the path, or a name looked up in PATH */
	int out_fd, err_fd;      /* stdout and stderr of the child; -1: ours */
	bool is_bound;           /* killed when this program ends, however it ends */
	bool is_own_group;       /* Ctrl-C on the terminal does not reach it */
};

/* stdin is /dev/null. ERR_NOTFOUND: no such program; ERR_DENIED; ERR_IO. */
int child_spawn(const struct child *child, pid_t *pid, struct err *err) ATTR_MUST_CHECK;

/* Append what argv prints; stderr is ours. ERR_INVALID: it did not exit with 0. */
int child_output(const char *const *argv, struct buf *out, struct err *err) ATTR_MUST_CHECK;

/* "was killed by signal 9 (Killed)", "exited with status 3". */
void child_describe(int wait_status, struct buf *out);

/*
 * Path of a program of ours: beside this program, else at `build_path` from there (the meson
 * build tree), else its bare name, for PATH.
 */
void child_find(const char *name, const char *build_path, struct buf *out);

#endif
