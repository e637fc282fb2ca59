#include "creds_words.h"

/* POSIX 2.2: between single quotes all is literal; between double ones a backslash means
 * something only before itself and the quote (there are no variables here). */
struct reader {
	const char *at;
	char quote;      /* the one that is open, or NUL */
	bool is_in_word; /* "" is a word */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_escape(const struct reader *r)
{
	if (*r->at != '\\' || r->quote == '\'')
		return false;
	return !r->quote || r->at[1] == '"' || r->at[1] == '\\';
}

/* One byte, or a pair with a backslash. */
static void step(struct reader *r, struct buf *out)
{
	char c = *r->at;

	r->is_in_word = true;
	if (is_escape(r)) {
		r->at++;
		buf_addc(out, *r->at);
	} else if (c == r->quote) {
		r->quote = '\0';
	} else if (!r->quote && (c == '\'' || c == '"')) {
		r->quote = c;
	} else {
		buf_addc(out, c);
	}
	r->at++;
}

/* All words, each with its NUL. */
static int read_words(const char *text, struct buf *out, size_t *count, struct err *err)
{
	struct reader r = { .at = text };

	*count = 0;
	while (*r.at) {
		if (r.quote || !is_blank(*r.at)) {
			if (is_escape(&r) && !r.at[1])
				return err_set(err, ERR_CONFIG, "a backslash ends it");
			step(&r, out);
		} else {
			r.at++;
		}
		if (r.is_in_word && !r.quote && (!*r.at || is_blank(*r.at))) {
			buf_addc(out, '\0');
			r.is_in_word = false;
			*count += 1;
		}
	}
	if (r.quote)
		return err_set(err, ERR_CONFIG, "a quote is left open");
	if (*count == 0 || *count > WORDS_MAX || out->full)
		return err_set(err, ERR_CONFIG, "must have 1 to %d words and %d bytes", WORDS_MAX,
		    WORDS_BYTES_MAX);
	return 0;
}

int words_split(const char *text, struct words *out, struct err *err)
{
	struct words w = { .bytes = BUF_INIT(WORDS_BYTES_MAX) };
	char *at;

	if (read_words(text, &w.bytes, &w.count, err) != 0) {
		buf_wipe(&w.bytes);
		return -1;
	}
	at = w.bytes.p;
	for (size_t i = 0; i < w.count; i++) {
		w.argv[i] = at;
		at += strlen(at) + 1;
	}
	*out = w;
	return 0;
}

void words_release(struct words *w)
{
	if (w)
		buf_wipe(&w->bytes);
}
