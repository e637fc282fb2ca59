#include <assert.h>

#include "cli.h"
#include "mem.h"

enum { TABLE_MAX = 64 * 1024 * 1024, COLUMN_GAP = 2 };

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

/* Characters, not bytes: continuation bytes of UTF-8 take no room. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void print_row(struct cli *cli, const char *const *row, size_t columns, const size_t *widths)
{
	for (size_t i = 0; i < columns; i++) {
		size_t room = i + 1 < columns ? widths[i] + COLUMN_GAP : 0;
		size_t width = width_of(row[i]);

		out_text(cli, "%s%*s", row[i], room > width ? (int)(room - width) : 0, "");
	}
}

void out_table_print(struct cli *cli, struct out_table *t)
{
	const char **cells = xcalloc(t->count, sizeof(cells[0]));
	size_t *widths = xcalloc(t->columns, sizeof(widths[0]));
	const char *at = buf_text(&t->cells);

	assert(t->count % t->columns == 0 && !t->cells.full);
	for (size_t i = 0; i < t->count; i++, at += strlen(at) + 1) {
		cells[i] = at;
		if (width_of(at) > widths[i % t->columns])
			widths[i % t->columns] = width_of(at);
	}
	for (size_t i = 0; i < t->count; i += t->columns) {
		out_text(cli, "%s", i == 0 ? out_color(cli, COLOR_DIM) : "");
		print_row(cli, cells + i, t->columns, widths);
		out_text(cli, "%s\n", i == 0 ? out_color(cli, COLOR_NONE) : "");
	}
	free(widths);
	free(cells);
	buf_release(&t->cells);
	*t = (struct out_table){ 0 };
}
