/*
 * Sending commits with synchronous=FULL: it is a promise to a client. Receiving, deleting
 * and extending commit with NORMAL, which the death of any process survives, but not a
 * power cut: what that can lose is a lease or a delete, and then the message comes back
 * and is stored under the same key again, which changes nothing.
 */
#include "queue_sqlite.h"

#include <stdlib.h>

#include "crash.h"
#include "mem.h"

enum { MAX_RECEIVES_LIMIT = 1000 };

static struct queue_sqlite *self(struct queue *q)
{
	return (struct queue_sqlite *)q;
}

/* ---- open ---- */

static int parse_url(struct str url, struct str *path, unsigned *max_receives, struct err *err)
{
	struct str rest, query, name, value;
	uint64_t n = 0;

	(void)str_cut(url, ':', &name, &rest);
	*max_receives = 0;
	if (str_cut(rest, '?', path, &query)) {
		if (!str_cut(query, '=', &name, &value) || !str_is(name, "max_receives") ||
		    !str_to_u64(value, &n) || n < 1 || n > MAX_RECEIVES_LIMIT)
			return err_set(err, ERR_CONFIG,
			    "queue URL '%.*s': only ?max_receives=N may follow the path, N from 1 to %d",
			    STR_ARG(url), MAX_RECEIVES_LIMIT);
		*max_receives = (unsigned)n;
	}
	if (path->n == 0 || str_find(*path, '\0') < path->n)
		return err_set(err, ERR_CONFIG, "queue URL '%.*s': no path", STR_ARG(url));
	return 0;
}

static int sqlite_open(struct queue **out, struct str url, const struct queue_options *options,
    struct err *err)
{
	extern const struct queue_ops queue_sqlite_ops;
	struct queue_sqlite *q;
	struct str path;
	unsigned max_receives;
	char *name;
	int rc;

	if (parse_url(url, &path, &max_receives, err) != 0)
		return -1;
	name = xstrndup(path);
	q = xcalloc(1, sizeof(*q));
	q->base.ops = &queue_sqlite_ops;
	q->clock = options && options->clock ? options->clock : &clock_system;
	(void)pthread_mutex_init(&q->lock, NULL); /* cannot fail without attributes */
	rc = sqlite_db_open(&q->db, name, options && options->create, max_receives, err);
	if (rc == 0) {
		rc = bell_open(&q->bell, name, err);
		if (rc != 0)
			sqlite_db_close(&q->db);
	}
	free(name);
	if (rc != 0) {
		free(q);
		return -1;
	}
	*out = &q->base;
	return 0;
}

static void sqlite_close(struct queue *base)
{
	struct queue_sqlite *q = self(base);

	sqlite_db_close(&q->db);
	bell_close(&q->bell);
	(void)pthread_mutex_destroy(&q->lock);
	free(q);
}

/* ---- send ---- */

static int bind_content(sqlite3_stmt *s, const struct queue_entry *e)
{
	const struct str texts[] = { e->object, e->sha256, e->traceparent };
	int rc = SQLITE_OK;

	for (size_t i = 0; i < ARRAY_SIZE(texts) && rc == SQLITE_OK; i++)
		rc = sqlite3_bind_text(s, 4 + (int)i, texts[i].n ? texts[i].p : "", (int)texts[i].n,
		    SQLITE_STATIC);
	return rc == SQLITE_OK ? sqlite3_bind_blob(s, 7, e->body.p, (int)e->body.n, SQLITE_STATIC)
			       : rc;
}

static int insert(struct queue_sqlite *q, int64_t id, const struct queue_entry *e, struct err *err)
{
	sqlite3_stmt *s = sqlite_db_bind(&q->db, SQL_SEND,
	    SQLITE_DB_INTS(id, clock_wall_ms(q->clock), (int64_t)e->record_count));

	if (bind_content(s, e) != SQLITE_OK)
		abort(); /* out of memory: see mem.h; the lengths are checked */
	return sqlite_db_step(&q->db, s, err);
}

static int insert_all(struct queue_sqlite *q, const struct queue_entry *entries, size_t count,
    struct err *err)
{
	int64_t id;

	if (sqlite_db_read(&q->db, SQL_LAST_ID, NULL, 0, &id, 1, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (entries[i].result.code == ERR_NONE && insert(q, ++id, &entries[i], err) != 0)
			return -1;
	return 0;
}

static int sqlite_send(struct queue *base, struct queue_entry *entries, size_t count,
    struct err *err)
{
	struct queue_sqlite *q = self(base);
	int rc;

	CRASH_POINT("queue-send-before");
	(void)pthread_mutex_lock(&q->lock);
	rc = sqlite_db_begin(&q->db, true, err);
	if (rc == 0)
		rc = sqlite_db_end(&q->db, insert_all(q, entries, count, err), err);
	(void)pthread_mutex_unlock(&q->lock);
	if (rc != 0)
		return -1;
	CRASH_POINT("queue-send-committed");
	bell_ring(&q->bell);
	return 0;
}

/* ---- interrupt ---- */

static void sqlite_interrupt(struct queue *base)
{
	atomic_store(&self(base)->interrupted, true);
	bell_stop(&self(base)->bell);
}

/* ---- delete and extend ---- */

static bool parse_receipt(const char *receipt, int64_t *id, int64_t *delivery)
{
	struct str head, tail;
	uint64_t a, b;

	if (!str_cut(str_from(receipt), '.', &head, &tail) || !str_to_u64(head, &a) ||
	    !str_to_u64(tail, &b) || a > INT64_MAX || b > INT64_MAX)
		return false;
	*id = (int64_t)a;
	*delivery = (int64_t)b;
	return true;
}

static int refuse_receipt(struct queue_lease *l)
{
	(void)err_set(&l->result, ERR_INVALID, "receipt '%.40s': not one of this queue",
	    l->receipt);
	return 0;
}

static int lease_lost(struct queue_lease *l)
{
	(void)err_set(&l->result, ERR_CONFLICT, "receipt '%.40s': the lease is no longer ours",
	    l->receipt);
	return 0;
}

static int remove_one(struct queue_sqlite *q, struct queue_lease *l, struct err *err)
{
	int64_t id, delivery, found;
	int changed, rc;

	if (!parse_receipt(l->receipt, &id, &delivery))
		return refuse_receipt(l);
	if (sqlite_db_run(&q->db, SQL_RELEASE, SQLITE_DB_INTS(id, delivery), &changed, err) != 0)
		return -1;
	if (changed)
		return sqlite_db_run(&q->db, SQL_DELETE, SQLITE_DB_INTS(id), NULL, err);
	rc = sqlite_db_read(&q->db, SQL_EXISTS, SQLITE_DB_INTS(id), &found, 1, err);
	if (rc < 0)
		return -1;
	return rc == 1 ? lease_lost(l) : 0;
}

static int sqlite_remove(struct queue *base, struct queue_lease *leases, size_t count,
    struct err *err)
{
	struct queue_sqlite *q = self(base);
	int rc;

	CRASH_POINT("queue-delete-before");
	(void)pthread_mutex_lock(&q->lock);
	rc = sqlite_db_begin(&q->db, false, err);
	if (rc == 0) {
		for (size_t i = 0; i < count && rc == 0; i++)
			rc = remove_one(q, &leases[i], err);
		rc = sqlite_db_end(&q->db, rc, err);
	}
	(void)pthread_mutex_unlock(&q->lock);
	if (rc == 0)
		CRASH_POINT("queue-delete-committed");
	return rc;
}

static int extend_one(struct queue_sqlite *q, struct queue_lease *l, int64_t until_ms,
    struct err *err)
{
	int64_t id, delivery;
	int changed;

	if (!parse_receipt(l->receipt, &id, &delivery))
		return refuse_receipt(l);
	if (sqlite_db_run(&q->db, SQL_EXTEND, SQLITE_DB_INTS(id, delivery, until_ms), &changed,
		err) != 0)
		return -1;
	return changed ? 0 : lease_lost(l);
}

static int sqlite_extend(struct queue *base, struct queue_lease *leases, size_t count,
    unsigned visibility_s, struct err *err)
{
	struct queue_sqlite *q = self(base);
	int64_t until_ms = 0; /* free at once */
	int rc;

	(void)pthread_mutex_lock(&q->lock);
	rc = sqlite_db_begin(&q->db, false, err);
	if (rc == 0) {
		if (visibility_s)
			until_ms = clock_wall_ms(q->clock) + visibility_s * INT64_C(1000);
		for (size_t i = 0; i < count && rc == 0; i++)
			rc = extend_one(q, &leases[i], until_ms, err);
		rc = sqlite_db_end(&q->db, rc, err);
	}
	(void)pthread_mutex_unlock(&q->lock);
	if (rc == 0 && visibility_s == 0)
		bell_ring(&q->bell);
	return rc;
}

/* ---- stats ---- */

static int sqlite_stats(struct queue *base, struct queue_stats *out, struct err *err)
{
	struct queue_sqlite *q = self(base);
	int64_t now_ms = clock_wall_ms(q->clock);
	int64_t row[5]; /* visible, in flight, dead, oldest sent_at_ms of leased and of fresh */
	int64_t oldest_ms;
	int rc;

	(void)pthread_mutex_lock(&q->lock);
	rc = sqlite_db_read(&q->db, SQL_STATS,
	    SQLITE_DB_INTS(now_ms, now_ms + QUEUE_VISIBILITY_MAX_S * INT64_C(1000)), row,
	    ARRAY_SIZE(row), err);
	(void)pthread_mutex_unlock(&q->lock);
	if (rc < 0)
		return -1;
	oldest_ms = row[3] < row[4] ? row[3] : row[4];
	*out = (struct queue_stats){
		.visible = (uint64_t)row[0],
		.in_flight = (uint64_t)row[1],
		.dead = (uint64_t)row[2],
		.oldest_age_s = oldest_ms < now_ms ? (now_ms - oldest_ms) / 1000 : 0,
	};
	return 0;
}

const char *queue_sqlite_version(void)
{
	return sqlite3_libversion();
}

const struct queue_ops queue_sqlite_ops = {
	.traits = { .senders = 1,
	    .batch_max = 64,
	    .body_max = 4 * 1024 * 1024,
	    .stats_period_s = 15 },
	.open = sqlite_open,
	.close = sqlite_close,
	.send = sqlite_send,
	.receive = queue_sqlite_receive,
	.interrupt = sqlite_interrupt,
	.remove = sqlite_remove,
	.extend = sqlite_extend,
	.stats = sqlite_stats,
	.dead_list = queue_sqlite_dead_list,
	.dead_redrive = queue_sqlite_dead_redrive,
	.dead_purge = queue_sqlite_dead_purge,
};
