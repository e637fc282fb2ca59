/*
 * The log file of a service on this machine. It is read from the first line of the time wanted,
 * which is looked for by halves, since lines stand in the order of time; and followed when it is
 * moved away and made anew, or cut.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logline.h"
#include "logsource.h"
#include "mem.h"

enum { POLL_MS = 200, PIECE_MAX = 256 * 1024, NEAR_ENOUGH = 64 * 1024 };

#define CUT_MARK " ... (cut: the line is longer than 1 MiB)"
_Static_assert(LOGVIEW_LINE_MAX == 1024 * 1024, "what the mark says");

struct log_file {
	struct log_source base;
	char path[CONTEXT_VALUE_MAX + 32];
	int fd; /* -1: it is not there */
	ino_t inode;
	off_t at;          /* of the next byte to be read */
	struct buf line;   /* that is not whole yet */
	bool is_cut_short; /* what follows of the line is dropped: the rest of it is not wanted */
};

/* ---- lines ---- */

static void take_line(struct log_file *f, struct str line)
{
	struct log_source *s = &f->base;
	struct log_line out = {
		.source = s->number,
		.got_ms = clock_mono_ms(s->view->cli->clock),
		.message = line,
	};
	struct logline read;

	if (line.n == 0)
		return;
	logline_read(line, &read, NULL);
	/* What a crashing program leaves has no time: it is of the line before. */
	out.at_ms = read.at_ms >= 0 ? read.at_ms : s->read_to_ms;
	if (out.at_ms > s->read_to_ms)
		s->read_to_ms = out.at_ms;
	logview_take(s->view, &out);
}

/* More of a line. One that is longer than we take is given at once: its end may never come. */
static void take_part(struct log_file *f, struct str part)
{
	struct str kept = str_slice(part, 0, LOGVIEW_LINE_MAX - f->line.n);

	if (f->is_cut_short)
		return;
	buf_add(&f->line, kept);
	if (kept.n == part.n)
		return;
	buf_adds(&f->line, CUT_MARK);
	take_line(f, buf_str(&f->line));
	buf_reset(&f->line);
	f->is_cut_short = true;
}

static void take_bytes(struct log_file *f, struct str bytes)
{
	struct str head;

	while (str_cut(bytes, '\n', &head, &bytes)) {
		take_part(f, head);
		take_line(f, buf_str(&f->line));
		buf_reset(&f->line);
		f->is_cut_short = false;
	}
	take_part(f, head);
}

/* ---- where to begin ---- */

/* The time of the first line behind `at` that has one; false: there is none near. */
static bool time_behind(int fd, off_t at, int64_t *out_ms)
{
	char bytes[NEAR_ENOUGH];
	ssize_t n = pread(fd, bytes, sizeof(bytes), at);
	struct str line, rest = { bytes, n > 0 ? (size_t)n : 0 };
	struct logline read;

	if (at > 0)
		(void)str_cut(rest, '\n', &line, &rest); /* the end of some line */
	while (str_cut(rest, '\n', &line, &rest)) {
		logline_read(line, &read, NULL);
		if (read.at_ms >= 0) {
			*out_ms = read.at_ms;
			return true;
		}
	}
	return false;
}

/* An offset at or shortly before the first line that is wanted. */
static off_t find_begin(int fd, off_t size, int64_t since_ms)
{
	off_t low = 0, high = size;
	int64_t at_ms;

	while (high - low > NEAR_ENOUGH) {
		off_t middle = low + (high - low) / 2;

		if (time_behind(fd, middle, &at_ms) && at_ms < since_ms)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* ---- the file ---- */

/* 0 also when it is not there: that is its end. */
static int open_file(struct log_file *f, bool is_first, struct err *err)
{
	struct stat st;

	f->fd = open(f->base.place, O_RDONLY | O_CLOEXEC);
	if (f->fd == -1 && errno == ENOENT)
		return 0;
	if (f->fd == -1 || fstat(f->fd, &st) != 0)
		return err_errno(err, "%s", f->base.place);
	f->inode = st.st_ino;
	f->at = is_first ? find_begin(f->fd, st.st_size, f->base.view->wanted.since_ms) : 0;
	f->is_cut_short = f->at > 0; /* the rest of a line that began before */
	return 0;
}

static void leave(struct log_file *f)
{
	if (f->fd != -1)
		(void)close(f->fd); /* was only read */
	f->fd = -1;
	buf_reset(&f->line);
	f->is_cut_short = false;
}

/* Whether another file has its name now, or it was cut; what was left of it has been read. */
static bool is_another(struct log_file *f)
{
	struct stat st;

	if (stat(f->base.place, &st) != 0)
		return false; /* moved away: the next one is not there yet */
	if (st.st_ino == f->inode && st.st_size >= f->at)
		return false;
	out_note(f->base.view->cli, "-- %s: begins anew", f->base.place);
	return true;
}

static int read_piece(struct log_file *f, struct err *err)
{
	char bytes[PIECE_MAX];
	ssize_t n = pread(f->fd, bytes, sizeof(bytes), f->at);

	if (n < 0)
		return err_errno(err, "%s", f->base.place);
	f->at += n;
	f->base.is_at_end = n == 0;
	take_bytes(f, (struct str){ bytes, (size_t)n });
	return 0;
}

static int read_file(struct log_source *s, struct err *err)
{
	struct log_file *f = (struct log_file *)s;

	if (f->fd == -1 && open_file(f, f->inode == 0, err) != 0)
		return -1;
	s->is_at_end = true;
	if (f->fd == -1)
		return 0;
	if (read_piece(f, err) != 0)
		return -1;
	if (s->is_at_end && is_another(f)) {
		leave(f);
		s->is_at_end = false;
	}
	return 0;
}

static void close_file(struct log_source *s)
{
	struct log_file *f = (struct log_file *)s;

	leave(f);
	buf_release(&f->line);
	free(f);
}

struct log_source *logsource_file(struct logview *view, const char *service, const char *dir,
    const char *name)
{
	struct log_file *f = xcalloc(1, sizeof(*f));

	(void)snprintf(f->path, sizeof(f->path), "%s/%s", dir, name); /* names are short */
	f->base = (struct log_source){
		.view = view,
		.number = logview_add_service(view, service),
		.place = f->path,
		.read_to_ms = view->wanted.since_ms,
		.poll_ms = POLL_MS,
		.read = read_file,
		.close = close_file,
	};
	f->fd = -1;
	buf_init(&f->line, LOGVIEW_LINE_MAX + strlen(CUT_MARK));
	return &f->base;
}
