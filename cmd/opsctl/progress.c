#include <inttypes.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

enum { SHOW_AFTER_US = 1000 * 1000, REDRAW_US = 100 * 1000, BAR_WIDTH = 20, LINE_MAX_BYTES = 1024 };

static bool can_animate(const struct cli *cli)
{
	const char *term = getenv("TERM");

	return cli->is_tty_err && !cli->quiet && term != NULL && strcmp(term, "dumb") != 0;
}

void progress_begin(struct progress *p, struct cli *cli, const char *what, uint64_t total)
{
	*p = (struct progress){ .cli = cli, .what = what, .total = total };
	p->began_us = clock_mono_us(cli->clock);
}

static size_t terminal_width(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* "[######..............]  31%  " */
static void add_bar(struct buf *line, uint64_t done, uint64_t total)
{
	double part = done < total ? (double)done / (double)total : 1.0;
	unsigned full = (unsigned)(part * BAR_WIDTH);

	buf_addc(line, '[');
	for (unsigned i = 0; i < BAR_WIDTH; i++)
		buf_addc(line, i < full ? '#' : '.');
	buf_addf(line, "] %3u%%  ", (unsigned)(part * 100));
}

static void add_figures(struct buf *line, const struct progress *p, double elapsed_s)
{
	double rate = (double)p->done / elapsed_s;

	if (p->total > 0)
		add_bar(line, p->done, p->total);
	buf_addf(line, "%" PRIu64, p->done);
	if (p->total > 0)
		buf_addf(line, "/%" PRIu64, p->total);
	buf_addf(line, "  %.0f/s", rate);
	if (p->total > p->done && rate > 0)
		buf_addf(line, "  %.0f s left", (double)(p->total - p->done) / rate);
}

static void draw(struct progress *p, int64_t now_us, const char *extra)
{
	struct buf line = BUF_INIT(LINE_MAX_BYTES);
	double elapsed_s = (double)(now_us - p->began_us) / 1e6;

	buf_addf(&line, "%s ", p->what);
	if (p->total > 0 || p->done > 0)
		add_figures(&line, p, elapsed_s);
	else
		buf_addf(&line, " %.0f s", elapsed_s); /* a wait, nothing to count */
	if (extra != NULL)
		buf_addf(&line, "  %s", extra);

	/* One column less than the terminal has: the last one would wrap on some. */
	(void)fprintf(stderr, "\r%.*s\033[K", (int)(terminal_width() - 1), buf_text(&line));
	(void)fflush(stderr);
	buf_release(&line);
}

void progress_update(struct progress *p, uint64_t done, const char *extra)
{
	int64_t now_us = clock_mono_us(p->cli->clock);

	p->done = done;
	if (!can_animate(p->cli) || now_us - p->began_us < SHOW_AFTER_US ||
	    now_us - p->drawn_us < REDRAW_US)
		return;
	p->drawn_us = now_us;
	p->is_shown = true;
	draw(p, now_us, extra);
}

void progress_end(struct progress *p)
{
	if (p->is_shown)
		(void)fputs("\r\033[K", stderr);
	p->is_shown = false;
}
