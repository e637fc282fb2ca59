/*
 * sqlite_db: the SQLite file under a queue: making and opening it, its statements,
 * transactions, and what SQLite's errors mean. Private to queue_sqlite*.c and its tests.
 * One connection; the owner serialises all calls (SQLite has one writer at a time anyway).
 *
 * Tables (version 1):
 *   message  what was sent. Ids grow by 1; a row is never changed, only inserted and deleted.
 *   lease    one row per message that was received at least once and is not dead: hidden
 *            until until_ms; `delivery` names the latest delivery.
 *   dead     ids of dead letters; their content stays in `message`.
 *   state    one row: every message behind `received_to` is fresh (never received).
 *
 * until_ms is wall-clock time, because leases outlive processes and boots. When the clock is
 * set back, a lease that nobody extends any more (its worker died) lasts that much longer; set
 * back by more than QUEUE_VISIBILITY_MAX_S it is seen to be impossible, and ends at once.
 *
 * A lease is a row of its own, not a column of message: SQLite writes a row whole, so
 * leasing a 900 kB message would write 900 kB again (measured: 907,637 bytes of
 * WAL against 825), and a backlog would need an index entry per message. As it is,
 * sending only appends, and everything but `message` is as small as what is in flight.
 */
#ifndef OPS_QUEUE_SQLITE_DB_H
#define OPS_QUEUE_SQLITE_DB_H

#include <sqlite3.h>

#include "err.h"

enum {
	SQLITE_DB_APPLICATION_ID = 0x6f707371, /* "opsq" */
	SQLITE_DB_VERSION = 1,
	SQLITE_DB_MAX_RECEIVES = 5,          /* of a new file */
	SQLITE_DB_BUSY_US = 5 * 1000 * 1000, /* longest wait for a lock */
};

enum sqlite_db_sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_SET_MAX_RECEIVES, /* n */
	SQL_LAST_ID,
	SQL_SEND, /* id, sent_at_ms, record_count, object, sha256, traceparent, body */
	SQL_PEEK,
	SQL_STATE,
	SQL_NEXT_RETURNED, /* until_ms from, to */
	SQL_NEXT_FRESH,    /* received_to */
	SQL_LOAD,          /* id */
	SQL_HOLD,          /* id, until_ms, delivery, receive_count */
	SQL_SAVE_STATE,    /* received_to, deliveries */
	SQL_RELEASE,       /* id, delivery */
	SQL_FORGET,        /* id */
	SQL_DELETE,        /* id */
	SQL_EXISTS,        /* id */
	SQL_EXTEND,        /* id, delivery, until_ms */
	SQL_BURY,          /* id, receive_count */
	SQL_STATS,         /* now_ms, latest valid until_ms */
	SQL_DEAD_NEXT,     /* id */
	SQL_REVIVE,        /* id */
	SQL_UNBURY,        /* id */
	SQL_COUNT,
};

extern const char *const sqlite_db_sql[SQL_COUNT];
extern const char sqlite_db_schema[];

struct sqlite_db {
	sqlite3 *handle;
	char *path;
	sqlite3_stmt *statements[SQL_COUNT];
	bool durable;          /* synchronous is FULL now */
	int64_t busy_limit_us; /* how long to wait for a lock */
	int64_t busy_until_us; /* end of the wait that is under way */
	int wal_pages;         /* pages in the WAL after our latest commit */
	int checkpointed;      /* of these, at our latest checkpoint */
};

/*
 * Open the file at path; with `create` make it, mode 0600, when it is missing or empty.
 * Several processes may do so at the same moment. max_receives 0: leave it.
 */
int sqlite_db_open(struct sqlite_db *db, const char *path, bool create, unsigned max_receives,
    struct err *err) ATTR_MUST_CHECK;
void sqlite_db_close(struct sqlite_db *db); /* fine after a failed sqlite_db_open() */

/* For queue_sqlite_open.c: how a new connection waits for locks, and when it checkpoints. */
void sqlite_db_attach(struct sqlite_db *db);

/* Set *err from the connection's latest error. Always -1. */
int sqlite_db_fail(struct sqlite_db *db, struct err *err);

/* Statements that are needed once. */
int sqlite_db_exec(struct sqlite_db *db, const char *sql, struct err *err) ATTR_MUST_CHECK;

/*
 * Begin a writing transaction; its commit survives a power cut when `durable`, else only
 * the death of the process. End it with sqlite_db_end() in every case.
 */
int sqlite_db_begin(struct sqlite_db *db, bool durable, struct err *err) ATTR_MUST_CHECK;

/* Commit when rc is 0, roll back otherwise or when that fails. Returns what the caller returns. */
int sqlite_db_end(struct sqlite_db *db, int rc, struct err *err) ATTR_MUST_CHECK;

/* A statement with its integers bound; never NULL. */
sqlite3_stmt *sqlite_db_bind(struct sqlite_db *db, enum sqlite_db_sql which, const int64_t *values,
    size_t count);

/* 1: a row to read, then sqlite3_reset(); 0: no more rows, reset already; -1: error, reset. */
int sqlite_db_step(struct sqlite_db *db, sqlite3_stmt *s, struct err *err) ATTR_MUST_CHECK;

/* Bind, step, read the only row's integers into `out`: 1, or 0 for no row. */
int sqlite_db_read(struct sqlite_db *db, enum sqlite_db_sql which, const int64_t *values,
    size_t count, int64_t *out, size_t out_count, struct err *err) ATTR_MUST_CHECK;

/* Bind and run a statement without rows; *changed (may be NULL) is how many it touched. */
int sqlite_db_run(struct sqlite_db *db, enum sqlite_db_sql which, const int64_t *values,
    size_t count, int *changed, struct err *err) ATTR_MUST_CHECK;

#define SQLITE_DB_INTS(...)                                                                        \
	((const int64_t[]){ __VA_ARGS__ }), (sizeof((const int64_t[]){ __VA_ARGS__ }) / 8)

#endif
