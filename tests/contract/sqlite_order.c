/* Which messages an SQLite queue gives first, and what a clock that jumps does to leases. */
#include "sqlite_queue.h"

enum { MAX = 16 };

static struct clock_fake clock_now;
static struct queue *queue;
static struct queue_message messages[MAX];

static void begin(void)
{
	char path[PLACE_PATH_SIZE];

	place_new(path, "queue.db");
	clock_fake_init(&clock_now, 1792569600000);
	queue = sqlite_queue_open(path, &clock_now.base);
	for (size_t i = 0; i < MAX; i++)
		queue_message_init(&messages[i]);
}

static void end(void)
{
	for (size_t i = 0; i < MAX; i++)
		queue_message_release(&messages[i]);
	queue_close(queue);
}

static void send_texts(const char *letters)
{
	for (; *letters; letters++) {
		struct queue_entry e = { .body = { letters, 1 } };
		struct err err;

		CHECK_OK(queue_send(queue, &e, 1, &err), &err);
	}
}

/* The bodies of what comes, in order. */
static void check_receive(size_t max, unsigned visibility_s, const char *want)
{
	char got[MAX + 1] = "";
	size_t count = 0;
	struct err err;

	CHECK_OK(queue_receive(queue, messages, max, 0, visibility_s, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		got[i] = messages[i].body.p[0];
	CHECK_TEXT(got, want);
}

static void test_oldest_first(void)
{
	begin();
	send_texts("abcdef");
	check_receive(4, 30, "abcd");
	check_receive(4, 30, "ef");
	end();
}

/* What came back is not behind the backlog. */
static void test_returned_first(void)
{
	begin();
	send_texts("abcdefgh");
	check_receive(1, 60, "a");
	check_receive(1, 30, "b");
	clock_fake_advance(&clock_now, 60000);
	check_receive(3, 30, "bac"); /* b's lease ended first */
	end();
}

/* Set back by a day: nothing may stay hidden for a day. */
static void test_clock_back(void)
{
	struct queue_stats stats = { 0 };
	struct err err;

	begin();
	send_texts("ab");
	check_receive(1, 30, "a");
	clock_fake_advance(&clock_now, -86400 * INT64_C(1000));
	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	CHECK_INT(stats.visible, 2);
	CHECK_INT(stats.in_flight, 0);
	CHECK_INT(stats.oldest_age_s, 0); /* not negative */
	check_receive(1, 30, "a");
	check_receive(3, 30, "b");
	check_receive(3, 30, "");
	end();
}

/* The longest lease there may be is not taken for one from before a step of the clock. */
static void test_longest_lease(void)
{
	begin();
	send_texts("a");
	check_receive(1, QUEUE_VISIBILITY_MAX_S, "a");
	check_receive(1, 30, "");
	send_texts("b");
	check_receive(2, QUEUE_VISIBILITY_MAX_S, "b");
	clock_fake_advance(&clock_now, QUEUE_VISIBILITY_MAX_S * INT64_C(1000) - 1);
	check_receive(1, 30, "");
	clock_fake_advance(&clock_now, 1);
	check_receive(2, 30, "ab");
	end();
}

/* A new message never gets the id, and with it the receipts, of one that is gone. */
static void test_ids_are_not_reused(void)
{
	char id[QUEUE_ID_SIZE], receipt[QUEUE_RECEIPT_SIZE];
	struct queue_lease l = { .receipt = receipt };
	struct err err;

	begin();
	send_texts("a");
	check_receive(1, 30, "a");
	memcpy(id, messages[0].id, sizeof(id));
	memcpy(receipt, messages[0].receipt, sizeof(receipt));
	CHECK_OK(queue_delete(queue, &l, 1, &err), &err);
	send_texts("b");
	CHECK_OK(queue_delete(queue, &l, 1, &err), &err);
	check_receive(1, 30, "b");
	CHECK(!str_is(str_from(id), messages[0].id));
	CHECK_OK(queue_delete(queue, &l, 1, &err), &err);
	clock_fake_advance(&clock_now, 30000);
	check_receive(1, 30, "b");
	end();
}

/* More dead ones than a transaction moves do not hide the living ones behind them. */
static void test_many_die_at_once(void)
{
	enum { DOOMED = 2200 };
	struct queue_entry e[50];
	struct queue_stats stats = { 0 };
	size_t count = 0;
	uint64_t moved = 0;
	struct err err;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(e); i++)
		e[i] = (struct queue_entry){ .body = STR("x") };
	for (int i = 0; i < DOOMED; i += (int)ARRAY_SIZE(e))
		CHECK_OK(queue_send(queue, e, ARRAY_SIZE(e), &err), &err);
	for (int receives = 0; receives < 5; receives++) {
		do
			CHECK_OK(queue_receive(queue, messages, MAX, 0, 1, &count, &err), &err);
		while (count);
		clock_fake_advance(&clock_now, 1000);
	}
	send_texts("y");
	check_receive(1, 30, "y");
	check_receive(1, 30, "");
	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	CHECK_INT(stats.dead, DOOMED);
	CHECK_OK(queue_dead_redrive(queue, NULL, 0, &moved, &err), &err);
	CHECK_INT(moved, DOOMED);
	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	CHECK_INT(stats.visible, DOOMED);
	CHECK_INT(stats.dead, 0);
	end();
}

static const struct test tests[] = {
	{ "oldest_first", test_oldest_first },
	{ "returned_first", test_returned_first },
	{ "clock_back", test_clock_back },
	{ "longest_lease", test_longest_lease },
	{ "ids_are_not_reused", test_ids_are_not_reused },
	{ "many_die_at_once", test_many_die_at_once },
};

TEST_MAIN(tests)
