#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "mem.h"
#include "queue_sqlite_db.h"

enum {
	/* Measured: 1.3 to 1.9 times the throughput of 4 KiB pages for large bodies, equal for small. */
	PAGE_SIZE = 16384,
	/*
	 * Of the page cache, instead of SQLite's 2,000: we read a message once and append the next,
	 * so pages kept are not asked for again. A transaction may still hold more while it lasts.
	 */
	CACHE_KIB = 256,
};

/* First column of the first row of a statement that is needed once. */
static int query(struct sqlite_db *db, const char *sql, int64_t *number, char text[16],
    struct err *err)
{
	sqlite3_stmt *s;
	int rc = 0;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL) != SQLITE_OK)
		return sqlite_db_fail(db, err);
	if (sqlite3_step(s) != SQLITE_ROW)
		rc = sqlite_db_fail(db, err);
	else if (text)
		(void)snprintf(text, 16, "%s", (const char *)sqlite3_column_text(s, 0));
	else
		*number = sqlite3_column_int64(s, 0);
	(void)sqlite3_finalize(s); /* repeats the step's error */
	return rc;
}

/* Within a transaction. Whether the file is still empty; ERR_CONFIG when it is not our queue. */
static int inspect(struct sqlite_db *db, bool *empty, struct err *err)
{
	int64_t application, version, objects;

	if (query(db, "PRAGMA application_id", &application, NULL, err) != 0 ||
	    query(db, "PRAGMA user_version", &version, NULL, err) != 0 ||
	    query(db, "SELECT count(*) FROM sqlite_schema", &objects, NULL, err) != 0)
		return -1;
	*empty = application == 0 && version == 0 && objects == 0;
	if (*empty)
		return 0;
	if (application != SQLITE_DB_APPLICATION_ID)
		return err_set(err, ERR_CONFIG, "queue %s: an SQLite file, but not a queue",
		    db->path);
	if (version != SQLITE_DB_VERSION)
		return err_set(err, ERR_CONFIG,
		    "queue %s: schema version %lld, this program knows version %d", db->path,
		    (long long)version, SQLITE_DB_VERSION);
	return 0;
}

/* One snapshot: another process may be making the queue at this moment. */
static int inspect_now(struct sqlite_db *db, bool *empty, struct err *err)
{
	int rc;

	if (sqlite_db_exec(db, "BEGIN", err) != 0)
		return -1;
	rc = inspect(db, empty, err);
	(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL); /* nothing was written */
	return rc;
}

static int create_schema(struct sqlite_db *db, struct err *err)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql),
	    "INSERT INTO state VALUES (1, 0, 0, %d);"
	    "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    SQLITE_DB_MAX_RECEIVES, SQLITE_DB_APPLICATION_ID, SQLITE_DB_VERSION);
	return sqlite_db_exec(db, sqlite_db_schema, err) == 0 && sqlite_db_exec(db, sql, err) == 0
	    ? 0
	    : -1;
}

static int create_once(struct sqlite_db *db, struct err *err)
{
	bool empty;
	int rc;

	if (sqlite_db_exec(db, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	rc = inspect(db, &empty, err); /* again: somebody may have been faster */
	if (rc == 0 && empty)
		rc = create_schema(db, err);
	if (rc == 0)
		rc = sqlite_db_exec(db, "COMMIT", err);
	if (!sqlite3_get_autocommit(db->handle))
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL); /* *err counts */
	return rc;
}

static int use_wal(struct sqlite_db *db, struct err *err)
{
	char mode[16];

	if (query(db, "PRAGMA journal_mode = WAL", NULL, mode, err) != 0)
		return -1;
	if (!str_is(str_from(mode), "wal"))
		return err_set(err, ERR_CONFIG,
		    "queue %s: this file system cannot hold a queue (no WAL)", db->path);
	return 0;
}

static int try_set_up(struct sqlite_db *db, bool create, struct err *err)
{
	bool empty;

	if (inspect_now(db, &empty, err) != 0)
		return -1;
	if (empty && !create)
		return err_set(err, ERR_NOTFOUND, "queue %s: an empty file, not a queue yet",
		    db->path);
	if (use_wal(db, err) != 0)
		return -1;
	return empty ? create_once(db, err) : 0;
}

/* The switch to WAL does not ask the busy handler, so two services starting at once meet here. */
static int set_up(struct sqlite_db *db, bool create, struct err *err)
{
	int64_t until_us = clock_mono_us(&clock_system) + SQLITE_DB_BUSY_US;

	while (try_set_up(db, create, err) != 0) {
		if (err->code != ERR_BUSY || clock_mono_us(&clock_system) >= until_us)
			return -1;
		clock_sleep_ms(1);
	}
	return 0;
}

/*
 * SQLite would make the file readable by others. O_EXCL also keeps us from closing a
 * descriptor of a file that this process has open already, which would drop its locks.
 */
static int create_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno != EEXIST)
		return err_errno(err, "queue %s", path);
	if (fd >= 0)
		(void)close(fd); /* nothing was written */
	/* Also when it was there: who made it may have died before this. */
	if (file_sync_parent(path, err) == 0 || (fd < 0 && err->code == ERR_DENIED))
		return 0; /* where we may not look we have not made it */
	return -1;
}

static int prepare(struct sqlite_db *db, struct err *err)
{
	for (size_t i = 0; i < SQL_COUNT; i++)
		if (sqlite3_prepare_v3(db->handle, sqlite_db_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
			&db->statements[i], NULL) != SQLITE_OK)
			return sqlite_db_fail(db, err);
	return 0;
}

/* "./" keeps SQLite from taking ":memory:", "" or "file:..." as something special. */
static char *plain_path(const char *path)
{
	struct buf b = BUF_INIT(4096);
	char *out;

	buf_addf(&b, "%s%s", path[0] == '/' ? "" : "./", path);
	out = xstrdup(buf_text(&b));
	buf_release(&b);
	return out;
}

static int open_file(struct sqlite_db *db, bool create, struct err *err)
{
	/*
	 * secure_delete: some distributions switch it on, and deleting a 900 kB body then
	 * writes 900 kB of zeros.
	 */
	char tuning[160];

	if (create && create_file(db->path, err) != 0)
		return -1;
	/* SQLite opens what cannot be written for reading, and then misses its other files. */
	if (access(db->path, R_OK | W_OK) != 0)
		return err_errno(err, "queue %s", db->path);
	if (sqlite3_open_v2(db->path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		NULL) != SQLITE_OK)
		return sqlite_db_fail(db, err);
	sqlite_db_attach(db);
	(void)snprintf(tuning, sizeof(tuning),
	    "PRAGMA page_size = %d; PRAGMA cache_size = -%d; PRAGMA cache_spill = OFF;"
	    " PRAGMA secure_delete = OFF; PRAGMA temp_store = MEMORY",
	    PAGE_SIZE, CACHE_KIB);
	return sqlite_db_exec(db, tuning, err);
}

int sqlite_db_open(struct sqlite_db *db, const char *path, bool create, unsigned max_receives,
    struct err *err)
{
	*db = (struct sqlite_db){ .path = plain_path(path) };
	if (open_file(db, create, err) == 0 && set_up(db, create, err) == 0 &&
	    prepare(db, err) == 0 &&
	    (max_receives == 0 ||
		sqlite_db_run(db, SQL_SET_MAX_RECEIVES, SQLITE_DB_INTS(max_receives), NULL, err) ==
		    0) &&
	    sqlite_db_exec(db, "PRAGMA synchronous = FULL", err) == 0) {
		db->durable = true;
		return 0;
	}
	sqlite_db_close(db);
	return -1;
}
