#include "eventstream.h"

enum {
	PRELUDE_SIZE = 8, /* lengths of the whole and of the headers */
	CRC_SIZE = 4,
	FRAME_SIZE = PRELUDE_SIZE + 2 * CRC_SIZE,
};

/* ---- numbers ---- */

/* Big-endian; the caller has seen that they are there. */
static uint32_t number(struct str s, size_t at, size_t size)
{
	uint32_t n = 0;

	for (size_t i = 0; i < size; i++)
		n = n << 8 | (unsigned char)s.p[at + i];
	return n;
}

/* A remainder for each half of a byte: 64 bytes of table are enough for a line of log a second. */
uint32_t eventstream_crc(uint32_t crc, struct str bytes)
{
	static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8,
		0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };

	crc = ~crc;
	for (size_t i = 0; i < bytes.n; i++) {
		crc ^= (unsigned char)bytes.p[i];
		crc = crc >> 4 ^ table[crc & 0xf];
		crc = crc >> 4 ^ table[crc & 0xf];
	}
	return ~crc;
}

/* ---- headers ---- */

/* Bytes of a value by its type; those of variable length begin with their length. */
static const struct {
	unsigned size;
	bool has_length;
} value_types[] = {
	{ 0, false }, /* true */
	{ 0, false }, /* false */
	{ 1, false },
	{ 2, false },
	{ 4, false },
	{ 8, false },
	{ 2, true }, /* bytes */
	{ 2, true }, /* string */
	{ 8, false },
	{ 16, false },
};

enum { TYPE_STRING = 7 };

static int torn(struct err *err)
{
	return err_set(err, ERR_CORRUPT, "event stream: a header is torn");
}

/* Cuts one header off *rest; *value is empty unless it is a string. */
static int take_header(struct str *rest, struct str *name, struct str *value, struct err *err)
{
	size_t name_n, type, size;

	if (rest->n < 1)
		return torn(err);
	name_n = number(*rest, 0, 1);
	if (rest->n < 1 + name_n + 1)
		return torn(err);
	*name = str_slice(*rest, 1, 1 + name_n);
	type = number(*rest, 1 + name_n, 1);
	*rest = str_skip(*rest, 1 + name_n + 1);
	if (type >= ARRAY_SIZE(value_types))
		return err_set(err, ERR_CORRUPT, "event stream: no header has type %zu", type);

	size = value_types[type].size;
	if (rest->n < size)
		return torn(err);
	if (value_types[type].has_length)
		size += number(*rest, 0, 2);
	if (rest->n < size)
		return torn(err);
	*value = type == TYPE_STRING ? str_slice(*rest, value_types[type].size, size) : STR_NONE;
	*rest = str_skip(*rest, size);
	return 0;
}

static int read_headers(struct str rest, struct eventstream_message *out, struct err *err)
{
	const struct {
		const char *name;
		struct str *value;
	} wanted[] = {
		{ ":message-type", &out->message_type },
		{ ":event-type", &out->event_type },
		{ ":exception-type", &out->exception_type },
		{ ":error-code", &out->error_code },
		{ ":error-message", &out->error_message },
	};
	struct str name, value;

	while (rest.n > 0) {
		if (take_header(&rest, &name, &value, err) != 0)
			return -1;
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (str_is(name, wanted[i].name))
				*wanted[i].value = value;
	}
	return 0;
}

/* ---- messages ---- */

static int check_crc(struct str bytes, struct err *err)
{
	struct str covered = str_slice(bytes, 0, bytes.n - CRC_SIZE);

	if (eventstream_crc(0, covered) == number(bytes, covered.n, CRC_SIZE))
		return 0;
	return err_set(err, ERR_CORRUPT, "event stream: a checksum of %zu bytes is wrong", bytes.n);
}

/* Length of the message that bytes begin with; the prelude is whole. */
static int message_size(struct str bytes, size_t *out, struct err *err)
{
	size_t total = number(bytes, 0, 4), headers = number(bytes, 4, 4);

	if (check_crc(str_slice(bytes, 0, PRELUDE_SIZE + CRC_SIZE), err) != 0)
		return -1;
	if (total < FRAME_SIZE || total > EVENTSTREAM_MESSAGE_MAX ||
	    headers > EVENTSTREAM_HEADERS_MAX || headers > total - FRAME_SIZE)
		return err_set(err, ERR_CORRUPT,
		    "event stream: a message of %zu bytes with %zu of headers", total, headers);
	*out = total;
	return 0;
}

static int read_message(struct str bytes, struct eventstream_message *out, struct err *err)
{
	size_t headers_n = number(bytes, 4, 4);
	struct str content = str_slice(bytes, PRELUDE_SIZE + CRC_SIZE, bytes.n - CRC_SIZE);
	struct eventstream_message found = { .payload = str_skip(content, headers_n) };

	if (check_crc(bytes, err) != 0 ||
	    read_headers(str_slice(content, 0, headers_n), &found, err) != 0)
		return -1;
	*out = found;
	return 0;
}

int eventstream_next(struct eventstream *s, struct eventstream_message *out, bool *found,
    struct err *err)
{
	struct str bytes = str_skip(buf_str(&s->bytes), s->taken);
	size_t size;

	*found = false;
	if (bytes.n < PRELUDE_SIZE + CRC_SIZE)
		return 0;
	if (message_size(bytes, &size, err) != 0)
		return -1;
	if (bytes.n < size)
		return 0;
	if (read_message(str_slice(bytes, 0, size), out, err) != 0)
		return -1;
	s->taken += size;
	*found = true;
	return 0;
}

/* ---- bytes ---- */

void eventstream_init(struct eventstream *s)
{
	*s = (struct eventstream){ .taken = 0 };
	buf_init(&s->bytes, 2 * EVENTSTREAM_MESSAGE_MAX);
}

void eventstream_release(struct eventstream *s)
{
	buf_wipe(&s->bytes); /* lines of a log */
	s->taken = 0;
}

int eventstream_add(struct eventstream *s, struct str bytes, struct err *err)
{
	struct str rest = str_skip(buf_str(&s->bytes), s->taken);

	if (s->taken > 0) {
		if (rest.n > 0)
			memmove(s->bytes.p, rest.p, rest.n);
		buf_truncate(&s->bytes, rest.n);
		s->taken = 0;
	}
	buf_add(&s->bytes, bytes);
	if (s->bytes.full)
		return err_set(err, ERR_CORRUPT, "event stream: more than %zu bytes at once",
		    s->bytes.max);
	return 0;
}
