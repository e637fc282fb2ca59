/*
 * bench_store: the file store against what it cannot beat: write + fsync + rename, with
 * the same number of threads, and with one. All in one run, in turns, so that a busy disk is
 * busy for all. Prints objects per second, the median of the rounds, and the ratios.
 *
 *   bench_store DIRECTORY [OBJECTS_PER_ROUND [BYTES [ROUNDS [THREADS]]]]
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"
#include "store.h"

enum { ROUNDS_MAX = 64, THREADS_MAX = 64 };

static const char *root;
static struct str bytes;
static char sha256[HASH_HEX_SIZE];
static struct store *store;
static uint64_t objects = 1000, size = 2048, rounds = 9, threads = 16;
static atomic_uint_fast64_t next_number, end_number;

static void stop(const struct err *err)
{
	fprintf(stderr, "bench_store: %s\n", err->text);
	exit(1);
}

/* ---- the two ways ---- */

static int put_raw(uint64_t number, struct err *err)
{
	char path[4096], temporary[4096 + 8];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/raw/%" PRIu64, root, number);
	(void)snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_errno(err, "%s", temporary);
	if (file_write_all(fd, bytes, err) != 0)
		return -1;
	if (fsync(fd) != 0 || close(fd) != 0 || rename(temporary, path) != 0)
		return err_errno(err, "%s", path);
	return 0;
}

static int put_store(uint64_t number, struct err *err)
{
	char key[64];

	(void)snprintf(key, sizeof(key), "2026/11/21/08/%" PRIu64, number);
	return store_put(store, str_from(key), bytes, sha256, NULL, NULL, err);
}

static const struct way {
	const char *name;
	int (*put)(uint64_t number, struct err *err);
	bool is_alone;
} ways[] = {
	{ "raw, 1 thread", put_raw, true },
	{ "raw, all threads", put_raw, false },
	{ "store, 1 thread", put_store, true },
	{ "store, all threads", put_store, false },
};

static void *work(void *arg)
{
	const struct way *way = arg;
	struct err err;

	for (;;) {
		uint64_t number = atomic_fetch_add(&next_number, 1);

		if (number >= atomic_load(&end_number))
			return NULL;
		if (way->put(number, &err) != 0)
			stop(&err);
	}
}

/* Objects per second. */
static double run(const struct way *way, uint64_t first)
{
	size_t count = way->is_alone ? 1 : threads;
	int64_t began_us = clock_mono_us(&clock_system);
	pthread_t running[THREADS_MAX];

	atomic_store(&next_number, first);
	atomic_store(&end_number, first + objects);
	for (size_t i = 0; i < count; i++)
		if (pthread_create(&running[i], NULL, work, (void *)(uintptr_t)way) != 0)
			abort();
	for (size_t i = 0; i < count; i++)
		(void)pthread_join(running[i], NULL);
	return (double)objects * 1e6 / (double)(clock_mono_us(&clock_system) - began_us);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void report(double results[ARRAY_SIZE(ways)][ROUNDS_MAX])
{
	for (size_t w = 0; w < ARRAY_SIZE(ways); w++) {
		qsort(results[w], rounds, sizeof(results[w][0]), compare);
		printf("%-20s %9.0f /s (%.0f-%.0f)  %.2f of %s\n", ways[w].name,
		    results[w][rounds / 2], results[w][0], results[w][rounds - 1],
		    results[w][rounds / 2] / results[0][rounds / 2], ways[0].name);
	}
	printf("store / raw, all threads: %.2f\n", results[3][rounds / 2] / results[1][rounds / 2]);
}

static void open_all(void)
{
	struct store_options options = { .create = true };
	struct buf text = BUF_INIT(4096);
	struct err err;

	buf_addf(&text, "%s/raw", root);
	if (file_mkdirs(buf_text(&text), 0750, &err) != 0)
		stop(&err);
	buf_reset(&text);
	buf_addf(&text, "file:%s/store", root);
	if (store_open(&store, buf_str(&text), &options, &err) != 0)
		stop(&err);
	buf_release(&text);
}

int main(int argc, char **argv)
{
	static double results[ARRAY_SIZE(ways)][ROUNDS_MAX];
	uint64_t *const values[] = { &objects, &size, &rounds, &threads };

	for (int i = 2; i < argc && i < 6; i++)
		if (!str_to_u64(str_from(argv[i]), values[i - 2]))
			argc = 0;
	if (argc < 2 || argc > 6 || rounds < 1 || rounds > ROUNDS_MAX || threads < 1 ||
	    threads > THREADS_MAX || size > STORE_OBJECT_MAX) {
		fprintf(stderr,
		    "usage: bench_store DIRECTORY [OBJECTS [BYTES [ROUNDS [THREADS]]]]\n");
		return 2;
	}
	root = argv[1];
	bytes = (struct str){ xcalloc(1, size), size };
	hash_sha256_hex(bytes, sha256);
	open_all();
	for (uint64_t r = 0; r < rounds; r++)
		for (size_t w = 0; w < ARRAY_SIZE(ways); w++)
			results[w][r] = run(&ways[w], (r * ARRAY_SIZE(ways) + w) * objects);
	report(results);
	store_close(store);
	return 0;
}
