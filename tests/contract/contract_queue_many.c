/* Any queue under several threads and several processes. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "contract_queue.h"

static atomic_uint thread_errors;

static void *send_in_thread(void *text)
{
	struct err err;

	if (try_send(queue, text, &err) != 0)
		atomic_fetch_add(&thread_errors, 1);
	return NULL;
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, fn, arg) != 0)
		test_die("pthread_create");
	return t;
}

/* Without the wake-up it ends as well, after the full wait: then count is 0. */
static void test_wait(void)
{
	size_t count = 0;
	struct err err;
	pthread_t t;

	begin(5);
	t = start(send_in_thread, (char[]){ "wake up" });
	CHECK_OK(queue_receive(queue, messages, 1, QUEUE_WAIT_MAX_S, 30, &count, &err), &err);
	(void)pthread_join(t, NULL);
	CHECK_INT(atomic_load(&thread_errors), 0);
	CHECK_INT(count, 1);
	end();
}

static void *interrupt_in_thread(void *arg)
{
	(void)arg;
	queue_interrupt(queue);
	return NULL;
}

static void test_interrupt(void)
{
	unsigned wait_s = backend->ends_waits ? QUEUE_WAIT_MAX_S : 2;
	int64_t before = clock_mono_ms(&clock_system);
	size_t count = 99;
	struct err err;
	pthread_t t;

	begin(5);
	t = start(interrupt_in_thread, NULL);
	CHECK_OK(queue_receive(queue, messages, 1, wait_s, 30, &count, &err), &err);
	(void)pthread_join(t, NULL);
	CHECK_INT(count, 0);
	send_text(queue, "for the next process");
	CHECK_OK(queue_receive(queue, messages, 1, QUEUE_WAIT_MAX_S, 30, &count, &err), &err);
	CHECK_INT(count, 0);
	/* Not a measure of speed: only that it did not sit the wait out. */
	CHECK(clock_mono_ms(&clock_system) - before < QUEUE_WAIT_MAX_S * 1000);
	check_stats(1, 0, 0);
	end();
}

enum { SENDERS = 3, RECEIVERS = 3, PER_SENDER = 60 };

static atomic_uint seen_by_number[SENDERS * PER_SENDER];
static atomic_uint seen_total;

static void *send_many(void *arg)
{
	unsigned first = *(unsigned *)arg;
	char text[16];
	struct err err;

	for (unsigned i = 0; i < PER_SENDER; i++) {
		(void)snprintf(text, sizeof(text), "%u", first + i);
		if (try_send(queue, text, &err) != 0)
			atomic_fetch_add(&thread_errors, 1);
	}
	return NULL;
}

static void *receive_many(void *arg)
{
	struct queue_message m[4];
	struct queue_lease l[4];
	struct err err;

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(m); i++)
		queue_message_init(&m[i]);
	while (atomic_load(&seen_total) < SENDERS * PER_SENDER) {
		size_t count = 0;

		if (queue_receive(queue, m, ARRAY_SIZE(m), 1, 600, &count, &err) != 0)
			break;
		for (size_t i = 0; i < count; i++) {
			uint64_t number = 0;

			if (str_to_u64(buf_str(&m[i].body), &number) &&
			    number < SENDERS * PER_SENDER)
				atomic_fetch_add(&seen_by_number[number], 1);
			atomic_fetch_add(&seen_total, 1);
			l[i] = (struct queue_lease){ .receipt = m[i].receipt };
		}
		if (count && queue_delete(queue, l, count, &err) != 0)
			break;
	}
	for (size_t i = 0; i < ARRAY_SIZE(m); i++)
		queue_message_release(&m[i]);
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[SENDERS + RECEIVERS];
	unsigned first[SENDERS];

	begin(5);
	atomic_store(&seen_total, 0);
	for (size_t i = 0; i < ARRAY_SIZE(seen_by_number); i++)
		atomic_store(&seen_by_number[i], 0);
	for (unsigned i = 0; i < SENDERS; i++) {
		first[i] = i * PER_SENDER;
		threads[i] = start(send_many, &first[i]);
	}
	for (unsigned i = 0; i < RECEIVERS; i++)
		threads[SENDERS + i] = start(receive_many, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		(void)pthread_join(threads[i], NULL);
	CHECK_INT(atomic_load(&thread_errors), 0);
	for (size_t i = 0; i < ARRAY_SIZE(seen_by_number); i++)
		CHECK_INT(atomic_load(&seen_by_number[i]), 1);
	check_stats(0, 0, 0);
	end();
}

enum { FROM_CHILD = 100 };

static int send_from_child(void *arg)
{
	struct queue *q = open_again();
	char text[16];

	(void)arg;
	test_failures = 0; /* those of the parent are its own */
	for (int i = 0; i < FROM_CHILD; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		send_text(q, text);
	}
	queue_close(q);
	return test_failures != 0;
}

/* Each process has its own handle; waiting ends when the other one sends. */
static void test_processes(void)
{
	unsigned seen[FROM_CHILD] = { 0 };
	size_t total = 0, count = 1;
	struct err err;
	pid_t child;

	begin(5);
	queue_close(queue); /* a handle is not carried over a fork */
	child = place_fork(send_from_child, NULL);
	queue = open_again();
	while (total < FROM_CHILD && count) {
		count = 0;
		CHECK_OK(queue_receive(queue, messages, 10, QUEUE_WAIT_MAX_S, 600, &count, &err),
		    &err);
		for (size_t i = 0; i < count; i++) {
			uint64_t number = FROM_CHILD;

			CHECK(
			    str_to_u64(buf_str(&messages[i].body), &number) && number < FROM_CHILD);
			seen[number % FROM_CHILD]++;
			CHECK_INT(delete_one(messages[i].receipt), ERR_NONE);
		}
		total += count;
	}
	CHECK_INT(place_join(child), 0);
	for (size_t i = 0; i < FROM_CHILD; i++)
		CHECK_INT(seen[i], 1);
	check_stats(0, 0, 0);
	end();
}

static int receive_and_die(void *arg)
{
	(void)arg;
	queue = open_again();
	if (receive(1, backend->lease_s) == 1)
		(void)kill(getpid(), SIGKILL);
	return 1;
}

/* A lease survives its holder: the message stays hidden, then comes back. */
static void test_killed_holder(void)
{
	begin(5);
	send_text(queue, "held");
	queue_close(queue);
	CHECK_INT(place_join(place_fork(receive_and_die, NULL)), 128 + SIGKILL);
	queue = open_again();
	check_stats(0, 1, 0);
	CHECK_INT(receive(1, 30), 0);
	lapse(backend->lease_s);
	CHECK_INT(receive(1, 30), 1);
	CHECK_INT(messages[0].receive_count, 2);
	end();
}

static const struct test tests[] = {
	{ "wait", test_wait },
	{ "interrupt", test_interrupt },
	{ "threads", test_threads },
	{ "processes", test_processes },
	{ "killed_holder", test_killed_holder },
};

QUEUE_CONTRACT_MAIN(tests)
