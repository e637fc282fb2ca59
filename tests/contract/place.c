#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Set-up that fails fails the test. */
#define die(...)                                                                                   \
	do {                                                                                       \
		fprintf(stderr, "set-up: " __VA_ARGS__);                                           \
		fputc('\n', stderr);                                                               \
		exit(1);                                                                           \
	} while (0)

static char root[PLACE_PATH_SIZE - 128];
static pid_t owner;
static char mounts[4][PLACE_PATH_SIZE];
static size_t mount_count;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_all(void)
{
	if (getpid() != owner)
		return;
	while (mount_count)
		(void)umount2(mounts[--mount_count],
		    MNT_DETACH); /* goes away with us at the latest */
	if (nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		fprintf(stderr, "%s: not removed: %s\n", root, strerror(errno));
}

void place_new(char out[PLACE_PATH_SIZE], const char *name)
{
	static unsigned number;

	if (!owner) {
		const char *base = getenv("TMPDIR");

		(void)snprintf(root, sizeof(root), "%s/ops-contract.XXXXXX", base ? base : "/tmp");
		/* Others may pass, for children that give up being root. */
		if (!mkdtemp(root) || chmod(root, 0711) != 0)
			die("%s: %s", root, strerror(errno));
		owner = getpid();
		(void)atexit(remove_all);
	}
	(void)snprintf(out, PLACE_PATH_SIZE, "%s/%d-%u-%s", root, (int)getpid(), ++number, name);
}

void place_write(const char *path, struct str content, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	if (fd < 0 || fchmod(fd, mode) != 0 ||
	    write(fd, content.p, content.n) != (ssize_t)content.n)
		die("%s: %s", path, strerror(errno));
	(void)close(fd);
}

void place_overwrite(const char *path, long offset, struct str content)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || pwrite(fd, content.p, content.n, offset) != (ssize_t)content.n)
		die("%s: %s", path, strerror(errno));
	(void)close(fd);
}

bool place_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

long place_size(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? (long)st.st_size : -1;
}

/*
 * A mount namespace of our own: what is mounted goes away with the process. Not for everybody,
 * not for root in a container, and not in a chroot, whose "/" is no mount point.
 */
static bool own_mounts(void)
{
	static int state; /* 0 not tried, 1 yes, -1 no */
	enum { NEW_MOUNTS = 0x00020000 };

	if (state == 0)
		state = syscall(SYS_unshare, NEW_MOUNTS) == 0 &&
			mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
		    ? 1
		    : -1;
	return state == 1;
}

bool place_mount_small(char out[PLACE_PATH_SIZE], long bytes)
{
	char options[64];

	place_new(out, "mount");
	if (mkdir(out, 0700) != 0)
		die("%s: %s", out, strerror(errno));
	(void)snprintf(options, sizeof(options), "size=%ld,mode=0700", bytes);
	if (mount_count == sizeof(mounts) / sizeof(mounts[0]))
		die("too many mounts");
	if (!own_mounts())
		return false;
	if (mount("ops-test", out, "tmpfs", 0, options) != 0) {
		if (errno != EPERM && errno != EACCES)
			die("mount %s: %s", out, strerror(errno));
		return false;
	}
	memcpy(mounts[mount_count++], out, PLACE_PATH_SIZE);
	return true;
}

bool place_remount_read_only(const char *path)
{
	return mount("ops-test", path, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL) == 0;
}

pid_t place_fork(int (*fn)(void *arg), void *arg)
{
	pid_t child;

	(void)fflush(NULL);
	child = fork();
	if (child < 0)
		die("fork: %s", strerror(errno));
	if (child == 0) {
		int status = fn(arg);

		(void)fflush(NULL);
		_exit(status);
	}
	return child;
}

int place_join(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid: %s", strerror(errno));
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
