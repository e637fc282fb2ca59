/* Making and opening the file of an SQLite queue, also by many at the same moment. */
#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sqlite_queue.h"

static int open_queue(struct queue **q, const char *path, const char *query, bool create,
    struct err *err)
{
	struct queue_options options = { .create = create };

	return sqlite_queue_try(q, path, query, &options, err);
}

static unsigned dir_syncs;

int fsync(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		dir_syncs++;
	return (int)syscall(SYS_fsync, fd);
}

static void test_create(void)
{
	static const char *const files[] = { "", "-wal", "-shm", "-bell" };
	char path[PLACE_PATH_SIZE], name[PLACE_PATH_SIZE + 8];
	struct queue_entry e = { .body = STR("x") };
	struct queue *q = NULL;
	struct stat st;
	struct err err;

	place_new(path, "queue.db");
	CHECK_ERR(open_queue(&q, path, "", false, &err), &err, ERR_NOTFOUND);
	CHECK(!place_exists(path));
	CHECK_OK(open_queue(&q, path, "", true, &err), &err);
	CHECK_OK(queue_send(q, &e, 1, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, files[i]);
		test_case = name;
		CHECK_INT(stat(name, &st), 0);
		CHECK_INT(st.st_mode & 07777, 0600);
	}
	queue_close(q);
	CHECK_OK(open_queue(&q, path, "", false, &err), &err);
	queue_close(q);
}

/* The file's name is made durable by everybody: who made it may have died before that. */
static void test_name_is_durable(void)
{
	char path[PLACE_PATH_SIZE];
	struct queue *q;
	struct err err;

	place_new(path, "queue.db");
	CHECK_OK(open_queue(&q, path, "", true, &err), &err);
	queue_close(q);
	dir_syncs = 0;
	CHECK_OK(open_queue(&q, path, "", true, &err), &err);
	CHECK(dir_syncs > 0);
	queue_close(q);
}

/* Names that SQLite would not take for a file. */
static void test_odd_paths(void)
{
	static const char *const rows[] = { ":memory:", "file:x", "with space.db", "-" };
	char dir[PLACE_PATH_SIZE], before[PLACE_PATH_SIZE];
	struct queue *q;
	struct err err;

	place_new(dir, "odd");
	if (!getcwd(before, sizeof(before)) || mkdir(dir, 0700) != 0 || chdir(dir) != 0)
		test_die("%s: %s", dir, strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i];
		CHECK_OK(open_queue(&q, rows[i], "", true, &err), &err);
		queue_close(q);
		CHECK(place_exists(rows[i]));
	}
	if (chdir(before) != 0)
		test_die("%s: %s", before, strerror(errno));
}

static void test_refused(void)
{
	static const char make_foreign[] = "CREATE TABLE notes (t TEXT)";
	static const char make_other[] = "PRAGMA application_id = 7; CREATE TABLE t (x)";
	static const char make_newer[] = "PRAGMA user_version = 99";
	char foreign[PLACE_PATH_SIZE], other[PLACE_PATH_SIZE], newer[PLACE_PATH_SIZE];
	char text[PLACE_PATH_SIZE], empty[PLACE_PATH_SIZE], dir[PLACE_PATH_SIZE];
	char beyond[PLACE_PATH_SIZE + 16];
	struct queue *q = NULL;
	struct err err;

	place_new(foreign, "foreign.db");
	sqlite_queue_exec(foreign, make_foreign);
	place_new(other, "other.db");
	sqlite_queue_exec(other, make_other);
	place_new(newer, "newer.db");
	CHECK_OK(open_queue(&q, newer, "", true, &err), &err);
	queue_close(q);
	sqlite_queue_exec(newer, make_newer);
	place_new(text, "text.db");
	place_write(text,
	    STR("this is not a database, but it is long enough to be looked at closely: "
		"a hundred bytes and more, which is what the header of SQLite takes"),
	    0600);
	place_new(empty, "empty.db");
	place_write(empty, STR(""), 0600);
	place_new(dir, "directory");
	if (mkdir(dir, 0700) != 0)
		test_die("%s", dir);
	(void)snprintf(beyond, sizeof(beyond), "%s/queue.db", text);
	{
		const struct {
			const char *path;
			bool create;
			enum err_code code;
			const char *says;
		} rows[] = {
			{ foreign, true, ERR_CONFIG, "not a queue" },
			{ other, true, ERR_CONFIG, "not a queue" },
			{ newer, true, ERR_CONFIG, "version 99" },
			{ newer, true, ERR_CONFIG, "version 1" },
			{ text, true, ERR_CORRUPT, "not a database" },
			{ empty, false, ERR_NOTFOUND, "empty" },
			{ dir, true, ERR_INVALID, "Is a directory" },
			{ beyond, true, ERR_NOTFOUND, "Not a directory" },
			{ "/nonexistent/queue.db", true, ERR_NOTFOUND, "No such file" },
		};

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			test_case = rows[i].path;
			q = NULL;
			CHECK_ERR(open_queue(&q, rows[i].path, "", rows[i].create, &err), &err,
			    rows[i].code);
			CHECK(q == NULL);
			if (!str_contains(str_from(err.text), str_from(rows[i].says)) ||
			    !str_contains(str_from(err.text), str_from(rows[i].path)))
				TEST_FAIL("'%s' does not say '%s'", err.text, rows[i].says);
		}
	}
}

static void test_bad_queries(void)
{
	static const char *const rows[] = { "?", "?max_receives",
		"?max_receives=", "?max_receives=0", "?max_receives=1001", "?max_receives=-1",
		"?max_receives=5x", "?other=1", "?max_receives=1&max_receives=2" };
	char path[PLACE_PATH_SIZE];
	struct queue *q = NULL;
	struct err err;

	place_new(path, "queue.db");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i];
		CHECK_ERR(open_queue(&q, path, rows[i], true, &err), &err, ERR_CONFIG);
		CHECK(!place_exists(path));
	}
	CHECK_ERR(open_queue(&q, "", "", true, &err), &err, ERR_CONFIG);
}

/* How many receives it takes until a message is dead; the message is removed. */
static unsigned receives_until_dead(const char *path, const char *query, struct clock_fake *clock)
{
	struct queue_options options = { .clock = &clock->base, .create = true };
	struct queue_entry e = { .body = STR("x") };
	struct queue_message m;
	struct queue *q;
	unsigned receives = 0;
	size_t count = 1;
	uint64_t n;
	struct err err;

	queue_message_init(&m);
	if (sqlite_queue_try(&q, path, query, &options, &err) != 0 ||
	    queue_send(q, &e, 1, &err) != 0)
		test_die("%s: %s", path, err.text);
	while (queue_receive(q, &m, 1, 0, 1, &count, &err) == 0 && count == 1) {
		receives++;
		clock_fake_advance(clock, 1000);
	}
	CHECK_OK(queue_dead_purge(q, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 1);
	queue_message_release(&m);
	queue_close(q);
	return receives;
}

static void test_max_receives(void)
{
	struct clock_fake clock;
	char path[PLACE_PATH_SIZE];

	clock_fake_init(&clock, 1792569600000);
	place_new(path, "queue.db");
	CHECK_INT(receives_until_dead(path, "", &clock), 5);
	CHECK_INT(receives_until_dead(path, "?max_receives=2", &clock), 2);
	CHECK_INT(receives_until_dead(path, "", &clock), 2); /* kept in the file */
	CHECK_INT(receives_until_dead(path, "?max_receives=1", &clock), 1);
}

/* ---- at the same moment ---- */

enum { OPENERS = 6, ROUNDS = 15 };

static int open_and_send(void *path)
{
	struct queue_entry e = { .body = STR("x") };
	struct queue *q;
	struct err err;

	test_failures = 0;
	CHECK_OK(open_queue(&q, path, "", true, &err), &err);
	if (test_failures)
		return 1;
	CHECK_OK(queue_send(q, &e, 1, &err), &err);
	queue_close(q);
	return test_failures != 0;
}

static void test_at_once(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		char path[PLACE_PATH_SIZE];
		struct queue_stats stats = { 0 };
		pid_t children[OPENERS];
		struct queue *q;
		struct err err;

		place_new(path, "queue.db");
		for (size_t i = 0; i < OPENERS; i++)
			children[i] = place_fork(open_and_send, path);
		for (size_t i = 0; i < OPENERS; i++)
			CHECK_INT(place_join(children[i]), 0);
		CHECK_OK(open_queue(&q, path, "", false, &err), &err);
		CHECK_OK(queue_stats(q, &stats, &err), &err);
		CHECK_INT(stats.visible, OPENERS);
		queue_close(q);
	}
}

struct opener {
	const char *path;
	int may_begin[2]; /* a pipe, from the parent */
};

static int open_when_told(void *arg)
{
	const struct opener *o = arg;
	struct queue *q;
	struct err err;
	char told;

	test_failures = 0;
	CHECK_INT(read(o->may_begin[0], &told, 1), 1);
	CHECK_OK(open_queue(&q, o->path, "", true, &err), &err);
	if (test_failures == 0)
		queue_close(q);
	return test_failures != 0;
}

/* Somebody writes to the new file at the moment: the switch to WAL fails at once, and is repeated. */
static void test_busy_at_first(void)
{
	char path[PLACE_PATH_SIZE];
	struct opener o = { .path = path };
	pid_t child;
	sqlite3 *db;

	place_new(path, "queue.db");
	place_write(path, STR(""), 0600);
	if (pipe(o.may_begin) != 0)
		test_die("pipe: %s", strerror(errno));
	child = place_fork(open_when_told,
	    &o); /* before the connection, which is not for children */
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		test_die("%s: %s", path, sqlite3_errmsg(db));
	CHECK_INT(write(o.may_begin[1], "", 1), 1);
	clock_sleep_ms(50); /* for it to meet the lock; too short would pass in vain, not fail */
	CHECK_INT(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	CHECK_INT(place_join(child), 0);
	(void)close(o.may_begin[0]);
	(void)close(o.may_begin[1]);
}

static const struct test tests[] = {
	{ "create", test_create },
	{ "name_is_durable", test_name_is_durable },
	{ "odd_paths", test_odd_paths },
	{ "refused", test_refused },
	{ "bad_queries", test_bad_queries },
	{ "max_receives", test_max_receives },
	{ "at_once", test_at_once },
	{ "busy_at_first", test_busy_at_first },
};

TEST_MAIN(tests)
