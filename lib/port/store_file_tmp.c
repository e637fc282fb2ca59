#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_file.h"

enum { FILE_MODE = 0640, TMP_MODE = 0700, LEFTOVER_AGE_S = 3600 };

static int tmp_errno(const struct store_file *s, const char *what, struct err *err)
{
	(void)err_errno(err, "store %s/.tmp: %s", s->path, what);
	return store_file_blame_disk(err);
}

/* ---- the directory ---- */

/* What a crash left; names in it belong to nobody after an hour. */
static void remove_leftovers(const struct store_file *s)
{
	int fd = openat(s->tmp_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int64_t before_s = clock_wall_s(s->clock) - LEFTOVER_AGE_S;
	struct dirent *e;
	struct stat st;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.' &&
		    fstatat(s->tmp_fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtim.tv_sec < before_s)
			(void)unlinkat(s->tmp_fd, e->d_name, 0); /* it costs space only */
	if (dir)
		(void)closedir(dir); /* also closes fd */
	else if (fd >= 0)
		(void)close(fd);
}

static int open_tmp(const struct store_file *s)
{
	int not_made = mkdirat(s->root_fd, ".tmp", TMP_MODE) == 0 ? 0 : errno;
	int fd = openat(s->root_fd, ".tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && not_made != 0)
		errno = not_made; /* says why it is not there */
	return fd;
}

void store_tmp_open(struct store_file *s)
{
	int none = -1, fd = open_tmp(s);

	if (fd < 0)
		return;
	if (atomic_compare_exchange_strong(&s->tmp_fd, &none, fd))
		remove_leftovers(s);
	else
		(void)close(fd); /* another thread was first */
}

/* Under the same number, because other threads are using it: their next call finds the new one. */
static int reopen(const struct store_file *s)
{
	int fd = open_tmp(s);
	int rc;

	if (fd < 0)
		return -1;
	rc = dup2(fd, s->tmp_fd) < 0 || fcntl(s->tmp_fd, F_SETFD, FD_CLOEXEC) != 0 ? -1 : 0;
	(void)close(fd); /* a directory has nothing left to write */
	return rc;
}

/* ---- files in it ---- */

void store_tmp_name(char out[STORE_TMP_NAME_SIZE])
{
	unsigned char random[16];
	struct buf text = BUF_INIT(STORE_TMP_NAME_SIZE - 1);

	hash_random(random, sizeof(random));
	buf_add_hex(&text, random, sizeof(random));
	memcpy(out, buf_text(&text), STORE_TMP_NAME_SIZE);
	buf_release(&text);
}

static int create(const struct store_file *s, const char *name)
{
	return openat(s->tmp_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
}

int store_tmp_create(struct store_file *s, const char *name, int *fd, struct err *err)
{
	/* What was missing at the start may be there: descriptors, room. */
	if (s->tmp_fd < 0)
		store_tmp_open(s);
	if (s->tmp_fd < 0)
		return tmp_errno(s, "could not be made", err);
	*fd = create(s, name);
	if (*fd < 0 && errno == ENOENT && reopen(s) == 0)
		*fd = create(s, name);
	return *fd >= 0 ? 0 : tmp_errno(s, "create", err);
}

void store_tmp_remove(const struct store_file *s, const char *name)
{
	if (s->tmp_fd >= 0)
		(void)unlinkat(s->tmp_fd, name, 0);
}

/* ---- check ---- */

static int try_links(const struct store_file *s, const char *name, struct err *err)
{
	char link_name[STORE_TMP_NAME_SIZE], symlink_name[STORE_TMP_NAME_SIZE];
	int rc = 0;

	store_tmp_name(link_name);
	store_tmp_name(symlink_name);
	if (linkat(s->tmp_fd, name, s->tmp_fd, link_name, 0) != 0)
		rc = tmp_errno(s, "hard link", err);
	else if (symlinkat(name, s->tmp_fd, symlink_name) != 0)
		rc = tmp_errno(s, "symbolic link", err);
	else if (fsync(s->tmp_fd) != 0)
		rc = tmp_errno(s, "fsync", err);
	store_tmp_remove(s, link_name);
	store_tmp_remove(s, symlink_name);
	return rc;
}

int store_tmp_check(struct store_file *s, struct err *err)
{
	char name[STORE_TMP_NAME_SIZE];
	int fd = -1, rc;

	store_tmp_name(name);
	if (store_tmp_create(s, name, &fd, err) != 0)
		return -1;
	(void)close(fd); /* nothing was written */
	rc = try_links(s, name, err);
	store_tmp_remove(s, name);
	return rc;
}
