#include "journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"

enum { FILE_MAX = 2000 * 1000 * 1000, PENDING_MAX = 64 * 1024 * 1024, HEAD_MAX = 256 };

#define MAGIC "opsctl-journal 1 "

static int check_head(struct journal *j, struct str head, const char *sha256, struct err *err)
{
	struct str digest, lines, began;
	uint64_t count, began_ms;

	if (!str_has_prefix(head, STR(MAGIC)))
		return err_set(err, ERR_CORRUPT, "%s: not a journal of opsctl", j->path);
	str_cut(str_skip(head, strlen(MAGIC)), ' ', &digest, &lines);
	str_cut(lines, ' ', &lines, &began);
	if (!str_to_u64(lines, &count) || !str_to_u64(began, &began_ms))
		return err_set(err, ERR_CORRUPT, "%s: its first line is damaged", j->path);
	if (!str_is(digest, sha256) || count != j->line_count)
		return err_set(err, ERR_CONFLICT,
		    "journal %s: the file had another content when it was begun", j->path);
	j->began_ms = (int64_t)began_ms;
	return 0;
}

static int apply(struct journal *j, struct str line, struct err *err)
{
	uint64_t number = 0;
	char kind = line.n > 2 ? line.p[0] : '\0';

	if (kind == '\0' || line.p[1] != ' ' || !str_to_u64(str_skip(line, 2), &number) ||
	    (number == 0 && kind != 'r') || number > j->line_count)
		kind = '\0';
	switch (kind) {
	case 'r':
		j->reserved = number;
		return 0;
	case 'a':
		j->states[number - 1] = JOURNAL_ACCEPTED;
		return 0;
	case 'x':
		j->states[number - 1] = JOURNAL_REFUSED;
		return 0;
	case 'b':
		j->states[number - 1] = JOURNAL_BLANK;
		return 0;
	default:
		return err_set(err, ERR_CORRUPT, "journal %s: damaged at '%.*s'", j->path,
		    STR_ARG(str_slice(line, 0, 40)));
	}
}

/* A file without a line end: the beginning of a first line that a crash tore, or nothing yet. */
static bool is_torn_head(struct str text)
{
	return text.n < HEAD_MAX &&
	    (str_has_prefix(STR(MAGIC), text) || str_has_prefix(text, STR(MAGIC)));
}

/*
 * Everything up to the last line end counts; behind it a crash tore the writing. It is cut off
 * last: a file that is not our journal is not touched.
 */
static int load(struct journal *j, struct str text, const char *sha256, struct err *err)
{
	struct str line, rest;
	size_t whole = text.n;

	while (whole > 0 && text.p[whole - 1] != '\n')
		whole--;
	if (whole == 0 && !is_torn_head(text))
		return err_set(err, ERR_CORRUPT, "%s: not a journal of opsctl", j->path);
	rest = str_slice(text, 0, whole);
	j->existed = str_cut(rest, '\n', &line, &rest);
	if (j->existed && check_head(j, line, sha256, err) != 0)
		return -1;
	while (str_cut(rest, '\n', &line, &rest))
		if (apply(j, line, err) != 0)
			return -1;
	j->unknown_to = j->reserved;
	j->size_bytes = whole;
	if (whole < text.n && ftruncate(j->fd, (off_t)whole) != 0)
		return err_errno(err, "%s", j->path);
	return 0;
}

/* A new name in a directory is durable only with the directory. */
static int sync_parent(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct buf dir = BUF_INIT(4096);
	int rc;

	if (slash)
		buf_add(&dir, (struct str){ path, (size_t)(slash - path) + 1 });
	else
		buf_adds(&dir, ".");
	rc = file_sync_dir(buf_text(&dir), err);
	buf_release(&dir);
	return rc;
}

static int open_and_lock(struct journal *j, struct err *err)
{
	struct stat st;

	j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (j->fd < 0 || fstat(j->fd, &st) != 0)
		return err_errno(err, "%s", j->path);
	if (flock(j->fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(err, ERR_BUSY, "%s: another opsctl works on it", j->path);
	j->touched_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	return 0;
}

int journal_open(struct journal *j, const char *path, const char file_sha256[HASH_HEX_SIZE],
    uint64_t line_count, int64_t now_ms, struct err *err)
{
	struct buf text = BUF_INIT(FILE_MAX);

	*j = (struct journal){ .fd = -1, .path = path, .line_count = line_count };
	buf_init(&j->pending, PENDING_MAX);
	if (line_count > JOURNAL_LINES_MAX)
		return err_set(err, ERR_INVALID, "more than %d lines", JOURNAL_LINES_MAX);
	if (open_and_lock(j, err) != 0)
		goto fail;
	j->states = xcalloc(line_count + 1, 1);
	if (file_read(path, &text, err) != 0 || load(j, buf_str(&text), file_sha256, err) != 0)
		goto fail;
	if (!j->existed) {
		j->began_ms = now_ms;
		buf_addf(&j->pending, MAGIC "%s %" PRIu64 " %" PRId64 "\n", file_sha256, line_count,
		    now_ms);
		if (journal_flush(j, err) != 0 || sync_parent(path, err) != 0)
			goto fail;
	}
	buf_release(&text);
	return 0;
fail:
	buf_release(&text);
	buf_reset(&j->pending);
	journal_close(j);
	return -1;
}

void journal_close(struct journal *j)
{
	struct err ignored; /* see the header */

	if (j->fd >= 0) {
		(void)!journal_flush(j, &ignored);
		(void)close(j->fd); /* flushed before; the lock goes with it */
	}
	j->fd = -1;
	free(j->states);
	j->states = NULL;
	buf_release(&j->pending);
}

enum journal_state journal_state(const struct journal *j, uint64_t line)
{
	return j->states[line - 1];
}

bool journal_is_unknown(const struct journal *j, uint64_t line)
{
	return line <= j->unknown_to && j->states[line - 1] == JOURNAL_NONE;
}

int journal_reserve(struct journal *j, uint64_t line, struct err *err)
{
	uint64_t upto = line + JOURNAL_RESERVE - 1;

	if (line <= j->reserved)
		return 0;
	if (upto > j->line_count)
		upto = j->line_count;
	buf_addf(&j->pending, "r %" PRIu64 "\n", upto);
	if (journal_flush(j, err) != 0)
		return -1;
	j->reserved = upto;
	return 0;
}

void journal_unreserve(struct journal *j, uint64_t line)
{
	if (line < j->unknown_to)
		line = j->unknown_to; /* of those an earlier run may have sent some */
	if (line >= j->reserved)
		return;
	j->reserved = line;
	buf_addf(&j->pending, "r %" PRIu64 "\n", line);
}

uint64_t journal_count(const struct journal *j, enum journal_state state)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < j->line_count; i++)
		n += j->states[i] == state;
	return n;
}

void journal_set(struct journal *j, uint64_t line, enum journal_state state)
{
	static const char letters[] = {
		[JOURNAL_ACCEPTED] = 'a',
		[JOURNAL_REFUSED] = 'x',
		[JOURNAL_BLANK] = 'b',
	};

	assert(state != JOURNAL_NONE);
	j->states[line - 1] = (unsigned char)state;
	buf_addf(&j->pending, "%c %" PRIu64 "\n", letters[state], line);
}

int journal_flush(struct journal *j, struct err *err)
{
	if (j->pending.full)
		return err_set(err, ERR_IO, "%s: too much to write at once", j->path);
	if (j->pending.n == 0)
		return 0;
	if (file_write_all(j->fd, buf_str(&j->pending), err) != 0) {
		/* No half line may stand before what is written next. */
		(void)!ftruncate(j->fd, (off_t)j->size_bytes);
		return err_wrap(err, "%s", j->path);
	}
	if (fdatasync(j->fd) != 0)
		return err_errno(err, "%s", j->path);
	j->size_bytes += j->pending.n;
	buf_reset(&j->pending);
	return 0;
}
