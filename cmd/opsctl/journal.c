#include "journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"

enum {
	FILE_MAX = 2000 * 1000 * 1000,
	HEAD_MAX = 256,
	WRITE_AT = 1024 * 1024, /* so much waits for the next flush, no more */
	PENDING_MAX = 4 * WRITE_AT,
};

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

/* Every line up to `to` in state `from` becomes one in `state`. */
static void change_all(struct journal *j, uint64_t to, enum journal_state from,
    enum journal_state state)
{
	for (uint64_t i = 0; i < to; i++)
		if (j->states[i] == from)
			j->states[i] = (unsigned char)state;
}

/* One entry: its letter, its line, and of a reservation its time. */
struct entry {
	char letter;
	uint64_t line, ms;
};

static bool parse_entry(struct str text, struct entry *e)
{
	struct str line = str_skip(text, 2), ms = STR_NONE;

	if (text.n < 3 || text.p[1] != ' ')
		return false;
	e->letter = text.p[0];
	if (e->letter == 'r' &&
	    (!str_cut(line, ' ', &line, &ms) || !str_to_u64(ms, &e->ms) || e->ms > INT64_MAX))
		return false;
	return str_to_u64(line, &e->line) && (e->line > 0 || e->letter == 'r');
}

static int apply(struct journal *j, struct str text, struct err *err)
{
	struct entry e = { 0 };

	if (!parse_entry(text, &e) || e.line > j->line_count)
		e.letter = '\0';
	switch (e.letter) {
	case 'r':
		j->reserved = e.line;
		return 0;
	case 'a':
		j->states[e.line - 1] = JOURNAL_ACCEPTED;
		return 0;
	case 'x':
		j->states[e.line - 1] = JOURNAL_REFUSED;
		return 0;
	case 'b':
		j->states[e.line - 1] = JOURNAL_BLANK;
		return 0;
	case 'v':
		change_all(j, e.line, JOURNAL_ACCEPTED, JOURNAL_VERIFIED);
		return 0;
	case 'n':
		change_all(j, e.line, JOURNAL_REFUSED, JOURNAL_NONE);
		return 0;
	default:
		return err_set(err, ERR_CORRUPT, "journal %s: damaged at '%.*s'", j->path,
		    STR_ARG(str_slice(text, 0, 40)));
	}
}

/*
 * A line was sent after the first reservation that holds it, not counting those that were taken
 * back. Of all unknown lines the first was reserved first.
 */
static int64_t unknown_since(const struct journal *j, struct str entries)
{
	uint64_t first = 1;
	struct str text;
	struct entry e;
	int64_t since_ms = 0;

	while (first <= j->unknown_to && !journal_is_unknown(j, first))
		first++;
	if (first > j->unknown_to)
		return 0;
	while (str_cut(entries, '\n', &text, &entries)) {
		if (!parse_entry(text, &e) || e.letter != 'r')
			continue;
		if (e.line < first)
			since_ms = 0;
		else if (since_ms == 0)
			since_ms = (int64_t)e.ms;
	}
	return since_ms;
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
	struct str line, rest, entries;
	size_t whole = text.n;

	while (whole > 0 && text.p[whole - 1] != '\n')
		whole--;
	if (whole == 0 && !is_torn_head(text))
		return err_set(err, ERR_CORRUPT, "%s: not a journal of opsctl", j->path);
	rest = str_slice(text, 0, whole);
	j->existed = str_cut(rest, '\n', &line, &rest);
	if (j->existed && check_head(j, line, sha256, err) != 0)
		return -1;
	entries = rest;
	while (str_cut(rest, '\n', &line, &rest))
		if (apply(j, line, err) != 0)
			return -1;
	j->unknown_to = j->reserved;
	j->unknown_since_ms = unknown_since(j, entries);
	j->size_bytes = whole;
	if (whole < text.n && ftruncate(j->fd, (off_t)whole) != 0)
		return err_errno(err, "%s", j->path);
	return 0;
}

static int open_and_lock(struct journal *j, struct err *err)
{
	j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (j->fd < 0)
		return err_errno(err, "%s", j->path);
	if (flock(j->fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(err, ERR_BUSY, "%s: another opsctl works on it", j->path);
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
		if (journal_flush(j, err) != 0 || file_sync_parent(path, err) != 0)
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

static void add_reservation(struct journal *j, uint64_t upto, int64_t ms)
{
	j->reserved = upto;
	j->reserved_ms = ms;
	buf_addf(&j->pending, "r %" PRIu64 " %" PRId64 "\n", upto, ms);
}

/* A line that an earlier run may have sent keeps the time of that run. */
static bool is_reserved(const struct journal *j, uint64_t line, int64_t now_ms)
{
	int64_t age_ms = now_ms - j->reserved_ms;

	return line <= j->unknown_to ||
	    (line <= j->reserved && age_ms >= 0 && age_ms < JOURNAL_RESERVE_MS);
}

int journal_reserve(struct journal *j, uint64_t line, int64_t now_ms, struct err *err)
{
	uint64_t upto = line + JOURNAL_RESERVE - 1;

	if (is_reserved(j, line, now_ms))
		return 0;
	if (line <= j->reserved)
		add_reservation(j, line - 1, now_ms);
	add_reservation(j, upto < j->line_count ? upto : j->line_count, now_ms);
	return journal_flush(j, err);
}

void journal_unreserve(struct journal *j, uint64_t line)
{
	if (line < j->unknown_to)
		line = j->unknown_to; /* of those an earlier run may have sent some */
	if (line < j->reserved)
		add_reservation(j, line, j->reserved_ms);
}

uint64_t journal_count(const struct journal *j, enum journal_state state)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < j->line_count; i++)
		n += j->states[i] == state;
	return n;
}

/* The result of what is written counts at the next flush, which tries again. */
static int write_pending(struct journal *j, struct err *err)
{
	if (file_write_all(j->fd, buf_str(&j->pending), err) != 0) {
		/* No half line may stand before what is written next. */
		(void)!ftruncate(j->fd, (off_t)j->size_bytes);
		return err_wrap(err, "%s", j->path);
	}
	j->size_bytes += j->pending.n;
	j->is_unsynced |= j->pending.n > 0;
	buf_reset(&j->pending);
	return 0;
}

static void add_entry(struct journal *j, char letter, uint64_t line)
{
	struct err ignored; /* see write_pending() */

	buf_addf(&j->pending, "%c %" PRIu64 "\n", letter, line);
	if (j->pending.n >= WRITE_AT)
		(void)write_pending(j, &ignored);
}

void journal_set(struct journal *j, uint64_t line, enum journal_state state)
{
	static const char letters[] = {
		[JOURNAL_ACCEPTED] = 'a',
		[JOURNAL_REFUSED] = 'x',
		[JOURNAL_BLANK] = 'b',
	};

	assert(state < ARRAY_SIZE(letters) && letters[state] != '\0');
	j->states[line - 1] = (unsigned char)state;
	add_entry(j, letters[state], line);
}

void journal_set_verified(struct journal *j)
{
	if (journal_count(j, JOURNAL_ACCEPTED) == 0)
		return;
	change_all(j, j->line_count, JOURNAL_ACCEPTED, JOURNAL_VERIFIED);
	add_entry(j, 'v', j->line_count);
}

void journal_forget_refused(struct journal *j)
{
	if (journal_count(j, JOURNAL_REFUSED) == 0)
		return;
	change_all(j, j->line_count, JOURNAL_REFUSED, JOURNAL_NONE);
	add_entry(j, 'n', j->line_count);
}

int journal_flush(struct journal *j, struct err *err)
{
	if (j->pending.full)
		return err_set(err, ERR_IO, "%s: too much to write at once", j->path);
	if (write_pending(j, err) != 0)
		return -1;
	if (j->is_unsynced && fdatasync(j->fd) != 0)
		return err_errno(err, "%s", j->path);
	j->is_unsynced = false;
	return 0;
}
