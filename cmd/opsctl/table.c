#include <assert.h>
#include <unistd.h>

#include "cli.h"
#include "fold.h"
#include "mem.h"
#include "screen.h"

enum {
	TABLE_MAX = 64 * 1024 * 1024,
	COLUMN_GAP = 2,
	INDENT = 4,           /* of what does not fit beside the columns before it */
	LAST_COLUMN_MIN = 24, /* to be folded in its place; with less it goes below */
};

/* How rows are laid out: the terminal's width, and how many columns stand beside each other. */
struct layout {
	size_t *widths;
	size_t room;  /* SIZE_MAX: no terminal, one line for each row whatever its length */
	size_t count; /* columns in a row's first line */
	bool folds;   /* the last of them is folded where it stands */
};

/* Control characters would move the cursor; what stands in a queue is not to be trusted. */
static void add_printable(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_addc(out, (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i]);
}

static void add_cell(struct out_table *t, struct str text)
{
	add_printable(&t->cells, text);
	buf_addc(&t->cells, '\0');
	t->count++;
}

void out_table_init(struct out_table *t, const char *const *header, size_t columns)
{
	*t = (struct out_table){ .cells = BUF_INIT(TABLE_MAX), .columns = columns };
	for (size_t i = 0; i < columns; i++)
		add_cell(t, str_from(header[i]));
}

void out_table_cell(struct out_table *t, const char *fmt, ...)
{
	struct buf text = BUF_INIT(TABLE_MAX);
	va_list args;

	va_start(args, fmt);
	buf_addv(&text, fmt, args);
	va_end(args);
	add_cell(t, buf_str(&text));
	buf_release(&text);
}

/* All columns where they fit, or can with the last one folded; else as many as do. */
static void choose_layout(struct layout *l, size_t columns)
{
	size_t used = 0;

	for (l->count = 0; l->count < columns; l->count++) {
		size_t gap = l->count > 0 ? COLUMN_GAP : 0;

		if (l->widths[l->count] > l->room || used + gap > l->room - l->widths[l->count])
			break;
		used += gap + l->widths[l->count];
	}
	l->folds = l->count + 1 == columns && l->count > 0 &&
	    l->room - used >= LAST_COLUMN_MIN + COLUMN_GAP;
	if (l->folds || l->count == 0)
		l->count++;
}

/* What has no place beside the others: below them, as much on a line as fits. */
static void print_below(struct cli *cli, struct str text, bool is_first, size_t room, size_t *at)
{
	if (text.n == 0)
		return;
	if (is_first || *at + COLUMN_GAP + text.n > room) {
		out_text(cli, "\n%*s", INDENT, "");
		*at = INDENT;
	} else {
		out_text(cli, " "); /* and one before each word */
		++*at;
	}
	fold_words(cli, text, INDENT, room, at);
}

static void print_row(struct cli *cli, const char *const *row, size_t columns,
    const struct layout *l)
{
	size_t at = 0;

	for (size_t i = 0; i < l->count; i++) {
		bool is_last = i + 1 == l->count;
		size_t width = str_columns(str_from(row[i])),
		       fill = is_last ? 0 : l->widths[i] + COLUMN_GAP - width;
		size_t begin = at;

		if (is_last && l->folds)
			fold_words(cli, str_from(row[i]), begin, l->room, &at);
		else
			out_text(cli, "%s%*s", row[i], (int)fill, "");
		at = begin + width + fill;
	}
	for (size_t i = l->count; i < columns; i++)
		print_below(cli, str_from(row[i]), i == l->count, l->room, &at);
}

void out_table_print(struct cli *cli, struct out_table *t)
{
	const char **cells = xcalloc(t->count, sizeof(cells[0]));
	struct layout l = { .widths = xcalloc(t->columns, sizeof(l.widths[0])),
		.room = screen_columns(STDOUT_FILENO) };
	const char *at = buf_text(&t->cells);

	assert(t->count % t->columns == 0 && !t->cells.full);
	for (size_t i = 0; i < t->count; i++, at += strlen(at) + 1) {
		cells[i] = at;
		if (str_columns(str_from(at)) > l.widths[i % t->columns])
			l.widths[i % t->columns] = str_columns(str_from(at));
	}
	choose_layout(&l, t->columns);
	for (size_t i = 0; i < t->count; i += t->columns) {
		out_text(cli, "%s", i == 0 ? out_color(cli, COLOR_DIM) : "");
		print_row(cli, cells + i, t->columns, &l);
		out_text(cli, "%s\n", i == 0 ? out_color(cli, COLOR_NONE) : "");
	}
	free(l.widths);
	free(cells);
	buf_release(&t->cells);
	*t = (struct out_table){ 0 };
}
