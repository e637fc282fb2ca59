#include "sigv4.h"

/* ---- encoding ---- */

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '_' || c == '.' || c == '~';
}

/* `escape` is what stands before the two digits. */
static void encode(struct buf *out, struct str s, bool keep_slash, struct str escape)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t done = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (is_unreserved(c) || (keep_slash && c == '/'))
			continue;
		buf_add(out, str_slice(s, done, i));
		buf_add(out, escape);
		buf_addc(out, digits[c >> 4]);
		buf_addc(out, digits[c & 15]);
		done = i + 1;
	}
	buf_add(out, str_skip(s, done));
}

void sigv4_encode(struct buf *out, struct str s, bool keep_slash)
{
	encode(out, s, keep_slash, STR("%"));
}

/* ---- order ---- */

struct order {
	const struct sigv4_pair *at[SIGV4_PAIRS_MAX];
	size_t count;
};

/* By insertion: they are few, and headers of one name must stay in the order in which they came. */
static void insert(struct order *o, const struct sigv4_pair *pair,
    int (*compare)(const struct sigv4_pair *, const struct sigv4_pair *))
{
	size_t i = o->count++;

	for (; i > 0 && compare(pair, o->at[i - 1]) < 0; i--)
		o->at[i] = o->at[i - 1];
	o->at[i] = pair;
}

/* The place of a byte among encoded ones: '%' is less than all that stays as it is. */
static int rank(char c)
{
	unsigned char byte = (unsigned char)c;

	return is_unreserved(byte) ? 256 + byte : byte;
}

/* The order of the encoded texts, without making them. */
static int compare_encoded(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++)
		if (a.p[i] != b.p[i])
			return rank(a.p[i]) - rank(b.p[i]);
	return (a.n > b.n) - (a.n < b.n);
}

/* Pairs, not "name=value": 'a' stands before 'a-b', though '=' is more than '-'. */
static int compare_query(const struct sigv4_pair *a, const struct sigv4_pair *b)
{
	int order = compare_encoded(a->name, b->name);

	return order ? order : compare_encoded(a->value, b->value);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static int compare_header(const struct sigv4_pair *a, const struct sigv4_pair *b)
{
	size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;

	for (size_t i = 0; i < n; i++) {
		char x = lower(a->name.p[i]), y = lower(b->name.p[i]);

		if (x != y)
			return (unsigned char)x - (unsigned char)y;
	}
	return (a->name.n > b->name.n) - (a->name.n < b->name.n);
}

/* ---- path and query ---- */

/* Without empty and dot segments. '/' is never encoded, so that the last one begins a segment. */
static void add_normal_path(struct buf *out, struct str path, struct str escape)
{
	size_t start = out->n;
	bool ends_in_slash = str_has_suffix(path, STR("/"));
	struct str segment;

	while (path.n > 0) {
		(void)str_cut(path, '/', &segment, &path);
		if (segment.n == 0 || str_is(segment, "."))
			continue;
		if (!str_is(segment, "..")) {
			buf_addc(out, '/');
			encode(out, segment, true, escape);
			continue;
		}
		while (out->n > start && out->p[out->n - 1] != '/')
			buf_truncate(out, out->n - 1);
		if (out->n > start)
			buf_truncate(out, out->n - 1);
	}
	if (ends_in_slash || out->n == start)
		buf_addc(out, '/');
}

/* Encoded twice means that the '%' of the first time is encoded; the digits stay. */
static void add_canonical_path(const struct sigv4_request *r, struct buf *out)
{
	struct str escape = r->is_path_encoded_once ? STR("%") : STR("%25");

	if (r->is_path_kept)
		encode(out, r->path, true, escape);
	else
		add_normal_path(out, r->path, escape);
}

static void add_query(const struct sigv4_request *r, struct buf *out)
{
	struct order query = { .count = 0 };

	for (size_t i = 0; i < r->query_count; i++)
		insert(&query, &r->query[i], compare_query);
	for (size_t i = 0; i < query.count; i++) {
		if (i > 0)
			buf_addc(out, '&');
		sigv4_encode(out, query.at[i]->name, false);
		buf_addc(out, '=');
		sigv4_encode(out, query.at[i]->value, false);
	}
}

void sigv4_target(const struct sigv4_request *r, struct buf *out)
{
	if (r->query_count > SIGV4_PAIRS_MAX) {
		out->full = true;
		return;
	}
	sigv4_encode(out, r->path, true);
	if (r->query_count == 0)
		return;
	buf_addc(out, '?');
	add_query(r, out);
}

/* ---- headers ---- */

static bool is_signed(struct str name)
{
	static const char *const passed_over[] = { "authorization", "connection", "expect",
		"keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
		"x-amzn-trace-id" };

	for (size_t i = 0; i < ARRAY_SIZE(passed_over); i++)
		if (str_eq_nocase(name, str_from(passed_over[i])))
			return false;
	return !str_eq_nocase(str_slice(name, 0, 6), STR("proxy-"));
}

static void sort_headers(const struct sigv4_request *r, struct order *headers)
{
	headers->count = 0;
	for (size_t i = 0; i < r->header_count; i++)
		if (is_signed(r->headers[i].name))
			insert(headers, &r->headers[i], compare_header);
}

/* Whether the header at `i` continues that before it: one line for all of one name. */
static bool is_repeated(const struct order *headers, size_t i)
{
	return i > 0 && i < headers->count &&
	    compare_header(headers->at[i - 1], headers->at[i]) == 0;
}

static void add_lower(struct buf *out, struct str s)
{
	char *room = buf_room(out, s.n);

	if (!room)
		return;
	for (size_t i = 0; i < s.n; i++)
		room[i] = lower(s.p[i]);
	buf_added(out, s.n);
}

/* Trimmed, each run of blanks as one space. */
static void add_value(struct buf *out, struct str value)
{
	value = str_trim(value);
	while (value.n > 0) {
		size_t n = 0;

		while (n < value.n && value.p[n] != ' ' && value.p[n] != '\t')
			n++;
		buf_add(out, str_slice(value, 0, n));
		value = str_trim(str_skip(value, n));
		if (value.n > 0)
			buf_addc(out, ' ');
	}
}

static void add_headers(const struct order *headers, struct buf *out)
{
	for (size_t i = 0; i < headers->count; i++) {
		if (!is_repeated(headers, i))
			add_lower(out, headers->at[i]->name);
		buf_addc(out, is_repeated(headers, i) ? ',' : ':');
		add_value(out, headers->at[i]->value);
		if (!is_repeated(headers, i + 1))
			buf_addc(out, '\n');
	}
}

static void add_names(const struct order *headers, struct buf *out)
{
	for (size_t i = 0; i < headers->count; i++) {
		if (is_repeated(headers, i))
			continue;
		if (i > 0)
			buf_addc(out, ';');
		add_lower(out, headers->at[i]->name);
	}
}

void sigv4_signed_headers(const struct sigv4_request *r, struct buf *out)
{
	struct order headers;

	if (r->header_count > SIGV4_PAIRS_MAX) {
		out->full = true;
		return;
	}
	sort_headers(r, &headers);
	add_names(&headers, out);
}

/* ---- the canonical request ---- */

/* A line break would begin another header, signed or sent. */
static bool is_one_line(struct str s)
{
	return str_find(s, '\r') == s.n && str_find(s, '\n') == s.n && str_find(s, '\0') == s.n;
}

static int check(const struct sigv4_request *r, struct err *err)
{
	if (r->header_count > SIGV4_PAIRS_MAX || r->query_count > SIGV4_PAIRS_MAX)
		return err_set(err, ERR_INVALID, "request to sign: at most %d %s", SIGV4_PAIRS_MAX,
		    r->header_count > SIGV4_PAIRS_MAX ? "headers" : "query parameters");
	for (size_t i = 0; i < r->header_count; i++)
		if (!is_one_line(r->headers[i].name) || !is_one_line(r->headers[i].value))
			return err_set(err, ERR_INVALID, "header '%.*s': must be one line",
			    STR_ARG(r->headers[i].name));
	return 0;
}

int sigv4_canonical_request(const struct sigv4_request *r, struct buf *out, struct err *err)
{
	struct order headers;

	if (check(r, err) != 0)
		return -1;
	sort_headers(r, &headers);
	buf_add(out, r->method);
	buf_addc(out, '\n');
	add_canonical_path(r, out);
	buf_addc(out, '\n');
	add_query(r, out);
	buf_addc(out, '\n');
	add_headers(&headers, out);
	buf_addc(out, '\n');
	add_names(&headers, out);
	buf_addc(out, '\n');
	buf_add(out, r->payload_hash);
	return out->full ? err_set(err, ERR_INVALID, "request to sign: too long") : 0;
}
