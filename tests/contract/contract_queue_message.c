/* What goes into any queue comes out of it, and what it refuses. */
#include "contract_queue.h"
#include "mem.h"

static void test_round_trip(void)
{
	const char sha256[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
	const char trace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
	struct queue_entry e = { .body = STR("hello"),
		.object = STR("2026/01/02/03/a.ndjson"),
		.sha256 = str_from(sha256),
		.traceparent = str_from(trace),
		.record_count = 7 };
	struct err err;

	begin(5);
	CHECK_OK(queue_send(queue, &e, 1, &err), &err);
	CHECK_INT(e.result.code, ERR_NONE);
	CHECK_INT(receive(10, 30), 1);
	CHECK_STR(buf_str(&messages[0].body), STR("hello"));
	CHECK_TEXT(messages[0].object, "2026/01/02/03/a.ndjson");
	CHECK_TEXT(messages[0].sha256, sha256);
	CHECK_TEXT(messages[0].traceparent, trace);
	CHECK_INT(messages[0].record_count, 7);
	CHECK_INT(messages[0].receive_count, 1);
	check_sent_at(messages[0].sent_at_ms);
	CHECK(messages[0].id[0] && messages[0].receipt[0]);
	CHECK_INT(delete_one(messages[0].receipt), ERR_NONE);
	check_stats(0, 0, 0);
	end();
}

/* What is left out comes back as nothing, also when the message struct held something before. */
static void test_foreign(void)
{
	struct queue_entry e = { .body = STR("x") };
	struct err err;

	begin(5);
	send_text(queue, "first");
	CHECK_INT(receive(1, 30), 1);
	CHECK_OK(queue_send(queue, &e, 1, &err), &err);
	CHECK_INT(receive(1, 30), 1);
	CHECK_STR(buf_str(&messages[0].body), STR("x"));
	CHECK_TEXT(messages[0].object, "");
	CHECK_TEXT(messages[0].sha256, "");
	CHECK_TEXT(messages[0].traceparent, "");
	CHECK_INT(messages[0].record_count, 0);
	end();
}

static void test_body_limits(void)
{
	struct queue_entry measure = { .body = STR_NONE };
	size_t max = QUEUE_BODY_MAX - queue_entry_size(&measure);
	char *bytes = xmalloc(max + 1);
	const struct {
		const char *name;
		size_t size;
		enum err_code code;
	} rows[] = {
		{ "empty", 0, ERR_INVALID },
		{ "1 byte", 1, ERR_NONE },
		{ "max - 1", max - 1, ERR_NONE },
		{ "max", max, ERR_NONE },
		{ "max + 1", max + 1, ERR_INVALID },
	};

	memset(bytes, 'x', max + 1);
	begin(5);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct queue_entry e = { .body = { bytes, rows[i].size } };
		struct err err;

		test_case = rows[i].name;
		CHECK_OK(queue_send(queue, &e, 1, &err), &err);
		CHECK_INT(e.result.code, rows[i].code);
		CHECK_INT(receive(1, 30), rows[i].code == ERR_NONE);
		if (rows[i].code != ERR_NONE)
			continue;
		CHECK_STR(buf_str(&messages[0].body), e.body);
		CHECK_INT(delete_one(messages[0].receipt), ERR_NONE);
	}
	free(bytes);
	end();
}

/* body_max counts attributes too: entries that fill it, and one byte too many. */
static void test_batch_limit(void)
{
	struct queue_entry measure = { .body = STR_NONE };
	size_t overhead = queue_entry_size(&measure), body = QUEUE_BODY_MAX - overhead;
	struct queue_entry e[MESSAGES_MAX] = { 0 };
	char *bytes = xmalloc(body);
	size_t count;
	struct err err;

	memset(bytes, 'x', body);
	begin(5);
	count = queue_traits(queue)->body_max / QUEUE_BODY_MAX;
	CHECK(count >= 1 && count < queue_traits(queue)->batch_max && count < MESSAGES_MAX);
	for (size_t i = 0; i < count; i++)
		e[i].body = (struct str){ bytes, body };
	e[count].body = (struct str){ bytes, 1 };
	CHECK_ERR(queue_send(queue, e, count + 1, &err), &err, ERR_INVALID);
	CHECK_INT(e[0].result.code, ERR_INVALID);
	check_stats(0, 0, 0);
	e[0].body.n -= overhead + 1;
	CHECK_OK(queue_send(queue, e, count + 1, &err), &err);
	check_stats(count + 1, 0, 0);
	free(bytes);
	end();
}

static void add_utf8(struct buf *out, unsigned c)
{
	if (c < 0x80) {
		buf_addc(out, (char)c);
	} else if (c < 0x800) {
		buf_addc(out, (char)(0xc0 | c >> 6));
		buf_addc(out, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		buf_addc(out, (char)(0xe0 | c >> 12));
		buf_addc(out, (char)(0x80 | (c >> 6 & 63)));
		buf_addc(out, (char)(0x80 | (c & 63)));
	} else {
		buf_addc(out, (char)(0xf0 | c >> 18));
		buf_addc(out, (char)(0x80 | (c >> 12 & 63)));
		buf_addc(out, (char)(0x80 | (c >> 6 & 63)));
		buf_addc(out, (char)(0x80 | (c & 63)));
	}
}

/* Every character that SQS takes: #x9 #xA #xD #x20-#xD7FF #xE000-#xFFFD #x10000-#x10FFFF. */
static void test_body_bytes(void)
{
	static const struct {
		unsigned from, to, step;
	} ranges[] = { { 0x9, 0xa, 1 }, { 0xd, 0xd, 1 }, { 0x20, 0x7ff, 1 }, { 0x800, 0xd7ff, 1 },
		{ 0xe000, 0xfffd, 1 }, { 0x10000, 0x10ffff, 251 }, { 0x10ffff, 0x10ffff, 1 } };
	struct buf body = BUF_INIT(QUEUE_BODY_MAX);
	struct queue_entry e = { 0 };
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		for (unsigned c = ranges[i].from; c <= ranges[i].to; c += ranges[i].step)
			add_utf8(&body, c);
	CHECK(!body.full);
	begin(5);
	e.body = buf_str(&body);
	CHECK_OK(queue_send(queue, &e, 1, &err), &err);
	CHECK_INT(receive(1, 30), 1);
	CHECK(str_eq(buf_str(&messages[0].body), e.body));
	buf_release(&body);
	end();
}

/* The good ones of a batch go through, the bad ones say why. */
static void test_partial_send(void)
{
	const char *too_long = messages[0].receipt; /* long enough; what it holds does not matter */
	struct queue_entry e[] = {
		{ .body = STR("a") },
		{ .body = STR("") },
		{ .body = STR("b"), .object = { too_long, OBJECTKEY_SIZE } },
		{ .body = STR("c"), .sha256 = STR("abc") },
		{ .body = STR("d"), .traceparent = { too_long, TRACEPARENT_SIZE } },
		{ .body = STR("e") },
	};
	static const enum err_code want[] = { ERR_NONE, ERR_INVALID, ERR_INVALID, ERR_INVALID,
		ERR_INVALID, ERR_NONE };
	size_t seen_a = 0, seen_e = 0, n;
	struct err err;

	begin(5);
	CHECK_OK(queue_send(queue, e, ARRAY_SIZE(e), &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(e); i++) {
		CHECK_INT(e[i].result.code, want[i]);
		CHECK_INT(e[i].result.text[0] != '\0', want[i] != ERR_NONE);
	}
	while ((n = receive(1, 30)) == 1) {
		seen_a += str_is(buf_str(&messages[0].body), "a");
		seen_e += str_is(buf_str(&messages[0].body), "e");
	}
	CHECK_INT(seen_a, 1);
	CHECK_INT(seen_e, 1);
	check_stats(0, 2, 0);
	end();
}

/* A full batch arrives as a set; a receive never gives more than was asked for. */
static void test_batches(void)
{
	struct queue_entry e[MESSAGES_MAX] = { 0 };
	char text[MESSAGES_MAX][24];
	bool seen[MESSAGES_MAX] = { false };
	size_t total = 0, n, batch;
	struct err err;

	begin(5);
	batch = queue_traits(queue)->batch_max;
	CHECK(batch >= QUEUE_BATCH_MAX && batch <= MESSAGES_MAX);
	for (size_t i = 0; i < batch; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%zu", i);
		e[i].body = str_from(text[i]);
	}
	CHECK_OK(queue_send(queue, e, batch, &err), &err);
	while ((n = receive(7, 30)) > 0 && total <= batch) {
		CHECK(n <= 7);
		total += n;
		for (size_t i = 0; i < n; i++) {
			uint64_t at = MESSAGES_MAX;

			CHECK(
			    str_to_u64(buf_str(&messages[i].body), &at) && at < batch && !seen[at]);
			if (at < batch)
				seen[at] = true;
		}
	}
	CHECK_INT(total, batch);
	end();
}

/*
 * Ten messages of nearly the largest size, of characters that double when they are quoted: no
 * answer that a queue may give is too long for us.
 */
static void test_largest_batch(void)
{
	struct queue_entry measure = { .body = STR_NONE };
	size_t size = QUEUE_BODY_MAX - queue_entry_size(&measure), left = QUEUE_BATCH_MAX, n;
	char *bytes = xmalloc(size);
	struct queue_entry e = { .body = { bytes, size } };
	struct err err;

	memset(bytes, '"', size);
	begin(5);
	for (size_t i = 0; i < QUEUE_BATCH_MAX; i++) {
		CHECK_OK(queue_send(queue, &e, 1, &err), &err);
		CHECK_INT(e.result.code, ERR_NONE);
	}
	for (; left > 0 && (n = receive(QUEUE_BATCH_MAX, 30)) > 0; left -= n < left ? n : left)
		for (size_t i = 0; i < n; i++)
			CHECK(str_eq(buf_str(&messages[i].body), e.body));
	CHECK_INT(left, 0);
	free(bytes);
	end();
}

static void test_bad_urls(void)
{
	static const char *const rows[] = { "", "queue", "nosuch:thing", ":x" };
	struct queue *q = NULL;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i];
		CHECK_ERR(queue_open(&q, str_from(rows[i]), NULL, &err), &err, ERR_CONFIG);
		CHECK(q == NULL && str_contains(str_from(err.text), STR("sqlite:")));
	}
}

static const struct test tests[] = {
	{ "round_trip", test_round_trip },
	{ "foreign", test_foreign },
	{ "body_limits", test_body_limits },
	{ "batch_limit", test_batch_limit },
	{ "body_bytes", test_body_bytes },
	{ "partial_send", test_partial_send },
	{ "batches", test_batches },
	{ "largest_batch", test_largest_batch },
	{ "bad_urls", test_bad_urls },
};

QUEUE_CONTRACT_MAIN(tests)
