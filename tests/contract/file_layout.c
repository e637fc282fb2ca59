/* How a file store lies on the disk, and what it makes of a disk that others touched. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"
#include "store.h"
#include "test.h"

#define KEY  "2026/11/21/08/a.ndjson"
#define LINK "2026/11/21/08/.a.ndjson.sha256"

enum { PATH_SIZE = PLACE_PATH_SIZE * 2 };

static char root[PLACE_PATH_SIZE];
static struct store *store;

static int open_store(const struct clock *clock, bool create, struct err *err)
{
	struct store_options options = { .clock = clock, .create = create };
	struct buf url = BUF_INIT(PLACE_PATH_SIZE + 64);
	int rc;

	buf_addf(&url, "file:%s", root);
	rc = store_open(&store, buf_str(&url), &options, err);
	buf_release(&url);
	return rc;
}

static void begin(void)
{
	struct err err;

	place_new(root, "store");
	if (open_store(NULL, true, &err) != 0)
		test_die("%s", err.text);
}

static void end(void)
{
	store_close(store);
}

static const char *path_of(const char *below, char out[PATH_SIZE])
{
	(void)snprintf(out, PATH_SIZE, "%s/%s", root, below);
	return out;
}

static int put(const char *key, struct str bytes, bool *existed, struct err *err)
{
	char sha256[HASH_HEX_SIZE];

	hash_sha256_hex(bytes, sha256);
	return store_put(store, str_from(key), bytes, sha256, NULL, existed, err);
}

static int get(const char *key, struct err *err)
{
	struct buf out = BUF_INIT(1000);
	int rc = store_get(store, str_from(key), &out, NULL, err);

	buf_release(&out);
	return rc;
}

static bool on_key(void *arg, struct str key, uint64_t size)
{
	struct buf *out = arg;

	(void)size;
	buf_add(out, key);
	buf_addc(out, ' ');
	return true;
}

static void check_keys(const char *want)
{
	struct buf keys = BUF_INIT(4096);
	struct err err;

	CHECK_OK(store_list(store, STR_NONE, on_key, &keys, &err), &err);
	CHECK_TEXT(buf_text(&keys), want);
	buf_release(&keys);
}

/* ---- cases ---- */

static void test_layout(void)
{
	char path[PATH_SIZE], target[HASH_HEX_SIZE] = "", sha256[HASH_HEX_SIZE];
	struct stat st;
	struct err err;

	begin();
	CHECK_OK(put(KEY, STR("bytes\n"), NULL, &err), &err);
	CHECK_INT(stat(path_of(KEY, path), &st), 0);
	CHECK(S_ISREG(st.st_mode) && st.st_size == 6 && st.st_nlink == 1);
	CHECK_INT(st.st_mode & 0007, 0);
	CHECK_INT(readlink(path_of(LINK, path), target, HASH_HEX_LEN), HASH_HEX_LEN);
	hash_sha256_hex(STR("bytes\n"), sha256);
	CHECK_TEXT(target, sha256);
	CHECK_INT(rmdir(path_of(".tmp", path)), 0); /* that is, it is empty */
	end();
}

static void test_open(void)
{
	char path[PATH_SIZE];
	struct err err;

	place_new(root, "none");
	CHECK_ERR(open_store(NULL, false, &err), &err, ERR_NOTFOUND);
	place_write(root, STR("a file"), 0600);
	CHECK_ERR(open_store(NULL, false, &err), &err, ERR_NOTFOUND);
	CHECK_ERR(open_store(NULL, true, &err), &err, ERR_CONFLICT);
	place_new(root, "deep");
	(void)snprintf(path, sizeof(path), "%s/er/and/deeper", root);
	memcpy(root, path, sizeof(root));
	CHECK_OK(open_store(NULL, true, &err), &err);
	end();
}

/* What is not an object of ours is not listed. */
static void test_list_skips(void)
{
	char path[PATH_SIZE];
	struct err err;

	begin();
	CHECK_OK(put("b/key", STR("x"), NULL, &err), &err);
	place_write(path_of(".hidden", path), STR("x"), 0600);
	place_write(path_of("not a key", path), STR("x"), 0600);
	place_write(path_of("plain", path), STR("x"), 0600);
	CHECK_INT(mkdir(path_of("empty", path), 0700), 0);
	CHECK_INT(symlink("plain", path_of("link", path)), 0);
	CHECK_INT(symlink("b", path_of("linked-directory", path)), 0);
	CHECK_INT(mkfifo(path_of("fifo", path), 0600), 0);
	check_keys("b/key plain ");
	end();
}

/* ---- digests ---- */

static void test_digest_gone(void)
{
	struct store_info info;
	char path[PATH_SIZE];
	bool existed = false;
	struct err err;

	begin();
	CHECK_OK(put(KEY, STR("bytes"), NULL, &err), &err);
	CHECK_INT(unlink(path_of(LINK, path)), 0);
	CHECK_ERR(get(KEY, &err), &err, ERR_CORRUPT);
	CHECK(str_contains(str_from(err.text), STR(KEY)) &&
	    str_contains(str_from(err.text), STR("missing")));
	CHECK_ERR(store_head(store, STR(KEY), &info, &err), &err, ERR_CORRUPT);
	/* Somebody who has the bytes can vouch for them. */
	CHECK_ERR(put(KEY, STR("other"), NULL, &err), &err, ERR_CONFLICT);
	CHECK_ERR(get(KEY, &err), &err, ERR_CORRUPT);
	CHECK_OK(put(KEY, STR("bytes"), &existed, &err), &err);
	CHECK(existed);
	CHECK_OK(get(KEY, &err), &err);
	end();
}

static void test_digest_wrong(void)
{
	static const char *const targets[] = { "short",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"00000000000000000000000000000000000000000000000000000000000000000",
		"ZZ00000000000000000000000000000000000000000000000000000000000000" };
	char path[PATH_SIZE];
	struct err err;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		test_case = targets[i];
		CHECK_OK(put(KEY, STR("bytes"), NULL, &err), &err);
		CHECK_OK(get(KEY, &err), &err);
		CHECK_INT(unlink(path_of(LINK, path)), 0);
		CHECK_INT(symlink(targets[i], path), 0);
		CHECK_ERR(get(KEY, &err), &err, ERR_CORRUPT);
	}
	end();
}

static void test_error_names_both(void)
{
	char path[PATH_SIZE], stored[HASH_HEX_SIZE], found[HASH_HEX_SIZE];
	struct err err;

	begin();
	CHECK_OK(put(KEY, STR("bytes"), NULL, &err), &err);
	place_write(path_of(KEY, path), STR("BYTES"), 0600);
	CHECK_ERR(get(KEY, &err), &err, ERR_CORRUPT);
	hash_sha256_hex(STR("bytes"), stored);
	hash_sha256_hex(STR("BYTES"), found);
	CHECK(str_contains(str_from(err.text), str_from(stored)));
	CHECK(str_contains(str_from(err.text), str_from(found)));
	CHECK(str_contains(str_from(err.text), STR(KEY)));
	end();
}

/* ---- crashes ---- */

/* Died between the digest and the object: the next put may bring other bytes. */
static void test_digest_without_object(void)
{
	char path[PATH_SIZE];
	struct err err;

	begin();
	CHECK_OK(put(KEY, STR("bytes"), NULL, &err), &err);
	CHECK_INT(unlink(path_of(KEY, path)), 0);
	CHECK_ERR(get(KEY, &err), &err, ERR_NOTFOUND);
	check_keys("");
	CHECK_OK(put(KEY, STR("others"), NULL, &err), &err);
	CHECK_OK(get(KEY, &err), &err);
	end();
}

static void age_file(const char *path, int64_t mtime_s)
{
	struct timespec times[2] = { { .tv_sec = mtime_s }, { .tv_sec = mtime_s } };

	if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) != 0)
		test_die("%s: %s", path, strerror(errno));
}

/* The names are made anew, but it was stored when it was stored first. */
static void test_put_again(void)
{
	char path[PATH_SIZE], other[PATH_SIZE];
	struct store_info info;
	bool existed = false;
	struct err err;

	begin();
	CHECK_OK(put(KEY, STR("bytes"), NULL, &err), &err);
	age_file(path_of(KEY, path), 1792569600);
	CHECK_OK(put(KEY, STR("bytes"), &existed, &err), &err);
	CHECK(existed);
	CHECK_OK(store_head(store, STR(KEY), &info, &err), &err);
	CHECK_INT(info.stored_at_ms, 1792569600000);
	CHECK_OK(get(KEY, &err), &err);
	CHECK_INT(rmdir(path_of(".tmp", other)), 0); /* that is, it is empty */
	end();
}

static void test_leftovers(void)
{
	const int64_t now_s = 1792569600;
	char old[PATH_SIZE], young[PATH_SIZE];
	struct clock_fake clock;
	struct err err;

	begin();
	end();
	place_write(path_of(".tmp/old", old), STR("x"), 0600);
	place_write(path_of(".tmp/young", young), STR("x"), 0600);
	age_file(old, now_s - 3601);
	age_file(young, now_s - 3600);
	clock_fake_init(&clock, now_s * 1000);
	CHECK_OK(open_store(&clock.base, true, &err), &err);
	CHECK(!place_exists(old));
	CHECK(place_exists(young));
	end();
}

/* Somebody tidied up the hour's directory while we had it open. */
static void test_directory_removed(void)
{
	char path[PATH_SIZE];
	struct err err;

	begin();
	CHECK_OK(put(KEY, STR("bytes"), NULL, &err), &err);
	CHECK_INT(unlink(path_of(KEY, path)), 0);
	CHECK_INT(unlink(path_of(LINK, path)), 0);
	CHECK_INT(rmdir(path_of("2026/11/21/08", path)), 0);
	CHECK_INT(rmdir(path_of("2026/11/21", path)), 0);
	CHECK_OK(put(KEY, STR("bytes"), NULL, &err), &err);
	CHECK_OK(get(KEY, &err), &err);
	end();
}

static unsigned count_open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	if (!dir)
		test_die("/proc/self/fd: %s", strerror(errno));
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

/* Somebody tidied up .tmp under a running worker. */
static void test_tmp_removed(void)
{
	char path[PATH_SIZE];
	struct err err;

	begin();
	CHECK_OK(put(KEY, STR("bytes"), NULL, &err), &err);
	CHECK_INT(rmdir(path_of(".tmp", path)), 0);
	CHECK_OK(put("other", STR("bytes"), NULL, &err), &err);
	CHECK_INT(rmdir(path_of(".tmp", path)), 0);
	CHECK_OK(store_check(store, &err), &err);
	CHECK_INT(rmdir(path_of(".tmp", path)), 0); /* nor does a check leave anything */
	end();
}

/* More directories than the store keeps open. */
static void test_many_directories(void)
{
	char key[64];
	unsigned before;
	struct err err;

	begin();
	before = count_open_files();
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 40; i++) {
			(void)snprintf(key, sizeof(key), "%02d/%d", i, round);
			CHECK_OK(put(key, STR("x"), NULL, &err), &err);
			CHECK_OK(get(key, &err), &err);
		}
	CHECK(count_open_files() <= before + 16);
	end();
}

/* ---- no way out ---- */

static void test_links_are_not_followed(void)
{
	char outside[PLACE_PATH_SIZE], path[PATH_SIZE], inside[PLACE_PATH_SIZE];
	struct store_info info;
	struct err err;

	begin();
	CHECK_OK(put(KEY, STR("bytes"), NULL, &err), &err);
	place_new(outside, "secret");
	place_write(outside, STR("bytes"), 0600);
	CHECK_INT(unlink(path_of(KEY, path)), 0);
	CHECK_INT(symlink(outside, path), 0); /* even with the right digest beside it */
	CHECK_ERR(get(KEY, &err), &err, ERR_CORRUPT);
	CHECK_ERR(store_head(store, STR(KEY), &info, &err), &err, ERR_CORRUPT);
	CHECK_ERR(put(KEY, STR("bytes"), NULL, &err), &err, ERR_CORRUPT);
	place_new(inside, "directory");
	CHECK_INT(mkdir(inside, 0700), 0);
	CHECK_INT(symlink(inside, path_of("away", path)), 0);
	CHECK_ERR(put("away/x", STR("bytes"), NULL, &err), &err, ERR_IO);
	(void)snprintf(path, sizeof(path), "%s/x", inside);
	CHECK(!place_exists(path));
	place_write(path, STR("bytes"), 0600);
	CHECK_ERR(get("away/x", &err), &err, ERR_NOTFOUND);
	end();
}

static void test_not_a_file(void)
{
	char path[PATH_SIZE];
	struct err err;

	begin();
	CHECK_INT(mkfifo(path_of("fifo", path), 0600), 0);
	CHECK_ERR(get("fifo", &err), &err, ERR_CORRUPT); /* and does not wait for a writer */
	CHECK_ERR(put("fifo", STR("x"), NULL, &err), &err, ERR_CORRUPT);
	CHECK_OK(put("plain", STR("x"), NULL, &err), &err);
	CHECK_ERR(put("plain/x", STR("x"), NULL, &err), &err, ERR_IO);
	CHECK_ERR(get("plain/x", &err), &err, ERR_NOTFOUND);
	CHECK_ERR(put("fifo/x", STR("x"), NULL, &err), &err, ERR_IO);
	end();
}

/* A file's name ends at 255 bytes, and the digest's name is 8 longer. */
static void test_long_names(void)
{
	static char name[256], deep[259];
	struct err err;

	begin();
	memset(name, 'n', 247);
	CHECK_OK(put(name, STR("x"), NULL, &err), &err);
	CHECK_OK(get(name, &err), &err);
	memset(name, 'n', 248);
	CHECK_ERR(put(name, STR("x"), NULL, &err), &err, ERR_INVALID);
	CHECK_ERR(get(name, &err), &err, ERR_INVALID);
	memset(deep, 'd', 256);
	memcpy(deep + 256, "/x", 3);
	CHECK_ERR(put(deep, STR("x"), NULL, &err), &err, ERR_INVALID);
	end();
}

static const struct test tests[] = {
	{ "layout", test_layout },
	{ "open", test_open },
	{ "list_skips", test_list_skips },
	{ "digest_gone", test_digest_gone },
	{ "digest_wrong", test_digest_wrong },
	{ "error_names_both", test_error_names_both },
	{ "digest_without_object", test_digest_without_object },
	{ "put_again", test_put_again },
	{ "leftovers", test_leftovers },
	{ "directory_removed", test_directory_removed },
	{ "tmp_removed", test_tmp_removed },
	{ "many_directories", test_many_directories },
	{ "links_are_not_followed", test_links_are_not_followed },
	{ "not_a_file", test_not_a_file },
	{ "long_names", test_long_names },
};

TEST_MAIN(tests)
