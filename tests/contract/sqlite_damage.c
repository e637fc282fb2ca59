/*
 * A damaged file: an error, or the right answer; one damaged message becomes a dead letter
 * and keeps nobody else. Nothing that was acknowledged disappears without a word.
 */
#include "mem.h"
#include "sqlite_queue.h"

enum { BODY_SIZE = 100000, MESSAGES = 8, PAGE_SIZE = 16384 };

static void send_all(struct queue *q, size_t size)
{
	char *body = xmalloc(size);
	struct queue_entry e = { .body = { body, size } };
	struct err err;

	memset(body, 'x', size);
	for (int i = 0; i < MESSAGES; i++)
		CHECK_OK(queue_send(q, &e, 1, &err), &err);
	free(body);
}

/* Until nothing comes or an error does; every body that comes is whole. */
static int receive_all(struct queue *q, size_t size, uint64_t *received, struct err *err)
{
	struct queue_message m;
	size_t count = 0;
	int rc;

	queue_message_init(&m);
	*received = 0;
	do {
		rc = queue_receive(q, &m, 1, 0, 600, &count, err);
		if (rc == 0 && count) {
			CHECK_INT(m.body.n, size);
			++*received;
		}
	} while (rc == 0 && count);
	queue_message_release(&m);
	return rc;
}

static uint64_t dead_count(struct queue *q)
{
	struct queue_stats stats = { 0 };
	struct err err;

	CHECK_OK(queue_stats(q, &stats, &err), &err);
	return stats.dead;
}

/* ---- pages ---- */

static void overwrite(const char *path, long from, long to)
{
	static char garbage[PAGE_SIZE];

	memset(garbage, 0xa5, sizeof(garbage));
	for (long at = from; at < to; at += PAGE_SIZE)
		place_overwrite(path, at,
		    (struct str){ garbage, (size_t)(to - at < PAGE_SIZE ? to - at : PAGE_SIZE) });
}

static void check_damaged(const char *path)
{
	struct queue_options options = { .create = false };
	uint64_t received;
	struct queue *q;
	struct err err;

	if (sqlite_queue_try(&q, path, "", &options, &err) != 0) {
		CHECK_INT(err.code, ERR_CORRUPT);
		return;
	}
	if (receive_all(q, BODY_SIZE, &received, &err) != 0)
		CHECK_INT(err.code, ERR_CORRUPT);
	else
		CHECK_INT(received + dead_count(q), MESSAGES);
	queue_close(q);
}

static void test_pages(void)
{
	static const struct {
		const char *name;
		long at, n; /* at < 0: from the end; n 0: to the end */
	} rows[] = {
		{ "header", 0, 100 },
		{ "schema", 100, 2000 },
		{ "second page", PAGE_SIZE, PAGE_SIZE },
		{ "last page", -PAGE_SIZE, PAGE_SIZE },
		{ "last but two", -3 * PAGE_SIZE, PAGE_SIZE },
		{ "all but the header", PAGE_SIZE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char path[PLACE_PATH_SIZE];
		struct queue *q;
		long from, size;

		test_case = rows[i].name;
		place_new(path, "queue.db");
		q = sqlite_queue_open(path, NULL);
		send_all(q, BODY_SIZE);
		queue_close(q);
		size = place_size(path);
		from = rows[i].at < 0 ? size + rows[i].at : rows[i].at;
		overwrite(path, from, rows[i].n ? from + rows[i].n : size);
		check_damaged(path);
	}
}

/* ---- rows ---- */

static void check_letter(struct queue *q)
{
	struct queue_message m;
	size_t count = 0;
	struct err err;

	queue_message_init(&m);
	CHECK_OK(queue_dead_list(q, "", &m, 1, &count, &err), &err);
	CHECK_INT(count, 1);
	CHECK_TEXT(m.id, "2");
	CHECK_INT(m.body.n, 0);
	queue_message_release(&m);
}

/* One damaged row becomes a dead letter; redriven it dies again, and it can be removed. */
static void check_damaged_row(const char *sql, struct queue *q, const char *path)
{
	uint64_t n = 0;
	struct err err;

	sqlite_queue_exec(path, sql);
	CHECK_OK(receive_all(q, 10, &n, &err), &err);
	CHECK_INT(n, MESSAGES - 1);
	CHECK_INT(dead_count(q), 1);
	check_letter(q);
	CHECK_OK(queue_dead_redrive(q, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 1);
	CHECK_OK(receive_all(q, 10, &n, &err), &err);
	CHECK_INT(n, 0);
	check_letter(q);
	CHECK_OK(queue_dead_purge(q, NULL, 0, &n, &err), &err);
	CHECK_INT(dead_count(q), 0);
}

static void test_rows(void)
{
	static const struct {
		const char *sql;
		bool is_received; /* before the damage */
	} rows[] = {
		{ "UPDATE message SET body = x'' WHERE id = 2", false },
		{ "UPDATE message SET body = x'' WHERE id = 2", true },
		{ "UPDATE message SET body = zeroblob(2000000) WHERE id = 2", false },
		{ "UPDATE message SET object = hex(zeroblob(1000)) WHERE id = 2", false },
		{ "UPDATE message SET sha256 = hex(zeroblob(1000)) WHERE id = 2", true },
		{ "UPDATE message SET traceparent = hex(zeroblob(1000)) WHERE id = 2", false },
		{ "DELETE FROM message WHERE id = 2", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct clock_fake clock;
		char path[PLACE_PATH_SIZE];
		uint64_t n;
		struct queue *q;
		struct err err;

		test_case = rows[i].sql;
		clock_fake_init(&clock, 1792569600000);
		place_new(path, "queue.db");
		q = sqlite_queue_open(path, &clock.base);
		send_all(q, 10);
		if (rows[i].is_received) {
			CHECK_OK(receive_all(q, 10, &n, &err), &err);
			clock_fake_advance(&clock, 600000);
		}
		check_damaged_row(rows[i].sql, q, path);
		queue_close(q);
	}
}

static const struct test tests[] = {
	{ "pages", test_pages },
	{ "rows", test_rows },
};

TEST_MAIN(tests)
