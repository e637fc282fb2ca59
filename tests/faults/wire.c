#include "wire.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

/* ---- reading ---- */

static size_t head_size(struct str text)
{
	const char *end = text.n > 0 ? memmem(text.p, text.n, "\r\n\r\n", 4) : NULL;

	return end != NULL ? (size_t)(end - text.p) + 4 : 0;
}

static struct str header_of(struct str head, const char *name)
{
	struct str line, key, value;

	while (head.n > 0) {
		str_cut(head, '\n', &line, &head);
		if (str_cut(line, ':', &key, &value) && str_eq_nocase(key, str_from(name)))
			return str_trim(value);
	}
	return STR_NONE;
}

struct str wire_header(const struct wire_request *r, const char *name)
{
	return header_of(r->head, name);
}

static int hex(char c)
{
	const char digits[] = "0123456789ABCDEFabcdef";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	if (at == NULL)
		return -1;
	return (int)(at - digits) < 16 ? (int)(at - digits) : (int)(at - digits) - 6;
}

void wire_decode(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		int high = i + 2 < s.n ? hex(s.p[i + 1]) : -1;
		int low = i + 2 < s.n ? hex(s.p[i + 2]) : -1;

		if (s.p[i] == '%' && high >= 0 && low >= 0) {
			buf_addc(out, (char)(high * 16 + low));
			i += 2;
		} else {
			buf_addc(out, s.p[i] == '+' ? ' ' : s.p[i]);
		}
	}
}

bool wire_query(const struct wire_request *r, const char *name, struct buf *out)
{
	struct str rest = r->query, pair, key, value;

	while (rest.n > 0) {
		str_cut(rest, '&', &pair, &rest);
		str_cut(pair, '=', &key, &value);
		if (str_is(key, name)) {
			wire_decode(out, value);
			return true;
		}
	}
	return false;
}

static bool read_more(int fd, struct buf *in)
{
	enum { PIECE = 64 * 1024 };
	char *room = buf_room(in, PIECE);
	ssize_t n = room != NULL ? read(fd, room, PIECE) : -1;

	if (n <= 0)
		return false;
	buf_added(in, (size_t)n);
	return true;
}

/* Our clients send one request, wait for its answer, and always tell the length. */
bool wire_read(int fd, struct buf *in, struct wire_request *out)
{
	struct wire_request r = { 0 };
	struct str line, target;
	uint64_t body = 0;
	size_t head;

	buf_reset(in);
	while ((head = head_size(buf_str(in))) == 0)
		if (!read_more(fd, in))
			return false;
	(void)str_to_u64(header_of(str_slice(buf_str(in), 0, head), "Content-Length"), &body);
	while (in->n < head + body)
		if (!read_more(fd, in))
			return false;
	r.head = str_slice(buf_str(in), 0, head);
	r.body = str_slice(buf_str(in), head, head + body);
	str_cut(r.head, '\n', &line, &target);
	str_cut(line, ' ', &r.method, &target);
	str_cut(target, ' ', &target, &line);
	str_cut(target, '?', &r.path, &r.query);
	r.wants_close = str_eq_nocase(header_of(r.head, "Connection"), STR("close"));
	*out = r;
	return r.path.n > 0;
}

/* ---- answering ---- */

void wire_answer_init(struct wire_answer *a)
{
	*a = (struct wire_answer){ 0 };
	buf_init(&a->headers, 64 * 1024);
	buf_init(&a->body, WIRE_ANSWER_MAX);
}

void wire_answer_reset(struct wire_answer *a)
{
	buf_reset(&a->headers);
	buf_reset(&a->body);
	a->status = 200;
	a->has_no_body = false;
}

void wire_answer_release(struct wire_answer *a)
{
	buf_release(&a->headers);
	buf_release(&a->body);
}

/* RFC 9110 section 5.6.7. */
static void add_date(struct buf *out, int64_t now_s)
{
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	struct clock_utc t;

	clock_utc_from_ms(now_s * 1000, &t);
	buf_addf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", days[now_s / 86400 % 7],
	    t.day, months[t.month - 1], t.year, t.hour, t.minute, t.second);
}

void wire_render(const struct wire_answer *a, int64_t now_s, struct buf *out)
{
	buf_addf(out, "HTTP/1.1 %d Fault\r\n", a->status);
	add_date(out, now_s);
	buf_add(out, buf_str(&a->headers));
	buf_addf(out, "Content-Length: %zu\r\n\r\n", a->body.n);
	if (!a->has_no_body)
		buf_add(out, buf_str(&a->body));
}

bool wire_send(int fd, struct str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes = str_skip(bytes, (size_t)n);
	}
	return true;
}
