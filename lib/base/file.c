#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash.h"
#include "mem.h"

enum { PIECE_SIZE = 16 * 1024, PATH_MAX_BYTES = 4096 };

static int read_all(int fd, const char *path, struct buf *out, struct err *err)
{
	for (;;) {
		size_t left = out->max - out->n;
		/* One more than fits shows an overflow. */
		size_t want = left < PIECE_SIZE ? left + 1 : PIECE_SIZE;
		char piece[PIECE_SIZE + 1];
		ssize_t n = read(fd, piece, want);

		if (n > 0)
			buf_add(out, (struct str){ piece, (size_t)n });
		mem_wipe(piece, n > 0 ? (size_t)n : 0); /* it may be a secret */
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_errno(err, "%s", path);
		if (out->full)
			return err_set(err, ERR_INVALID, "%s: larger than %zu bytes", path,
			    out->max);
	}
}

int file_read(const char *path, struct buf *out, struct err *err)
{
	size_t before = out->n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_errno(err, "%s", path);
	rc = read_all(fd, path, out, err);
	if (rc != 0) {
		buf_truncate(out, before);
		out->full = false;
	}
	(void)close(fd); /* nothing was written */
	return rc;
}

int file_write_all(int fd, struct str content, struct err *err)
{
	while (content.n) {
		ssize_t n = write(fd, content.p, content.n);

		if (n < 0 && errno != EINTR)
			return err_errno(err, "write");
		if (n > 0)
			content = str_skip(content, (size_t)n);
	}
	return 0;
}

/* "dir" of "dir/name"; "." without a slash; "/" of "/name". */
static int parent_of(const char *path, char out[PATH_MAX_BYTES], struct err *err)
{
	struct str s = str_from(path);

	if (s.n >= PATH_MAX_BYTES)
		return err_set(err, ERR_INVALID, "%.60s...: path longer than %d bytes", path,
		    PATH_MAX_BYTES);
	while (s.n && s.p[s.n - 1] != '/')
		s.n--;
	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	(void)snprintf(out, PATH_MAX_BYTES, "%.*s", s.n ? (int)s.n : 1, s.n ? s.p : ".");
	return 0;
}

/* What a new file is to be. */
struct attributes {
	mode_t mode;
	uid_t uid; /* or -1, as for chown() */
	gid_t gid;
};

/* open() obeys the umask; the mode asked for is the mode wanted. */
static int set_attributes(int fd, const struct attributes *a)
{
	if ((a->uid != (uid_t)-1 || a->gid != (gid_t)-1) && fchown(fd, a->uid, a->gid) != 0)
		return -1;
	return fchmod(fd, a->mode);
}

static int write_durably(const char *path, struct str content, const struct attributes *a,
    struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, a->mode);
	int rc;

	if (fd < 0)
		return err_errno(err, "%s", path);
	rc = file_write_all(fd, content, err);
	if (rc != 0)
		(void)err_wrap(err, "%s", path);
	if (rc == 0 && (set_attributes(fd, a) != 0 || fsync(fd) != 0))
		rc = err_errno(err, "%s", path);
	if (close(fd) != 0 && rc == 0)
		rc = err_errno(err, "%s", path);
	if (rc != 0)
		(void)unlink(path); /* the error that counts is set already */
	return rc;
}

int file_replace(const char *path, struct str content, unsigned mode, struct err *err)
{
	return file_replace_for(path, content, mode, (uid_t)-1, (gid_t)-1, err);
}

int file_replace_for(const char *path, struct str content, unsigned mode, uid_t uid, gid_t gid,
    struct err *err)
{
	const struct attributes attributes = { .mode = (mode_t)mode, .uid = uid, .gid = gid };
	char dir[PATH_MAX_BYTES], temporary[PATH_MAX_BYTES + 32];
	uint64_t random;

	if (parent_of(path, dir, err) != 0)
		return -1;
	hash_random(&random, sizeof(random));
	(void)snprintf(temporary, sizeof(temporary), "%s.%016llx", path,
	    (unsigned long long)random);
	if (write_durably(temporary, content, &attributes, err) != 0)
		return -1;
	if (rename(temporary, path) != 0) {
		(void)err_errno(err, "%s", path);
		(void)unlink(temporary);
		return -1;
	}
	return file_sync_dir(dir, err);
}

int file_mkdirs(const char *path, unsigned mode, struct err *err)
{
	char parent[PATH_MAX_BYTES];
	struct stat st;

	if (mkdir(path, (mode_t)mode) == 0)
		return 0;
	if (errno == EEXIST)
		return stat(path, &st) == 0 && S_ISDIR(st.st_mode)
		    ? 0
		    : err_set(err, ERR_CONFLICT, "%s: exists and is not a directory", path);
	if (errno != ENOENT)
		return err_errno(err, "%s", path);
	if (parent_of(path, parent, err) != 0 || file_mkdirs(parent, mode, err) != 0)
		return -1;
	if (mkdir(path, (mode_t)mode) != 0 && errno != EEXIST)
		return err_errno(err, "%s", path);
	return 0;
}

int file_sync_dir(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return err_errno(err, "%s", path);
	if (fsync(fd) != 0)
		rc = err_errno(err, "%s", path);
	(void)close(fd); /* a directory has nothing left to write */
	return rc;
}

int file_sync_parent(const char *path, struct err *err)
{
	char dir[PATH_MAX_BYTES];

	return parent_of(path, dir, err) == 0 ? file_sync_dir(dir, err) : -1;
}
