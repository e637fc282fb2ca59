/*
 * What a power cut leaves of an SQLite queue. A VFS between SQLite and the disk keeps,
 * beside the files, a second copy that gets a file's content only when SQLite syncs
 * it: what is not in there may be gone after a power cut. A queue opened on that copy must
 * have every message whose send was answered.
 */
#include <sqlite3.h>
#include <sys/stat.h>

#include "file.h"
#include "mem.h"
#include "sqlite_queue.h"

static char live[PLACE_PATH_SIZE], synced[PLACE_PATH_SIZE];
static unsigned syncs;

/* ---- the VFS ---- */

struct watched {
	sqlite3_file base;
	char path[PLACE_PATH_SIZE + 8];
	sqlite3_file *real; /* in the same allocation */
};

static sqlite3_vfs *real_vfs;
static sqlite3_io_methods methods;

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct watched *)f)->real;
}

static void copy_file(const char *from, const char *to)
{
	struct buf content = BUF_INIT(64 * 1024 * 1024);
	struct err err;

	if (file_read(from, &content, &err) != 0)
		test_die("%s", err.text);
	place_write(to, buf_str(&content), 0600);
	buf_release(&content);
}

static int watched_sync(sqlite3_file *f, int flags)
{
	struct watched *w = (struct watched *)f;
	size_t n = strlen(live);
	char to[PLACE_PATH_SIZE + 8];

	if (strncmp(w->path, live, n) == 0) {
		(void)snprintf(to, sizeof(to), "%s%s", synced, w->path + n);
		copy_file(w->path, to);
		syncs++;
	}
	return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int watched_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int watched_read(sqlite3_file *f, void *out, int n, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), out, n, at);
}

static int watched_write(sqlite3_file *f, const void *in, int n, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xWrite(real_of(f), in, n, at);
}

static int watched_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return real_of(f)->pMethods->xTruncate(real_of(f), n);
}

static int watched_size(sqlite3_file *f, sqlite3_int64 *n)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), n);
}

static int watched_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int watched_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int watched_is_reserved(sqlite3_file *f, int *out)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int watched_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int watched_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int watched_traits(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int watched_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int watched_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}

static void watched_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int watched_shm_unmap(sqlite3_file *f, int is_deleted)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), is_deleted);
}

static int watched_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out)
{
	struct watched *w = (struct watched *)f;
	int rc;

	(void)vfs;
	w->real = (sqlite3_file *)(w + 1);
	(void)snprintf(w->path, sizeof(w->path), "%s", path ? path : "");
	rc = real_vfs->xOpen(real_vfs, path, w->real, flags, out);
	w->base.pMethods = rc == SQLITE_OK ? &methods : NULL;
	return rc;
}

static void install_vfs(void)
{
	static sqlite3_vfs vfs;

	real_vfs = sqlite3_vfs_find(NULL);
	vfs = *real_vfs;
	vfs.zName = "watched";
	vfs.szOsFile = (int)sizeof(struct watched) + real_vfs->szOsFile;
	vfs.xOpen = watched_open;
	methods = (sqlite3_io_methods){
		.iVersion = 2,
		.xClose = watched_close,
		.xRead = watched_read,
		.xWrite = watched_write,
		.xTruncate = watched_truncate,
		.xSync = watched_sync,
		.xFileSize = watched_size,
		.xLock = watched_lock,
		.xUnlock = watched_unlock,
		.xCheckReservedLock = watched_is_reserved,
		.xFileControl = watched_control,
		.xSectorSize = watched_sector,
		.xDeviceCharacteristics = watched_traits,
		.xShmMap = watched_shm_map,
		.xShmLock = watched_shm_lock,
		.xShmBarrier = watched_shm_barrier,
		.xShmUnmap = watched_shm_unmap,
	};
	if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
		test_die("sqlite3_vfs_register");
}

/* ---- the queue ---- */

static void begin(struct queue **q)
{
	place_new(live, "live.db");
	place_new(synced, "synced.db");
	*q = sqlite_queue_open(live, NULL);
}

/* The bodies that are there after a power cut now, each once; for bodies below `limit`. */
static void after_power_cut(unsigned *seen, size_t limit)
{
	static const char *const parts[] = { "", "-wal" };
	char copy[PLACE_PATH_SIZE], from[PLACE_PATH_SIZE + 8], to[PLACE_PATH_SIZE + 8];
	struct queue_message m;
	struct queue *q;
	size_t count = 1;
	struct err err;

	place_new(copy, "after.db");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		(void)snprintf(from, sizeof(from), "%s%s", synced, parts[i]);
		(void)snprintf(to, sizeof(to), "%s%s", copy, parts[i]);
		if (place_exists(from))
			copy_file(from, to);
	}
	memset(seen, 0, limit * sizeof(*seen));
	if (sqlite_queue_try(&q, copy, "", NULL, &err) != 0)
		test_die("%s", err.text);
	queue_message_init(&m);
	while (queue_receive(q, &m, 1, 0, 600, &count, &err) == 0 && count == 1) {
		uint64_t number;

		CHECK(str_to_u64(str_slice(buf_str(&m.body), 0, 6), &number) && number < limit);
		if (number < limit)
			seen[number]++;
	}
	queue_message_release(&m);
	queue_close(q);
}

static void send_number(struct queue *q, unsigned number, char *bytes, size_t size)
{
	struct queue_entry e = { .body = { bytes, size } };
	char digits[8];
	struct err err;

	(void)snprintf(digits, sizeof(digits), "%06u", number);
	memcpy(bytes, digits, 6);
	CHECK_OK(queue_send(q, &e, 1, &err), &err);
}

/* After every single send, small ones and ones that fill the WAL until it starts anew. */
static void test_every_send(void)
{
	static const size_t sizes[] = { 6, 1000, 300000 };
	enum { SENDS = 45 };
	unsigned seen[SENDS];
	char *bytes = xcalloc(1, 300000);
	struct queue *q;

	begin(&q);
	for (unsigned i = 0; i < SENDS; i++) {
		send_number(q, i, bytes, sizes[i % ARRAY_SIZE(sizes)]);
		after_power_cut(seen, SENDS);
		for (unsigned k = 0; k < SENDS; k++)
			CHECK_INT(seen[k], k <= i);
	}
	queue_close(q);
	free(bytes);
}

/* Receives and deletes in between may be undone, but nothing that was sent is lost. */
static void test_with_deletes(void)
{
	enum { SENDS = 60 };
	unsigned seen[SENDS];
	bool deleted[SENDS] = { false };
	char *bytes = xcalloc(1, 200000);
	struct queue_message m;
	struct queue *q;
	struct err err;

	begin(&q);
	queue_message_init(&m);
	for (unsigned i = 0; i < SENDS; i++) {
		size_t count = 0;

		send_number(q, i, bytes, i % 2 ? 100 : 200000);
		if (i % 3 != 0) {
			struct queue_lease l = { .receipt = m.receipt };
			uint64_t number = 0;

			CHECK_OK(queue_receive(q, &m, 1, 0, 600, &count, &err), &err);
			CHECK(count == 1 && str_to_u64(str_slice(buf_str(&m.body), 0, 6), &number));
			CHECK_OK(queue_delete(q, &l, 1, &err), &err);
			deleted[number % SENDS] = true;
		}
		after_power_cut(seen, SENDS);
		for (unsigned k = 0; k <= i; k++)
			CHECK(seen[k] == 1 || (seen[k] == 0 && deleted[k]));
	}
	queue_message_release(&m);
	queue_close(q);
	free(bytes);
}

/* A lease and a delete are not worth a sync: see queue_sqlite.c. */
static void test_what_syncs(void)
{
	struct queue_message m;
	struct queue_lease l = { .receipt = m.receipt };
	char bytes[6];
	unsigned before;
	size_t count = 0;
	struct queue *q;
	struct err err;

	begin(&q);
	queue_message_init(&m);
	before = syncs;
	send_number(q, 1, bytes, sizeof(bytes));
	CHECK_INT(syncs - before, 1);
	before = syncs;
	CHECK_OK(queue_receive(q, &m, 1, 0, 600, &count, &err), &err);
	CHECK_INT(count, 1);
	CHECK_OK(queue_extend(q, &l, 1, 60, &err), &err);
	CHECK_OK(queue_delete(q, &l, 1, &err), &err);
	CHECK_INT(syncs - before, 0);
	send_number(q, 2, bytes, sizeof(bytes));
	CHECK_INT(syncs - before, 1);
	queue_message_release(&m);
	queue_close(q);
}

static const struct test tests[] = {
	{ "every_send", test_every_send },
	{ "with_deletes", test_with_deletes },
	{ "what_syncs", test_what_syncs },
};

int main(int argc, char **argv)
{
	install_vfs();
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
