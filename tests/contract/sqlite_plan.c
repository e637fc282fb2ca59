/*
 * Throughput with a backlog of 1,000,000 stands and falls with the query plans: every
 * statement must find its rows through a key, and none may sort.
 */
#include <sqlite3.h>

#include "queue_sqlite_db.h"
#include "sqlite_queue.h"

/* The only tables that may be read from end to end: their rows are as small as an id. */
static bool is_allowed(enum sqlite_db_sql which, struct str step)
{
	return str_is(step, "SCAN CONSTANT ROW") ||
	    (which == SQL_STATS && str_has_prefix(step, STR("SCAN dead")));
}

static sqlite3 *open_file(void)
{
	char path[PLACE_PATH_SIZE];
	sqlite3 *db;

	place_new(path, "queue.db");
	queue_close(sqlite_queue_open(path, NULL));
	if (sqlite3_open(path, &db) != SQLITE_OK)
		test_die("%s: %s", path, sqlite3_errmsg(db));
	return db;
}

static void check_plan(sqlite3 *db, enum sqlite_db_sql which)
{
	struct buf sql = BUF_INIT(4096);
	sqlite3_stmt *s;

	buf_addf(&sql, "EXPLAIN QUERY PLAN %s", sqlite_db_sql[which]);
	test_case = sqlite_db_sql[which];
	CHECK_INT(sqlite3_prepare_v2(db, buf_text(&sql), -1, &s, NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW) {
		struct str step = str_from((const char *)sqlite3_column_text(s, 3));

		CHECK(!str_contains(step, STR("TEMP B-TREE")));
		if (str_has_prefix(step, STR("SCAN")) && !is_allowed(which, step))
			TEST_FAIL("%.*s", STR_ARG(step));
	}
	(void)sqlite3_finalize(s);
	buf_release(&sql);
}

static void test_plans(void)
{
	sqlite3 *db = open_file();

	for (size_t i = 0; i < SQL_COUNT; i++)
		if (i != SQL_BEGIN && i != SQL_COMMIT && i != SQL_ROLLBACK)
			check_plan(db, (enum sqlite_db_sql)i);
	(void)sqlite3_close(db);
}

/* The test's own eyes: a statement that does scan is seen as such. */
static void test_sees_scans(void)
{
	sqlite3 *db = open_file();
	sqlite3_stmt *s;

	CHECK_INT(sqlite3_prepare_v2(db,
		      "EXPLAIN QUERY PLAN SELECT id FROM message WHERE object = 'x'", -1, &s, NULL),
	    SQLITE_OK);
	CHECK_INT(sqlite3_step(s), SQLITE_ROW);
	CHECK(str_has_prefix(str_from((const char *)sqlite3_column_text(s, 3)), STR("SCAN")));
	(void)sqlite3_finalize(s);
	(void)sqlite3_close(db);
}

static const struct test tests[] = {
	{ "plans", test_plans },
	{ "sees_scans", test_sees_scans },
};

TEST_MAIN(tests)
