#include "redact.h"

#include "redact_value.h"

/* ---- names: too much hidden is better than too little ---- */

static const char *const hidden_parts[] = { "api-key", "apikey", "assertion", "authorization",
	"canonicalrequest", /* S3 shows what it was to be, token included */
	"cookie", "customer-key", "dpop", "passphrase", "password", "privatekey", "private_key",
	"secret", "signature", "stringtosign", "token" };

/* One of the words between the dots; SSM and environments of containers. */
static const char hidden_word[] = "value";

/* They contain a part from above and hide nothing. */
static const char *const shown[] = { "ClientRequestToken", "ClientToken", "continuation-token",
	"ContinuationToken", "NextContinuationToken", "NextToken", "SecretId", "SecretARN",
	"secretsmanager" };

static bool contains_nocase(struct str s, struct str part)
{
	for (size_t i = 0; i + part.n <= s.n; i++)
		if (str_eq_nocase(str_slice(s, i, i + part.n), part))
			return true;
	return false;
}

bool redact_hides(struct str name)
{
	struct str word;

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		if (str_eq_nocase(name, str_from(shown[i])))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(hidden_parts); i++)
		if (contains_nocase(name, str_from(hidden_parts[i])))
			return true;
	while (name.n > 0) {
		(void)str_cut(name, '.', &word, &name);
		if (str_eq_nocase(word, str_from(hidden_word)))
			return true;
	}
	return false;
}

/* ---- where the value of a name stands ---- */

struct range {
	size_t from, to;
};

static bool is_in(char c, const char *set)
{
	return str_only((struct str){ &c, 1 }, set);
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    is_in(c, "_.-");
}

static size_t skip_all(struct str s, size_t i, const char *set)
{
	while (i < s.n && is_in(s.p[i], set))
		i++;
	return i;
}

static size_t skip_to(struct str s, size_t i, const char *set)
{
	while (i < s.n && !is_in(s.p[i], set))
		i++;
	return i;
}

/*
 * The closing quote of a string that began after `i`, or the end. JSON stands in strings of JSON,
 * where a quote has one backslash before it, and in the next deeper string three: a quote is one of
 * the same depth when the backslashes before it are as many, give or take whole escaped ones.
 */
static size_t find_quote(struct str s, size_t i, size_t backslashes)
{
	size_t count = 0;

	for (; i < s.n; i++) {
		if (s.p[i] == '"' && count % (2 * (backslashes + 1)) == backslashes)
			return i - backslashes;
		count = s.p[i] == '\\' ? count + 1 : 0;
	}
	return s.n;
}

/* Behind the bracket that closes the one at `i`, or the end. */
static size_t skip_container(struct str s, size_t i)
{
	size_t depth = 0;

	for (; i < s.n; i++) {
		if (s.p[i] == '"')
			i = find_quote(s, i + 1, 0);
		else if (is_in(s.p[i], "{["))
			depth++;
		else if (is_in(s.p[i], "}]") && --depth == 0)
			return i + 1;
	}
	return s.n;
}

/* `i` is behind the separator, ':' or '='. */
static struct range find_value(struct str s, size_t i, char separator)
{
	size_t start = skip_all(s, i, " \t\r\n"), quote = skip_all(s, start, "\\");

	if (quote < s.n && s.p[quote] == '"')
		return (struct range){ quote + 1, find_quote(s, quote + 1, quote - start) };
	if (start < s.n && is_in(s.p[start], "{["))
		return (struct range){ start, skip_container(s, start) };
	return (struct range){ start,
		skip_to(s, start, separator == '=' ? "& \t\r\n\"<>" : ",}]\r\n&<\"") };
}

static size_t skip_name(struct str s, size_t i)
{
	while (i < s.n && is_name_char(s.p[i]))
		i++;
	return i;
}

/* Whether "</name" stands at `i`; it may have a prefix. */
static bool is_end_tag(struct str s, size_t i, struct str name)
{
	size_t to;

	if (!str_has_prefix(str_skip(s, i), STR("</")))
		return false;
	i += 2;
	to = skip_name(s, i);
	if (to < s.n && s.p[to] == ':') {
		i = to + 1;
		to = skip_name(s, i);
	}
	return str_eq(str_slice(s, i, to), name);
}

/* The content of an element up to its end tag, or the end. */
static struct range find_content(struct str s, struct str name, size_t i)
{
	struct range r;

	r.from = skip_to(s, i, ">");
	if (r.from < s.n)
		r.from++;
	for (r.to = r.from; r.to < s.n && !is_end_tag(s, r.to, name);)
		r.to++;
	return r;
}

/* The value of the name that stands at [from, to), if it is one to hide. */
static bool find_hidden(struct str s, size_t from, size_t to, struct range *out)
{
	struct str name = str_slice(s, from, to);
	bool is_element = from > 0 && is_in(s.p[from - 1], "<:") && to < s.n &&
	    is_in(s.p[to], "> \t\r\n");

	if (!redact_hides(name))
		return false;
	if (is_element) {
		*out = find_content(s, name, to);
	} else {
		to = skip_all(s, to, "\\");
		to = skip_all(s, to, "\"' \t\r\n");
		if (to == s.n || !is_in(s.p[to], ":="))
			return false;
		*out = find_value(s, to + 1, s.p[to]);
	}
	return out->to > out->from;
}

/* ---- the scan ---- */

struct scan {
	struct str text;
	const struct str *secrets;
	size_t count;
	size_t judged; /* names before this one were looked at */
	struct range hidden;
};

/* When a name that was not yet judged stands around `i`: look for its value. */
static void judge_name(struct scan *s, size_t i)
{
	size_t from = i, to;

	if (i < s->judged || i < s->hidden.from || !is_name_char(s->text.p[i]))
		return;
	while (from > 0 && is_name_char(s->text.p[from - 1]))
		from--;
	to = skip_name(s->text, i);
	s->judged = to;
	(void)find_hidden(s->text, from, to, &s->hidden);
}

/* One step from `i`: what it means is appended, and where the next begins is returned. */
static size_t step(struct scan *s, size_t i, struct buf *out)
{
	size_t n;
	char c = s->text.p[i];

	if (i >= s->hidden.from && i < s->hidden.to) {
		buf_adds(out, REDACTED);
		return s->hidden.to;
	}
	judge_name(s, i);
	n = redact_value_match(str_skip(s->text, i), s->secrets, s->count);
	if (n > 0) {
		buf_adds(out, REDACTED);
		return i + n;
	}
	buf_addc(out, (unsigned char)c < ' ' || c == 0x7f ? '.' : c);
	return i + 1;
}

void redact_body(struct buf *out, struct str body, size_t max, const struct str *secrets,
    size_t count)
{
	struct scan s = { .text = body, .secrets = secrets, .count = count };
	size_t i = 0;

	while (i < body.n && i < max)
		i = step(&s, i, out);
	if (i < body.n)
		buf_addf(out, "... (%zu bytes)", body.n);
}

void redact_header(struct buf *out, struct str line, const struct str *secrets, size_t count)
{
	struct str name, value;

	if (str_cut(line, ':', &name, &value) && redact_hides(str_trim(name))) {
		redact_body(out, name, name.n, secrets, count);
		buf_adds(out, ": " REDACTED);
		return;
	}
	redact_body(out, line, line.n, secrets, count);
}
