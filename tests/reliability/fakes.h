/*
 * fakes: a queue and a store in memory whose every failure a test can order. The queue
 * keeps leases, generations of receipts and receive counts as a real one does; it looks at
 * the real clock, so that the heartbeat is tested as it runs.
 * The fields below the line are for tests to set and read, with the lock of the fake.
 */
#ifndef OPS_FAKES_H
#define OPS_FAKES_H

#include <pthread.h>

#include "queue.h"
#include "store.h"

enum { FAKE_MESSAGES_MAX = 512 };

struct fake_message {
	struct str body; /* borrowed */
	char object[OBJECTKEY_SIZE], sha256[HASH_HEX_SIZE];
	int64_t visible_at_us;
	unsigned receives; /* also the generation of the receipt */
	bool is_leased, is_deleted;
	unsigned extends, returns; /* calls that worked; a return is an extend to another delay */
	unsigned last_delay_s;
};

struct fake_queue {
	struct queue base;
	struct queue_ops ops;
	pthread_mutex_t lock;
	bool is_interrupted;
	size_t count;
	/* ---- */
	struct fake_message messages[FAKE_MESSAGES_MAX];
	unsigned receive_calls, receive_calls_after_interrupt, delete_calls;
	bool is_impatient; /* a receive waits a few ms, not as long as it was told */
	unsigned receiving, receiving_max; /* calls that found nothing and wait, now and at most */
	unsigned deleting, deleting_max;   /* calls under way */
	bool is_delete_blocked;            /* deletes wait until it is false again */
	enum err_code receive_fails, delete_fails, extend_fails; /* ERR_NONE: works */
	int steal; /* index of a message whose lease goes to another worker; -1 none */
};

void fake_queue_init(struct fake_queue *q);
void fake_queue_release(struct fake_queue *q);

/* A message with that key ("" foreign) and digest (NULL: the right one). Returns its index. */
size_t fake_queue_add(struct fake_queue *q, const char *object, const char *body,
    const char *sha256);
struct fake_message fake_queue_get(struct fake_queue *q, size_t index);
size_t fake_queue_left(struct fake_queue *q); /* not deleted */

struct fake_object {
	char key[STORE_KEY_MAX + 1];
	struct buf bytes;
};

struct fake_store {
	struct store base;
	struct store_ops ops;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* ---- */
	struct fake_object objects[FAKE_MESSAGES_MAX];
	size_t count;
	unsigned put_calls, check_calls;
	enum err_code put_fails, check_fails;
	const char *bad_key; /* always fails with ERR_IO; NULL none */
	bool is_blocked;     /* puts wait until it is false again: fake_store_set() */
	unsigned blocked;    /* puts that wait now */
};

void fake_store_init(struct fake_store *s);
void fake_store_release(struct fake_store *s);
void fake_store_fail(struct fake_store *s, enum err_code code); /* puts and checks */
void fake_store_block(struct fake_store *s, bool is_blocked);
bool fake_store_has(struct fake_store *s, const char *key, const char *bytes);

/* Wait until condition(arg) holds; the test dies after 30 s. */
void fake_await(const char *what, bool (*condition)(void *arg), void *arg);

#endif
