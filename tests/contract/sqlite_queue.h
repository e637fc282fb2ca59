/* sqlite_queue: an SQLite queue for one test, and its file behind the queue's back. */
#ifndef OPS_TEST_SQLITE_QUEUE_H
#define OPS_TEST_SQLITE_QUEUE_H

#include <sqlite3.h>

#include "place.h"
#include "queue.h"
#include "test.h"

/* query: "" or "?max_receives=N". */
static inline int sqlite_queue_try(struct queue **out, const char *path, const char *query,
    const struct queue_options *options, struct err *err)
{
	struct buf url = BUF_INIT(PLACE_PATH_SIZE + 64);
	int rc;

	buf_addf(&url, "sqlite:%s%s", path, query);
	rc = queue_open(out, buf_str(&url), options, err);
	buf_release(&url);
	return rc;
}

static inline struct queue *sqlite_queue_open(const char *path, const struct clock *clock)
{
	struct queue_options options = { .clock = clock, .create = true };
	struct queue *q;
	struct err err;

	if (sqlite_queue_try(&q, path, "", &options, &err) != 0)
		test_die("%s", err.text);
	return q;
}

static inline void sqlite_queue_exec(const char *path, const char *sql)
{
	char *message = NULL;
	sqlite3 *db;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		test_die("%s: %s: %s", path, sql, message ? message : sqlite3_errmsg(db));
	(void)sqlite3_close(db);
}

#endif
