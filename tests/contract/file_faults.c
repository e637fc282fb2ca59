/* A file store on a full or read-only disk: an error, nothing half stored, work again after it. */
#include <sys/stat.h>

#include "faults.h"
#include "store.h"

enum { OBJECT_SIZE = 200000 };

static struct store *open_store(const char *dir, bool create)
{
	struct store_options options = { .create = create };
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

/* No torn object is left: what is not stored under its key would lie there. */
static void check_no_torn(const char *dir)
{
	char tmp[PLACE_PATH_SIZE + 16];

	(void)snprintf(tmp, sizeof(tmp), "%s/.tmp", dir);
	CHECK_INT(rmdir(tmp), 0);
}

static void put_beyond_limit(const char *dir)
{
	struct store *s = open_store(dir, true);
	struct err err;

	fault_limit_files(OBJECT_SIZE / 2);
	CHECK_ERR(put(s, 1, OBJECT_SIZE, &err), &err, ERR_IO);
	CHECK_OK(put(s, 2, 100, &err), &err);
	fault_limit_files(RLIM_INFINITY);
	CHECK_OK(put(s, 1, OBJECT_SIZE, &err), &err);
	check_all_whole(s);
	store_close(s);
	check_no_torn(dir);
}

static void test_file_limit(void)
{
	char dir[PLACE_PATH_SIZE];

	place_new(dir, "store");
	fault_in_child(put_beyond_limit, dir);
}

static void test_disk_full(void)
{
	char dir[PLACE_PATH_SIZE], ballast[PLACE_PATH_SIZE + 16];
	unsigned stored = 0;
	struct store *s;
	struct err err;

	if (!fault_small_disk(dir, ballast, 4000000, 3000000)) {
		test_file_limit(); /* the same by a limit that every user can set */
		return;
	}
	s = open_store(dir, true);
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
	check_no_torn(dir);
}

/* What kept .tmp away at the start, as missing descriptors may, does so no longer than it lasts. */
static void test_tmp_comes_late(void)
{
	char dir[PLACE_PATH_SIZE], tmp[PLACE_PATH_SIZE + 16];
	struct store *s;
	struct err err;

	place_new(dir, "store");
	(void)snprintf(tmp, sizeof(tmp), "%s/.tmp", dir);
	if (mkdir(dir, 0700) != 0)
		test_die("%s: %s", dir, strerror(errno));
	place_write(tmp, STR("in the way"), 0600);
	s = open_store(dir, true);
	CHECK_ERR(store_check(s, &err), &err, ERR_NOTFOUND);
	CHECK_ERR(put(s, 1, 100, &err), &err, ERR_NOTFOUND);
	CHECK_INT(unlink(tmp), 0);
	CHECK_OK(store_check(s, &err), &err);
	CHECK_OK(put(s, 1, 100, &err), &err);
	check_all_whole(s);
	store_close(s);
	check_no_torn(dir);
}

/* It can be opened, to read. */
static void check_denied(struct store *s)
{
	struct err err;

	CHECK_ERR(store_check(s, &err), &err, ERR_DENIED);
	CHECK_ERR(put(s, 2, 100, &err), &err, ERR_DENIED);
}

static void use_as_nobody(const char *dir)
{
	struct store *s;

	fault_become_nobody();
	s = open_store(dir, false);
	check_denied(s);
	store_close(s);
}

static void test_no_permission(void)
{
	char dir[PLACE_PATH_SIZE];

	place_new(dir, "closed");
	if (mkdir(dir, 0700) != 0 || chmod(dir, 0555) != 0)
		test_die("%s: %s", dir, strerror(errno));
	fault_in_child(use_as_nobody, dir);
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
	s = open_store(dir, true);
	CHECK_OK(put(s, 1, 100, &err), &err);
	store_close(s);
	CHECK(place_remount_read_only(dir));
	s = open_store(dir, false);
	check_all_whole(s);
	check_denied(s);
	store_close(s);
}

static const struct test tests[] = {
	{ "disk_full", test_disk_full },
	{ "read_only_disk", test_read_only_disk },
	{ "file_limit", test_file_limit },
	{ "no_permission", test_no_permission },
	{ "tmp_comes_late", test_tmp_comes_late },
};

TEST_MAIN(tests)
