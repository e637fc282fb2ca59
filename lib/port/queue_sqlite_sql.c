#include "queue_sqlite_db.h"

/* tests/contract/sqlite_plan.c holds every statement to its index. */
const char *const sqlite_db_sql[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_SET_MAX_RECEIVES] =
	    "UPDATE state SET max_receives = ?1 WHERE one = 1 AND max_receives <> ?1",
	/*
	 * An id is never used twice: behind the highest that is there and the highest that was
	 * ever received; only what was received can be gone. AUTOINCREMENT would say the same
	 * and write one page more per commit.
	 */
	[SQL_LAST_ID] = "SELECT max(received_to, coalesce((SELECT max(id) FROM message), 0))"
			" FROM state WHERE one = 1",
	[SQL_SEND] =
	    "INSERT INTO message (id, sent_at_ms, record_count, object, sha256, traceparent, body)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_PEEK] = "SELECT coalesce((SELECT max(id) FROM message), 0) > received_to,"
		     " coalesce((SELECT min(until_ms) FROM lease), 0x7fffffffffffffff),"
		     " coalesce((SELECT max(until_ms) FROM lease), 0)"
		     " FROM state WHERE one = 1",
	[SQL_STATE] = "SELECT received_to, deliveries, max_receives FROM state WHERE one = 1",
	[SQL_NEXT_RETURNED] = "SELECT id, receive_count FROM lease WHERE until_ms BETWEEN ?1 AND ?2"
			      " ORDER BY until_ms, id LIMIT 1",
	[SQL_NEXT_FRESH] = "SELECT id FROM message WHERE id > ?1 ORDER BY id LIMIT 1",
	[SQL_LOAD] = "SELECT sent_at_ms, record_count, object, sha256, traceparent, body"
		     " FROM message WHERE id = ?1",
	[SQL_HOLD] = "INSERT OR REPLACE INTO lease (id, until_ms, delivery, receive_count)"
		     " VALUES (?1, ?2, ?3, ?4)",
	[SQL_SAVE_STATE] = "UPDATE state SET received_to = ?1, deliveries = ?2 WHERE one = 1",
	[SQL_RELEASE] = "DELETE FROM lease WHERE id = ?1 AND delivery = ?2",
	[SQL_FORGET] = "DELETE FROM lease WHERE id = ?1",
	[SQL_DELETE] = "DELETE FROM message WHERE id = ?1",
	[SQL_EXISTS] = "SELECT 1 FROM message WHERE id = ?1",
	[SQL_EXTEND] = "UPDATE lease SET until_ms = ?3 WHERE id = ?1 AND delivery = ?2",
	[SQL_BURY] = "INSERT INTO dead (id, receive_count) VALUES (?1, ?2)",
	/* Ids behind received_to have no gaps: each was inserted behind the last, none deleted. */
	[SQL_STATS] =
	    "SELECT max(0, coalesce((SELECT max(id) FROM message), 0) - received_to)"
	    "  + (SELECT count(*) FROM lease WHERE until_ms <= ?1)"
	    "  + (SELECT count(*) FROM lease WHERE until_ms > ?2),"
	    " (SELECT count(*) FROM lease WHERE until_ms > ?1 AND until_ms <= ?2),"
	    " (SELECT count(*) FROM dead),"
	    " coalesce((SELECT sent_at_ms FROM message WHERE id = (SELECT min(id) FROM lease)),"
	    "  0x7fffffffffffffff),"
	    " coalesce((SELECT sent_at_ms FROM message WHERE id > received_to ORDER BY id LIMIT 1),"
	    "  0x7fffffffffffffff)"
	    " FROM state WHERE one = 1",
	[SQL_DEAD_NEXT] = "SELECT id, receive_count FROM dead WHERE id > ?1 ORDER BY id LIMIT 1",
	[SQL_REVIVE] =
	    "INSERT INTO lease (id, until_ms, delivery, receive_count) VALUES (?1, 0, 0, 0)",
	[SQL_UNBURY] = "DELETE FROM dead WHERE id = ?1",
};

/* Values of state are the first ones; deliveries start at 1, so 0 is nobody's receipt. */
const char sqlite_db_schema[] = "CREATE TABLE message ("
				" id INTEGER PRIMARY KEY,"
				" sent_at_ms INTEGER NOT NULL,"
				" record_count INTEGER NOT NULL,"
				" object TEXT NOT NULL,"
				" sha256 TEXT NOT NULL,"
				" traceparent TEXT NOT NULL,"
				" body BLOB NOT NULL);"
				"CREATE TABLE lease ("
				" id INTEGER PRIMARY KEY,"
				" until_ms INTEGER NOT NULL,"
				" delivery INTEGER NOT NULL,"
				" receive_count INTEGER NOT NULL);"
				"CREATE INDEX lease_until ON lease (until_ms);"
				"CREATE TABLE dead ("
				" id INTEGER PRIMARY KEY,"
				" receive_count INTEGER NOT NULL);"
				"CREATE TABLE state ("
				" one INTEGER PRIMARY KEY CHECK (one = 1),"
				" received_to INTEGER NOT NULL,"
				" deliveries INTEGER NOT NULL,"
				" max_receives INTEGER NOT NULL);";
