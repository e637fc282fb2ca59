#include "exec_sentinel.h"

#include <stdio.h>

#include "hash.h"
#include "shell.h"

enum { NONCE_BYTES = 8, STATUS_DIGITS_MAX = 3 };

void sentinel_init(struct sentinel *s)
{
	unsigned char nonce[NONCE_BYTES];
	char hex[2 * NONCE_BYTES];

	*s = (struct sentinel){ .status = -1 };
	hash_random(nonce, sizeof(nonce));
	hex_encode(nonce, sizeof(nonce), hex);
	(void)snprintf(s->word, sizeof(s->word), "opsctl-exit-%.*s:", (int)sizeof(hex), hex);
}

/* ---- the command line ---- */

void sentinel_plain_command(char *const *argv, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(out, ' ');
		shell_quote(out, str_from(argv[i]));
	}
}

/*
 * The line begins behind a line break of its own, because the command's output may end without one;
 * in the script the word is cut in two, so that a shell which echoes its script shows no sentinel.
 */
void sentinel_command(const struct sentinel *s, char *const *argv, size_t count, struct buf *out)
{
	struct buf script = BUF_INIT(out->max);

	sentinel_plain_command(argv, count, &script);
	buf_addf(&script, "; printf '\\n%%s%%s%%d\\n' 'opsctl-' '%s' \"$?\"",
	    s->word + strlen("opsctl-"));
	buf_adds(out, "/bin/sh -c ");
	shell_quote(out, buf_str(&script));
	out->full = out->full || script.full;
	buf_release(&script);
}

/* ---- the output ---- */

enum match { MATCH_NO, MATCH_MAYBE, MATCH_YES };

/* Whether `text` is, or may become, "\r\n<word><digits>\r\n"; a terminal puts the CRs there. */
static enum match match(const struct sentinel *s, struct str text, int *status)
{
	struct str word = str_from(s->word);
	size_t i = 0, digits = 0;
	int value = 0;

	if (i < text.n && text.p[i] == '\r')
		i++;
	if (i < text.n && text.p[i++] != '\n')
		return MATCH_NO;
	for (size_t k = 0; k < word.n && i < text.n; k++, i++)
		if (text.p[i] != word.p[k])
			return MATCH_NO;
	for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
		value = 10 * value + (text.p[i] - '0');
		if (++digits > STATUS_DIGITS_MAX)
			return MATCH_NO;
	}
	if (i < text.n && digits > 0 && text.p[i] == '\r')
		i++;
	if (i == text.n)
		return MATCH_MAYBE;
	*status = value;
	return digits > 0 && text.p[i] == '\n' ? MATCH_YES : MATCH_NO;
}

/* Take one byte; what cannot be the beginning any more goes out. */
static void take(struct sentinel *s, char c, struct buf *out)
{
	enum match m;

	s->held[s->held_n++] = c;
	while ((m = match(s, (struct str){ s->held, s->held_n }, &s->status)) == MATCH_NO &&
	    s->held_n > 0) {
		buf_addc(out, s->held[0]);
		memmove(s->held, s->held + 1, --s->held_n);
	}
	if (m == MATCH_YES) {
		s->held_n = 0;
		s->is_found = true;
	}
}

void sentinel_filter(struct sentinel *s, struct str piece, struct buf *out)
{
	for (size_t i = 0; i < piece.n; i++)
		if (s->is_found)
			buf_addc(out, piece.p[i]);
		else
			take(s, piece.p[i], out);
}

void sentinel_flush(struct sentinel *s, struct buf *out)
{
	buf_add(out, (struct str){ s->held, s->held_n });
	s->held_n = 0;
}
