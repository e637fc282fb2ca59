#include "shell.h"

/* These mean themselves to every shell, wherever they stand in a word. */
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+,-"

/* A quote inside ends them, stands alone, and begins them again: 'it'\''s'. */
void shell_quote(struct buf *out, struct str word)
{
	buf_addc(out, '\'');
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, word.p[i]);
	buf_addc(out, '\'');
}

void shell_word(struct buf *out, struct str word)
{
	if (word.n > 0 && str_only(word, PLAIN))
		buf_add(out, word);
	else
		shell_quote(out, word);
}
