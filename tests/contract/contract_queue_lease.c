/* Leases of any queue: hidden, back again, extended, given back. */
#include "contract_queue.h"

static void test_redelivery(void)
{
	char first[QUEUE_RECEIPT_SIZE], second[QUEUE_RECEIPT_SIZE], id[QUEUE_ID_SIZE];

	begin(5);
	send_text(queue, "again");
	CHECK_INT(receive(1, 30), 1);
	memcpy(first, messages[0].receipt, sizeof(first));
	memcpy(id, messages[0].id, sizeof(id));
	CHECK_INT(receive(1, 30), 0);
	backend->advance(29999);
	CHECK_INT(receive(1, 30), 0);
	check_stats(0, 1, 0);
	backend->advance(1);
	check_stats(1, 0, 0);
	CHECK_INT(receive(1, 30), 1);
	CHECK_TEXT(messages[0].id, id);
	CHECK_STR(buf_str(&messages[0].body), STR("again"));
	CHECK_INT(messages[0].receive_count, 2);
	CHECK_INT(messages[0].sent_at_ms, START_S * INT64_C(1000));
	memcpy(second, messages[0].receipt, sizeof(second));
	CHECK(!str_is(str_from(first), second));
	/* The first lease is over: it must not touch what another holds. */
	CHECK_INT(delete_one(first), ERR_CONFLICT);
	CHECK_INT(extend_one(first, 0), ERR_CONFLICT);
	CHECK_INT(receive(1, 30), 0);
	CHECK_INT(delete_one(second), ERR_NONE);
	CHECK_INT(delete_one(second), ERR_NONE); /* gone counts as deleted */
	CHECK_INT(delete_one(first), ERR_NONE);
	CHECK_INT(extend_one(first, 30), ERR_CONFLICT);
	backend->advance(60000);
	CHECK_INT(receive(1, 30), 0);
	end();
}

/* Late, but nobody else has it: the lease is still good. */
static void test_late_delete(void)
{
	begin(5);
	send_text(queue, "late");
	CHECK_INT(receive(1, 1), 1);
	backend->advance(5000);
	CHECK_INT(delete_one(messages[0].receipt), ERR_NONE);
	CHECK_INT(receive(1, 1), 0);
	check_stats(0, 0, 0);
	end();
}

static void test_extend(void)
{
	begin(5);
	send_text(queue, "long work");
	CHECK_INT(receive(1, 30), 1);
	backend->advance(20000);
	CHECK_INT(extend_one(messages[0].receipt, 30), ERR_NONE);
	backend->advance(29999);
	CHECK_INT(receive(1, 30), 0);
	backend->advance(1);
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
	struct err err;

	begin(5);
	send_text(queue, "a");
	CHECK_INT(receive(1, 1), 1);
	memcpy(stale, messages[0].receipt, sizeof(stale));
	backend->advance(1000);
	send_text(queue, "b");
	CHECK_INT(receive(1, 30) + receive(1, 30), 2); /* both, one after the other */
	CHECK_INT(extend_one(m->receipt, 0), ERR_NONE);
	CHECK_INT(receive(2, 30), 1);
	l[0] = (struct queue_lease){ .receipt = "nonsense" };
	l[1] = (struct queue_lease){ .receipt = stale };
	l[2] = (struct queue_lease){ .receipt = m->receipt };
	l[3] = (struct queue_lease){ .receipt = "" };
	CHECK_OK(queue_delete(queue, l, 4, &err), &err);
	CHECK_INT(l[0].result.code, ERR_INVALID);
	CHECK_INT(l[1].result.code, ERR_CONFLICT);
	CHECK_INT(l[2].result.code, ERR_NONE);
	CHECK_INT(l[3].result.code, ERR_INVALID);
	check_stats(0, 1, 0);
	end();
}

static const struct test tests[] = {
	{ "redelivery", test_redelivery },
	{ "late_delete", test_late_delete },
	{ "extend", test_extend },
	{ "give_back", test_give_back },
	{ "partial_delete", test_partial_delete },
};

CONTRACT_MAIN(tests)
