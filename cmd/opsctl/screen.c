#include "screen.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fold.h"

enum { COLUMNS_USUAL = 80, LINES_USUAL = 24, STREAM_BYTES = 64 * 1024 };

/* A synchronized update (DEC mode 2026) is shown as a whole; who does not know it ignores it. */
#define SYNC_BEGIN "\033[?2026h"
#define SYNC_END   "\033[?2026l"

/* ---- size ---- */

static bool ask_size(int fd, size_t *columns, size_t *lines)
{
	struct winsize size;

	if (isatty(fd) != 1)
		return false;
	*columns = COLUMNS_USUAL;
	*lines = LINES_USUAL;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
		*columns = size.ws_col;
		*lines = size.ws_row;
	}
	return true;
}

size_t screen_columns(int fd)
{
	size_t columns, lines;

	return ask_size(fd, &columns, &lines) ? columns : SIZE_MAX;
}

bool screen_resized(struct screen *s)
{
	size_t columns = s->columns, lines = s->lines;

	(void)ask_size(STDOUT_FILENO, &columns, &lines); /* no terminal any more: as it was */
	if (columns == s->columns && lines == s->lines)
		return false;
	s->columns = columns;
	s->lines = lines;
	s->is_whole = true;
	return true;
}

/* ---- begin, end ---- */

void screen_begin(struct screen *s, struct cli *cli)
{
	*s = (struct screen){ .cli = cli, .is_whole = true };
	buf_init(&s->was.text, SCREEN_FRAME_MAX);
	buf_init(&s->is.text, SCREEN_FRAME_MAX);
	(void)screen_resized(s);
	/* A terminal's stream would write at each line break. Nothing was printed before. */
	(void)setvbuf(stdout, NULL, _IOFBF, STREAM_BYTES);
	out_text(cli, "\033[?1049h\033[?25l");
}

void screen_end(struct screen *s)
{
	if (s->columns == 0)
		return;
	s->columns = 0;
	out_text(s->cli, "\033[?25h\033[?1049l");
	buf_release(&s->was.text);
	buf_release(&s->is.text);
}

/* ---- lines ---- */

/* At most `room` characters of *s, which becomes what follows; how many they are. */
static size_t add_some(struct buf *out, struct str *s, size_t room)
{
	size_t taken = 0;

	for (; s->n > 0 && taken < room; taken++) {
		size_t n = str_utf8_length(*s);
		bool is_control = (unsigned char)s->p[0] < ' ' || s->p[0] == '\x7f';

		if (n == 0 || is_control)
			buf_addc(out, '?');
		else
			buf_add(out, str_slice(*s, 0, n));
		*s = str_skip(*s, n + (n == 0));
	}
	return taken;
}

static void add_colored(struct screen *s, enum out_color color, struct str *text, size_t room)
{
	struct buf *out = &s->is.text;

	buf_adds(out, color != COLOR_NONE ? out_color(s->cli, color) : "");
	(void)add_some(out, text, room);
	buf_adds(out, color != COLOR_NONE ? out_color(s->cli, COLOR_NONE) : "");
}

/* How many columns it took. */
static size_t add_column(struct screen *s, enum out_color color, const char *text, int width,
    size_t room)
{
	struct str rest = str_from(text != NULL ? text : "");
	size_t wide = width > 0 ? (size_t)width : 0, taken;

	wide = wide < room ? wide : room;
	taken = str_columns(rest);
	add_colored(s, color, &rest, wide);
	buf_addf(&s->is.text, "%*s", (int)(taken < wide ? wide - taken : 0), "");
	return wide;
}

static void end_line(struct screen *s)
{
	buf_addc(&s->is.text, '\n');
	s->is.count++;
}

/* Unlike on paper a word that is longer than a line is broken: the terminal must not do it. */
static void add_folded(struct screen *s, const struct screen_line *line, size_t indent)
{
	struct str rest = str_from(line->text != NULL ? line->text : "");
	bool is_first = true;

	do {
		struct str words = fold_line(&rest, s->columns - indent, true);

		do {
			if (!is_first)
				buf_addf(&s->is.text, "%*s", (int)indent, "");
			is_first = false;
			add_colored(s, line->text_color, &words, s->columns - indent);
			end_line(s);
		} while (words.n > 0);
	} while (rest.n > 0);
}

void screen_add(struct screen *s, const struct screen_line *line)
{
	size_t used = add_column(s, COLOR_NONE, line->head, line->head_width, s->columns);

	used += add_column(s, line->label_color, line->label, line->label_width, s->columns - used);
	if (used > s->columns / 2 && line->text != NULL &&
	    str_columns(str_from(line->text)) > s->columns - used) { /* too narrow: below */
		end_line(s);
		used = s->columns / 4;
		buf_addf(&s->is.text, "%*s", (int)used, "");
	}
	add_folded(s, line, used);
}

struct screen_mark screen_mark(const struct screen *s)
{
	return (struct screen_mark){ s->is.text.n, s->is.count };
}

void screen_back(struct screen *s, struct screen_mark to)
{
	buf_truncate(&s->is.text, to.bytes);
	s->is.count = to.count;
}

/* ---- painting ---- */

/* The line that `rest` begins with; `rest` becomes what follows. Empty behind the last one. */
static struct str next_line(struct str *rest)
{
	struct str line;

	(void)str_cut(*rest, '\n', &line, rest);
	return line;
}

static void paint_line(struct buf *out, size_t at, struct str line)
{
	/* Before and not behind it: behind a full line that would erase its last character. */
	buf_addf(out, "\033[%zu;1H\033[K", at + 1);
	buf_add(out, line);
}

static void paint_lines(struct screen *s, struct buf *out)
{
	struct str was = buf_str(&s->was.text), is = buf_str(&s->is.text);
	bool is_cut = s->is.count > s->lines;
	size_t shown = is_cut ? s->lines - 1 : s->is.count;
	char more[48];

	for (size_t i = 0; i < shown; i++) {
		struct str old = next_line(&was), new = next_line(&is);

		if (s->is_whole || i >= s->was.count || !str_eq(old, new))
			paint_line(out, i, new);
	}
	if (is_cut) {
		(void)snprintf(more, sizeof(more), "(%zu more lines)", s->is.count - shown);
		paint_line(out, shown, str_slice(str_from(more), 0, s->columns));
	}
	if (shown < s->lines && !is_cut)
		buf_addf(out, "\033[%zu;1H\033[J", shown + 1);
}

void screen_paint(struct screen *s)
{
	struct buf out = BUF_INIT(2 * SCREEN_FRAME_MAX);
	struct screen_frame painted = s->is;

	buf_adds(&out, SYNC_BEGIN);
	if (s->is_whole)
		buf_adds(&out, "\033[H\033[2J");
	paint_lines(s, &out);
	buf_adds(&out, SYNC_END);
	out_text(s->cli, "%s", buf_text(&out));
	buf_release(&out);

	painted.count = painted.count < s->lines ? painted.count : s->lines - 1;
	s->is = s->was; /* its memory is used again */
	buf_reset(&s->is.text);
	s->is.count = 0;
	s->was = painted;
	s->is_whole = false;
}
