#include "inifile.h"

#include <ini.h>

#include "mem.h"

struct reading {
	struct str rest;
	struct inifile *out;
	size_t line;
	size_t bad_line; /* 0: none */
	const char *why;
};

static const char byte_order_mark[] = "\xef\xbb\xbf";

/* Some editors begin a file with one. */
static struct str skip_byte_order_mark(struct str text)
{
	struct str mark = str_from(byte_order_mark);

	return str_skip(text, str_has_prefix(text, mark) ? mark.n : 0);
}

static bool line_is_header(struct str line)
{
	return str_has_prefix(str_trim(line), STR("["));
}

static bool line_opens(struct str line, const char *section)
{
	struct str name, rest;

	return line_is_header(line) && str_cut(str_skip(str_trim(line), 1), ']', &name, &rest) &&
	    str_is(name, section);
}

static bool has_control_character(struct str line)
{
	for (size_t i = 0; i < line.n; i++)
		if (((unsigned char)line.p[i] < ' ' && line.p[i] != '\t' && line.p[i] != '\r') ||
		    line.p[i] == 0x7f)
			return true;
	return false;
}

/* What libinih would read otherwise than it stands there; NULL: nothing. */
static const char *fault_of(struct str line)
{
	if (line.n > INIFILE_LINE_MAX)
		return "the line is too long"; /* its rest would be the next one */
	if (has_control_character(line))
		return "there is a control character in the line";
	if (str_has_prefix(str_trim(line), str_from(byte_order_mark)))
		return "there is a byte order mark in the line"; /* it would skip that one, too */
	if (line_opens(line, ""))
		return "the section has no name";
	return NULL;
}

/* Without blanks at its begin: they would make it a part of the line before. */
static char *next_line(char *out, int size, void *arg)
{
	struct reading *r = arg;
	struct str line;

	if (r->rest.n == 0)
		return NULL;
	(void)str_cut(r->rest, '\n', &line, &r->rest); /* the last line may have no end */
	r->line++;
	if (r->bad_line == 0 && fault_of(line) != NULL) {
		r->bad_line = r->line;
		r->why = fault_of(line);
	}
	(void)snprintf(out, (size_t)size, "%.*s", STR_ARG(str_trim(line)));
	return out;
}

static int add_row(void *arg, const char *section, const char *key, const char *value)
{
	struct reading *r = arg;
	struct inifile *out = r->out;

	if (r->bad_line == 0 && inifile_get(out, section, key) != NULL) {
		r->bad_line = r->line;
		r->why = "the key is there twice";
	}
	out->rows = xrealloc(out->rows, (out->count + 1) * sizeof(out->rows[0]));
	out->rows[out->count++] = (struct inifile_row){ xstrdup(section), xstrdup(key),
		xstrdup(value) };
	return 1;
}

int inifile_parse(struct str text, const char *path, struct inifile *out, struct err *err)
{
	struct inifile ini = { 0 };
	struct reading r = { .rest = skip_byte_order_mark(text), .out = &ini };
	int line = ini_parse_stream(next_line, &r, add_row, &r);

	if (r.bad_line == 0 && line != 0) {
		r.bad_line = line > 0 ? (size_t)line : 0;
		r.why = "neither [section] nor key = value";
	}
	if (r.why != NULL) {
		inifile_release(&ini);
		return err_set(err, ERR_CONFIG, "%s:%zu: %s", path, r.bad_line, r.why);
	}
	*out = ini;
	return 0;
}

void inifile_release(struct inifile *ini)
{
	for (size_t i = 0; i < ini->count; i++) {
		free(ini->rows[i].section);
		free(ini->rows[i].key);
		free(ini->rows[i].value);
	}
	free(ini->rows);
	*ini = (struct inifile){ 0 };
}

const char *inifile_get(const struct inifile *ini, const char *section, const char *key)
{
	for (size_t i = 0; i < ini->count; i++)
		if (strcmp(ini->rows[i].section, section) == 0 &&
		    strcmp(ini->rows[i].key, key) == 0)
			return ini->rows[i].value;
	return NULL;
}

/* ---- writing ---- */

int inifile_add_line(struct buf *out, const char *key, const char *value, struct err *err)
{
	struct str v = str_from(value);

	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < ' ' || v.p[i] == 0x7f)
			return err_set(err, ERR_INVALID, "%s: control character in the value", key);
	if (v.n != str_trim(v).n || str_has_prefix(v, STR(";")) || str_contains(v, STR(" ;")))
		return err_set(err, ERR_INVALID, "%s: '%s' cannot stand in an ini file", key,
		    value);
	if (strlen(key) + v.n + 3 > INIFILE_LINE_MAX)
		return err_set(err, ERR_INVALID, "%s: the value is longer than %zu bytes", key,
		    INIFILE_LINE_MAX - strlen(key) - 3);
	buf_addf(out, "%s = %s\n", key, value);
	return 0;
}

/* "key = value", which libinih also takes with a colon. */
static bool line_sets(struct str line, const char *key)
{
	size_t equals = str_find(line, '='), colon = str_find(line, ':');
	size_t end = equals < colon ? equals : colon;

	return end < line.n && str_is(str_trim(str_slice(line, 0, end)), key);
}

/* Each call takes one line, its end included. */
static struct str take_line(struct str *rest)
{
	size_t n = str_find(*rest, '\n');
	struct str line = str_slice(*rest, 0, n + 1);

	*rest = str_skip(*rest, line.n);
	return line;
}

void inifile_put_section(struct str text, const char *section, struct str lines, struct buf *out)
{
	bool is_inside = false, is_put = lines.n == 0, has_gap = true;

	text = skip_byte_order_mark(text);
	while (text.n > 0) {
		struct str line = take_line(&text);

		if (line_is_header(line))
			is_inside = line_opens(line, section);
		if (is_inside && !is_put) {
			buf_addf(out, "[%s]\n%.*s", section, STR_ARG(lines));
			is_put = true;
			has_gap = false;
		}
		if (is_inside)
			continue;
		buf_adds(out, has_gap ? "" : "\n");
		buf_add(out, line);
		has_gap = true;
	}
	if (!is_put) {
		if (out->n > 0)
			buf_adds(out, str_has_suffix(buf_str(out), STR("\n")) ? "\n" : "\n\n");
		buf_addf(out, "[%s]\n%.*s", section, STR_ARG(lines));
	}
}

void inifile_put_head(struct str text, const char *key, struct str line, struct buf *out)
{
	bool is_head = true, is_put = false;
	struct str rest;

	text = rest = skip_byte_order_mark(text);
	/* At the place of the old line when there is one, else on top. */
	while (rest.n > 0) {
		struct str old = take_line(&rest);

		if (line_is_header(old))
			break;
		is_put = is_put || line_sets(old, key);
	}
	if (!is_put)
		buf_add(out, line);
	if (!is_put && line.n > 0 && line_is_header(text))
		buf_addc(out, '\n');
	while (text.n > 0) {
		struct str old = take_line(&text);

		is_head = is_head && !line_is_header(old);
		buf_add(out, is_head && line_sets(old, key) ? line : old);
	}
}
