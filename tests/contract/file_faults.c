/* A file store on a full or read-only disk: an error, nothing half stored, work again after it. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "place.h"
#include "store.h"
#include "test.h"

enum { OBJECT_SIZE = 200000 };

static struct store *open_store(const char *dir)
{
	struct store_options options = { .create = true };
	struct buf url = BUF_INIT(PLACE_PATH_SIZE + 64);
	struct store *s;
	struct err err;

	buf_addf(&url, "file:%s", dir);
	if (store_open(&s, buf_str(&url), &options, &err) != 0)
		test_die("%s", err.text);
	buf_release(&url);
	return s;
}

static int put(struct store *s, unsigned number, size_t size, struct err *err)
{
	char *bytes = xmalloc(size);
	char sha256[HASH_HEX_SIZE], key[32];
	int rc;

	memset(bytes, (int)('a' + number % 26), size);
	hash_sha256_hex((struct str){ bytes, size }, sha256);
	(void)snprintf(key, sizeof(key), "dir/%06u", number);
	rc = store_put(s, str_from(key), (struct str){ bytes, size }, sha256, NULL, NULL, err);
	free(bytes);
	return rc;
}

static bool check_whole(void *arg, struct str key, uint64_t size)
{
	struct buf out = BUF_INIT(STORE_OBJECT_MAX);
	struct err err;

	(void)size;
	CHECK_OK(store_get(arg, key, &out, NULL, &err), &err);
	buf_release(&out);
	return true;
}

static void check_all_whole(struct store *s)
{
	struct err err;

	CHECK_OK(store_list(s, STR_NONE, check_whole, s, &err), &err);
}

static int put_beyond_limit(void *dir)
{
	struct rlimit before, limit;
	char tmp[PLACE_PATH_SIZE + 16];
	struct store *s;
	struct err err;

	test_failures = 0;
	(void)signal(SIGXFSZ, SIG_IGN);
	s = open_store(dir);
	if (getrlimit(RLIMIT_FSIZE, &before) != 0)
		return 1;
	limit = before;
	limit.rlim_cur = OBJECT_SIZE / 2;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 1;
	CHECK_ERR(put(s, 1, OBJECT_SIZE, &err), &err, ERR_IO);
	CHECK_OK(put(s, 2, 100, &err), &err);
	if (setrlimit(RLIMIT_FSIZE, &before) != 0)
		return 1;
	CHECK_OK(put(s, 1, OBJECT_SIZE, &err), &err);
	check_all_whole(s);
	store_close(s);
	(void)snprintf(tmp, sizeof(tmp), "%s/.tmp", (const char *)dir);
	CHECK_INT(rmdir(tmp), 0);
	return test_failures != 0;
}

static void test_file_limit(void)
{
	char dir[PLACE_PATH_SIZE];

	place_new(dir, "store");
	CHECK_INT(place_join(place_fork(put_beyond_limit, dir)), 0);
}

static void test_disk_full(void)
{
	char dir[PLACE_PATH_SIZE], ballast[PLACE_PATH_SIZE + 16], tmp[PLACE_PATH_SIZE + 16];
	char *zeros = xcalloc(1, 1000000);
	unsigned stored = 0;
	struct store *s;
	struct err err;

	if (!place_mount_small(dir, 4000000)) {
		free(zeros);
		test_file_limit(); /* the same by a limit that every user can set */
		return;
	}
	(void)snprintf(ballast, sizeof(ballast), "%s/.ballast", dir);
	(void)snprintf(tmp, sizeof(tmp), "%s/.tmp", dir);
	place_write(ballast, (struct str){ zeros, 1000000 }, 0600);
	s = open_store(dir);
	CHECK_OK(store_check(s, &err), &err);
	while (stored < 100 && put(s, stored, OBJECT_SIZE, &err) == 0)
		stored++;
	CHECK(stored > 0 && stored < 100);
	CHECK_ERR(put(s, stored, OBJECT_SIZE, &err), &err, ERR_IO);
	CHECK(str_contains(str_from(err.text), STR("No space")));
	CHECK_ERR(store_check(s, &err), &err, ERR_IO);
	check_all_whole(s);
	CHECK_INT(unlink(ballast), 0);
	CHECK_OK(put(s, stored, OBJECT_SIZE, &err), &err);
	check_all_whole(s);
	store_close(s);
	CHECK_INT(rmdir(tmp), 0); /* that is, no torn object was left */
	free(zeros);
}

static int use_as_nobody(void *dir)
{
	struct store_options options = { .create = false };
	struct buf url = BUF_INIT(PLACE_PATH_SIZE + 64);
	struct store *s;
	struct err err;

	test_failures = 0;
	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 1;
	buf_addf(&url, "file:%s", (const char *)dir);
	CHECK_OK(store_open(&s, buf_str(&url), &options, &err), &err);
	if (test_failures)
		return 1;
	CHECK_ERR(store_check(s, &err), &err, ERR_DENIED);
	CHECK_ERR(put(s, 1, 100, &err), &err, ERR_DENIED);
	store_close(s);
	buf_release(&url);
	return test_failures != 0;
}

static void test_no_permission(void)
{
	char dir[PLACE_PATH_SIZE];

	place_new(dir, "closed");
	if (mkdir(dir, 0700) != 0 || chmod(dir, 0555) != 0)
		test_die("%s: %s", dir, strerror(errno));
	CHECK_INT(place_join(place_fork(use_as_nobody, dir)), 0);
	if (chmod(dir, 0700) != 0)
		test_die("%s: %s", dir, strerror(errno));
}

static void test_read_only_disk(void)
{
	char dir[PLACE_PATH_SIZE];
	struct store *s;
	struct err err;

	if (!place_mount_small(dir, 4000000)) {
		test_no_permission(); /* refused as well, for another reason */
		return;
	}
	s = open_store(dir);
	CHECK_OK(put(s, 1, 100, &err), &err);
	store_close(s);
	CHECK(place_remount_read_only(dir));
	{
		struct store_options options = { .create = false };
		struct buf url = BUF_INIT(PLACE_PATH_SIZE + 64);

		buf_addf(&url, "file:%s", dir);
		CHECK_OK(store_open(&s, buf_str(&url), &options, &err), &err); /* to read */
		buf_release(&url);
	}
	check_all_whole(s);
	CHECK_ERR(store_check(s, &err), &err, ERR_DENIED);
	CHECK_ERR(put(s, 2, 100, &err), &err, ERR_DENIED);
	store_close(s);
}

static const struct test tests[] = {
	{ "disk_full", test_disk_full },
	{ "read_only_disk", test_read_only_disk },
	{ "file_limit", test_file_limit },
	{ "no_permission", test_no_permission },
};

TEST_MAIN(tests)
