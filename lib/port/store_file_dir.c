#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "store_file.h"

enum { DIRS_MAX = 16, DIR_MODE = 0750, LOCK_WAIT_MS = 20 };

/* ---- the way down ---- */

/*
 * Make `name` in `at` and the name durable. The fsync comes also when it was there:
 * another process may have died between its mkdir and its fsync. A name whose fsync failed
 * goes again, because a second fsync of it may succeed and mean nothing.
 */
static int make(int at, const char *name)
{
	bool is_new = mkdirat(at, name, DIR_MODE) == 0;
	int number;

	if (!is_new && errno != EEXIST)
		return -1;
	if (fsync(at) == 0)
		return 0;
	number = errno;
	if (is_new)
		(void)unlinkat(at, name, AT_REMOVEDIR); /* unless somebody uses it already */
	errno = number;
	return -1;
}

/* Directory below root_fd, one part at a time, so that no link is followed. -1 with errno. */
static int walk(int root_fd, struct str path, bool is_made)
{
	int at = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct str part;

	while (at >= 0 && path.n) {
		char name[STORE_FILE_NAME_SIZE];
		int next = -1, number;

		(void)str_cut(path, '/', &part, &path);
		if (part.n < sizeof(name)) {
			memcpy(name, part.p, part.n);
			name[part.n] = '\0';
			if (!is_made || make(at, name) == 0)
				next = openat(at, name,
				    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		} else {
			errno = ENAMETOOLONG;
		}
		number = errno;
		(void)close(at);
		errno = number;
		at = next;
	}
	return at;
}

int store_file_blame_disk(struct err *err)
{
	if (err->code == ERR_INVALID || err->code == ERR_CONFLICT)
		err->code = ERR_IO;
	return -1;
}

struct str store_file_split(struct str key, struct str *name)
{
	size_t n = key.n;

	while (n && key.p[n - 1] != '/')
		n--;
	*name = str_skip(key, n);
	return str_slice(key, 0, n ? n - 1 : 0);
}

int store_file_open_dir(const struct store_file *s, struct str path, int *fd, struct err *err)
{
	int dir = walk(s->root_fd, path, false);

	if (dir < 0)
		return err_errno(err, "store directory '%.*s'", STR_ARG(path));
	*fd = dir;
	return 0;
}

/* ---- the cache ---- */

static void dir_free(struct store_dir *d)
{
	(void)close(d->fd); /* a directory has nothing left to write */
	(void)pthread_mutex_destroy(&d->lock);
	(void)pthread_cond_destroy(&d->synced_more);
	free(d->path);
	free(d);
}

static struct store_dir **find(struct store_file *s, struct str path)
{
	struct store_dir **at = &s->dirs;

	while (*at && !str_is(path, (*at)->path))
		at = &(*at)->next;
	return at;
}

/* The least recently used one beyond the limit that nobody uses. */
static void evict(struct store_file *s)
{
	struct store_dir **victim = NULL;
	size_t count = 0;

	for (struct store_dir **at = &s->dirs; *at; at = &(*at)->next) {
		count++;
		if ((*at)->users == 0)
			victim = at;
	}
	if (count > DIRS_MAX && victim) {
		struct store_dir *d = *victim;

		*victim = d->next;
		dir_free(d);
	}
}

static struct store_dir *dir_open(struct store_file *s, struct str path, struct err *err)
{
	int fd = walk(s->root_fd, path, true);
	struct store_dir *d;

	if (fd < 0) {
		bool is_long = errno == ENAMETOOLONG;

		if (errno == ENOTDIR || errno == ELOOP)
			(void)err_set(err, ERR_IO,
			    "store directory '%.*s': a part of it is not a directory",
			    STR_ARG(path));
		else
			(void)err_errno(err, "store directory '%.*s'", STR_ARG(path));
		if (!is_long) /* that is the key's fault */
			(void)store_file_blame_disk(err);
		return NULL;
	}
	d = xcalloc(1, sizeof(*d));
	d->fd = fd;
	d->path = xstrndup(path);
	(void)pthread_mutex_init(&d->lock, NULL);       /* neither can fail */
	(void)pthread_cond_init(&d->synced_more, NULL); /* without attributes */
	return d;
}

/* Opening happens under the lock: it is once an hour, and the others want the same directory. */
int store_dir_get(struct store_file *s, struct str path, struct store_dir **out, struct err *err)
{
	struct store_dir **at, *d;

	(void)pthread_mutex_lock(&s->lock);
	at = find(s, path);
	d = *at;
	if (d)
		*at = d->next;
	else
		d = dir_open(s, path, err);
	if (d) {
		d->next = s->dirs;
		s->dirs = d;
		d->users++;
		evict(s);
		*out = d;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return d ? 0 : -1;
}

static bool is_listed(const struct store_file *s, const struct store_dir *d)
{
	for (const struct store_dir *at = s->dirs; at; at = at->next)
		if (at == d)
			return true;
	return false;
}

void store_dir_put(struct store_file *s, struct store_dir *d)
{
	(void)pthread_mutex_lock(&s->lock);
	d->users--;
	if (d->users == 0 && !is_listed(s, d))
		dir_free(d);
	(void)pthread_mutex_unlock(&s->lock);
}

void store_dir_forget(struct store_file *s, struct store_dir *d)
{
	(void)pthread_mutex_lock(&s->lock);
	for (struct store_dir **at = &s->dirs; *at; at = &(*at)->next)
		if (*at == d) {
			*at = d->next;
			break;
		}
	(void)pthread_mutex_unlock(&s->lock);
}

void store_dir_free_all(struct store_file *s)
{
	while (s->dirs) {
		struct store_dir *d = s->dirs;

		s->dirs = d->next;
		dir_free(d);
	}
}

/* ---- group commit of names ---- */

/* With d->lock held; it is open while the disk works. */
static void sync_for_all(struct store_dir *d)
{
	uint64_t upto = d->entered;
	struct err err;
	int rc = 0;

	d->syncing = true;
	(void)pthread_mutex_unlock(&d->lock);
	if (fsync(d->fd) != 0)
		rc = err_errno(&err, "store directory '%s'", d->path);
	if (rc != 0)
		(void)store_file_blame_disk(&err);
	(void)pthread_mutex_lock(&d->lock);
	d->syncing = false;
	if (rc == 0) {
		d->synced = upto;
	} else {
		d->failed = true;
		d->failure = err;
	}
	(void)pthread_cond_broadcast(&d->synced_more);
}

int store_dir_sync(struct store_dir *d, struct err *err)
{
	uint64_t mine;
	int rc = 0;

	(void)pthread_mutex_lock(&d->lock);
	mine = ++d->entered;
	while (d->synced < mine && !d->failed) {
		if (d->syncing)
			(void)pthread_cond_wait(&d->synced_more, &d->lock);
		else
			sync_for_all(d);
	}
	if (d->synced < mine) {
		*err = d->failure;
		rc = -1;
	}
	(void)pthread_mutex_unlock(&d->lock);
	return rc;
}

/* false: another process has it. True also where the file system has no locks. */
static bool try_lock(struct store_dir *d)
{
	int rc;

	do
		rc = flock(d->fd, LOCK_EX | LOCK_NB);
	while (rc != 0 && errno == EINTR);
	return rc == 0 || errno != EWOULDBLOCK;
}

void store_dir_lock(struct store_dir *d)
{
	bool has_it;

	(void)pthread_mutex_lock(&d->lock);
	has_it = try_lock(d);
	for (int ms = 0; !has_it && !d->lock_is_stuck && ms < LOCK_WAIT_MS; ms++) {
		clock_sleep_ms(1);
		has_it = try_lock(d);
	}
	d->lock_is_stuck = !has_it;
}

void store_dir_unlock(struct store_dir *d)
{
	(void)flock(d->fd, LOCK_UN); /* fails only where LOCK_EX did */
	(void)pthread_mutex_unlock(&d->lock);
}
