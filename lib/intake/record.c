#include "record.h"

#include <string.h>

#include "clock.h"
#include "scan.h"
#include "timestamp.h"
#include "traceparent.h"
#include "webhook.h"

static char *put(char *out, struct str s)
{
	if (s.n)
		memcpy(out, s.p, s.n);
	return out + s.n;
}

/* A record is one line: outside of strings, where JSON has them escaped, a line end is a blank. */
static void flatten_byte(char *p, size_t n, char byte)
{
	char *end = p + n;

	while ((p = memchr(p, byte, (size_t)(end - p))))
		*p++ = ' ';
}

static char *put_data(char *out, struct str s)
{
	char *end = put(out, s);

	flatten_byte(out, s.n, '\n');
	flatten_byte(out, s.n, '\r');
	return end;
}

void record_write(struct buf *out, const struct record *r)
{
	char accepted_at[CLOCK_RFC3339_SIZE];
	const struct str before_data[] = {
		STR("{\"id\":\""),
		r->id,
		STR("\",\"accepted_at\":\""),
		{ accepted_at, CLOCK_RFC3339_SIZE - 1 },
		r->traceparent.n ? STR("\",\"traceparent\":\"") : STR_NONE,
		r->traceparent,
		STR("\",\"data\":"),
	};
	const struct str after_data = STR("}\n");
	size_t n = r->data[0].n + r->data[1].n + after_data.n;
	char *room, *p;

	clock_rfc3339(r->accepted_at_ms, accepted_at);
	for (size_t i = 0; i < ARRAY_SIZE(before_data); i++)
		n += before_data[i].n;
	p = room = buf_room(out, n);
	if (!room)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(before_data); i++)
		p = put(p, before_data[i]);
	p = put_data(p, r->data[0]);
	p = put_data(p, r->data[1]);
	(void)put(p, after_data);
	buf_added(out, n);
}

/* Cut `text` off the front of *s. */
static bool take(struct str *s, struct str text)
{
	if (!str_has_prefix(*s, text))
		return false;
	*s = str_skip(*s, text.n);
	return true;
}

/* Cut a string's content off, its closing quote too. What we write into one has no escapes. */
static bool take_string(struct str *s, struct str *out)
{
	return str_cut(*s, '"', out, s);
}

/* Exactly as clock_rfc3339() writes it. */
static bool read_accepted_at(struct str text, int64_t *ms)
{
	char again[CLOCK_RFC3339_SIZE];
	struct err ignored;

	if (timestamp_parse(text, ms, &ignored) != 0)
		return false;
	clock_rfc3339(*ms, again);
	return str_is(text, again);
}

static bool is_traceparent(struct str text)
{
	struct traceparent t;

	return text.n == TRACEPARENT_LEN && traceparent_parse(text, &t);
}

static int parse_head(struct str *s, struct record *r, struct err *err)
{
	struct str accepted_at;

	if (!take(s, STR("{\"id\":\"")) || !take_string(s, &r->id) || !webhook_id_is_valid(r->id))
		return err_set(err, ERR_CORRUPT, "record: no valid id");
	if (!take(s, STR(",\"accepted_at\":\"")) || !take_string(s, &accepted_at) ||
	    !read_accepted_at(accepted_at, &r->accepted_at_ms))
		return err_set(err, ERR_CORRUPT, "record %.*s: no valid accepted_at",
		    STR_ARG(r->id));
	if (take(s, STR(",\"traceparent\":\"")) &&
	    (!take_string(s, &r->traceparent) || !is_traceparent(r->traceparent)))
		return err_set(err, ERR_CORRUPT, "record %.*s: bad traceparent", STR_ARG(r->id));
	if (!take(s, STR(",\"data\":")) || !str_has_suffix(*s, STR("}")))
		return err_set(err, ERR_CORRUPT, "record %.*s: no data", STR_ARG(r->id));
	return 0;
}

int record_parse(struct str line, struct record *out, struct err *err)
{
	struct record r = { 0 };
	struct str data;
	enum scan_kind kind;

	if (str_has_suffix(line, STR("\n")))
		line.n--;
	data = line;
	if (parse_head(&data, &r, err) != 0)
		return -1;
	data.n--; /* the record's own brace */
	if (scan_check(data, &kind, err) != 0) {
		err->code = ERR_CORRUPT;
		return err_wrap(err, "record %.*s: data", STR_ARG(r.id));
	}
	if (kind != SCAN_OBJECT || str_find(data, '\n') < data.n || str_find(data, '\r') < data.n)
		return err_set(err, ERR_CORRUPT, "record %.*s: data must be an object on one line",
		    STR_ARG(r.id));
	r.data[0] = data;
	*out = r;
	return 0;
}
