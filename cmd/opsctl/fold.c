#include "fold.h"

#include <unistd.h>

#include "screen.h"

struct str fold_line(struct str *rest, size_t room, bool is_empty)
{
	struct str text = *rest, line = str_slice(text, 0, 0);
	size_t begin = 0; /* of the next word */

	do {
		size_t end = begin + str_find(str_skip(text, begin), ' ');
		struct str longer = str_slice(text, 0, end);

		if (str_columns(longer) > room && (begin > 0 || !is_empty))
			break;
		line = longer;
		begin = end + 1;
	} while (begin < text.n);
	*rest = str_skip(text, begin);
	return line;
}

void fold_words(struct cli *cli, struct str text, size_t indent, size_t room, size_t *at)
{
	while (text.n > 0) {
		bool is_empty = *at <= indent;
		size_t begin = *at + !is_empty, left = text.n;
		struct str line = fold_line(&text, room > begin ? room - begin : 0, is_empty);

		if (text.n == left) {
			out_text(cli, "\n%*s", (int)indent, "");
			*at = indent;
		} else {
			out_text(cli, "%s%.*s", is_empty ? "" : " ", STR_ARG(line));
			*at = begin + str_columns(line);
		}
	}
}

void fold_rest(struct cli *cli, size_t used, size_t indent, const char *text)
{
	fold_words(cli, str_from(text), indent, screen_columns(STDOUT_FILENO), &used);
	out_text(cli, "\n");
}
