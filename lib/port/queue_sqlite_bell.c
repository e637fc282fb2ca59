#include "queue_sqlite_bell.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "buf.h"
#include "mem.h"

int bell_open(struct bell *b, const char *queue_path, struct err *err)
{
	struct buf path = BUF_INIT(4096);

	*b = (struct bell){ .ring_fd = -1, .stop_fd = -1 };
	(void)pthread_mutex_init(&b->lock, NULL); /* cannot fail without attributes */
	buf_addf(&path, "%s-bell", queue_path);
	b->path = xstrdup(buf_text(&path));
	buf_release(&path);
	b->ring_fd = open(b->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (b->ring_fd < 0) {
		(void)err_errno(err, "%s", b->path);
		bell_close(b);
		return -1;
	}
	b->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->stop_fd < 0) {
		(void)err_errno(err, "eventfd");
		bell_close(b);
		return -1;
	}
	return 0;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		(void)close(fd); /* nothing buffered */
}

void bell_close(struct bell *b)
{
	if (!b->path)
		return;
	while (b->idle_count)
		(void)close(b->idle[--b->idle_count]);
	close_if_open(b->ring_fd);
	close_if_open(b->stop_fd);
	(void)pthread_mutex_destroy(&b->lock);
	free(b->path);
	b->path = NULL;
}

void bell_ring(struct bell *b)
{
	ssize_t n = pwrite(b->ring_fd, "", 1, 0);

	(void)n; /* a lost ring costs latency only */
}

void bell_stop(struct bell *b)
{
	uint64_t one = 1;
	ssize_t n = write(b->stop_fd, &one, sizeof(one));

	(void)n; /* can fail only when the counter is at its end, which wakes as well */
}

/* IN_MODIFY events that nobody has read are merged into one, so a few bytes are enough. */
static void drain(int watch)
{
	char events[512];

	while (read(watch, events, sizeof(events)) > 0)
		continue;
}

int bell_watch(struct bell *b)
{
	int fd = -1;

	(void)pthread_mutex_lock(&b->lock);
	if (b->idle_count)
		fd = b->idle[--b->idle_count];
	(void)pthread_mutex_unlock(&b->lock);
	if (fd >= 0) {
		drain(fd);
		return fd;
	}
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd >= 0 && inotify_add_watch(fd, b->path, IN_MODIFY) < 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

void bell_unwatch(struct bell *b, int watch)
{
	(void)pthread_mutex_lock(&b->lock);
	if (watch >= 0 && b->idle_count < BELL_IDLE_MAX) {
		b->idle[b->idle_count++] = watch;
		watch = -1;
	}
	(void)pthread_mutex_unlock(&b->lock);
	close_if_open(watch);
}

void bell_wait(struct bell *b, int watch, int timeout_ms)
{
	struct pollfd fds[] = { { .fd = watch, .events = POLLIN },
		{ .fd = b->stop_fd, .events = POLLIN } };

	/* poll() passes over a watch of -1 and clears its revents. */
	if (poll(fds, ARRAY_SIZE(fds), timeout_ms) > 0 && fds[0].revents)
		drain(watch);
}
