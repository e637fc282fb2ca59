#include "idle.h"

#include <pthread.h>
#include <sys/socket.h>

enum { FDS_MAX = 4096 }; /* those above are never reset */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t closed;
	enum { BUSY, IDLE, RESET } state[FDS_MAX];
	unsigned resetting;
} idle = { .lock = PTHREAD_MUTEX_INITIALIZER, .closed = PTHREAD_COND_INITIALIZER };

void idle_begin(int fd)
{
	pthread_mutex_lock(&idle.lock);
	if (fd < FDS_MAX)
		idle.state[fd] = IDLE;
	pthread_mutex_unlock(&idle.lock);
}

bool idle_end(int fd)
{
	bool is_reset = false;

	pthread_mutex_lock(&idle.lock);
	if (fd < FDS_MAX) {
		is_reset = idle.state[fd] == RESET;
		idle.state[fd] = BUSY;
	}
	pthread_mutex_unlock(&idle.lock);
	return is_reset;
}

void idle_closed(void)
{
	pthread_mutex_lock(&idle.lock);
	idle.resetting--;
	pthread_cond_signal(&idle.closed);
	pthread_mutex_unlock(&idle.lock);
}

/* The reader is woken without a word to the client; it closes, and lingers for nothing: RST. */
static void order(int fd)
{
	const struct linger none = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	(void)shutdown(fd, SHUT_RD); /* a client that has left in the meantime needs none */
	idle.state[fd] = RESET;
	idle.resetting++;
}

void idle_reset(void)
{
	pthread_mutex_lock(&idle.lock);
	for (int fd = 0; fd < FDS_MAX; fd++)
		if (idle.state[fd] == IDLE)
			order(fd);
	while (idle.resetting > 0)
		pthread_cond_wait(&idle.closed, &idle.lock);
	pthread_mutex_unlock(&idle.lock);
}
