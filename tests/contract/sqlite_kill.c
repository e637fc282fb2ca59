/*
 * kill -9 of a sender and of a receiver at any moment: every message whose send was
 * answered is delivered, none is delivered twice at the same time, and the file stays whole.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "place.h"
#include "queue.h"
#include "test.h"

enum { CYCLES = 25, NUMBERS_MAX = 1 << 20 };

static char url[PLACE_PATH_SIZE + 64];
static int acks[2]; /* numbers whose send was answered, from the children */
static unsigned char state[NUMBERS_MAX];
enum { ACKED = 1, SEEN = 2 };

static struct queue *open_queue(void)
{
	struct queue_options options = { .create = true };
	struct queue *q;
	struct err err;

	if (queue_open(&q, str_from(url), &options, &err) != 0)
		test_die("%s", err.text);
	return q;
}

static int send_for_ever(void *arg)
{
	uint32_t number = *(uint32_t *)arg;
	struct queue *q = open_queue();
	struct err err;

	for (;; number++) {
		char text[16];
		struct queue_entry e = { .body = { text, 0 } };

		e.body.n = (size_t)snprintf(text, sizeof(text), "%u", number);
		if (queue_send(q, &e, 1, &err) != 0) {
			if (err.code != ERR_BUSY) /* a slow disk may hold the lock for that long */
				return 1;
		} else if (write(acks[1], &number, sizeof(number)) != (ssize_t)sizeof(number)) {
			return 1;
		}
	}
}

/* Never deletes: what it took must come back. */
static int receive_for_ever(void *arg)
{
	struct queue *q = open_queue();
	struct queue_message m[4];
	struct err err;

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(m); i++)
		queue_message_init(&m[i]);
	for (;;) {
		size_t count;

		if (queue_receive(q, m, ARRAY_SIZE(m), 1, 1, &count, &err) != 0 &&
		    err.code != ERR_BUSY)
			return 1;
	}
}

static uint32_t read_acks(uint32_t highest)
{
	struct pollfd p = { .fd = acks[0], .events = POLLIN };
	uint32_t number;

	while (poll(&p, 1, 0) == 1 &&
	    read(acks[0], &number, sizeof(number)) == (ssize_t)sizeof(number)) {
		CHECK(number < NUMBERS_MAX);
		state[number % NUMBERS_MAX] |= ACKED;
		if (number > highest)
			highest = number;
	}
	return highest;
}

/* Not before its first answer, or the test shows nothing. */
static void wait_for_ack(void)
{
	struct pollfd p = { .fd = acks[0], .events = POLLIN };

	CHECK_INT(poll(&p, 1, 120000), 1);
}

static void kill_at_random(pid_t child, unsigned *seed)
{
	clock_sleep_ms(rand_r(seed) % 16);
	(void)kill(child, SIGKILL);
	CHECK_INT(place_join(child), 128 + SIGKILL);
}

static void take_all(void)
{
	struct clock_fake later;
	struct queue_options options = { .clock = &later.base };
	struct queue_message m;
	struct queue *q;
	size_t count = 1;
	struct err err;

	clock_fake_init(&later, clock_wall_ms(&clock_system) + 60000); /* all leases are over */
	if (queue_open(&q, str_from(url), &options, &err) != 0)
		test_die("%s", err.text);
	queue_message_init(&m);
	while (count) {
		struct queue_lease l = { .receipt = m.receipt };
		uint64_t number = 0;

		CHECK_OK(queue_receive(q, &m, 1, 0, 600, &count, &err), &err);
		if (!count)
			break;
		CHECK(str_to_u64(buf_str(&m.body), &number) && number < NUMBERS_MAX);
		CHECK(!(state[number % NUMBERS_MAX] & SEEN));
		state[number % NUMBERS_MAX] |= SEEN;
		CHECK_OK(queue_delete(q, &l, 1, &err), &err);
	}
	queue_message_release(&m);
	queue_close(q);
}

static void test_kill(void)
{
	unsigned seed = (unsigned)getpid();
	uint32_t next = 1;
	size_t acked = 0;
	char path[PLACE_PATH_SIZE];

	printf("seed %u\n", seed);
	if (pipe(acks) != 0)
		test_die("pipe: %s", strerror(errno));
	place_new(path, "queue.db");
	(void)snprintf(url, sizeof(url), "sqlite:%s?max_receives=1000", path);
	for (int i = 0; i < CYCLES; i++) {
		pid_t receiver = place_fork(receive_for_ever, NULL);
		pid_t sender = place_fork(send_for_ever, &next);

		wait_for_ack();
		kill_at_random(sender, &seed);
		kill_at_random(receiver, &seed);
		/* The number that it was sending may be there without an answer: leave it out. */
		next = read_acks(next) + 2;
	}
	take_all();
	for (size_t i = 0; i < NUMBERS_MAX; i++) {
		acked += state[i] & ACKED;
		if ((state[i] & ACKED) && !(state[i] & SEEN))
			TEST_FAIL("%zu was acknowledged and is lost", i);
	}
	printf("%zu acknowledged\n", acked);
	CHECK(acked >= CYCLES);
}

static const struct test tests[] = {
	{ "kill", test_kill },
};

TEST_MAIN(tests)
