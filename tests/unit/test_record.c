#include "record.h"

#include "random_json.h"
#include "test.h"

enum { LINE_MAX_BYTES = 64 * 1024 };

static const char traceparent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

static void test_write(void)
{
	static const struct {
		const char *name;
		struct record record;
		const char *line;
	} cases[] = {
		{ "plain", { { "msg_1", 5 }, INT64_C(1749465045123), { NULL, 0 }, { { "{}", 2 } } },
		    "{\"id\":\"msg_1\",\"accepted_at\":\"2025-06-09T10:30:45.123Z\",\"data\":{}}\n" },
		{ "two pieces", { { "a", 1 }, 0, { NULL, 0 }, { { "{", 1 }, { "\"b\":1}", 6 } } },
		    "{\"id\":\"a\",\"accepted_at\":\"1970-01-01T00:00:00.000Z\","
		    "\"data\":{\"b\":1}}\n" },
		{ "line ends", { { "a", 1 }, 0, { NULL, 0 }, { { "{\r\n", 3 }, { "\n}\r", 3 } } },
		    "{\"id\":\"a\",\"accepted_at\":\"1970-01-01T00:00:00.000Z\",\"data\":{   } }\n" },
		{ "traceparent",
		    { { "a", 1 }, 0, { traceparent, sizeof(traceparent) - 1 }, { { "{}", 2 } } },
		    "{\"id\":\"a\",\"accepted_at\":\"1970-01-01T00:00:00.000Z\",\"traceparent\":"
		    "\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\",\"data\":{}}\n" },
	};
	struct buf out = BUF_INIT(LINE_MAX_BYTES);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].name;
		buf_reset(&out);
		record_write(&out, &cases[i].record);
		CHECK_STR(buf_str(&out), str_from(cases[i].line));
	}
	buf_release(&out);
}

/* All of a line or nothing, and never more around the data than the header promises. */
static void test_write_limits(void)
{
	static const char id[] = "0123456789012345678901234567890123456789012345678901234567890123";
	const struct record r = { str_from(id), 0, str_from(traceparent), { STR("{}") } };
	struct buf out = BUF_INIT(LINE_MAX_BYTES), tight;
	struct record again;
	struct err err;

	record_write(&out, &r);
	CHECK(out.n <= 2 + RECORD_OVERHEAD_MAX);
	CHECK_OK(record_parse(buf_str(&out), &again, &err), &err);
	buf_init(&tight, out.n);
	record_write(&tight, &r);
	CHECK_STR(buf_str(&tight), buf_str(&out));
	buf_release(&tight);
	buf_init(&tight, out.n - 1);
	record_write(&tight, &r);
	CHECK(tight.full);
	CHECK_INT(tight.n, 0);
	buf_release(&tight);
	buf_release(&out);
}

static void test_parse(void)
{
	struct str line = STR("{\"id\":\"msg_1\",\"accepted_at\":\"2025-06-09T10:30:45.123Z\","
			      "\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-"
			      "b7ad6b7169203331-01\",\"data\":{\"n\":12345678901234567890}}\n");
	struct record r;
	struct err err;

	CHECK_OK(record_parse(line, &r, &err), &err);
	CHECK_STR(r.id, STR("msg_1"));
	CHECK_INT(r.accepted_at_ms, INT64_C(1749465045123));
	CHECK_STR(r.traceparent, str_from(traceparent));
	CHECK_STR(r.data[0], STR("{\"n\":12345678901234567890}"));
	CHECK_INT(r.data[1].n, 0);
	line.n--; /* the newline is optional */
	CHECK_OK(record_parse(line, &r, &err), &err);
	CHECK(r.data[0].p > line.p && r.data[0].p < line.p + line.n);
	for (size_t n = 0; n < line.n; n++)
		CHECK_ERR(record_parse(str_slice(line, 0, n), &r, &err), &err, ERR_CORRUPT);
}

#define HEAD "{\"id\":\"a\",\"accepted_at\":\"1970-01-01T00:00:00.000Z\""

static void test_parse_refuses(void)
{
	static const char *const lines[] = {
		"",
		"\n",
		"{}",
		" " HEAD ",\"data\":{}}",
		HEAD ",\"data\":{}}\n\n",
		HEAD ",\"data\":{}} ",
		HEAD ",\"data\":{}}}",
		HEAD ",\"data\":}",
		HEAD ",\"data\":[]}",
		HEAD ",\"data\":\"{}\"}",
		HEAD ",\"data\":{}{}}",
		HEAD ",\"data\":{\n}}",
		HEAD ",\"data\":{\r}}",
		HEAD ",\"data\":{\"a\":01}}",
		HEAD ",\"data\":{\"a\":\"\xff\"}}",
		HEAD ",\"data\":{},\"data\":{}}",
		HEAD ",\"traceparent\":\"\",\"data\":{}}",
		HEAD ",\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 "
		     "\",\"data\":{}}",
		HEAD ",\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"
		     "\",\"data\":{}}",
		HEAD ",\"more\":1,\"data\":{}}",
		"{\"id\":\"\",\"accepted_at\":\"1970-01-01T00:00:00.000Z\",\"data\":{}}",
		"{\"id\":\"a.b\",\"accepted_at\":\"1970-01-01T00:00:00.000Z\",\"data\":{}}",
		"{\"id\":\"a\\u0062\",\"accepted_at\":\"1970-01-01T00:00:00.000Z\",\"data\":{}}",
		"{\"id\":1,\"accepted_at\":\"1970-01-01T00:00:00.000Z\",\"data\":{}}",
		"{\"id\":\"a\",\"accepted_at\":\"1970-01-01T00:00:00Z\",\"data\":{}}",
		"{\"id\":\"a\",\"accepted_at\":\"1970-01-01T00:00:00.000z\",\"data\":{}}",
		"{\"id\":\"a\",\"accepted_at\":\"0\",\"data\":{}}",
		"{\"id\":\"a\",\"accepted_at\":\"1970-02-30T00:00:00.000Z\",\"data\":{}}",
		"{\"accepted_at\":\"1970-01-01T00:00:00.000Z\",\"id\":\"a\",\"data\":{}}",
	};
	struct record r = { .accepted_at_ms = -7 };
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		test_case = lines[i];
		CHECK_ERR(record_parse(str_from(lines[i]), &r, &err), &err, ERR_CORRUPT);
	}
	CHECK_INT(r.accepted_at_ms, -7);
}

/* The deepest payload is one level deeper in a record, and still a record. */
static void test_depth(void)
{
	struct buf out = BUF_INIT(4096), data = BUF_INIT(4096);
	struct record r = { .id = STR("a") };
	struct err err;

	for (int i = 0; i < 32; i++)
		buf_adds(&data, "{\"a\":");
	buf_adds(&data, "0");
	for (int i = 0; i < 32; i++)
		buf_adds(&data, "}");
	r.data[0] = buf_str(&data);
	record_write(&out, &r);
	CHECK_OK(record_parse(buf_str(&out), &r, &err), &err);
	buf_release(&out);
	buf_release(&data);
}

/* Any object at any cut, written and read, comes back byte for byte. */
static void test_round_trip(void)
{
	struct buf out = BUF_INIT(LINE_MAX_BYTES), data = BUF_INIT(LINE_MAX_BYTES);
	struct random random = { 20261121 };
	struct err err;

	for (int i = 0; i < 2000; i++) {
		struct record r = { STR("msg_1"), i * INT64_C(86399987654), STR_NONE, { { 0 } } };
		struct record again;
		size_t cut;

		buf_reset(&out);
		buf_reset(&data);
		random_object(&random, &data, RANDOM_ONE_LINE);
		cut = random_below(&random, (unsigned)data.n);
		r.data[0] = str_slice(buf_str(&data), 0, cut);
		r.data[1] = str_skip(buf_str(&data), cut);
		if (i % 2)
			r.traceparent = str_from(traceparent);
		record_write(&out, &r);
		CHECK_OK(record_parse(buf_str(&out), &again, &err), &err);
		CHECK_STR(again.id, r.id);
		CHECK_INT(again.accepted_at_ms, r.accepted_at_ms);
		CHECK_STR(again.traceparent, r.traceparent);
		CHECK_STR(again.data[0], buf_str(&data));
	}
	buf_release(&out);
	buf_release(&data);
}

static const struct test tests[] = {
	{ "write", test_write },
	{ "write limits", test_write_limits },
	{ "parse", test_parse },
	{ "parse refuses", test_parse_refuses },
	{ "depth", test_depth },
	{ "round trip", test_round_trip },
};

TEST_MAIN(tests)
