#include "json_indent.h"

static void break_line(struct buf *out, unsigned depth)
{
	buf_addf(out, "\n%*s", (int)(2 * depth), "");
}

static bool is_closing(char c)
{
	return c == '}' || c == ']';
}

/* Behind the string that begins at `at`. */
static size_t string_end(struct str json, size_t at)
{
	size_t i = at + 1;

	while (i < json.n && json.p[i] != '"')
		i += json.p[i] == '\\' ? 2 : 1;
	return i + 1;
}

void json_indent(struct str json, struct buf *out)
{
	unsigned depth = 0;

	for (size_t i = 0; i < json.n; i++) {
		char c = json.p[i];
		bool opens = c == '{' || c == '[';

		if (c == '"') {
			size_t end = string_end(json, i);

			buf_add(out, str_slice(json, i, end));
			i = end - 1;
			continue;
		}
		if (is_closing(c) && depth > 0)
			break_line(out, --depth);
		buf_addc(out, c);
		if (c == ':')
			buf_addc(out, ' ');
		if (opens && i + 1 < json.n && is_closing(json.p[i + 1]))
			buf_addc(out, json.p[++i]); /* an empty one stays together */
		else if (opens)
			break_line(out, ++depth);
		else if (c == ',')
			break_line(out, depth);
	}
}
