/* eventstream: whole sessions in one piece and byte by byte, and every way to be damaged. */
#include "eventstream.h"

#include "file.h"
#include "test.h"

static void read_data(const char *name, struct buf *out)
{
	struct buf path = BUF_INIT(4096);
	struct err err;

	buf_addf(&path, "%s/%s", TEST_DATA, name);
	if (file_read(buf_text(&path), out, &err) != 0)
		test_die("%s", err.text);
	buf_release(&path);
}

/* "type:payload size " for each message. */
static int read_all(struct str bytes, size_t piece, struct buf *out, struct err *err)
{
	struct eventstream s;
	struct eventstream_message m;
	bool found = true;
	int rc = 0;

	eventstream_init(&s);
	for (size_t at = 0; at < bytes.n && rc == 0; at += piece) {
		rc = eventstream_add(&s, str_slice(bytes, at, at + piece), err);
		for (found = true; rc == 0 && found;) {
			rc = eventstream_next(&s, &m, &found, err);
			if (rc == 0 && found)
				buf_addf(out, "%.*s.%.*s%.*s:%zu ", STR_ARG(m.message_type),
				    STR_ARG(m.event_type), STR_ARG(m.exception_type), m.payload.n);
		}
	}
	eventstream_release(&s);
	return rc;
}

static const struct {
	const char *file, *wanted;
} sessions[] = {
	{ "eventstream/session.bin",
	    "event.initial-response:0 event.sessionStart:17 event.sessionUpdate:450 " },
	{ "eventstream/timeout.bin", "exception.SessionTimeoutException:31 " },
	{ "eventstream/types.bin", "event.last:3 " },
};

static void test_sessions(void)
{
	static const size_t pieces[] = { 1, 2, 7, 100, SIZE_MAX / 2 };
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(sessions); i++) {
		struct buf bytes = BUF_INIT(64 * 1024);

		test_case = sessions[i].file;
		read_data(sessions[i].file, &bytes);
		for (size_t p = 0; p < ARRAY_SIZE(pieces); p++) {
			struct buf out = BUF_INIT(1024);

			CHECK_OK(read_all(buf_str(&bytes), pieces[p], &out, &err), &err);
			CHECK_TEXT(buf_text(&out), sessions[i].wanted);
			buf_release(&out);
		}
		buf_release(&bytes);
	}
}

/* Whatever byte is another, a checksum says so; it may also make the message seem longer. */
static void test_damage(void)
{
	struct buf bytes = BUF_INIT(64 * 1024);
	struct err err;

	read_data("eventstream/types.bin", &bytes);
	for (size_t i = 0; i < bytes.n; i++) {
		struct buf out = BUF_INIT(1024);

		bytes.p[i] ^= 0x20;
		CHECK_ERR(read_all(buf_str(&bytes), SIZE_MAX / 2, &out, &err), &err, ERR_CORRUPT);
		CHECK_INT(out.n, 0);
		bytes.p[i] ^= 0x20;
		buf_release(&out);
	}
	buf_release(&bytes);
}

static void put32(struct buf *b, uint32_t n)
{
	for (unsigned shift = 32; shift > 0; shift -= 8)
		buf_addc(b, (char)(n >> (shift - 8)));
}

/* A message whose checksums are right, whatever its lengths say. */
static void make(struct buf *out, uint32_t total, uint32_t headers_n, struct str rest)
{
	put32(out, total);
	put32(out, headers_n);
	put32(out, eventstream_crc(0, buf_str(out)));
	buf_add(out, rest);
	put32(out, eventstream_crc(0, buf_str(out)));
}

static const struct {
	const char *name;
	uint32_t total, headers_n;
	struct str rest;
	enum err_code want;
} shapes[] = {
	{ "nothing in it", 16, 0, { "", 0 }, ERR_NONE },
	{ "shorter than its frame", 15, 0, { "", 0 }, ERR_CORRUPT },
	{ "headers beyond the end", 17, 2, { "x", 1 }, ERR_CORRUPT },
	{ "longer than we take", EVENTSTREAM_MESSAGE_MAX + 1, 0, { "", 0 }, ERR_CORRUPT },
	{ "more headers than we take", EVENTSTREAM_MESSAGE_MAX, EVENTSTREAM_HEADERS_MAX + 1,
	    { "", 0 }, ERR_CORRUPT },
	{ "a name longer than the headers", 18, 2, { "\x05x", 2 }, ERR_CORRUPT },
	{ "no type", 18, 2, { "\x01x", 2 }, ERR_CORRUPT },
	{ "a type that is none", 19, 3, { "\x01x\x0a", 3 }, ERR_CORRUPT },
	{ "a torn number", 21, 5, { "\x01x\x04\0\0", 5 }, ERR_CORRUPT },
	{ "a text without its length", 20, 4, { "\x01x\x07\0", 4 }, ERR_CORRUPT },
	{ "a torn text", 22, 6, { "\x01x\x07\0\2y", 6 }, ERR_CORRUPT },
	{ "an empty text", 21, 5, { "\x01x\x07\0\0", 5 }, ERR_NONE },
};

static void test_shapes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct buf bytes = BUF_INIT(1024), out = BUF_INIT(1024);
		struct err err = { .code = ERR_NONE };

		test_case = shapes[i].name;
		make(&bytes, shapes[i].total, shapes[i].headers_n, shapes[i].rest);
		(void)read_all(buf_str(&bytes), SIZE_MAX / 2, &out, &err);
		CHECK_INT(err.code, shapes[i].want);
		buf_release(&bytes);
		buf_release(&out);
	}
}

static void test_crc(void)
{
	CHECK_INT(eventstream_crc(0, STR("")), 0);
	CHECK_INT(eventstream_crc(0, STR("123456789")), 0xcbf43926);
	CHECK_INT(eventstream_crc(eventstream_crc(0, STR("1234")), STR("56789")), 0xcbf43926);
}

static void test_too_much(void)
{
	struct eventstream s;
	struct buf bytes = BUF_INIT(2 * EVENTSTREAM_MESSAGE_MAX + 1);
	struct err err;

	(void)buf_room(&bytes, bytes.max);
	buf_added(&bytes, bytes.max);
	eventstream_init(&s);
	CHECK_OK(eventstream_add(&s, str_slice(buf_str(&bytes), 1, bytes.n), &err), &err);
	CHECK_ERR(eventstream_add(&s, STR("x"), &err), &err, ERR_CORRUPT);
	eventstream_release(&s);
	buf_release(&bytes);
}

static const struct test tests[] = {
	{ "sessions", test_sessions },
	{ "damage", test_damage },
	{ "shapes", test_shapes },
	{ "crc", test_crc },
	{ "too much", test_too_much },
};

TEST_MAIN(tests)
