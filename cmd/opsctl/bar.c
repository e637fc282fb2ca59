#include "bar.h"

#include <unistd.h>

enum { EIGHTHS = 8 };

bool bar_is_unicode(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *term = getenv("TERM");

	if (isatty(STDOUT_FILENO) != 1 || !term || str_is(str_from(term), "dumb"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct str locale = str_from(getenv(names[i])), charset;

		if (locale.n == 0)
			continue; /* the next one decides */
		(void)str_cut(locale, '.', &locale, &charset);
		return str_eq_nocase(charset, STR("UTF-8")) || str_eq_nocase(charset, STR("UTF8"));
	}
	return false;
}

/* Where a point lies, in parts of all columns; within them, whatever the point. */
static unsigned place(int64_t at, int64_t whole, unsigned parts)
{
	if (at <= 0 || whole <= 0)
		return 0;
	return at >= whole ? parts : (unsigned)((double)at * (double)parts / (double)whole);
}

/* Blocks fill a column from its left side, so that a bar begins with a column. */
static void add_blocks(struct buf *out, unsigned eighths)
{
	static const char *const blocks[EIGHTHS] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };

	for (; eighths >= EIGHTHS; eighths -= EIGHTHS)
		buf_adds(out, "█");
	buf_adds(out, blocks[eighths]);
}

void bar_add(struct buf *out, int64_t from, int64_t to, int64_t whole, unsigned width,
    bool is_unicode)
{
	unsigned steps = is_unicode ? EIGHTHS : 1;
	unsigned begin = place(from, whole, width), end = place(to, whole, width * steps);

	if (begin == width)
		begin--; /* a sliver must have room */
	for (unsigned i = 0; i < begin; i++)
		buf_addc(out, ' ');
	if (end <= begin * steps)
		end = begin * steps + 1;
	if (is_unicode)
		add_blocks(out, end - begin * steps);
	else
		for (unsigned i = begin; i < end; i++)
			buf_addc(out, '=');
}
