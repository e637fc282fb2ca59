/* Batches of which every subset fails, and ids that are wrong (9). */
#include "wire_ports.h"

/* ---- 9: every subset of a batch ---- */

enum { SUBSETS = 1 << QUEUE_BATCH_MAX };

/* Which of those that fail are the sender's fault; mixed with the subset itself, always the same. */
static unsigned senders_of(unsigned mask)
{
	return mask & (mask * 0x9E37u >> 3);
}

static bool is_in(unsigned mask, size_t i)
{
	return (mask >> i & 1) != 0;
}

static void order_partial(const char *op, unsigned mask)
{
	fault("{\"op\":\"%s\",\"what\":\"partial\",\"mask\":%u,\"sender_mask\":%u}", op, mask,
	    senders_of(mask));
}

static void check_result(unsigned mask, size_t i, const struct err *result)
{
	if ((result->code == ERR_NONE) == is_in(mask, i))
		TEST_FAIL("subset %x, entry %zu: %s", mask, i, err_name(result->code));
	if (is_in(mask, i) && is_in(senders_of(mask), i) == err_is_transient(result->code))
		TEST_FAIL("subset %x, entry %zu: %s: %s", mask, i, err_name(result->code),
		    result->text);
}

static void test_send_subsets(void)
{
	struct queue_entry entries[QUEUE_BATCH_MAX];
	struct err err;

	open_ports("subset-send", "1");
	for (unsigned mask = 0; mask < SUBSETS; mask++) {
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			entries[i] = entry();
		order_partial("SendMessageBatch", mask);
		CHECK_OK(queue_send(t.queue, entries, QUEUE_BATCH_MAX, &err), &err);
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			check_result(mask, i, &entries[i].result);
	}
	close_ports();
}

static void test_lease_subsets(void)
{
	struct queue_lease leases[QUEUE_BATCH_MAX];
	struct err err;

	open_ports("subset-lease", "1");
	for (unsigned mask = 0; mask < SUBSETS; mask++) {
		send_all(QUEUE_BATCH_MAX);
		receive_all(QUEUE_BATCH_MAX, leases);
		order_partial("ChangeMessageVisibilityBatch", mask);
		CHECK_OK(queue_extend(t.queue, leases, QUEUE_BATCH_MAX, LONG_S, &err), &err);
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			check_result(mask, i, &leases[i].result);
		order_partial("DeleteMessageBatch", mask);
		CHECK_OK(queue_delete(t.queue, leases, QUEUE_BATCH_MAX, &err), &err);
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			check_result(mask, i, &leases[i].result);
	}
	close_ports();
}

/* first, others: whether they may count as done. */
static const struct {
	const char *code;
	bool first, others;
} misnamed[] = {
	{ "unknown", false, true },
	{ "missing", false, true },
	{ "duplicate", true, false },
};

static void test_ids(void)
{
	struct queue_entry entries[QUEUE_BATCH_MAX];
	struct err err;

	open_ports("ids", "1");
	for (size_t k = 0; k < ARRAY_SIZE(misnamed); k++) {
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			entries[i] = entry();
		fault("{\"op\":\"SendMessageBatch\",\"what\":\"ids\",\"code\":\"%s\"}",
		    misnamed[k].code);
		CHECK_OK(queue_send(t.queue, entries, QUEUE_BATCH_MAX, &err), &err);
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			if (entries[i].result.code == ERR_NONE &&
			    !(i == 0 ? misnamed[k].first : misnamed[k].others))
				TEST_FAIL("%s: entry %zu counts as sent", misnamed[k].code, i);
	}
	close_ports();
}

static const struct test tests[] = {
	{ "09-send-subsets", test_send_subsets },
	{ "09-lease-subsets", test_lease_subsets },
	{ "09-ids", test_ids },
};

TEST_MAIN(tests)
