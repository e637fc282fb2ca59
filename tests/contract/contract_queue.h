/*
 * contract_queue: the backends that contract_queue_*.c run against, and the queue under
 * test. To add a backend, add a row to `backends`; no case may be changed for it.
 */
#ifndef OPS_TEST_CONTRACT_QUEUE_H
#define OPS_TEST_CONTRACT_QUEUE_H

#include "queue.h"

#include "contract.h"
#include "place.h"

enum { MESSAGES_MAX = 64, START_S = 1792569600 };

static struct clock_fake fake;

/* ---- backends ---- */

struct backend {
	const char *name;
	/* Append the URL of a queue that is new and empty, with that limit of receives. */
	void (*fresh)(struct buf *url, unsigned max_receives);
	/* Let time pass for leases and ages. */
	void (*advance)(int64_t ms);
};

static void sqlite_fresh(struct buf *url, unsigned max_receives)
{
	char path[PLACE_PATH_SIZE];

	place_new(path, "queue.db");
	buf_addf(url, "sqlite:%s?max_receives=%u", path, max_receives);
}

static void fake_advance(int64_t ms)
{
	clock_fake_advance(&fake, ms);
}

static const struct backend backends[] = {
	{ "sqlite", sqlite_fresh, fake_advance },
};
static const struct backend *backend;

/* ---- the queue under test ---- */

static char url[PLACE_PATH_SIZE + 64];
static struct queue *queue;
static struct queue_message messages[MESSAGES_MAX];

static inline struct queue *open_again(void)
{
	struct queue_options options = { .clock = &fake.base, .create = true };
	struct queue *q;
	struct err err;

	if (queue_open(&q, str_from(url), &options, &err) != 0)
		test_die("%s: %s", url, err.text);
	return q;
}

static inline void begin(unsigned max_receives)
{
	struct buf text = BUF_INIT(sizeof(url) - 1);

	clock_fake_init(&fake, START_S * INT64_C(1000));
	backend->fresh(&text, max_receives);
	memcpy(url, buf_text(&text), text.n + 1);
	buf_release(&text);
	for (size_t i = 0; i < MESSAGES_MAX; i++)
		queue_message_init(&messages[i]);
	queue = open_again();
}

static inline void end(void)
{
	queue_close(queue);
	for (size_t i = 0; i < MESSAGES_MAX; i++)
		queue_message_release(&messages[i]);
}

/* Also for threads: the CHECKs are for the main thread only. */
static inline int try_send(struct queue *q, const char *text, struct err *err)
{
	struct queue_entry e = { .body = str_from(text), .object = STR("2026/01/02/03/x.ndjson") };
	int rc = queue_send(q, &e, 1, err);

	if (rc == 0 && e.result.code != ERR_NONE) {
		*err = e.result;
		rc = -1;
	}
	return rc;
}

static inline void send_text(struct queue *q, const char *text)
{
	struct err err;

	CHECK_OK(try_send(q, text, &err), &err);
}

static inline size_t receive(size_t max, unsigned visibility_s)
{
	size_t count = 0;
	struct err err;

	CHECK_OK(queue_receive(queue, messages, max, 0, visibility_s, &count, &err), &err);
	return count;
}

static inline enum err_code delete_one(const char *receipt)
{
	struct queue_lease l = { .receipt = receipt };
	struct err err;

	CHECK_OK(queue_delete(queue, &l, 1, &err), &err);
	return l.result.code;
}

static inline enum err_code extend_one(const char *receipt, unsigned visibility_s)
{
	struct queue_lease l = { .receipt = receipt };
	struct err err;

	CHECK_OK(queue_extend(queue, &l, 1, visibility_s, &err), &err);
	return l.result.code;
}

static inline void check_stats(uint64_t visible, uint64_t in_flight, uint64_t dead)
{
	struct queue_stats stats = { 0 };
	struct err err;

	CHECK_OK(queue_stats(queue, &stats, &err), &err);
	CHECK_INT(stats.visible, visible);
	CHECK_INT(stats.in_flight, in_flight);
	CHECK_INT(stats.dead, dead);
}

#endif
