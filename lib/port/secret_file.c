#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"
#include "secret.h"
#include "shell.h"

struct secret_file {
	struct secret base;
	char *paths[2]; /* by enum secret_which */
};

static void file_close(struct secret *base)
{
	struct secret_file *s = (struct secret_file *)base;

	free(s->paths[SECRET_CURRENT]);
	free(s->paths[SECRET_PREVIOUS]);
	free(s);
}

static int file_open(struct secret **out, struct str url, const struct secret_options *o,
    struct err *err)
{
	extern const struct secret_ops secret_file_ops;
	struct buf previous = BUF_INIT(4096);
	struct secret_file *s;
	struct str scheme, path;

	(void)o;
	(void)str_cut(url, ':', &scheme, &path);
	buf_add(&previous, path);
	buf_adds(&previous, ".previous");
	if (path.n == 0 || str_find(path, '\0') < path.n || previous.full) {
		buf_release(&previous);
		return err_set(err, ERR_CONFIG, "secret URL 'file:': a path must follow");
	}
	s = xcalloc(1, sizeof(*s));
	s->base.ops = &secret_file_ops;
	s->paths[SECRET_CURRENT] = xstrndup(path);
	s->paths[SECRET_PREVIOUS] = xstrdup(buf_text(&previous));
	buf_release(&previous);
	*out = &s->base;
	return 0;
}

static int refuse_mode(const char *path, const struct stat *st, struct err *err)
{
	struct buf word = BUF_INIT(ERR_TEXT_MAX);

	shell_word(&word, str_from(path));
	(void)err_set(err, ERR_INVALID, "secret %s: mode %04o lets others at it; run: chmod 600 %s",
	    path, (unsigned)(st->st_mode & 07777), buf_text(&word));
	buf_release(&word);
	return -1;
}

/* Symbolic links are followed (Kubernetes mounts secrets through them); what counts is the file. */
static int check_stat(const char *path, const struct stat *st, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, ERR_INVALID, "secret %s: not a file", path);
	if (st->st_mode & (S_IRWXG | S_IRWXO))
		return refuse_mode(path, st, err);
	if (st->st_size > SECRET_MAX + 1)
		return err_set(err, ERR_INVALID, "secret %s: at most %d bytes", path, SECRET_MAX);
	return 0;
}

/* Read to the end of the file, or until `out` holds all that may be there. */
static int read_fd(int fd, const char *path, struct buf *out, struct err *err)
{
	for (;;) {
		char *room = buf_room(out, out->max - out->n);
		ssize_t n = room && out->n < out->max ? read(fd, room, out->max - out->n) : 0;

		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_errno(err, "secret %s", path);
		if (n > 0)
			buf_added(out, (size_t)n);
	}
}

static int read_secret(const char *path, struct buf *out, struct stat *st, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0)
		return err_errno(err, "secret %s", path);
	rc = fstat(fd, st) == 0 ? check_stat(path, st, err) : err_errno(err, "secret %s", path);
	if (rc == 0)
		rc = read_fd(fd, path, out, err);
	(void)close(fd); /* nothing was written */
	return rc == 0 ? secret_accept(out, path, err) : -1;
}

/* A replaced file has another inode, an edited one another time. */
static void name_version(const struct stat *st, char out[SECRET_VERSION_SIZE])
{
	(void)snprintf(out, SECRET_VERSION_SIZE, "%llx.%09lx-%llx",
	    (unsigned long long)st->st_mtim.tv_sec, (unsigned long)st->st_mtim.tv_nsec,
	    (unsigned long long)st->st_ino);
}

static int file_get(struct secret *base, enum secret_which which, struct secret_value *out,
    struct err *err)
{
	const struct secret_file *s = (const struct secret_file *)base;
	struct stat st, current;

	if (read_secret(s->paths[which], &out->bytes, &st, err) != 0)
		return -1;
	name_version(&st, out->version);
	/* The previous one stopped being current when the current one was put in its place. */
	if (which == SECRET_PREVIOUS)
		out->changed_at = stat(s->paths[SECRET_CURRENT], &current) == 0
		    ? current.st_mtim.tv_sec
		    : 0;
	else
		out->changed_at = st.st_mtim.tv_sec;
	return 0;
}

/*
 * An operator who is root must not lock the service out of its own secret. owner is that of
 * the file before it was replaced.
 */
static int replace(const char *path, struct str value, const struct stat *owner, struct err *err)
{
	if (geteuid() == 0 && owner)
		return file_replace_for(path, value, 0600, owner->st_uid, owner->st_gid, err);
	return file_replace(path, value, 0600, err);
}

/*
 * The previous value first: after a crash in between both files hold the present one,
 * and it is still in force.
 */
static int file_rotate(struct secret *base, struct str value, struct err *err)
{
	const struct secret_file *s = (const struct secret_file *)base;
	struct buf present = BUF_INIT(SECRET_MAX + 1);
	struct stat st;
	int rc = read_secret(s->paths[SECRET_CURRENT], &present, &st, err);

	if (rc != 0 && err->code == ERR_NOTFOUND)
		rc = replace(s->paths[SECRET_CURRENT], value, NULL, err);
	else if (rc == 0 && !mem_eq_const_time(buf_str(&present), value)) {
		/* Already current: a repeated rotation must not push the real previous one out. */
		rc = replace(s->paths[SECRET_PREVIOUS], buf_str(&present), &st, err);
		if (rc == 0)
			rc = replace(s->paths[SECRET_CURRENT], value, &st, err);
	}
	buf_wipe(&present);
	return rc;
}

/* Both files are replaced, so it is their directory that must take a new one. */
static int file_may_rotate(struct secret *base, struct err *err)
{
	const char *path = ((const struct secret_file *)base)->paths[SECRET_CURRENT];
	const char *slash = strrchr(path, '/');
	size_t n = slash != NULL ? (size_t)(slash - path) + 1 : 0;
	char *directory = n > 0 ? xstrndup(str_slice(str_from(path), 0, n)) : xstrdup(".");
	int rc = access(directory, W_OK);

	if (rc != 0)
		(void)err_errno(err, "secret %s: its directory", path);
	free(directory);
	return rc;
}

const struct secret_ops secret_file_ops = {
	.scheme = "file",
	.open = file_open,
	.close = file_close,
	.get = file_get,
	.rotate = file_rotate,
	.may_rotate = file_may_rotate,
};
