#include "httpd_guard.h"

#include <string.h>

enum { LENGTH_DIGITS_MAX = 15, VERSION_LEN = 8 };

/* clang-format off */
#define FIELD(name) { name, sizeof(name) - 1 }
/* clang-format on */

static const struct str field_names[HTTPD_FIELD_COUNT] = {
	[HTTPD_AUTHORIZATION] = FIELD("authorization"),
	[HTTPD_CONTENT_ENCODING] = FIELD("content-encoding"),
	[HTTPD_CONTENT_LENGTH] = FIELD("content-length"),
	[HTTPD_CONTENT_TYPE] = FIELD("content-type"),
	[HTTPD_EXPECT] = FIELD("expect"),
	[HTTPD_HOST] = FIELD("host"),
	[HTTPD_TRACEPARENT] = FIELD("traceparent"),
	[HTTPD_TRANSFER_ENCODING] = FIELD("transfer-encoding"),
	[HTTPD_WEBHOOK_ID] = FIELD("webhook-id"),
	[HTTPD_WEBHOOK_OTHER] = FIELD("webhook-"), /* how they begin */
	[HTTPD_WEBHOOK_SIGNATURE] = FIELD("webhook-signature"),
	[HTTPD_WEBHOOK_TIMESTAMP] = FIELD("webhook-timestamp"),
	[HTTPD_X_FORWARDED_FOR] = FIELD("x-forwarded-for"),
	[HTTPD_X_REQUEST_ID] = FIELD("x-request-id"),
};

static void found(struct httpd_guard *g, const char *why)
{
	if (!g->why)
		g->why = why;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* RFC 9110 section 5.6.2: what a field name may be made of. */
static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool is_alnum = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');

		if (!is_alnum && c != '-' && (c == '\0' || !strchr("!#$%&'*+.^_`|~", c)))
			return false;
	}
	return s.n > 0;
}

/* RFC 9110 section 5.5: no control characters but the tab. One look at the end, not per byte. */
static bool is_field_value(struct str s)
{
	unsigned bad = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		bad |= (unsigned)(((c < 0x20) & (c != '\t')) | (c == 0x7f));
	}
	return bad == 0;
}

void httpd_guard_target(struct httpd_guard *g, struct str target)
{
	g->head_bytes += target.n;
	g->line_end = target.p + target.n;
	for (size_t i = 0; i < target.n; i++) {
		struct str escape = str_slice(target, i + 1, i + 3);

		if (target.p[i] <= ' ' || target.p[i] > '~')
			found(g, "character in the request target");
		else if (target.p[i] == '%' &&
		    (escape.n < 2 || !is_hex(escape.p[0]) || !is_hex(escape.p[1])))
			found(g, "percent sign in the request target");
		else if (target.p[i] == '%' && str_is(escape, "00"))
			found(g, "NUL in the request target");
	}
}

void httpd_guard_version(struct httpd_guard *g, const char *version)
{
	if (strlen(version) != VERSION_LEN)
		found(g, "HTTP version");
	if (g->is_in_place && version != g->line_end + 1)
		found(g, "NUL in the request line");
	g->line_end = version + strlen(version);
}

/*
 * 0.9 overwrites CR, LF and the colon with NUL where they stand. So a line that ended in
 * CR LF leaves exactly two NULs before the next name; a bare LF leaves one; a NUL of the
 * client's, a folded line or a line that was skipped leaves another distance.
 */
static void check_place(struct httpd_guard *g, struct str name, struct str value)
{
	const char *colon = name.p + name.n;

	if (name.p != g->line_end + 2)
		found(g, "line end");
	if (value.p <= colon || value.p > colon + name.n + value.n + 64 ||
	    strspn(colon + 1, " \t") != (size_t)(value.p - colon - 1))
		found(g, "folded line");
	g->line_end = value.p + value.n;
}

static enum httpd_field_name find_field(struct str name)
{
	const struct str family = field_names[HTTPD_WEBHOOK_OTHER];
	int i = 0;

	while (i < HTTPD_FIELD_COUNT &&
	    (name.n != field_names[i].n || !str_eq_nocase(name, field_names[i])))
		i++;
	if (i == HTTPD_FIELD_COUNT && str_eq_nocase(str_slice(name, 0, family.n), family))
		i = HTTPD_WEBHOOK_OTHER;
	return (enum httpd_field_name)i;
}

void httpd_guard_field(struct httpd_guard *g, struct str name, struct str value)
{
	enum httpd_field_name field = find_field(name);

	g->head_bytes += name.n + value.n + strlen(": \r\n");
	if (!is_token(name))
		found(g, "field name");
	if (!is_field_value(value))
		found(g, "control character in a field");
	if (g->is_in_place)
		check_place(g, name, value);
	if (field < HTTPD_FIELD_COUNT) {
		g->request->fields[field].value = value;
		g->request->fields[field].count++;
	}
}

static void check_length(struct httpd_guard *g)
{
	const struct httpd_field *length = &g->request->fields[HTTPD_CONTENT_LENGTH];

	if (length->count > 1)
		found(g, "more than one Content-Length");
	else if (length->count == 1 &&
	    (length->value.n == 0 || !str_only(length->value, "0123456789")))
		found(g, "Content-Length");
}

static void check_encoding(struct httpd_guard *g, bool is_http_1_0)
{
	const struct httpd_field *encoding = &g->request->fields[HTTPD_TRANSFER_ENCODING];

	if (encoding->count == 0)
		return;
	if (encoding->count > 1 || !str_eq_nocase(encoding->value, STR("chunked")))
		found(g, "Transfer-Encoding");
	if (g->request->fields[HTTPD_CONTENT_LENGTH].count > 0)
		found(g, "both Content-Length and Transfer-Encoding");
	if (is_http_1_0)
		found(g, "Transfer-Encoding in HTTP/1.0");
}

/*
 * The last line's CR LF and the blank one leave four NULs, all of them received. A line that
 * begins with a colon leaves fewer: 0.9 takes it for the blank line and its rest for a body.
 */
static void check_end(struct httpd_guard *g)
{
	static const char nuls[4] = { 0 };

	if (memcmp(g->line_end, nuls, sizeof(nuls)) != 0)
		found(g, "end of the head");
}

void httpd_guard_end(struct httpd_guard *g, bool is_http_1_0)
{
	unsigned hosts = g->request->fields[HTTPD_HOST].count;

	check_length(g);
	check_encoding(g, is_http_1_0);
	if (hosts > 1 || (hosts == 0 && !is_http_1_0))
		found(g, "Host");
	if (g->is_in_place)
		check_end(g);
}

int64_t httpd_guard_length(const struct httpd_request *r)
{
	struct str digits = r->fields[HTTPD_CONTENT_LENGTH].value;
	uint64_t length;

	if (r->fields[HTTPD_CONTENT_LENGTH].count == 0)
		return -1;
	while (digits.n > 1 && digits.p[0] == '0')
		digits = str_skip(digits, 1);
	if (digits.n > LENGTH_DIGITS_MAX || !str_to_u64(digits, &length))
		return INT64_MAX;
	return (int64_t)length;
}
