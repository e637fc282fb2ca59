/* Dead letters and figures of any queue. */
#include "contract_queue.h"

/* Send "0", "1", ..., receive them and let the leases lapse until they are dead. */
static void kill_messages(unsigned count, unsigned max_receives)
{
	char text[24];

	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(text, sizeof(text), "%u", i);
		send_text(queue, text);
	}
	for (unsigned i = 1; i <= max_receives; i++) {
		CHECK_INT(receive(QUEUE_BATCH_MAX, 1), count);
		CHECK_INT(messages[0].receive_count, i);
		lapse(1);
	}
	CHECK_INT(receive(QUEUE_BATCH_MAX, 1), 0);
}

static size_t dead_list(const char *after, size_t max)
{
	size_t count = 0;
	struct err err;

	CHECK_OK(queue_dead_list(queue, after, messages, max, &count, &err), &err);
	return count;
}

static void test_dead_letter(void)
{
	const char *unknown = "999999";
	uint64_t n = 99;
	char id[QUEUE_ID_SIZE], last[QUEUE_RECEIPT_SIZE];
	const char *ids[] = { id, unknown };
	struct err err;

	begin(3);
	kill_messages(1, 3);
	memcpy(last, messages[0].receipt, sizeof(last));
	check_stats(0, 0, 1);
	CHECK_INT(dead_list("", 10), 1);
	CHECK_STR(buf_str(&messages[0].body), STR("0"));
	CHECK_TEXT(messages[0].object, "2026/01/02/03/x.ndjson");
	CHECK_INT(messages[0].receive_count, 3 + backend->counts_listings);
	check_sent_at(messages[0].sent_at_ms);
	memcpy(id, messages[0].id, sizeof(id));
	CHECK_OK(queue_dead_redrive(queue, ids, 2, &n, &err), &err);
	CHECK_INT(n, 1);
	check_stats(1, 0, 0);
	CHECK_INT(receive(1, 1), 1);
	CHECK_INT(messages[0].receive_count, 1);
	CHECK_STR(buf_str(&messages[0].body), STR("0"));
	end();
}

/* Of a message that left the queue a receipt may count as used. */
static void check_former(const char *receipt)
{
	enum err_code code = delete_one(receipt);

	CHECK(code == ERR_CONFLICT || (code == ERR_NONE && !backend->knows_receipts));
}

/* A receipt from before the redrive must not fit any delivery after it. */
static void test_former_life(void)
{
	char former[2][QUEUE_RECEIPT_SIZE];
	uint64_t n = 0;
	struct err err;

	begin(2);
	send_text(queue, "twice");
	for (size_t i = 0; i < 2; i++) {
		CHECK_INT(receive(1, 1), 1);
		memcpy(former[i], messages[0].receipt, sizeof(former[i]));
		lapse(1);
	}
	CHECK_INT(receive(1, 1), 0);
	check_former(former[1]);
	CHECK_OK(queue_dead_redrive(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 1);
	for (size_t i = 0; i < 2; i++) {
		CHECK_INT(receive(1, 1), 1);
		check_former(former[0]);
		check_former(former[1]);
		lapse(1);
	}
	check_stats(1, 0, 0);
	end();
}

enum { LETTERS = 7 };

/* The page's letters, among those that may still come. */
static void check_page(size_t got, size_t seen, bool met[LETTERS])
{
	for (size_t i = 0; i < got; i++) {
		uint64_t number = LETTERS;

		CHECK(str_to_u64(buf_str(&messages[i].body), &number) && number < LETTERS);
		CHECK(number < LETTERS && !met[number]);
		if (number < LETTERS)
			met[number] = true;
		if (backend->keeps_order)
			CHECK_INT(number, seen + i); /* oldest first */
	}
}

static void test_dead_pages(void)
{
	char id[QUEUE_ID_SIZE] = "";
	bool met[LETTERS] = { false };
	size_t seen = 0;
	uint64_t n = 0;
	const char *ids[1] = { id };
	struct err err;

	begin(1);
	kill_messages(LETTERS, 1);
	for (size_t got; (got = dead_list(id, 3)) > 0; seen += got) {
		check_page(got, seen, met);
		memcpy(id, messages[got - 1].id, sizeof(id));
	}
	CHECK_INT(seen, LETTERS);
	CHECK_OK(queue_dead_purge(queue, ids, 1, &n, &err), &err); /* the last one */
	CHECK_INT(n, 1);
	CHECK_OK(queue_dead_purge(queue, ids, 1, &n, &err), &err);
	CHECK_INT(n, 0);
	CHECK_OK(queue_dead_purge(queue, ids, 0, &n, &err), &err); /* none is not all */
	CHECK_INT(n, 0);
	check_stats(0, 0, 6);
	CHECK_OK(queue_dead_purge(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 6);
	CHECK_INT(dead_list("", 3), 0);
	check_stats(0, 0, 0);
	end();
}

static void test_redrive_all(void)
{
	uint64_t n = 0;
	struct err err;

	begin(1);
	kill_messages(5, 1);
	send_text(queue, "alive");
	CHECK_OK(queue_dead_redrive(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 5);
	check_stats(6, 0, 0);
	CHECK_INT(receive(10, 30), 6);
	end();
}

/* Unknown is better than wrong, but an empty queue has no age. */
static void check_real_age(void)
{
	struct queue_stats stats;
	struct err err;

	send_text(queue, "fresh");
	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	CHECK(stats.oldest_age_s >= -1 && stats.oldest_age_s < 60);
}

static void test_stats_age(void)
{
	struct queue_stats stats;
	struct err err;

	begin(5);
	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	CHECK_INT(stats.oldest_age_s, 0);
	if (!backend->is_timeless) {
		check_real_age();
		end();
		return;
	}
	send_text(queue, "old");
	advance(90000);
	send_text(queue, "new");
	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	CHECK_INT(stats.oldest_age_s, 90);
	CHECK_INT(receive(1, 30), 1); /* in flight still counts */
	advance(10000);
	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	CHECK_INT(stats.oldest_age_s, 100);
	CHECK_INT(delete_one(messages[0].receipt), ERR_NONE);
	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	CHECK_INT(stats.oldest_age_s, 10);
	CHECK_INT(stats.visible, 1);
	end();
}

static const struct test tests[] = {
	{ "dead_letter", test_dead_letter },
	{ "former_life", test_former_life },
	{ "dead_pages", test_dead_pages },
	{ "redrive_all", test_redrive_all },
	{ "stats_age", test_stats_age },
};

QUEUE_CONTRACT_MAIN(tests)
