#include "fold.h"

#include <unistd.h>

#include "screen.h"

void fold_words(struct cli *cli, struct str text, size_t indent, size_t room, size_t *at)
{
	struct str word;

	while (text.n > 0) {
		size_t start = *at, width;

		(void)str_cut(text, ' ', &word, &text); /* the last one has no space behind it */
		width = str_columns(word);
		if (start > indent && start + 1 + width > room) {
			out_text(cli, "\n%*s", (int)indent, "");
			start = indent;
		} else if (start > indent) {
			out_text(cli, " ");
			start++;
		}
		out_text(cli, "%.*s", STR_ARG(word));
		*at = start + width;
	}
}

void fold_rest(struct cli *cli, size_t used, size_t indent, const char *text)
{
	fold_words(cli, str_from(text), indent, screen_columns(STDOUT_FILENO), &used);
	out_text(cli, "\n");
}
