/*
 * What a file store makes durable, and in which order: this program has fsync(), linkat()
 * and close friends of its own, which note the call and then make it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "place.h"
#include "store_file.h"
#include "test.h"

enum { PUTTERS = 8 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char events[4096]; /* a letter per call: f, d, l, r, m (see below) */
static unsigned links, dir_syncs;
static int fail_dir_sync, fail_file_sync; /* errno for the next one, 0: none */

static void note(char event)
{
	size_t n = strlen(events);

	if (n + 1 < sizeof(events))
		events[n] = event;
}

static struct store_dir *gathering; /* its fsync waits for that many who want it; or NULL */
static uint64_t wanted_by;

static void await_company(void)
{
	for (bool are_there = !gathering; !are_there;) {
		(void)pthread_mutex_lock(&gathering->lock);
		are_there = gathering->entered >= wanted_by;
		(void)pthread_mutex_unlock(&gathering->lock);
		if (!are_there)
			clock_sleep_ms(1);
	}
}

int fsync(int fd)
{
	struct stat st;
	int error = 0;

	if (fstat(fd, &st) != 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		await_company();
	(void)pthread_mutex_lock(&lock);
	note(S_ISDIR(st.st_mode) ? 'd' : 'f');
	if (S_ISDIR(st.st_mode)) {
		dir_syncs++;
		error = fail_dir_sync;
		fail_dir_sync = 0;
	} else {
		error = fail_file_sync;
		fail_file_sync = 0;
	}
	(void)pthread_mutex_unlock(&lock);
	errno = error;
	return error ? -1 : (int)syscall(SYS_fsync, fd);
}

static int fail_link, fail_symlink; /* errno for all of them, 0: none */

int symlinkat(const char *target, int fd, const char *name)
{
	if (!fail_symlink)
		return (int)syscall(SYS_symlinkat, target, fd, name);
	errno = fail_symlink;
	return -1;
}

static const char *rival; /* what another process puts there just before the next link */

static void put_rival(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || write(fd, rival, strlen(rival)) != (ssize_t)strlen(rival))
		test_die("%s: %s", name, strerror(errno));
	(void)close(fd);
	rival = NULL;
}

/* As on a file system without locks. */
static bool no_locks;

int flock(int fd, int operation)
{
	if (!no_locks)
		return (int)syscall(SYS_flock, fd, operation);
	errno = ENOLCK;
	return -1;
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	int rc;

	if (rival)
		put_rival(to_fd, to);
	if (fail_link) {
		errno = fail_link;
		return -1;
	}
	rc = (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
	(void)pthread_mutex_lock(&lock);
	note('l');
	links++;
	(void)pthread_mutex_unlock(&lock);
	return rc;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	(void)pthread_mutex_lock(&lock);
	note('r');
	(void)pthread_mutex_unlock(&lock);
	return (int)syscall(SYS_renameat, from_fd, from, to_fd, to);
}

int mkdirat(int fd, const char *name, mode_t mode)
{
	int rc = (int)syscall(SYS_mkdirat, fd, name, mode);

	(void)pthread_mutex_lock(&lock);
	note('m');
	(void)pthread_mutex_unlock(&lock);
	return rc;
}

static void forget_events(void)
{
	memset(events, 0, sizeof(events));
	links = dir_syncs = 0;
}

/* ---- the store ---- */

static char root[PLACE_PATH_SIZE];
static struct store *store;

static void open_store(void)
{
	struct store_options options = { .create = true };
	struct buf url = BUF_INIT(PLACE_PATH_SIZE + 64);
	struct err err;

	buf_addf(&url, "file:%s", root);
	if (store_open(&store, buf_str(&url), &options, &err) != 0)
		test_die("%s", err.text);
	buf_release(&url);
	forget_events();
}

static int put(const char *key, struct err *err)
{
	char sha256[HASH_HEX_SIZE];

	hash_sha256_hex(STR("bytes"), sha256);
	return store_put(store, str_from(key), STR("bytes"), sha256, NULL, NULL, err);
}

/* The file, then the name, then the directory; the chain of directories once. */
static void test_order(void)
{
	struct err err;

	place_new(root, "store");
	open_store();
	CHECK_OK(put("2026/11/a", &err), &err);
	CHECK_TEXT(events, "fmdmdld");
	forget_events();
	CHECK_OK(put("2026/11/b", &err), &err);
	CHECK_TEXT(events, "fld");
	forget_events();
	/* There already: its digest and its name are made anew, so that the fsync means them. */
	CHECK_OK(put("2026/11/a", &err), &err);
	CHECK_TEXT(events, "frrd");
	store_close(store);
	/* Another process: the directories are there, but are they durable? */
	open_store();
	CHECK_OK(put("2026/11/c", &err), &err);
	CHECK_TEXT(events, "fmdmdld");
	store_close(store);
}

static void *put_in_thread(void *key)
{
	struct err err;

	return put(key, &err) == 0 ? NULL : key;
}

/* While one fsync is under way the others gather, and share the next one. */
static void test_group(void)
{
	pthread_t threads[PUTTERS];
	char keys[PUTTERS][16];
	struct store_dir *dir = NULL;
	struct err err;

	place_new(root, "store");
	open_store();
	CHECK_OK(put("dir/first", &err), &err);
	forget_events();
	CHECK_OK(store_dir_get((struct store_file *)store, STR("dir"), &dir, &err), &err);
	wanted_by = dir->entered + PUTTERS;
	gathering = dir;
	for (unsigned i = 0; i < PUTTERS; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "dir/%u", i);
		if (pthread_create(&threads[i], NULL, put_in_thread, keys[i]) != 0)
			test_die("pthread_create");
	}
	for (size_t i = 0; i < PUTTERS; i++) {
		void *failed = NULL;

		(void)pthread_join(threads[i], &failed);
		CHECK(!failed);
	}
	gathering = NULL;
	CHECK_INT(links, PUTTERS);
	/* The first one was held until all wanted it: it covers its caller, a second one the others. */
	CHECK_INT(dir_syncs, 2);
	store_dir_put((struct store_file *)store, dir);
	store_close(store);
}

/* Nothing is claimed, nothing is left behind, and a repeat does the whole work. */
static void test_file_sync_fails(void)
{
	char path[PLACE_PATH_SIZE + 32];
	struct err err;

	place_new(root, "store");
	open_store();
	fail_file_sync = EIO;
	CHECK_ERR(put("dir/a", &err), &err, ERR_IO);
	(void)snprintf(path, sizeof(path), "%s/dir/a", root);
	CHECK(!place_exists(path));
	(void)snprintf(path, sizeof(path), "%s/.tmp", root);
	CHECK_INT(rmdir(path), 0); /* that is, it is empty */
	CHECK_INT(mkdir(path, 0700), 0);
	store_close(store);
	open_store();
	CHECK_OK(put("dir/a", &err), &err);
	store_close(store);
}

/* A file system that has no links takes no object: the check says so before anything is received. */
static void test_check_does_what_a_put_does(void)
{
	int *const failures[] = { &fail_link, &fail_symlink, &fail_dir_sync };
	struct err err;

	place_new(root, "store");
	open_store();
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		*failures[i] = EPERM;
		CHECK_ERR(store_check(store, &err), &err, ERR_DENIED);
		*failures[i] = 0;
		CHECK_OK(store_check(store, &err), &err);
	}
	store_close(store);
}

/* Without locks the bytes decide who was first. */
static void test_rival_process(void)
{
	struct err err;

	place_new(root, "store");
	open_store();
	no_locks = true;
	rival = "bytes";
	CHECK_OK(put("dir/same", &err), &err);
	rival = "other";
	CHECK_ERR(put("dir/other", &err), &err, ERR_CONFLICT);
	no_locks = false;
	store_close(store);
}

/* Whatever number the disk gives: no message may be refused for it. */
static void test_never_the_objects_fault(void)
{
	static const int numbers[] = { EINVAL, EEXIST, EISDIR, EIO };
	struct err err;

	place_new(root, "store");
	open_store();
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		test_case = strerror(numbers[i]);
		fail_dir_sync = numbers[i];
		CHECK_ERR(put("dir/a", &err), &err, ERR_IO);
		fail_file_sync = numbers[i];
		CHECK_ERR(put("dir/b", &err), &err, ERR_IO);
	}
	store_close(store);
}

static void test_dir_sync_fails(void)
{
	char path[PLACE_PATH_SIZE + 32];
	struct err err;

	place_new(root, "store");
	open_store();
	CHECK_OK(put("dir/first", &err), &err);
	fail_dir_sync = EIO;
	CHECK_ERR(put("dir/a", &err), &err, ERR_IO);
	forget_events();
	CHECK_OK(put("dir/a", &err), &err);
	CHECK_TEXT(events, "fmdrrd"); /* from the root on: what was lost is not known */
	fail_dir_sync = EIO;
	CHECK_ERR(put("new/a", &err), &err, ERR_IO);
	(void)snprintf(path, sizeof(path), "%s/new", root);
	CHECK(!place_exists(path)); /* or it would be taken for durable now */
	CHECK_OK(put("new/a", &err), &err);
	store_close(store);
}

static const struct test tests[] = {
	{ "order", test_order },
	{ "group", test_group },
	{ "file_sync_fails", test_file_sync_fails },
	{ "dir_sync_fails", test_dir_sync_fails },
	{ "never_the_objects_fault", test_never_the_objects_fault },
	{ "check_does_what_a_put_does", test_check_does_what_a_put_does },
	{ "rival_process", test_rival_process },
};

TEST_MAIN(tests)
