#include "screen.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

/* ---- a line ---- */

/* At most `room` characters; how many it took. */
static size_t add_text(struct buf *out, struct str s, size_t room)
{
	size_t taken = 0;

	while (s.n > 0 && taken < room) {
		size_t n = str_utf8_length(s);
		bool is_control = (unsigned char)s.p[0] < ' ' || s.p[0] == '\x7f';

		if (n == 0 || is_control)
			buf_addc(out, '?');
		else
			buf_add(out, str_slice(s, 0, n));
		s = str_skip(s, n + (n == 0));
		taken++;
	}
	return taken;
}

static size_t add_column(struct buf *out, const char *text, int width, size_t room)
{
	size_t taken = add_text(out, str_from(text), room);

	for (; taken < (size_t)width && taken < room; taken++)
		buf_addc(out, ' ');
	return taken;
}

void screen_add(struct screen *s, const struct screen_line *line)
{
	struct buf *out = &s->is.text;
	size_t room = s->columns;

	room -= add_column(out, line->head, line->head_width, room);
	buf_adds(out, line->color != COLOR_NONE ? out_color(s->cli, line->color) : "");
	room -= add_column(out, line->word, line->word_width, room);
	buf_adds(out, line->color != COLOR_NONE ? out_color(s->cli, COLOR_NONE) : "");
	(void)add_text(out, str_from(line->rest), room);
	buf_addc(out, '\n');
	s->is.count++;
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
	buf_addf(out, "\033[%zu;1H", at + 1);
	buf_add(out, line);
	buf_adds(out, "\033[K");
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
	buf_addf(out, "\033[%zu;1H%s", shown + 1 + is_cut, is_cut ? "" : "\033[J");
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
