#include "store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "crash.h"
#include "file.h"
#include "mem.h"

enum { DIR_MODE = 0750 };

static struct store_file *self(struct store *s)
{
	return (struct store_file *)s;
}

/* ---- open ---- */

/* Every name on the way to the directory, as far as we may: any of them may be new. */
static int sync_ancestors(const char *path, struct err *err)
{
	char *full = realpath(path, NULL);
	int rc = 0;

	if (!full)
		return err_errno(err, "store %s", path);
	for (char *end = strrchr(full, '/'); end && rc == 0; end = strrchr(full, '/')) {
		*end = '\0';
		rc = file_sync_dir(full[0] ? full : "/", err);
		if (rc != 0 && err->code == ERR_DENIED)
			rc = 0; /* what we may not open we have not written */
	}
	free(full);
	return rc;
}

static int open_dirs(struct store_file *s, bool create, struct err *err)
{
	if (create &&
	    (file_mkdirs(s->path, DIR_MODE, err) != 0 || sync_ancestors(s->path, err) != 0))
		return -1;
	s->root_fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->root_fd < 0)
		return err_errno(err, "store %s", s->path);
	store_tmp_open(s);
	return 0;
}

static void file_close(struct store *base)
{
	struct store_file *s = self(base);

	store_dir_free_all(s);
	if (s->tmp_fd >= 0)
		(void)close(s->tmp_fd);
	if (s->root_fd >= 0)
		(void)close(s->root_fd);
	(void)pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}

static int file_open(struct store **out, struct str url, const struct store_options *options,
    struct err *err)
{
	extern const struct store_ops store_file_ops;
	struct store_file *s;
	struct str scheme, path;

	(void)str_cut(url, ':', &scheme, &path);
	if (path.n == 0 || str_find(path, '\0') < path.n)
		return err_set(err, ERR_CONFIG, "store URL '%.*s': a directory must follow",
		    STR_ARG(url));
	s = xcalloc(1, sizeof(*s));
	s->base.ops = &store_file_ops;
	s->clock = options && options->clock ? options->clock : &clock_system;
	s->path = xstrndup(path);
	s->root_fd = -1;
	atomic_init(&s->tmp_fd, -1);
	(void)pthread_mutex_init(&s->lock, NULL); /* cannot fail without attributes */
	if (open_dirs(s, options && options->create, err) != 0) {
		file_close(&s->base);
		return -1;
	}
	*out = &s->base;
	return 0;
}

/* ---- put ---- */

/* A put under way. */
struct putting {
	struct store_file *s;
	struct str key;
	const char *sha256;
	char name[STORE_FILE_NAME_SIZE], digest_name[STORE_FILE_NAME_SIZE];
	char tmp[STORE_TMP_NAME_SIZE];
	bool existed;
};

static int put_errno(const struct putting *p, struct err *err)
{
	(void)err_errno(err, "store key '%.*s'", STR_ARG(p->key));
	return store_file_blame_disk(err);
}

static int write_tmp(const struct putting *p, struct str bytes, struct err *err)
{
	int fd = -1, rc;

	if (store_tmp_create(p->s, p->tmp, &fd, err) != 0)
		return -1;
	rc = file_write_all(fd, bytes, err);
	if (rc != 0) {
		(void)err_wrap(err, "store key '%.*s'", STR_ARG(p->key));
		(void)store_file_blame_disk(err);
	}
	CRASH_POINT("store-written");
	if (rc == 0 && fsync(fd) != 0)
		rc = put_errno(p, err);
	CRASH_POINT("store-synced");
	if (close(fd) != 0 && rc == 0)
		rc = put_errno(p, err);
	return rc;
}

/* Make the link say our digest. One may be there: of this object, or from a crash before it came. */
static int keep_digest(const struct putting *p, int dir_fd, struct err *err)
{
	char tmp[STORE_TMP_NAME_SIZE];

	if (symlinkat(p->sha256, dir_fd, p->digest_name) == 0)
		return 0;
	if (errno != EEXIST)
		return put_errno(p, err);
	store_tmp_name(tmp);
	if (symlinkat(p->sha256, p->s->tmp_fd, tmp) != 0)
		return put_errno(p, err);
	if (renameat(p->s->tmp_fd, tmp, dir_fd, p->digest_name) == 0)
		return 0;
	(void)put_errno(p, err);
	store_tmp_remove(p->s, tmp);
	return -1;
}

/*
 * Make the names of an object that is there anew, from our copy. Whoever made them may have
 * got an error from its fsync, and after that the kernel may take what it could not write for
 * written: a second fsync of the old names would succeed and mean nothing.
 */
static int renew(const struct putting *p, int dir_fd, struct err *err)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct stat st;

	if (keep_digest(p, dir_fd, err) != 0)
		return -1;
	if (fstatat(dir_fd, p->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return put_errno(p, err);
	times[1] = st.st_mtim; /* stored then, not now */
	return utimensat(p->s->tmp_fd, p->tmp, times, 0) == 0 &&
		renameat(p->s->tmp_fd, p->tmp, dir_fd, p->name) == 0
	    ? 0
	    : put_errno(p, err);
}

/*
 * The digest before the object, so that no reader meets an object without one. Under the
 * directory's lock, so that of two with other bytes the later one does not touch it.
 */
static int enter_locked(struct putting *p, int dir_fd, struct err *err)
{
	struct stat st;

	p->existed = fstatat(dir_fd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (p->existed)
		return 0;
	if (keep_digest(p, dir_fd, err) != 0)
		return -1;
	if (linkat(p->s->tmp_fd, p->tmp, dir_fd, p->name, 0) == 0)
		return 0;
	/* Where flock() does nothing, another process may have been faster: its bytes decide. */
	p->existed = errno == EEXIST;
	return p->existed ? 0 : put_errno(p, err);
}

/* Not by the kept digest: the bytes themselves must be those that are to be stored. */
static int check_existing(struct putting *p, struct store_dir *d, struct err *err)
{
	char found[HASH_HEX_SIZE];
	int rc;

	if (store_file_digest_of(d->fd, p->name, found, err) != 0) {
		(void)err_wrap(err, "store key '%.*s'", STR_ARG(p->key));
		return store_file_blame_disk(err);
	}
	if (!str_is(str_from(found), p->sha256))
		return err_set(err, ERR_CONFLICT,
		    "store key '%.*s': holds other bytes (sha256 %s), not overwritten with %s",
		    STR_ARG(p->key), found, p->sha256);
	store_dir_lock(d);
	rc = renew(p, d->fd, err); /* also the digest: a copy of the store may have lost it */
	store_dir_unlock(d);
	return rc;
}

static int enter(struct putting *p, struct store_dir *d, struct err *err)
{
	int rc;

	store_dir_lock(d);
	rc = enter_locked(p, d->fd, err);
	store_dir_unlock(d);
	CRASH_POINT("store-linked");
	if (rc == 0 && p->existed)
		rc = check_existing(p, d, err);
	if (rc == 0 && store_dir_sync(d, err) != 0) {
		store_dir_forget(p->s, d);
		rc = -1;
	}
	return rc;
}

/* Whether the directory was removed while we had it open. */
static bool is_gone(const struct store_dir *d)
{
	struct stat st;

	return fstat(d->fd, &st) == 0 && st.st_nlink == 0;
}

static int enter_dir(struct putting *p, struct str path, struct err *err)
{
	bool gone = false;
	int rc;

	do {
		bool was_gone = gone;
		struct store_dir *d;

		if (store_dir_get(p->s, path, &d, err) != 0)
			return -1;
		rc = enter(p, d, err);
		gone = rc != 0 && !was_gone && is_gone(d);
		if (gone)
			store_dir_forget(p->s, d);
		store_dir_put(p->s, d);
	} while (gone);
	return rc;
}

static int file_put(struct store *base, struct str key, struct str bytes, const char *sha256,
    const struct store_metadata *metadata, bool *existed, struct err *err)
{
	struct putting p = { .s = self(base), .key = key, .sha256 = sha256 };
	struct str name, path = store_file_split(key, &name);
	int rc;

	(void)metadata; /* the bytes and nothing else: see store_file.h */
	CRASH_POINT("store-put-before");
	if (store_file_digest_name(name, p.digest_name, err) != 0)
		return -1;
	memcpy(p.name, name.p, name.n);
	store_tmp_name(p.tmp);
	rc = write_tmp(&p, bytes, err);
	if (rc == 0)
		rc = enter_dir(&p, path, err);
	store_tmp_remove(p.s, p.tmp);
	if (rc == 0)
		*existed = p.existed;
	CRASH_POINT("store-put-done");
	return rc;
}

/* ---- check ---- */

static int file_check(struct store *base, struct err *err)
{
	struct store_file *s = self(base);
	struct statvfs fs;

	if (fstatvfs(s->root_fd, &fs) != 0)
		return err_errno(err, "store %s", s->path);
	if (fs.f_flag & ST_RDONLY)
		return err_set(err, ERR_DENIED, "store %s: the file system is read-only", s->path);
	if ((uint64_t)fs.f_bavail * fs.f_frsize < STORE_OBJECT_MAX ||
	    (fs.f_files && fs.f_favail == 0))
		return err_set(err, ERR_IO, "store %s: no space left on the file system", s->path);
	return store_tmp_check(s, err);
}

const struct store_ops store_file_ops = {
	.scheme = "file",
	.open = file_open,
	.close = file_close,
	.put = file_put,
	.get = store_file_get,
	.head = store_file_head,
	.list = store_file_list,
	.check = file_check,
};
