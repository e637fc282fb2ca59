/*
 * A full disk, a read-only one: an error that says what it is, nothing acknowledged that
 * is not there, and work again once the cause is gone.
 */
#include <sys/stat.h>

#include "faults.h"
#include "sqlite_queue.h"

enum { BODY_SIZE = 100000 };

static int open_error(const char *path, struct err *err)
{
	struct queue *q;
	int rc = sqlite_queue_try(&q, path, "", NULL, err);

	if (rc == 0)
		queue_close(q);
	return rc;
}

static int send_body(struct queue *q, char *body, struct err *err)
{
	struct queue_entry e = { .body = { body, BODY_SIZE } };
	int rc;

	memset(body, 'x', BODY_SIZE);
	rc = queue_send(q, &e, 1, err);
	CHECK_INT(rc != 0, e.result.code != ERR_NONE);
	return rc;
}

static uint64_t receive_all(struct queue *q)
{
	struct queue_message m;
	uint64_t total = 0;
	size_t count = 1;
	struct err err;

	queue_message_init(&m);
	while (count) {
		struct queue_lease l = { .receipt = m.receipt };

		count = 0;
		CHECK_OK(queue_receive(q, &m, 1, 0, 600, &count, &err), &err);
		if (count)
			CHECK_OK(queue_delete(q, &l, 1, &err), &err);
		total += count;
	}
	queue_message_release(&m);
	return total;
}

/* Send until the first error; *sent is what was acknowledged. */
static void fill(struct queue *q, uint64_t limit, uint64_t *sent, struct err *err)
{
	char *body = xmalloc(BODY_SIZE);

	for (*sent = 0; *sent < limit; ++*sent)
		if (send_body(q, body, err) != 0)
			break;
	CHECK(*sent > 0 && *sent < limit);
	CHECK_ERR(send_body(q, body, err), err, ERR_IO);
	free(body);
}

/* The same handle, without being opened again: nothing acknowledged is lost, and more fits. */
static void check_works_again(struct queue *q, uint64_t sent)
{
	enum { MORE = 5 };
	char *body = xmalloc(BODY_SIZE);
	struct err err;

	for (int i = 0; i < MORE; i++)
		CHECK_OK(send_body(q, body, &err), &err);
	CHECK_INT(receive_all(q), sent + MORE);
	free(body);
}

static void run_into_limit(const char *path)
{
	struct queue *q = sqlite_queue_open(path, NULL);
	uint64_t sent;
	struct err err;

	fault_limit_files(3000000);
	fill(q, 200, &sent, &err);
	fault_limit_files(RLIM_INFINITY);
	check_works_again(q, sent);
	queue_close(q);
}

static void test_file_limit(void)
{
	char path[PLACE_PATH_SIZE];

	place_new(path, "queue.db");
	fault_in_child(run_into_limit, path);
}

static void test_disk_full(void)
{
	char dir[PLACE_PATH_SIZE], path[PLACE_PATH_SIZE + 16], ballast[PLACE_PATH_SIZE + 16];
	uint64_t sent;
	struct queue *q;
	struct err err;

	if (!fault_small_disk(dir, ballast, 24000000, 8000000)) {
		test_file_limit(); /* the same by a limit that every user can set */
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/queue.db", dir);
	q = sqlite_queue_open(path, NULL);
	fill(q, 200, &sent, &err);
	CHECK(str_contains(str_from(err.text), STR("full")));
	CHECK(str_contains(str_from(err.text), str_from(path)));
	CHECK_INT(unlink(ballast), 0);
	check_works_again(q, sent);
	queue_close(q);
}

static void open_as_nobody(const char *path)
{
	struct err err;

	fault_become_nobody();
	CHECK_ERR(open_error(path, &err), &err, ERR_DENIED);
}

/* A directory in which we may not write, and a file that is not ours. */
static void test_no_permission(void)
{
	char dir[PLACE_PATH_SIZE], path[PLACE_PATH_SIZE + 16];

	place_new(dir, "closed");
	(void)snprintf(path, sizeof(path), "%s/queue.db", dir);
	if (mkdir(dir, 0700) != 0)
		test_die("%s: %s", dir, strerror(errno));
	queue_close(sqlite_queue_open(path, NULL));
	if (chmod(dir, 0555) != 0 || chmod(path, 0444) != 0)
		test_die("%s: %s", dir, strerror(errno));
	fault_in_child(open_as_nobody, path);
	if (chmod(path, 0666) != 0)
		test_die("%s: %s", path, strerror(errno));
	fault_in_child(open_as_nobody, path);
	if (chmod(dir, 0700) != 0)
		test_die("%s: %s", dir, strerror(errno));
}

static void test_read_only_disk(void)
{
	char dir[PLACE_PATH_SIZE], path[PLACE_PATH_SIZE + 16];
	struct err err;

	if (!place_mount_small(dir, 4000000)) {
		test_no_permission(); /* refused as well, for another reason */
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/queue.db", dir);
	queue_close(sqlite_queue_open(path, NULL));
	CHECK(place_remount_read_only(dir));
	CHECK(open_error(path, &err) != 0);
	if (err.code != ERR_DENIED)
		TEST_FAIL("%s: %s", err_name(err.code), err.text);
	CHECK(str_contains(str_from(err.text), str_from(path)));
}

static const struct test tests[] = {
	{ "disk_full", test_disk_full },
	{ "file_limit", test_file_limit },
	{ "read_only_disk", test_read_only_disk },
	{ "no_permission", test_no_permission },
};

TEST_MAIN(tests)
