/*
 * contract_queue: the backends that contract_queue_*.c run against, and the queue under
 * test. To add a backend, add a row to `backends`; no case may be changed for it.
 *
 * Without further ado against SQLite. With
 * CONTRACT_QUEUE_URL=http://127.0.0.1:9324/<account>/<name> in the environment, beside the SDKs'
 * variables, against a server: every case with a queue of its own, which stays. What CONTRACT_PEER,
 * "elasticmq 1.7.1", is known to answer wrongly stands in contract_peer.h.
 */
#ifndef OPS_TEST_CONTRACT_QUEUE_H
#define OPS_TEST_CONTRACT_QUEUE_H

#include <unistd.h>

#include "contract_client.h"
#include "contract_peer.h"
#include "peer_call.h"
#include "place.h"
#include "queue.h"

enum { MESSAGES_MAX = 64, START_S = 1792569600, LATE_MS = 400 };

static struct clock_fake fake;

/* ---- backends ---- */

struct backend {
	const char *name;
	/* Append the URL of a queue that is new and empty, with that limit of receives. */
	void (*fresh)(struct buf *url, unsigned max_receives);
	/* Time is ours: it stands still, and passes at once. */
	bool is_timeless;
	unsigned lease_s;     /* of a lease that is to run out; long for a busy machine */
	bool ends_waits;      /* queue_interrupt() ends a wait that has begun */
	bool knows_receipts;  /* also those of messages that left the queue */
	bool keeps_order;     /* of dead letters */
	bool counts_listings; /* listing a dead letter is a receive */
};

static void sqlite_fresh(struct buf *url, unsigned max_receives)
{
	char path[PLACE_PATH_SIZE];

	place_new(path, "queue.db");
	buf_addf(url, "sqlite:%s?max_receives=%u", path, max_receives);
}

/* "http://127.0.0.1:9324" of CONTRACT_QUEUE_URL. */
static void sqs_endpoint(char out[PEER_TEXT_SIZE])
{
	struct str url = str_from(getenv("CONTRACT_QUEUE_URL"));
	size_t host = str_find(url, '/') + 2;

	(void)snprintf(out, PEER_TEXT_SIZE, "%.*s",
	    STR_ARG(str_slice(url, 0, host + str_find(str_skip(url, host), '/'))));
}

/* policy: RedrivePolicy, or "". Appends the URL. */
static void sqs_create(const char *name, const char *policy, struct buf *url)
{
	char endpoint[PEER_TEXT_SIZE];
	struct buf body = BUF_INIT(2048);
	struct json_writer w;
	struct json *answer;

	sqs_endpoint(endpoint);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "QueueName", name);
	json_key(&w, "Attributes");
	json_object_begin(&w);
	if (*policy)
		json_member_text(&w, "RedrivePolicy", policy);
	json_object_end(&w);
	json_object_end(&w);
	answer = peer_call(endpoint, "sqs", "AmazonSQS.CreateQueue", buf_str(&body));
	buf_adds(url, json_get_text(json_get(answer, "QueueUrl"), ""));
	json_free(answer);
	buf_release(&body);
}

static void sqs_fresh(struct buf *url, unsigned max_receives)
{
	static unsigned number;
	char name[64], policy[PEER_TEXT_SIZE];
	struct str account = str_from(getenv("CONTRACT_QUEUE_URL")), rest = STR_NONE;
	struct buf dead = BUF_INIT(PEER_TEXT_SIZE);

	for (int i = 0; i < 3; i++) /* scheme, nothing, host */
		(void)str_cut(account, '/', &rest, &account);
	(void)str_cut(account, '/', &account, &rest);
	(void)snprintf(name, sizeof(name), "contract-%d-%u-dead", (int)getpid(), ++number);
	sqs_create(name, "", &dead);
	(void)snprintf(policy, sizeof(policy),
	    "{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:%.*s:%s\",\"maxReceiveCount\":%u}",
	    STR_ARG(account), name, max_receives);
	(void)snprintf(name, sizeof(name), "contract-%d-%u", (int)getpid(), number);
	sqs_create(name, policy, url);
	buf_release(&dead);
}

static const struct backend backends[] = {
	{ .name = "sqlite",
	    .fresh = sqlite_fresh,
	    .is_timeless = true,
	    .lease_s = 30,
	    .ends_waits = true,
	    .knows_receipts = true,
	    .keeps_order = true },
	{ .name = "sqs", .fresh = sqs_fresh, .lease_s = 12, .counts_listings = true },
};
static const struct backend *backend;

static inline int run_contract(const struct test *tests, size_t count, int argc, char **argv)
{
	bool is_sqs = getenv("CONTRACT_QUEUE_URL") != NULL;
	int rc;

	backend = &backends[is_sqs];
	printf("%s: ", peer_name() ? peer_name() : backend->name);
	rc = test_main(tests, count, argc, argv);
	if (is_sqs)
		aws_close(client());
	return rc;
}

#define QUEUE_CONTRACT_MAIN(tests)                                                                 \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		return run_contract(tests, ARRAY_SIZE(tests), argc, argv);                         \
	}

/* ---- the queue under test ---- */

static char url[PLACE_PATH_SIZE + 64];
static struct queue *queue;
static struct queue_message messages[MESSAGES_MAX];
static int64_t began_at_ms;

static const struct clock *contract_clock(void)
{
	return backend->is_timeless ? &fake.base : &clock_system;
}

static inline struct queue *open_again(void)
{
	struct queue_options options = {
		.clock = contract_clock(),
		.create = true,
		.aws = backend->is_timeless ? NULL : client(),
	};
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
	began_at_ms = clock_wall_ms(contract_clock());
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
	for (size_t i = 0; i < count; i++)
		CHECK_TEXT(messages[i].fault.code == ERR_NONE ? "" : messages[i].fault.text, "");
	return count;
}

static inline void advance(int64_t ms)
{
	if (backend->is_timeless)
		clock_fake_advance(&fake, ms);
	else
		clock_sleep_ms(ms);
}

/* Until the end of leases of which so much is left; where time is ours, to the millisecond. */
static inline void lapse(unsigned left_s)
{
	if (!backend->is_timeless) {
		clock_sleep_ms(left_s * INT64_C(1000) + LATE_MS);
		return;
	}
	clock_fake_advance(&fake, left_s * INT64_C(1000) - 1);
	CHECK_INT(receive(1, 1), 0);
	clock_fake_advance(&fake, 1);
}

static inline void check_sent_at(int64_t sent_at_ms)
{
	if (backend->is_timeless)
		CHECK_INT(sent_at_ms, began_at_ms);
	else
		CHECK(sent_at_ms >= began_at_ms && sent_at_ms <= clock_wall_ms(&clock_system));
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
