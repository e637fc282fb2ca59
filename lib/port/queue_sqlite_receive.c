#include "crash.h"
#include "queue_sqlite.h"

enum {
	LOOK_EVERY_MS = 1000, /* when no ring came: see queue_sqlite_bell.h */
	BURIALS_MAX = 1000,   /* per transaction */
};

/* A receive under way. */
struct taking {
	struct queue_sqlite *q;
	int64_t now_ms, until_ms;
	int64_t received_to, deliveries, max_receives; /* as in table state, in this order */
	struct queue_message *messages;
	size_t max, count, buried;
};

/* false: longer than what may have been sent. */
static bool copy_text(char *out, size_t size, sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);
	size_t n = (size_t)sqlite3_column_bytes(s, column);

	if (n >= size)
		return false;
	if (n)
		memcpy(out, text, n);
	out[n] = '\0';
	return true;
}

static bool copy_row(sqlite3_stmt *s, struct queue_message *m)
{
	const char *body = sqlite3_column_blob(s, 5);

	m->sent_at_ms = sqlite3_column_int64(s, 0);
	m->record_count = (size_t)sqlite3_column_int64(s, 1);
	buf_add(&m->body, (struct str){ body, (size_t)sqlite3_column_bytes(s, 5) });
	return copy_text(m->object, sizeof(m->object), s, 2) &&
	    copy_text(m->sha256, sizeof(m->sha256), s, 3) &&
	    copy_text(m->traceparent, sizeof(m->traceparent), s, 4) && !m->body.full && m->body.n;
}

int queue_sqlite_load(struct sqlite_db *db, int64_t id, struct queue_message *m, struct err *err)
{
	sqlite3_stmt *s = sqlite_db_bind(db, SQL_LOAD, SQLITE_DB_INTS(id));
	int rc = sqlite_db_step(db, s, err);
	bool good;

	buf_reset(&m->body);
	(void)snprintf(m->id, sizeof(m->id), "%lld", (long long)id);
	if (rc < 0)
		return -1;
	good = rc == 1 && copy_row(s, m);
	(void)sqlite3_reset(s);
	if (good)
		return 0;
	buf_reset(&m->body);
	return err_set(err, ERR_CORRUPT, "queue %s: message %lld is missing or damaged", db->path,
	    (long long)id);
}

static int bury(struct taking *t, int64_t id, int64_t receive_count, struct err *err)
{
	t->buried++;
	return sqlite_db_run(&t->q->db, SQL_FORGET, SQLITE_DB_INTS(id), NULL, err) == 0 &&
		sqlite_db_run(&t->q->db, SQL_BURY, SQLITE_DB_INTS(id, receive_count), NULL, err) ==
		    0
	    ? 0
	    : -1;
}

/* receive_count includes this delivery. */
static int deliver(struct taking *t, int64_t id, int64_t receive_count, struct err *err)
{
	struct queue_message *m = &t->messages[t->count];
	struct sqlite_db *db = &t->q->db;
	int64_t delivery = t->deliveries + 1;

	if (queue_sqlite_load(db, id, m, err) != 0)
		/* One that cannot be read must not keep those behind it. */
		return err->code == ERR_CORRUPT ? bury(t, id, receive_count - 1, err) : -1;
	if (sqlite_db_run(db, SQL_HOLD, SQLITE_DB_INTS(id, t->until_ms, delivery, receive_count),
		NULL, err) != 0)
		return -1;
	/*
	 * Not "<id>.<receive_count>": a redriven message counts from 0 again, and a receipt of
	 * its former life must not fit.
	 */
	(void)snprintf(m->receipt, sizeof(m->receipt), "%lld.%lld", (long long)id,
	    (long long)delivery);
	m->receive_count = (unsigned)receive_count;
	t->deliveries = delivery;
	t->count++;
	return 0;
}

/* Messages received before whose until_ms is in a range. Each one taken leaves the range. */
static int take_returned(struct taking *t, int64_t from_ms, int64_t to_ms, struct err *err)
{
	int64_t row[2]; /* id, receive_count */
	int rc = 0;

	while (rc == 0 && t->count < t->max && t->buried < BURIALS_MAX) {
		rc = sqlite_db_read(&t->q->db, SQL_NEXT_RETURNED, SQLITE_DB_INTS(from_ms, to_ms),
		    row, ARRAY_SIZE(row), err);
		if (rc != 1)
			return rc;
		rc = row[1] >= t->max_receives ? bury(t, row[0], row[1], err)
					       : deliver(t, row[0], row[1] + 1, err);
	}
	return rc;
}

static int take_fresh(struct taking *t, struct err *err)
{
	int rc = 0;

	while (rc == 0 && t->count < t->max && t->buried < BURIALS_MAX) {
		int64_t id;

		rc = sqlite_db_read(&t->q->db, SQL_NEXT_FRESH, SQLITE_DB_INTS(t->received_to), &id,
		    1, err);
		if (rc != 1)
			return rc;
		rc = deliver(t, id, 1, err);
		t->received_to = id;
	}
	return rc;
}

/*
 * Given back or expired first, oldest first, so that a backlog does not starve them;
 * their number of receives is bounded, so they do not starve the backlog either. A lease
 * that ends later than any can was made before the clock was set back; see queue_sqlite_db.h
 * for smaller steps.
 */
static int take_all(struct taking *t, struct err *err)
{
	struct sqlite_db *db = &t->q->db;

	if (sqlite_db_read(db, SQL_STATE, NULL, 0, &t->received_to, 3, err) < 0 ||
	    take_returned(t, 0, t->now_ms, err) != 0 ||
	    take_returned(t, t->now_ms + QUEUE_VISIBILITY_MAX_S * INT64_C(1000) + 1, INT64_MAX,
		err) != 0 ||
	    take_fresh(t, err) != 0)
		return -1;
	return sqlite_db_run(db, SQL_SAVE_STATE, SQLITE_DB_INTS(t->received_to, t->deliveries),
	    NULL, err);
}

/* Whether there is anything to take, without a lock on the file; *next_ms: when a lease ends. */
static int peek(struct queue_sqlite *q, bool *ready, int64_t *next_ms, struct err *err)
{
	int64_t row[3]; /* is there a fresh one, first and last until_ms */
	int64_t now_ms = clock_wall_ms(q->clock);

	if (sqlite_db_read(&q->db, SQL_PEEK, NULL, 0, row, ARRAY_SIZE(row), err) < 0)
		return -1;
	*ready = row[0] || row[1] <= now_ms ||
	    row[2] > now_ms + QUEUE_VISIBILITY_MAX_S * INT64_C(1000);
	*next_ms = row[1];
	return 0;
}

static int take(struct queue_sqlite *q, struct taking *t, unsigned visibility_s, struct err *err)
{
	int rc = sqlite_db_begin(&q->db, false, err);

	if (rc != 0)
		return -1;
	t->now_ms = clock_wall_ms(q->clock); /* after the wait for the lock */
	t->until_ms = t->now_ms + visibility_s * INT64_C(1000);
	rc = sqlite_db_end(&q->db, take_all(t, err), err);
	if (rc == 0)
		CRASH_POINT("queue-receive-committed");
	return rc;
}

static int look_and_take(struct queue_sqlite *q, struct taking *t, unsigned visibility_s,
    int64_t *next_ms, struct err *err)
{
	bool ready;
	int rc;

	t->buried = 0;
	(void)pthread_mutex_lock(&q->lock);
	rc = peek(q, &ready, next_ms, err);
	if (rc == 0 && ready)
		rc = take(q, t, visibility_s, err);
	(void)pthread_mutex_unlock(&q->lock);
	return rc;
}

/* The wait is in real time: the kernel knows no other. */
static void wait_for_more(struct queue_sqlite *q, int watch, int64_t left_ms, int64_t next_ms)
{
	int64_t lease_ms = next_ms - clock_wall_ms(q->clock);
	int64_t wait_ms = left_ms < LOOK_EVERY_MS ? left_ms : LOOK_EVERY_MS;

	if (lease_ms < wait_ms)
		wait_ms = lease_ms < 1 ? 1 : lease_ms;
	bell_wait(&q->bell, watch, (int)wait_ms);
}

static int receive_waiting(struct queue_sqlite *q, struct taking *t, unsigned wait_s,
    unsigned visibility_s, int watch, struct err *err)
{
	int64_t until_ms = clock_mono_ms(&clock_system) + wait_s * INT64_C(1000);
	int64_t left_ms = 0, next_ms = 0;

	while (!atomic_load(&q->interrupted)) {
		if (look_and_take(q, t, visibility_s, &next_ms, err) != 0)
			return -1;
		if (t->count)
			return 0;
		if (t->buried)
			continue; /* there may be living ones behind the dead */
		left_ms = until_ms - clock_mono_ms(&clock_system);
		if (left_ms <= 0)
			return 0;
		wait_for_more(q, watch, left_ms, next_ms);
	}
	return 0;
}

int queue_sqlite_receive(struct queue *base, struct queue_message *messages, size_t max,
    unsigned wait_s, unsigned visibility_s, size_t *count, struct err *err)
{
	struct queue_sqlite *q = (struct queue_sqlite *)base;
	struct taking t = { .q = q, .messages = messages, .max = max };
	/* The watch comes before the look, so that nothing sent in between is missed. */
	int watch = wait_s ? bell_watch(&q->bell) : -1;
	int rc;

	rc = receive_waiting(q, &t, wait_s, visibility_s, watch, err);
	bell_unwatch(&q->bell, watch);
	if (rc == 0)
		*count = t.count;
	return rc;
}
