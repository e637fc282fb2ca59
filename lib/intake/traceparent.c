#include "traceparent.h"

#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "hash.h"

/* version "-" trace-id "-" parent-id "-" flags */
enum { VERSION_AT = 0, TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53 };
enum { TRACE_LEN = 32, SPAN_LEN = 16, FLAGS_LEN = 2 };

/* Optional white space of a header's value (RFC 9110 section 5.6.3): not CR, not LF. */
static struct str trim(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_skip(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

static bool is_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < '0' || s.p[i] > '9') && (s.p[i] < 'a' || s.p[i] > 'f'))
			return false;
	return true;
}

static bool is_id(struct str s)
{
	return is_hex(s) && !str_only(s, "0");
}

static void copy(char *out, struct str s)
{
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

/* Whether what follows the four known fields is allowed: nothing in version 00. */
static bool is_tail(struct str version, struct str tail)
{
	if (str_is(version, "00"))
		return tail.n == 0;
	return !str_is(version, "ff") && (tail.n == 0 || tail.p[0] == '-');
}

bool traceparent_parse(struct str value, struct traceparent *out)
{
	struct str v = trim(value);
	struct str version = str_slice(v, VERSION_AT, 2);
	struct str trace = str_slice(v, TRACE_AT, TRACE_AT + TRACE_LEN);
	struct str span = str_slice(v, SPAN_AT, SPAN_AT + SPAN_LEN);
	struct str flags = str_slice(v, FLAGS_AT, FLAGS_AT + FLAGS_LEN);

	if (v.n < TRACEPARENT_LEN || v.p[TRACE_AT - 1] != '-' || v.p[SPAN_AT - 1] != '-' ||
	    v.p[FLAGS_AT - 1] != '-')
		return false;
	if (!is_hex(version) || !is_tail(version, str_skip(v, TRACEPARENT_LEN)))
		return false;
	if (!is_id(trace) || !is_id(span) || !is_hex(flags))
		return false;
	copy(out->trace_id, trace);
	copy(out->span_id, span);
	copy(out->flags, flags);
	return true;
}

void traceparent_format(const struct traceparent *t, char out[TRACEPARENT_SIZE])
{
	(void)snprintf(out, TRACEPARENT_SIZE, "00-%.32s-%.16s-%.2s", t->trace_id, t->span_id,
	    t->flags);
}

/* Random hex digits, never all zero. */
static void random_id(char *out, size_t digits)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char bytes[TRACE_LEN];

	do {
		hash_random(bytes, digits);
		for (size_t i = 0; i < digits; i++)
			out[i] = hex[bytes[i] & 15];
		out[digits] = '\0';
	} while (str_only(str_from(out), "0"));
}

void traceparent_new_span(struct traceparent *t)
{
	if (t->trace_id[0] == '\0') {
		random_id(t->trace_id, TRACE_LEN);
		copy(t->flags, STR("00")); /* we record nothing of our own: not sampled */
	}
	random_id(t->span_id, SPAN_LEN);
}
