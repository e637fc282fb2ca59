/* Leases of any queue: hidden, back again, extended, given back. */
#include "contract_queue.h"

/* What is gone counts as deleted. */
static void check_delete_again(const char *receipt)
{
	if (!peer_differs("deletes of what is gone"))
		CHECK_INT(delete_one(receipt), ERR_NONE);
}

static void test_redelivery(void)
{
	char first[QUEUE_RECEIPT_SIZE], second[QUEUE_RECEIPT_SIZE], id[QUEUE_ID_SIZE];
	unsigned lease_s = backend->lease_s;

	begin(5);
	send_text(queue, "again");
	CHECK_INT(receive(1, lease_s), 1);
	memcpy(first, messages[0].receipt, sizeof(first));
	memcpy(id, messages[0].id, sizeof(id));
	CHECK_INT(receive(1, lease_s), 0);
	check_stats(0, 1, 0);
	lapse(lease_s);
	check_stats(1, 0, 0);
	CHECK_INT(receive(1, lease_s), 1);
	CHECK_TEXT(messages[0].id, id);
	CHECK_STR(buf_str(&messages[0].body), STR("again"));
	CHECK_INT(messages[0].receive_count, 2);
	check_sent_at(messages[0].sent_at_ms);
	memcpy(second, messages[0].receipt, sizeof(second));
	CHECK(!str_is(str_from(first), second));
	/* The first lease is over: it must not touch what another holds. */
	if (!peer_differs("old receipts")) {
		CHECK_INT(delete_one(first), ERR_CONFLICT);
		CHECK_INT(extend_one(first, 0), ERR_CONFLICT);
	}
	CHECK_INT(receive(1, lease_s), 0);
	CHECK_INT(delete_one(second), ERR_NONE);
	check_delete_again(second);
	check_delete_again(first);
	CHECK_INT(extend_one(first, lease_s), ERR_CONFLICT);
	lapse(lease_s);
	CHECK_INT(receive(1, lease_s), 0);
	end();
}

/* Late, but nobody else has it: the lease is still good. */
static void test_late_delete(void)
{
	begin(5);
	send_text(queue, "late");
	CHECK_INT(receive(1, 1), 1);
	advance(1500);
	CHECK_INT(delete_one(messages[0].receipt), ERR_NONE);
	CHECK_INT(receive(1, 1), 0);
	check_stats(0, 0, 0);
	end();
}

static void test_extend(void)
{
	unsigned third_s = backend->lease_s / 3;

	begin(5);
	send_text(queue, "long work");
	CHECK_INT(receive(1, 3 * third_s), 1);
	advance(2000 * third_s);
	CHECK_INT(extend_one(messages[0].receipt, 3 * third_s), ERR_NONE);
	advance(2000 * third_s);
	CHECK_INT(receive(1, 30), 0); /* the first lease would be over */
	lapse(third_s);
	CHECK_INT(receive(1, 30), 1);
	CHECK_INT(messages[0].receive_count, 2);
	end();
}

static void test_give_back(void)
{
	begin(5);
	send_text(queue, "not now");
	CHECK_INT(receive(1, QUEUE_VISIBILITY_MAX_S), 1);
	CHECK_INT(extend_one(messages[0].receipt, 0), ERR_NONE);
	check_stats(1, 0, 0);
	CHECK_INT(receive(1, 30), 1);
	CHECK_INT(messages[0].receive_count, 2);
	end();
}

static void test_partial_delete(void)
{
	struct queue_lease l[4];
	struct queue_message *m = messages;
	char stale[QUEUE_RECEIPT_SIZE];
	bool knows_old;
	struct err err;

	begin(5);
	send_text(queue, "a");
	CHECK_INT(receive(1, 1), 1);
	memcpy(stale, messages[0].receipt, sizeof(stale));
	lapse(1);
	send_text(queue, "b");
	CHECK_INT(receive(1, 30) + receive(1, 30), 2); /* both, one after the other */
	CHECK_INT(extend_one(m->receipt, 0), ERR_NONE);
	CHECK_INT(receive(2, 30), 1);
	l[0] = (struct queue_lease){ .receipt = "nonsense" };
	l[1] = (struct queue_lease){ .receipt = stale };
	l[2] = (struct queue_lease){ .receipt = m->receipt };
	l[3] = (struct queue_lease){ .receipt = "" };
	CHECK_OK(queue_delete(queue, l, 4, &err), &err);
	/* Not all queues can tell nonsense from a receipt that is over. */
	CHECK(l[0].result.code == ERR_INVALID || l[0].result.code == ERR_CONFLICT);
	knows_old = !peer_differs("old receipts");
	if (knows_old)
		CHECK_INT(l[1].result.code, ERR_CONFLICT);
	CHECK_INT(l[2].result.code, ERR_NONE);
	CHECK_INT(l[3].result.code, ERR_INVALID);
	check_stats(0, knows_old, 0);
	end();
}

static const struct test tests[] = {
	{ "redelivery", test_redelivery },
	{ "late_delete", test_late_delete },
	{ "extend", test_extend },
	{ "give_back", test_give_back },
	{ "partial_delete", test_partial_delete },
};

QUEUE_CONTRACT_MAIN(tests)
