/*
 * raw_request: a request as the signature suites write it down, made into what sigv4.h takes. The
 * target is not encoded everywhere, lines end in LF, and those that begin with blanks continue a
 * header. Everything lives in the struct; nothing is freed but by raw_request_release().
 */
#ifndef OPS_TEST_RAW_REQUEST_H
#define OPS_TEST_RAW_REQUEST_H

#include "sigv4.h"
#include "test.h"

struct raw_request {
	struct buf text; /* decoded names and values; must not move */
	struct sigv4_pair headers[SIGV4_PAIRS_MAX], query[SIGV4_PAIRS_MAX];
	char payload_hash[HASH_HEX_SIZE];
	struct sigv4_request request;
};

enum { RAW_TEXT_MAX = 64 * 1024 };

static inline unsigned raw_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

	if (!at)
		test_die("not a hex digit: '%c'", c);
	return (unsigned)(at - digits);
}

static inline struct str raw_decode(struct raw_request *q, struct str s)
{
	struct str out = { q->text.p + q->text.n, 0 };

	for (size_t i = 0; i < s.n; i++, out.n++) {
		char c = s.p[i];

		if (c == '%' && i + 2 < s.n) {
			c = (char)(raw_digit(s.p[i + 1]) << 4 | raw_digit(s.p[i + 2]));
			i += 2;
		}
		buf_addc(&q->text, c);
	}
	if (q->text.full)
		test_die("request too long");
	return out;
}

static inline void raw_header(struct raw_request *q, struct str name, struct str value)
{
	if (q->request.header_count == SIGV4_PAIRS_MAX)
		test_die("too many headers");
	q->headers[q->request.header_count++] = (struct sigv4_pair){ name, value };
}

static inline void raw_pair(struct raw_request *q, struct str name, struct str value)
{
	if (q->request.query_count == SIGV4_PAIRS_MAX)
		test_die("too many query pairs");
	q->query[q->request.query_count++] = (struct sigv4_pair){ name, value };
}

/* "a=1&b": the encoded form. */
static inline void raw_query(struct raw_request *q, struct str text)
{
	struct str piece, name, value;

	while (text.n > 0) {
		(void)str_cut(text, '&', &piece, &text);
		(void)str_cut(piece, '=', &name, &value);
		name = raw_decode(q, name);
		raw_pair(q, name, raw_decode(q, value));
	}
}

static inline void raw_begin(struct raw_request *q)
{
	memset(q, 0, sizeof(*q));
	buf_init(&q->text, RAW_TEXT_MAX);
	(void)buf_room(&q->text, RAW_TEXT_MAX); /* all at once: slices point into it */
	q->request.headers = q->headers;
	q->request.query = q->query;
	q->request.payload_hash = (struct str){ q->payload_hash, HASH_HEX_LEN };
}

/* A header, with the lines that continue it. */
static inline void raw_header_line(struct raw_request *q, struct str line, struct str *rest)
{
	struct str name, value;
	size_t start = q->text.n;

	(void)str_cut(line, ':', &name, &value);
	buf_add(&q->text, value);
	while (rest->n > 0 && rest->p[0] == ' ') {
		(void)str_cut(*rest, '\n', &line, rest);
		buf_add(&q->text, line);
	}
	raw_header(q, name, str_skip(buf_str(&q->text), start));
}

/* `text` must outlive q. */
static inline void raw_parse(struct raw_request *q, struct str text)
{
	struct str line, target, path, query;

	(void)str_cut(text, '\n', &line, &text);
	(void)str_cut(line, ' ', &q->request.method, &target);
	if (!str_has_suffix(target, STR(" HTTP/1.1")))
		test_die("not a request: %.*s", STR_ARG(line));
	target.n -= strlen(" HTTP/1.1");
	(void)str_cut(target, '?', &path, &query);
	q->request.path = raw_decode(q, path);
	raw_query(q, query);
	while (text.n > 0) {
		(void)str_cut(text, '\n', &line, &text);
		if (line.n == 0)
			break;
		raw_header_line(q, line, &text);
	}
	hash_sha256_hex(text, q->payload_hash);
}

static inline void raw_release(struct raw_request *q)
{
	buf_release(&q->text);
}

#endif
