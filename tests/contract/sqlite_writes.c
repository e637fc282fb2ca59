/*
 * What the operations of an SQLite queue write: the bell for those that make a message
 * visible, and little into the log where the body has not changed.
 */
#include <errno.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mem.h"
#include "queue_sqlite_bell.h"
#include "sqlite_queue.h"

enum { BODY_SIZE = 900000, LITTLE = 100000 };

static char path[PLACE_PATH_SIZE];
static struct clock_fake clock_now;
static struct queue *queue;
static struct queue_message message;
static int bell;

/* The system's, unless a case wants the user's instances to be used up. */
static bool no_inotify;

int inotify_init1(int flags)
{
	if (!no_inotify)
		return (int)syscall(SYS_inotify_init1, flags);
	errno = EMFILE;
	return -1;
}

static void begin(void)
{
	struct queue_options options = { .clock = &clock_now.base, .create = true };
	struct buf text = BUF_INIT(PLACE_PATH_SIZE + 64);
	struct err err;

	place_new(path, "queue.db");
	clock_fake_init(&clock_now, 1792569600000);
	if (sqlite_queue_try(&queue, path, "?max_receives=2", &options, &err) != 0)
		test_die("%s", err.text);
	buf_addf(&text, "%s-bell", path);
	bell = inotify_init1(IN_NONBLOCK);
	if (bell < 0 || inotify_add_watch(bell, buf_text(&text), IN_MODIFY) < 0)
		test_die("inotify: %s", strerror(errno));
	buf_release(&text);
	queue_message_init(&message);
}

static void end(void)
{
	queue_message_release(&message);
	queue_close(queue);
	(void)close(bell);
}

static bool rang(void)
{
	char events[1024];

	return read(bell, events, sizeof(events)) > 0;
}

static void send_bytes(struct str bytes)
{
	struct queue_entry e = { .body = bytes };
	struct err err;

	CHECK_OK(queue_send(queue, &e, 1, &err), &err);
}

static size_t receive(void)
{
	size_t count = 0;
	struct err err;

	CHECK_OK(queue_receive(queue, &message, 1, 0, 30, &count, &err), &err);
	return count;
}

static void extend(unsigned visibility_s)
{
	struct queue_lease l = { .receipt = message.receipt };
	struct err err;

	CHECK_OK(queue_extend(queue, &l, 1, visibility_s, &err), &err);
	CHECK_INT(l.result.code, ERR_NONE);
}

static void delete (void)
{
	struct queue_lease l = { .receipt = message.receipt };
	struct err err;

	CHECK_OK(queue_delete(queue, &l, 1, &err), &err);
	CHECK_INT(l.result.code, ERR_NONE);
}

static void test_bell(void)
{
	uint64_t n = 0;
	struct err err;

	begin();
	CHECK(!rang());
	send_bytes(STR("x"));
	CHECK(rang());
	CHECK_INT(receive(), 1);
	extend(30);
	CHECK(!rang());
	extend(0);
	CHECK(rang());
	CHECK_INT(receive(), 1);
	extend(0);
	CHECK(rang());
	CHECK_INT(receive(), 0);
	CHECK(!rang());
	CHECK_OK(queue_dead_redrive(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 1);
	CHECK(rang());
	CHECK_INT(receive(), 1);
	delete ();
	CHECK(!rang());
	end();
}

/* Without the ring, and without the stop, this waits for an hour. */
static void test_bell_wakes(void)
{
	struct bell b;
	struct err err;
	int watch;

	place_new(path, "queue.db");
	CHECK_OK(bell_open(&b, path, &err), &err);
	watch = bell_watch(&b);
	CHECK(watch >= 0);
	bell_ring(&b);
	bell_wait(&b, watch, 3600000);
	bell_wait(&b, watch, 0);
	bell_unwatch(&b, watch);
	bell_ring(&b); /* heard by nobody: a later watch begins with silence */
	CHECK_INT(bell_watch(&b), watch);
	bell_wait(&b, watch, 1);
	bell_stop(&b);
	bell_wait(&b, watch, 3600000);
	bell_wait(&b, watch, 3600000);
	bell_unwatch(&b, watch);
	bell_close(&b);
}

/* A bell that cannot be heard costs latency, no message and no stop. */
static void test_deaf(void)
{
	size_t count = 0;
	struct bell b;
	struct err err;

	begin();
	no_inotify = true;
	send_bytes(STR("x"));
	CHECK_OK(queue_receive(queue, &message, 1, 20, 30, &count, &err), &err);
	CHECK_INT(count, 1);
	end();
	CHECK_OK(bell_open(&b, path, &err), &err);
	CHECK_INT(bell_watch(&b), -1);
	bell_wait(&b, -1, 1);
	bell_stop(&b);
	bell_wait(&b, -1, 3600000);
	bell_unwatch(&b, -1);
	CHECK_INT(bell_watch(&b), -1); /* nor is that kept for the next one */
	bell_close(&b);
	no_inotify = false;
}

static long log_size(void)
{
	char name[PLACE_PATH_SIZE + 8];

	(void)snprintf(name, sizeof(name), "%s-wal", path);
	return place_size(name);
}

static void test_log(void)
{
	char *bytes = xcalloc(1, BODY_SIZE);
	long size;

	begin();
	size = log_size();
	send_bytes((struct str){ bytes, BODY_SIZE });
	CHECK(log_size() - size > BODY_SIZE);
	size = log_size();
	CHECK_INT(receive(), 1);
	extend(60);
	CHECK(log_size() - size < LITTLE);
	size = log_size();
	delete ();
	CHECK(log_size() - size < LITTLE);
	send_bytes((struct str){ bytes, BODY_SIZE });
	CHECK_INT(receive(), 1);
	extend(0);
	CHECK_INT(receive(), 1);
	extend(0);
	size = log_size();
	CHECK_INT(receive(), 0); /* it is dead now */
	CHECK(log_size() - size < LITTLE);
	free(bytes);
	end();
}

static const struct test tests[] = {
	{ "bell", test_bell },
	{ "bell_wakes", test_bell_wakes },
	{ "deaf", test_deaf },
	{ "log", test_log },
};

TEST_MAIN(tests)
