/*
 * faults: a disk that is full, or that others may not write to. The limit on the size of files
 * and the user nobody are there for everybody; a small disk needs the right to mount.
 */
#ifndef OPS_TEST_FAULTS_H
#define OPS_TEST_FAULTS_H

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mem.h"
#include "place.h"
#include "test.h"

struct fault_child {
	void (*fn)(const char *path);
	const char *path;
};

static inline int fault_child_main(void *arg)
{
	const struct fault_child *child = arg;

	test_failures = 0;
	child->fn(child->path);
	return test_failures != 0;
}

/* Checks in a process of its own, which may limit itself for ever. */
static inline void fault_in_child(void (*fn)(const char *path), const char *path)
{
	struct fault_child child = { fn, path };

	CHECK_INT(place_join(place_fork(fault_child_main, &child)), 0);
}

/* No file grows beyond it: to whoever writes, the disk is full. RLIM_INFINITY: as before. */
static inline void fault_limit_files(rlim_t bytes)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
		test_die("RLIMIT_FSIZE: %s", strerror(errno));
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		test_die("RLIMIT_FSIZE: %s", strerror(errno));
}

static inline void fault_become_nobody(void)
{
	enum { NOBODY = 65534 };

	if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		test_die("nobody: %s", strerror(errno));
}

/*
 * A disk of that many bytes, all but `left` of them taken by a file, which is made room by
 * removing it. false where it is not allowed to mount.
 */
static inline bool fault_small_disk(char dir[PLACE_PATH_SIZE], char ballast[PLACE_PATH_SIZE + 16],
    long bytes, long left)
{
	size_t size = (size_t)(bytes - left);
	char *zeros;

	if (!place_mount_small(dir, bytes))
		return false;
	zeros = xcalloc(1, size);
	(void)snprintf(ballast, PLACE_PATH_SIZE + 16, "%s/.ballast", dir);
	place_write(ballast, (struct str){ zeros, size }, 0600);
	free(zeros);
	return true;
}

#endif
