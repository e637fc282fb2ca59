#include "scan.h"

#include <string.h>

#include "scan_bytes.h"

/* ---- members: the text is known to be good, so that only the ends are looked for ---- */

/* Whether an odd number of backslashes ends at p, so that the quote there is escaped. */
static bool is_escaped(const unsigned char *start, const unsigned char *p)
{
	const unsigned char *first = p;

	while (first > start && first[-1] == '\\')
		first--;
	return (p - first) % 2 != 0;
}

/* From behind the opening quote to behind the closing one. Most strings hold no quote. */
static const unsigned char *string_end(const unsigned char *p, const unsigned char *end)
{
	const unsigned char *start = p;

	while ((p = memchr(p, '"', (size_t)(end - p)))) {
		if (!is_escaped(start, p))
			return p + 1;
		p++;
	}
	return end;
}

static const unsigned char *container_end(const unsigned char *p, const unsigned char *end)
{
	unsigned depth = 0;

	while (p < end) {
		unsigned char c = *p++;

		if (c == '"')
			p = string_end(p, end);
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			break;
	}
	return p;
}

static const unsigned char *scalar_end(const unsigned char *p, const unsigned char *end)
{
	while (p < end && !scan_is_blank(*p) && *p != ',' && *p != '}' && *p != ']')
		p++;
	return p;
}

static const unsigned char *value_end(const unsigned char *p, const unsigned char *end)
{
	if (*p == '"')
		return string_end(p + 1, end);
	return *p == '{' || *p == '[' ? container_end(p, end) : scalar_end(p, end);
}

static struct str slice(const unsigned char *from, const unsigned char *to)
{
	return (struct str){ (const char *)from, (size_t)(to - from) };
}

void scan_members_init(struct scan_members *it, struct str object)
{
	object = str_trim(object);
	it->rest = str_slice(object, 1, object.n - 1);
}

bool scan_members_next(struct scan_members *it, struct scan_member *out)
{
	const unsigned char *p = (const unsigned char *)it->rest.p, *end = p + it->rest.n;
	const unsigned char *key_start, *key_end, *value;

	while (p < end && *p != '"') /* blanks and the comma */
		p++;
	if (p == end)
		return false;
	key_start = p;
	key_end = string_end(p + 1, end);
	value = key_end;
	while (scan_is_blank(*value) || *value == ':')
		value++;
	p = value_end(value, end);
	*out = (struct scan_member){
		.key = slice(key_start + 1, key_end - 1),
		.value = slice(value, p),
		.kind = scan_kind_of(*value),
		.whole = slice(key_start, p),
	};
	it->rest = slice(p, end);
	return true;
}

struct str scan_content(struct str string_value)
{
	return str_slice(string_value, 1, string_value.n - 1);
}

/* ---- unescaping ---- */

static size_t utf8_put(uint32_t code, char out[4])
{
	static const unsigned char leads[] = { [1] = 0, [2] = 0xc0, [3] = 0xe0, [4] = 0xf0 };
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (char)(leads[n] | code);
	return n;
}

/* Cut the escape that begins *raw off and decode it; the number of bytes in out. */
static size_t unescape(struct str *raw, char out[4])
{
	const unsigned char *p = (const unsigned char *)raw->p, *end = p + raw->n;
	uint32_t code;

	if (p[1] != 'u') {
		out[0] = scan_escaped(p[1]);
		*raw = str_skip(*raw, 2);
		return 1;
	}
	code = (uint32_t)scan_hex4(p + 2, end);
	*raw = str_skip(*raw, 6);
	if (scan_is_surrogate(code)) {
		code = 0x10000 + ((code - 0xd800) << 10) +
		    ((uint32_t)scan_hex4(p + 8, end) - 0xdc00);
		*raw = str_skip(*raw, 6);
	}
	return utf8_put(code, out);
}

bool scan_is(struct str raw, struct str text)
{
	if (raw.n < text.n)
		return false; /* no escape is shorter than what it stands for */
	while (raw.n) {
		size_t plain = str_find(raw, '\\');
		char bytes[4];
		size_t n;

		if (!str_has_prefix(text, str_slice(raw, 0, plain)))
			return false;
		raw = str_skip(raw, plain);
		text = str_skip(text, plain);
		if (raw.n == 0)
			break;
		n = unescape(&raw, bytes);
		if (!str_has_prefix(text, (struct str){ bytes, n }))
			return false;
		text = str_skip(text, n);
	}
	return text.n == 0;
}

void scan_unescape(struct str raw, struct buf *out)
{
	while (raw.n) {
		size_t plain = str_find(raw, '\\');
		char bytes[4];

		buf_add(out, str_slice(raw, 0, plain));
		raw = str_skip(raw, plain);
		if (raw.n)
			buf_add(out, (struct str){ bytes, unescape(&raw, bytes) });
	}
}
