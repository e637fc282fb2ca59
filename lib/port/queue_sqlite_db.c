#include "queue_sqlite_db.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "clock.h"

enum {
	BUSY_CHECKPOINT_US = 20 * 1000,
	BUSY_SLEEP_MIN_US = 50,
	BUSY_SLEEP_MAX_US = 1000,
	CHECKPOINT_PAGES = 500,
	WAL_PAGES_MAX = 1000,
};

static const struct {
	int primary;
	enum err_code code;
} codes[] = {
	{ SQLITE_BUSY, ERR_BUSY },
	{ SQLITE_LOCKED, ERR_BUSY },
	{ SQLITE_PROTOCOL, ERR_BUSY }, /* many processes opening at once */
	{ SQLITE_PERM, ERR_DENIED },
	{ SQLITE_AUTH, ERR_DENIED },
	{ SQLITE_READONLY, ERR_DENIED },
	{ SQLITE_CORRUPT, ERR_CORRUPT },
	{ SQLITE_NOTADB, ERR_CORRUPT },
};

static enum err_code code_of(int rc)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].primary == (rc & 0xff))
			return codes[i].code;
	return ERR_IO;
}

int sqlite_db_fail(struct sqlite_db *db, struct err *err)
{
	int rc = sqlite3_extended_errcode(db->handle);
	int primary = rc & 0xff;

	if (primary == SQLITE_NOMEM)
		abort(); /* as xmalloc() does: see mem.h */
	assert(primary != SQLITE_MISUSE && primary != SQLITE_RANGE);
	(void)err_set(err, code_of(rc), "queue %s: %s", db->path, sqlite3_errmsg(db->handle));
	errno = sqlite3_system_errno(db->handle);
	if (errno != 0 && primary == SQLITE_CANTOPEN)
		(void)err_errno(err, "queue %s: %s", db->path, sqlite3_errmsg(db->handle));
	if (errno != 0 && primary == SQLITE_IOERR) {
		(void)err_errno(err, "queue %s: %s", db->path, sqlite3_errmsg(db->handle));
		err->code = ERR_IO; /* the number may be that of an earlier call */
	}
	return -1;
}

static void sleep_us(int64_t us)
{
	struct timespec t = { .tv_nsec = us * 1000 };

	(void)nanosleep(&t, NULL); /* an early end is a look more */
}

/*
 * Another process holds the lock for one commit, usually some 100 us. SQLite's own
 * handler sleeps up to 100 ms and would let a busy neighbour starve us.
 */
static int on_busy(void *arg, int count)
{
	struct sqlite_db *db = arg;
	int64_t now_us = clock_mono_us(&clock_system);
	int64_t pause_us = BUSY_SLEEP_MIN_US << (count < 5 ? count : 5);

	if (count == 0)
		db->busy_until_us = now_us + db->busy_limit_us;
	if (now_us >= db->busy_until_us)
		return 0;
	sleep_us(pause_us < BUSY_SLEEP_MAX_US ? pause_us : BUSY_SLEEP_MAX_US);
	return 1;
}

static int after_commit(void *arg, sqlite3 *handle, const char *schema, int pages)
{
	struct sqlite_db *db = arg;

	(void)handle;
	(void)schema;
	if (pages < db->wal_pages)
		db->checkpointed = 0; /* it started anew */
	db->wal_pages = pages;
	return SQLITE_OK;
}

/*
 * SQLite's own checkpoint lets the WAL start anew only when nobody happens to use it, so
 * under two busy processes it grows without end (149 MB seen) and a checkpoint follows
 * every commit. Here one comes per CHECKPOINT_PAGES, and from WAL_PAGES_MAX on the others
 * are made to wait for it; not for long, because a stuck reader would stop us all.
 *
 * Before a transaction and not behind a commit, so that who waits for the commit does not wait
 * for this too. A thread with a connection of its own was tried: no faster, since it competes
 * for the file with the commits, and the WAL grew to three times the size.
 */
static void checkpoint_if_due(struct sqlite_db *db)
{
	bool is_large = db->wal_pages >= WAL_PAGES_MAX;

	if (db->wal_pages - db->checkpointed < CHECKPOINT_PAGES)
		return;
	db->checkpointed = db->wal_pages;
	db->busy_limit_us = BUSY_CHECKPOINT_US;
	/* What was committed is safe, whatever becomes of this; a later one tries again. */
	(void)sqlite3_wal_checkpoint_v2(db->handle, NULL,
	    is_large ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	db->busy_limit_us = SQLITE_DB_BUSY_US;
}

void sqlite_db_attach(struct sqlite_db *db)
{
	db->busy_limit_us = SQLITE_DB_BUSY_US;
	(void)sqlite3_extended_result_codes(db->handle, 1); /* none of these can fail */
	(void)sqlite3_busy_handler(db->handle, on_busy, db);
	(void)sqlite3_wal_hook(db->handle, after_commit, db);
}

int sqlite_db_exec(struct sqlite_db *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sqlite_db_fail(db, err);
}

void sqlite_db_close(struct sqlite_db *db)
{
	for (size_t i = 0; i < SQL_COUNT; i++)
		(void)sqlite3_finalize(db->statements[i]); /* repeats an old error */
	(void)sqlite3_close(db->handle);                   /* SQLITE_OK: no statement is left */
	free(db->path);
	*db = (struct sqlite_db){ 0 };
}

int sqlite_db_begin(struct sqlite_db *db, bool durable, struct err *err)
{
	checkpoint_if_due(db);
	if (db->durable != durable) {
		if (sqlite_db_exec(db,
			durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
			err) != 0)
			return -1;
		db->durable = durable;
	}
	return sqlite_db_run(db, SQL_BEGIN, NULL, 0, NULL, err);
}

int sqlite_db_end(struct sqlite_db *db, int rc, struct err *err)
{
	if (rc == 0)
		rc = sqlite_db_run(db, SQL_COMMIT, NULL, 0, NULL, err);
	/* A full disk leaves the transaction open, other errors roll back by themselves. */
	if (!sqlite3_get_autocommit(db->handle)) {
		(void)sqlite3_step(db->statements[SQL_ROLLBACK]); /* *err holds what counts */
		(void)sqlite3_reset(db->statements[SQL_ROLLBACK]);
	}
	return rc;
}

sqlite3_stmt *sqlite_db_bind(struct sqlite_db *db, enum sqlite_db_sql which, const int64_t *values,
    size_t count)
{
	sqlite3_stmt *s = db->statements[which];

	for (size_t i = 0; i < count; i++) {
		int rc = sqlite3_bind_int64(s, (int)i + 1, values[i]);

		assert(rc == SQLITE_OK);
		(void)rc;
	}
	return s;
}

int sqlite_db_step(struct sqlite_db *db, sqlite3_stmt *s, struct err *err)
{
	int rc = sqlite3_step(s);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		(void)sqlite_db_fail(db, err); /* before reset */
	(void)sqlite3_reset(s);                /* repeats the step's error */
	return rc == SQLITE_DONE ? 0 : -1;
}

int sqlite_db_read(struct sqlite_db *db, enum sqlite_db_sql which, const int64_t *values,
    size_t count, int64_t *out, size_t out_count, struct err *err)
{
	sqlite3_stmt *s = sqlite_db_bind(db, which, values, count);
	int rc = sqlite_db_step(db, s, err);

	if (rc != 1)
		return rc;
	for (size_t i = 0; i < out_count; i++)
		out[i] = sqlite3_column_int64(s, (int)i);
	(void)sqlite3_reset(s);
	return 1;
}

int sqlite_db_run(struct sqlite_db *db, enum sqlite_db_sql which, const int64_t *values,
    size_t count, int *changed, struct err *err)
{
	sqlite3_stmt *s = sqlite_db_bind(db, which, values, count);
	int rc = sqlite_db_step(db, s, err);

	assert(rc != 1);
	if (rc == 0 && changed)
		*changed = sqlite3_changes(db->handle);
	return rc;
}
