#include "queue_sqlite_db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "mem.h"

enum {
	BUSY_TOTAL_US = 5 * 1000 * 1000,
	BUSY_CHECKPOINT_US = 20 * 1000,
	BUSY_SLEEP_MIN_US = 50,
	BUSY_SLEEP_MAX_US = 1000,
	/* Measured: 1.3 to 1.9 times the throughput of 4 KiB pages for large bodies, equal for small. */
	PAGE_SIZE = 16384,
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

/* Set *err from the connection's latest error. Always -1. */
static int fail(struct sqlite_db *db, struct err *err)
{
	int rc = sqlite3_extended_errcode(db->handle);
	int primary = rc & 0xff;

	if (primary == SQLITE_NOMEM)
		abort(); /* as xmalloc() does: see mem.h */
	assert(primary != SQLITE_MISUSE && primary != SQLITE_RANGE);
	if (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) {
		errno = sqlite3_system_errno(db->handle);
		if (errno != 0)
			return err_errno(err, "queue %s: %s", db->path, sqlite3_errmsg(db->handle));
	}
	return err_set(err, code_of(rc), "queue %s: %s", db->path, sqlite3_errmsg(db->handle));
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
	int64_t pause_us = count < 5 ? BUSY_SLEEP_MIN_US << count : BUSY_SLEEP_MAX_US;

	if (count == 0)
		db->busy_until_us = now_us + db->busy_limit_us;
	if (now_us >= db->busy_until_us)
		return 0;
	sleep_us(pause_us < BUSY_SLEEP_MAX_US ? pause_us : BUSY_SLEEP_MAX_US);
	return 1;
}

/*
 * SQLite's own checkpoint lets the WAL start anew only when nobody happens to use it, so
 * under two busy processes it grows without end (149 MB seen) and a checkpoint follows
 * every commit. Here one comes per CHECKPOINT_PAGES, and from WAL_PAGES_MAX on the others
 * are made to wait for it; not for long, because a stuck reader would stop us all.
 */
static int after_commit(void *arg, sqlite3 *handle, const char *schema, int pages)
{
	struct sqlite_db *db = arg;

	if (pages < db->checkpointed)
		db->checkpointed = 0; /* it started anew */
	if (pages - db->checkpointed < CHECKPOINT_PAGES)
		return SQLITE_OK;
	db->checkpointed = pages;
	db->busy_limit_us = BUSY_CHECKPOINT_US;
	/* The commit is done, whatever becomes of this; the next one tries again. */
	(void)sqlite3_wal_checkpoint_v2(handle, schema,
	    pages < WAL_PAGES_MAX ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_RESTART, NULL,
	    NULL);
	db->busy_limit_us = BUSY_TOTAL_US;
	return SQLITE_OK;
}

static int exec(struct sqlite_db *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(db, err);
}

/* First column of the first row of a statement that is needed once. */
static int query(struct sqlite_db *db, const char *sql, int64_t *number, char text[16],
    struct err *err)
{
	sqlite3_stmt *s;
	int rc = 0;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL) != SQLITE_OK)
		return fail(db, err);
	if (sqlite3_step(s) != SQLITE_ROW)
		rc = fail(db, err);
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

	if (exec(db, "BEGIN", err) != 0)
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
	return exec(db, sqlite_db_schema, err) == 0 && exec(db, sql, err) == 0 ? 0 : -1;
}

static int create_once(struct sqlite_db *db, struct err *err)
{
	bool empty;
	int rc;

	if (exec(db, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	rc = inspect(db, &empty, err); /* again: somebody may have been faster */
	if (rc == 0 && empty)
		rc = create_schema(db, err);
	if (rc == 0)
		rc = exec(db, "COMMIT", err);
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
	int64_t until_us = clock_mono_us(&clock_system) + BUSY_TOTAL_US;

	while (try_set_up(db, create, err) != 0) {
		if (err->code != ERR_BUSY || clock_mono_us(&clock_system) >= until_us)
			return -1;
		sleep_us(BUSY_SLEEP_MAX_US);
	}
	return 0;
}

static int sync_parent(const char *path, struct err *err)
{
	struct str dir = str_from(path);
	char *copy;
	int rc;

	while (dir.n && dir.p[dir.n - 1] != '/')
		dir.n--;
	copy = dir.n ? xstrndup(dir) : xstrdup(".");
	rc = file_sync_dir(copy, err);
	free(copy);
	return rc;
}

/*
 * SQLite would make the file readable by others. O_EXCL also keeps us from closing a
 * descriptor of a file that this process has open already, which would drop its locks.
 */
static int create_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? 0 : err_errno(err, "queue %s", path);
	(void)close(fd); /* nothing was written */
	return sync_parent(path, err);
}

static int prepare(struct sqlite_db *db, struct err *err)
{
	for (size_t i = 0; i < SQL_COUNT; i++)
		if (sqlite3_prepare_v3(db->handle, sqlite_db_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
			&db->statements[i], NULL) != SQLITE_OK)
			return fail(db, err);
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
	char tuning[96];

	if (create && create_file(db->path, err) != 0)
		return -1;
	/* SQLite opens what cannot be written for reading, and then misses its other files. */
	if (access(db->path, R_OK | W_OK) != 0)
		return err_errno(err, "queue %s", db->path);
	if (sqlite3_open_v2(db->path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		NULL) != SQLITE_OK)
		return fail(db, err);
	(void)sqlite3_extended_result_codes(db->handle, 1);
	(void)sqlite3_busy_handler(db->handle, on_busy, db);
	(void)sqlite3_wal_hook(db->handle, after_commit, db);
	(void)snprintf(tuning, sizeof(tuning),
	    "PRAGMA page_size = %d; PRAGMA secure_delete = OFF; PRAGMA temp_store = MEMORY",
	    PAGE_SIZE);
	return exec(db, tuning, err);
}

int sqlite_db_open(struct sqlite_db *db, const char *path, bool create, unsigned max_receives,
    struct err *err)
{
	*db = (struct sqlite_db){ .path = plain_path(path), .busy_limit_us = BUSY_TOTAL_US };
	if (open_file(db, create, err) == 0 && set_up(db, create, err) == 0 &&
	    prepare(db, err) == 0 &&
	    (max_receives == 0 ||
		sqlite_db_run(db, SQL_SET_MAX_RECEIVES, SQLITE_DB_INTS(max_receives), NULL, err) ==
		    0) &&
	    exec(db, "PRAGMA synchronous = FULL", err) == 0) {
		db->durable = true;
		return 0;
	}
	sqlite_db_close(db);
	return -1;
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
	if (db->durable != durable) {
		if (exec(db, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
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
		(void)fail(db, err); /* before reset */
	(void)sqlite3_reset(s);      /* repeats the step's error */
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
