#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_MAX = LINES_MAX + 64 * 1024 };

static int64_t changed_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

bool lines_changed(const struct lines *l)
{
	struct stat st;

	return fstat(l->fd, &st) != 0 || st.st_size != l->size_bytes ||
	    changed_ns(&st) != l->changed_ns;
}

int lines_open(struct lines *l, const char *path, struct err *err)
{
	struct stat st;

	*l = (struct lines){ .fd = open(path, O_RDONLY | O_CLOEXEC), .path = path };
	buf_init(&l->piece, PIECE_MAX);
	if (l->fd < 0) {
		(void)err_errno(err, "%s", path);
		/* It is no thing of the system that was not found. */
		if (err->code == ERR_NOTFOUND)
			err->code = ERR_CONFIG;
		return -1;
	}
	if (fstat(l->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		lines_close(l);
		return err_set(err, ERR_CONFIG, "%s: must be a regular file, it is read twice",
		    path);
	}
	l->size_bytes = st.st_size;
	l->changed_ns = changed_ns(&st);
	return 0;
}

void lines_close(struct lines *l)
{
	if (l->fd >= 0)
		(void)close(l->fd); /* nothing was written */
	l->fd = -1;
	buf_release(&l->piece);
}

/* Append what the next read gives; *n is 0 at the end. */
static int read_more(struct lines *l, size_t *n, struct err *err)
{
	enum { READ_SIZE = 64 * 1024 };
	size_t left = PIECE_MAX - l->piece.n;
	size_t want = left < READ_SIZE ? left : READ_SIZE;
	char *room = buf_room(&l->piece, want);
	ssize_t got;

	do
		got = read(l->fd, room, want);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_errno(err, "%s", l->path);
	buf_added(&l->piece, (size_t)got);
	*n = (size_t)got;
	return 0;
}

/* Move what is not used to the front. */
static void compact(struct lines *l)
{
	size_t left = l->piece.n - l->at;

	if (l->at == 0)
		return;
	memmove(l->piece.p, l->piece.p + l->at, left);
	buf_truncate(&l->piece, left);
	l->at = 0;
}

static struct str unused(const struct lines *l)
{
	return str_skip(buf_str(&l->piece), l->at);
}

/* The rest of a line that is too long. */
static int skip_line(struct lines *l, struct err *err)
{
	for (;;) {
		struct str rest = unused(l);
		size_t end = str_find(rest, '\n');
		size_t n;

		if (end < rest.n) {
			l->at += end + 1;
			return 0;
		}
		if (l->at_end) {
			l->at = l->piece.n;
			return 0;
		}
		l->at = l->piece.n;
		compact(l);
		if (read_more(l, &n, err) != 0)
			return -1;
		l->at_end = n == 0;
	}
}

/* Fill piece until it holds a whole line, the end of the file, or too much. */
static int fill(struct lines *l, struct str *rest, size_t *end, struct err *err)
{
	size_t n;

	for (;;) {
		*rest = unused(l);
		*end = str_find(*rest, '\n');
		if (*end < rest->n || l->at_end || *end > LINES_MAX + 1)
			return 0;
		compact(l);
		if (read_more(l, &n, err) != 0)
			return -1;
		l->at_end = n == 0;
	}
}

int lines_next(struct lines *l, struct str *line, bool *is_long, struct err *err)
{
	struct str rest;
	size_t end;

	if (l->long_line) {
		l->long_line = false;
		if (skip_line(l, err) != 0)
			return -1;
	}
	if (fill(l, &rest, &end, err) != 0)
		return -1;
	if (rest.n == 0)
		return 0;

	l->number++;
	*line = str_slice(rest, 0, end);
	if (str_has_suffix(*line, STR("\r")))
		line->n--;
	*is_long = line->n > LINES_MAX;
	if (end > LINES_MAX + 1)
		l->long_line = true; /* its rest is skipped by the next call: the slice must live */
	else
		l->at += end < rest.n ? end + 1 : end;
	*line = str_slice(*line, 0, LINES_MAX);
	return 1;
}

int lines_rewind(struct lines *l, struct err *err)
{
	buf_reset(&l->piece);
	l->at = 0;
	l->at_end = l->long_line = false;
	l->number = 0;
	return lseek(l->fd, 0, SEEK_SET) < 0 ? err_errno(err, "%s", l->path) : 0;
}

int lines_digest(struct lines *l, char sha256[HASH_HEX_SIZE], uint64_t *count, struct err *err)
{
	struct hash *hash = hash_begin();
	struct buf hex = BUF_INIT(HASH_HEX_LEN);
	unsigned char digest[HASH_SIZE];
	uint64_t newlines = 0;
	bool is_open_line = false;
	size_t n = 0;
	int rc = lines_rewind(l, err);

	while (rc == 0 && (rc = read_more(l, &n, err)) == 0 && n > 0) {
		hash_update(hash, buf_str(&l->piece));
		for (size_t i = 0; i < l->piece.n; i++)
			newlines += l->piece.p[i] == '\n';
		is_open_line = l->piece.p[l->piece.n - 1] != '\n';
		buf_reset(&l->piece);
	}
	hash_end(hash, digest);
	if (rc == 0)
		rc = lines_rewind(l, err);
	if (rc == 0) {
		buf_add_hex(&hex, digest, sizeof(digest));
		memcpy(sha256, buf_text(&hex), HASH_HEX_SIZE);
		*count = newlines + is_open_line;
	}
	buf_release(&hex);
	return rc;
}
