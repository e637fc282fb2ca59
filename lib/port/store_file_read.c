#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_file.h"

int store_file_digest_name(struct str name, char out[STORE_FILE_NAME_SIZE], struct err *err)
{
	int n = snprintf(out, STORE_FILE_NAME_SIZE, ".%.*s.sha256", STR_ARG(name));

	if (n >= STORE_FILE_NAME_SIZE)
		return err_set(err, ERR_INVALID,
		    "store key part '%.40s...': %zu bytes are too long for a file", name.p, name.n);
	return 0;
}

/* The kept digest, "" when there is none or it is not one. */
static void read_digest(int dir_fd, const char *digest_name, char out[HASH_HEX_SIZE])
{
	char target[HASH_HEX_SIZE];
	ssize_t n = readlinkat(dir_fd, digest_name, target, sizeof(target));

	out[0] = '\0';
	if (n != HASH_HEX_LEN ||
	    !str_only((struct str){ target, HASH_HEX_LEN }, "0123456789abcdef"))
		return;
	memcpy(out, target, HASH_HEX_LEN);
	out[HASH_HEX_LEN] = '\0';
}

/* ---- an object's file ---- */

/* Links are not followed: what lies outside of the store is not an object. */
static int check_kind(const struct stat *st, const char *name, struct err *err)
{
	if (S_ISREG(st->st_mode))
		return 0;
	if (S_ISDIR(st->st_mode))
		return err_set(err, ERR_NOTFOUND, "%s: part of other keys, not an object", name);
	return err_set(err, ERR_CORRUPT, "%s: not a regular file", name);
}

static int open_object(int dir_fd, const char *name, int *fd, struct stat *st, struct err *err)
{
	int file = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int rc = 0;

	if (file < 0 && errno == ELOOP)
		return err_set(err, ERR_CORRUPT, "%s: a symbolic link, not an object", name);
	if (file < 0)
		return err_errno(err, "%s", name);
	if (fstat(file, st) != 0)
		rc = err_errno(err, "%s", name);
	else
		rc = check_kind(st, name, err);
	if (rc != 0)
		(void)close(file); /* nothing was written */
	else
		*fd = file;
	return rc;
}

/* Up to n bytes: n, or fewer at the end of the file; -1 with errno. */
static ssize_t read_some(int fd, char *out, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = read(fd, out + done, n - done);

		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0)
			done += (size_t)got;
	}
	return (ssize_t)done;
}

int store_file_digest_of(int dir_fd, const char *name, char out[HASH_HEX_SIZE], struct err *err)
{
	unsigned char digest[HASH_SIZE];
	struct buf hex = BUF_INIT(HASH_HEX_LEN);
	char piece[16 * 1024];
	struct hash *h;
	struct stat st;
	ssize_t n;
	int fd;

	if (open_object(dir_fd, name, &fd, &st, err) != 0)
		return -1;
	h = hash_begin();
	while ((n = read_some(fd, piece, sizeof(piece))) > 0)
		hash_update(h, (struct str){ piece, (size_t)n });
	if (n < 0)
		(void)err_errno(err, "%s", name);
	hash_end(h, digest);
	(void)close(fd); /* nothing was written */
	if (n < 0)
		return -1;
	buf_add_hex(&hex, digest, sizeof(digest));
	memcpy(out, buf_text(&hex), HASH_HEX_SIZE);
	buf_release(&hex);
	return 0;
}

/* ---- get and head ---- */

/* Where a key is. Closed by the caller. */
struct place {
	int dir_fd;
	char name[STORE_FILE_NAME_SIZE], digest_name[STORE_FILE_NAME_SIZE];
};

static int find(const struct store_file *s, struct str key, struct place *at, struct err *err)
{
	struct str name, path = store_file_split(key, &name);

	if (store_file_digest_name(name, at->digest_name, err) != 0)
		return -1;
	memcpy(at->name, name.p, name.n);
	at->name[name.n] = '\0';
	return store_file_open_dir(s, path, &at->dir_fd, err);
}

static int fill_info(const struct place *at, const struct stat *st, struct store_info *info,
    struct err *err)
{
	struct store_info found = {
		.size_bytes = (uint64_t)st->st_size,
		.stored_at_ms = st->st_mtim.tv_sec * INT64_C(1000) + st->st_mtim.tv_nsec / 1000000,
	};

	read_digest(at->dir_fd, at->digest_name, found.sha256);
	if (!found.sha256[0])
		return err_set(err, ERR_CORRUPT, "its digest is missing");
	*info = found;
	return 0;
}

static int read_checked(int fd, const struct store_info *info, struct buf *out, struct err *err)
{
	size_t before = out->n, size = (size_t)info->size_bytes;
	char found[HASH_HEX_SIZE];
	char *room;
	ssize_t n;

	if (info->size_bytes > out->max - out->n || !(room = buf_room(out, size)))
		return err_set(err, ERR_INVALID, "%zu bytes are more than the reader takes", size);
	n = read_some(fd, room, size);
	if (n < 0)
		return err_errno(err, "read");
	buf_added(out, (size_t)n);
	hash_sha256_hex(str_skip(buf_str(out), before), found);
	if (str_is(str_from(found), info->sha256))
		return 0;
	buf_truncate(out, before);
	return err_set(err, ERR_CORRUPT, "has sha256 %s, was stored with %s", found, info->sha256);
}

static int get_at(const struct place *at, struct buf *out, struct store_info *info, struct err *err)
{
	struct store_info found;
	struct stat st;
	int fd, rc;

	if (open_object(at->dir_fd, at->name, &fd, &st, err) != 0)
		return -1;
	rc = fill_info(at, &st, &found, err);
	if (rc == 0)
		rc = read_checked(fd, &found, out, err);
	(void)close(fd); /* nothing was written */
	if (rc == 0)
		*info = found;
	return rc;
}

int store_file_get(struct store *base, struct str key, struct buf *out, struct store_info *info,
    struct err *err)
{
	struct place at;
	int rc = find((struct store_file *)base, key, &at, err);

	if (rc == 0) {
		rc = get_at(&at, out, info, err);
		(void)close(at.dir_fd);
	}
	return rc == 0 ? 0 : err_wrap(err, "store key '%.*s'", STR_ARG(key));
}

static int head_at(const struct place *at, struct store_info *info, struct err *err)
{
	struct stat st;

	if (fstatat(at->dir_fd, at->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return err_errno(err, "%s", at->name);
	return check_kind(&st, at->name, err) == 0 ? fill_info(at, &st, info, err) : -1;
}

int store_file_head(struct store *base, struct str key, struct store_info *info, struct err *err)
{
	struct place at;
	int rc = find((struct store_file *)base, key, &at, err);

	if (rc == 0) {
		rc = head_at(&at, info, err);
		(void)close(at.dir_fd);
	}
	return rc == 0 ? 0 : err_wrap(err, "store key '%.*s'", STR_ARG(key));
}
