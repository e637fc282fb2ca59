/*
 * bell: wakes waiting receivers, of this process and of others, without polling. The
 * bell is a one-byte file beside the queue; whoever makes a message visible writes that
 * byte, and inotify tells those who watch the file. Losing a ring (a full disk, a removed
 * file, no inotify instance left) costs latency only: waits are short and end in a look at
 * the queue.
 * Private to queue_sqlite.c. Any thread.
 */
#ifndef OPS_QUEUE_SQLITE_BELL_H
#define OPS_QUEUE_SQLITE_BELL_H

#include <pthread.h>

#include "err.h"

enum { BELL_IDLE_MAX = 8 };

struct bell {
	char *path;
	int ring_fd, stop_fd;
	pthread_mutex_t lock;
	int idle[BELL_IDLE_MAX]; /* watches kept for the next waiter */
	size_t idle_count;
};

/* The file is `<queue_path>-bell`, made when it is missing. */
int bell_open(struct bell *b, const char *queue_path, struct err *err) ATTR_MUST_CHECK;
void bell_close(struct bell *b); /* fine after a failed bell_open() */

void bell_ring(struct bell *b);

/* Wake all waiters, now and for ever. */
void bell_stop(struct bell *b);

/*
 * A watch of one's own: every ring after this call ends the next bell_wait() on it, so
 * look at the queue between the two. Give it back with bell_unwatch(). -1 when the system
 * has none left: bell_wait() and bell_unwatch() take that too, and no ring is heard.
 */
int bell_watch(struct bell *b);
void bell_unwatch(struct bell *b, int watch);

/* Until a ring, bell_stop(), or timeout_ms; may end early. */
void bell_wait(struct bell *b, int watch, int timeout_ms);

#endif
