/*
 * queue_sqlite: what the parts of the SQLite queue share: queue_sqlite.c opens, sends, deletes
 * and extends, queue_sqlite_receive.c receives, queue_sqlite_dead.c is what operators do
 * with dead letters; all of them stand on sqlite_db and bell. Private to them.
 */
#ifndef OPS_QUEUE_SQLITE_H
#define OPS_QUEUE_SQLITE_H

#include <pthread.h>
#include <stdatomic.h>

#include "queue.h"
#include "queue_sqlite_bell.h"
#include "queue_sqlite_db.h"

struct queue_sqlite {
	struct queue base;
	const struct clock *clock;
	struct bell bell;
	atomic_bool interrupted;
	pthread_mutex_t lock; /* guards db */
	struct sqlite_db db;
};

/*
 * Fill m with message `id`. ERR_CORRUPT: it is missing or damaged; then m has the id, an
 * empty body, and of the rest what can be read.
 */
int queue_sqlite_load(struct sqlite_db *db, int64_t id, struct queue_message *m, struct err *err)
    ATTR_MUST_CHECK;

int queue_sqlite_receive(struct queue *q, struct queue_message *messages, size_t max,
    unsigned wait_s, unsigned visibility_s, size_t *count, struct err *err) ATTR_MUST_CHECK;

int queue_sqlite_dead_list(struct queue *q, const char *after, struct queue_message *messages,
    size_t max, size_t *count, struct err *err) ATTR_MUST_CHECK;
int queue_sqlite_dead_redrive(struct queue *q, const char *const *ids, size_t count,
    uint64_t *moved, struct err *err) ATTR_MUST_CHECK;
int queue_sqlite_dead_purge(struct queue *q, const char *const *ids, size_t count,
    uint64_t *removed, struct err *err) ATTR_MUST_CHECK;

#endif
