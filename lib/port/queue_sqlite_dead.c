#include "queue_sqlite.h"

enum { CHUNK = 500 }; /* letters per transaction: others wait for the lock meanwhile */

static struct queue_sqlite *self(struct queue *q)
{
	return (struct queue_sqlite *)q;
}

static bool parse_id(const char *text, int64_t *id)
{
	uint64_t n;

	if (!str_to_u64(str_from(text), &n) || n > INT64_MAX)
		return false;
	*id = (int64_t)n;
	return true;
}

static int list(struct sqlite_db *db, int64_t after, struct queue_message *messages, size_t max,
    size_t *count, struct err *err)
{
	size_t n = 0;

	while (n < max) {
		int64_t row[2]; /* id, receive_count */
		int rc = sqlite_db_read(db, SQL_DEAD_NEXT, SQLITE_DB_INTS(after), row,
		    ARRAY_SIZE(row), err);

		if (rc < 0)
			return -1;
		if (rc == 0)
			break;
		/* A damaged one is shown as what it is: without a body. */
		if (queue_sqlite_load(db, row[0], &messages[n], err) != 0 &&
		    err->code != ERR_CORRUPT)
			return -1;
		messages[n++].receive_count = (unsigned)row[1];
		after = row[0];
	}
	*count = n;
	return 0;
}

int queue_sqlite_dead_list(struct queue *base, const char *after, struct queue_message *messages,
    size_t max, size_t *count, struct err *err)
{
	struct queue_sqlite *q = self(base);
	int64_t id = 0;
	int rc;

	if (after[0] && !parse_id(after, &id))
		return err_set(err, ERR_INVALID, "dead letter id '%.40s': not one of this queue",
		    after);
	(void)pthread_mutex_lock(&q->lock);
	rc = sqlite_db_begin(&q->db, false, err); /* so that nobody purges what is being read */
	if (rc == 0)
		rc = sqlite_db_end(&q->db, list(&q->db, id, messages, max, count, err), err);
	(void)pthread_mutex_unlock(&q->lock);
	return rc;
}

/* What to do with the letter that was just taken out of table dead. */
static const enum sqlite_db_sql redrive = SQL_REVIVE, purge = SQL_DELETE;

/* A letter that is not there is not an error: *moved tells. */
static int move_one(struct sqlite_db *db, enum sqlite_db_sql what, int64_t id, uint64_t *moved,
    struct err *err)
{
	int changed;

	if (sqlite_db_run(db, SQL_UNBURY, SQLITE_DB_INTS(id), &changed, err) != 0)
		return -1;
	if (!changed)
		return 0;
	++*moved;
	return sqlite_db_run(db, what, SQLITE_DB_INTS(id), NULL, err);
}

static int move_chunk(struct sqlite_db *db, enum sqlite_db_sql what, const int64_t *ids,
    size_t count, uint64_t *moved, struct err *err)
{
	uint64_t n = 0;
	int rc = 0;

	if (sqlite_db_begin(db, true, err) != 0)
		return -1;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = move_one(db, what, ids[i], &n, err);
	rc = sqlite_db_end(db, rc, err);
	if (rc == 0)
		*moved += n;
	return rc;
}

/* Up to CHUNK ids: the next ones of `texts`, or those in the table behind *after. */
struct source {
	const char *const *texts; /* NULL: the table */
	size_t count;
	int64_t after;
};

static int next_texts(struct source *src, int64_t ids[CHUNK], size_t *n, struct err *err)
{
	for (*n = 0; *n < CHUNK && src->count; ++*n, src->texts++, src->count--)
		if (!parse_id(*src->texts, &ids[*n]))
			return err_set(err, ERR_INVALID,
			    "dead letter id '%.40s': not one of this queue", *src->texts);
	return 0;
}

static int next_rows(struct sqlite_db *db, struct source *src, int64_t ids[CHUNK], size_t *n,
    struct err *err)
{
	int rc = 1;

	for (*n = 0; *n < CHUNK && rc == 1;) {
		rc = sqlite_db_read(db, SQL_DEAD_NEXT, SQLITE_DB_INTS(src->after), &ids[*n], 1,
		    err);
		if (rc < 0)
			return -1;
		if (rc == 1)
			src->after = ids[(*n)++];
	}
	return 0;
}

/* Ids only grow under the walk, and a letter that dies again meanwhile lies behind it: it ends. */
static int move(struct queue_sqlite *q, enum sqlite_db_sql what, struct source src, uint64_t *moved,
    struct err *err)
{
	int64_t ids[CHUNK];
	uint64_t total = 0;
	size_t n;
	int rc;

	do {
		(void)pthread_mutex_lock(&q->lock);
		rc = src.texts ? next_texts(&src, ids, &n, err)
			       : next_rows(&q->db, &src, ids, &n, err);
		if (rc == 0 && n)
			rc = move_chunk(&q->db, what, ids, n, &total, err);
		(void)pthread_mutex_unlock(&q->lock);
	} while (rc == 0 && n == CHUNK);
	if (total)
		bell_ring(&q->bell);
	if (rc == 0)
		*moved = total;
	return rc;
}

int queue_sqlite_dead_redrive(struct queue *q, const char *const *ids, size_t count,
    uint64_t *moved, struct err *err)
{
	return move(self(q), redrive, (struct source){ ids, count, 0 }, moved, err);
}

int queue_sqlite_dead_purge(struct queue *q, const char *const *ids, size_t count,
    uint64_t *removed, struct err *err)
{
	return move(self(q), purge, (struct source){ ids, count, 0 }, removed, err);
}
