/* Dead letters and figures of any queue. */
#include "contract_queue.h"

/* Receive and let the lease lapse until the message is dead. */
static void kill_message(const char *text, unsigned max_receives)
{
	send_text(queue, text);
	for (unsigned i = 1; i <= max_receives; i++) {
		CHECK_INT(receive(1, 1), 1);
		CHECK_INT(messages[0].receive_count, i);
		backend->advance(1000);
	}
	CHECK_INT(receive(1, 1), 0);
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
	kill_message("poison", 3);
	memcpy(last, messages[0].receipt, sizeof(last));
	check_stats(0, 0, 1);
	CHECK_INT(dead_list("", 10), 1);
	CHECK_STR(buf_str(&messages[0].body), STR("poison"));
	CHECK_TEXT(messages[0].object, "2026/01/02/03/x.ndjson");
	CHECK_INT(messages[0].receive_count, 3);
	CHECK_INT(messages[0].sent_at_ms, START_S * INT64_C(1000));
	memcpy(id, messages[0].id, sizeof(id));
	CHECK_OK(queue_dead_redrive(queue, ids, 2, &n, &err), &err);
	CHECK_INT(n, 1);
	check_stats(1, 0, 0);
	CHECK_INT(receive(1, 1), 1);
	CHECK_INT(messages[0].receive_count, 1);
	CHECK_STR(buf_str(&messages[0].body), STR("poison"));
	end();
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
		backend->advance(1000);
	}
	CHECK_INT(receive(1, 1), 0);
	CHECK_INT(delete_one(former[1]), ERR_CONFLICT);
	CHECK_OK(queue_dead_redrive(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 1);
	for (size_t i = 0; i < 2; i++) {
		CHECK_INT(receive(1, 1), 1);
		CHECK_INT(delete_one(former[0]), ERR_CONFLICT);
		CHECK_INT(delete_one(former[1]), ERR_CONFLICT);
		backend->advance(1000);
	}
	check_stats(1, 0, 0);
	end();
}

static void test_dead_pages(void)
{
	char id[QUEUE_ID_SIZE] = "";
	char text[24];
	size_t seen = 0;
	uint64_t n = 0;
	const char *ids[1] = { id };
	struct err err;

	begin(1);
	for (int i = 0; i < 7; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		kill_message(text, 1);
	}
	for (size_t got; (got = dead_list(id, 3)) > 0; seen += got) {
		for (size_t i = 0; i < got; i++) {
			(void)snprintf(text, sizeof(text), "%zu", seen + i);
			CHECK_STR(buf_str(&messages[i].body), str_from(text)); /* oldest first */
		}
		memcpy(id, messages[got - 1].id, sizeof(id));
	}
	CHECK_INT(seen, 7);
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
	for (int i = 0; i < 5; i++)
		kill_message("x", 1);
	send_text(queue, "alive");
	CHECK_OK(queue_dead_redrive(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 5);
	check_stats(6, 0, 0);
	CHECK_INT(receive(10, 30), 6);
	end();
}

static void test_stats_age(void)
{
	struct queue_stats stats;
	struct err err;

	begin(5);
	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	CHECK_INT(stats.oldest_age_s, 0);
	send_text(queue, "old");
	backend->advance(90000);
	send_text(queue, "new");
	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	CHECK_INT(stats.oldest_age_s, 90);
	CHECK_INT(receive(1, 30), 1); /* in flight still counts */
	backend->advance(10000);
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

CONTRACT_MAIN(tests)
