/* What of a body a tape keeps. */
#include "hash.h"
#include "http_tape_core.h"
#include "redact.h"

enum { DEPTH_MAX = JSON_DEPTH_MAX - 2 };

/* ---- without secrets ---- */

struct secrets {
	const struct str *values;
	size_t count;
};

/* Line by line: what is redacted would lose the ends of lines, by which some answers are read. */
static void add_text(struct str text, const struct secrets *s, struct buf *out)
{
	struct str line;

	while (str_cut(text, '\n', &line, &text)) {
		redact_body(out, line, line.n, s->values, s->count);
		buf_addc(out, '\n');
	}
	redact_body(out, line, line.n, s->values, s->count);
}

static void write_text(struct json_writer *w, const char *text, const struct secrets *s)
{
	/* Larger than what it goes into: where this is full, that is. */
	struct buf shown = BUF_INIT(2 * HTTP_TAPE_LINE_MAX);

	add_text(str_from(text), s, &shown);
	json_str(w, buf_str(&shown));
	buf_release(&shown);
}

static void write_value(struct json_writer *w, const struct json *value, bool is_hidden,
    const struct secrets *s);

static void write_members(struct json_writer *w, const struct json *value, bool is_hidden,
    const struct secrets *s)
{
	const char *key;

	json_object_begin(w);
	for (size_t i = 0; (key = json_key_at(value, i)) != NULL; i++) {
		json_key(w, key);
		write_value(w, json_get(value, key), is_hidden || redact_hides(str_from(key)), s);
	}
	json_object_end(w);
}

static void write_elements(struct json_writer *w, const struct json *value, bool is_hidden,
    const struct secrets *s)
{
	json_array_begin(w);
	for (size_t i = 0; i < json_count(value); i++)
		write_value(w, json_at(value, i), is_hidden, s);
	json_array_end(w);
}

/* The same document without secrets: it must still be one, or nobody could read it again. */
static void write_value(struct json_writer *w, const struct json *value, bool is_hidden,
    const struct secrets *s)
{
	const char *text = json_get_text(value, NULL);
	bool is_scalar = json_count(value) == 0;

	if ((text && is_hidden) || (!is_scalar && w->depth >= DEPTH_MAX))
		json_text(w, REDACTED);
	else if (text)
		write_text(w, text, s);
	else if (is_scalar)
		json_value(w, value);
	else if (json_key_at(value, 0))
		write_members(w, value, is_hidden, s);
	else
		write_elements(w, value, is_hidden, s);
}

static void add_document(struct str body, const struct secrets *s, struct buf *out)
{
	struct str trimmed = str_trim(body);
	struct json *doc = NULL;
	struct json_writer w;
	struct err ignored; /* what is no JSON is kept as text */

	if (trimmed.n == 0 || *trimmed.p != '{' || json_parse(trimmed, &doc, &ignored) != 0) {
		add_text(body, s, out);
		return;
	}
	json_writer_init(&w, out);
	write_value(&w, doc, false, s);
	json_free(doc);
}

/* ---- forms ---- */

static bool is_text(struct str s)
{
	while (s.n > 0) {
		size_t n = str_utf8_length(s);

		if (n == 0 || *s.p == '\0')
			return false;
		s = str_skip(s, n);
	}
	return true;
}

enum http_tape_form http_tape_body(const struct http_request *r, struct str body, struct buf *out)
{
	const struct secrets secrets = { r->secrets, r->secret_count };
	enum http_tape_form form = HTTP_TAPE_TEXT;

	if (is_text(body)) {
		add_document(body, &secrets, out);
	} else if (r->keeps_bytes > 0) {
		hash_base64_encode(out, str_slice(body, 0, r->keeps_bytes));
		form = HTTP_TAPE_BASE64;
	} else {
		form = HTTP_TAPE_NO_TEXT;
	}
	if (!out->full)
		return form;
	buf_reset(out);
	return HTTP_TAPE_TOO_LARGE;
}
