#include "file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char dir[] = "/tmp/ops-test-file-XXXXXX";

/* "<dir>/<name>"; valid until the next but one call. */
static const char *path_of(const char *name)
{
	static char paths[2][256];
	static unsigned next;
	char *path = paths[next++ % 2];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		test_die("stat %s", path);
	return st.st_mode & 07777;
}

static void test_replace_and_read(void)
{
	struct buf out = BUF_INIT(100000);
	char big[50000];
	struct err err;

	CHECK_OK(file_replace(path_of("a"), STR("one"), 0600, &err), &err);
	CHECK_INT(mode_of(path_of("a")), 0600);
	buf_adds(&out, "before ");
	CHECK_OK(file_read(path_of("a"), &out, &err), &err);
	CHECK_TEXT(buf_text(&out), "before one");
	memset(big, 'x', sizeof(big));
	CHECK_OK(file_replace(path_of("a"), (struct str){ big, sizeof(big) }, 0666, &err), &err);
	CHECK_INT(mode_of(path_of("a")), 0666); /* whatever the umask says */
	buf_reset(&out);
	CHECK_OK(file_read(path_of("a"), &out, &err), &err);
	CHECK_STR(buf_str(&out), ((struct str){ big, sizeof(big) }));
	CHECK_OK(file_replace(path_of("a"), STR_NONE, 0600, &err), &err);
	buf_reset(&out);
	CHECK_OK(file_read(path_of("a"), &out, &err), &err);
	CHECK_INT(out.n, 0);
	buf_release(&out);
}

static void test_read_limits(void)
{
	struct err err;

	CHECK_OK(file_replace(path_of("five"), STR("12345"), 0600, &err), &err);
	for (size_t max = 4; max <= 7; max++) {
		struct buf out = BUF_INIT(max);

		if (max == 7)
			buf_adds(&out, "abc"); /* room for four */
		if (max == 5 || max == 6)
			CHECK_OK(file_read(path_of("five"), &out, &err), &err);
		else
			CHECK_ERR(file_read(path_of("five"), &out, &err), &err, ERR_INVALID);
		CHECK_INT(out.n, max == 7 ? 3 : max == 4 ? 0 : 5);
		CHECK(!out.full);
		buf_release(&out);
	}
}

static void test_read_errors(void)
{
	struct buf out = BUF_INIT(10);
	struct err err;

	CHECK_ERR(file_read(path_of("none"), &out, &err), &err, ERR_NOTFOUND);
	CHECK(str_contains(str_from(err.text), str_from(path_of("none"))));
	CHECK_ERR(file_read(dir, &out, &err), &err, ERR_INVALID);
	CHECK_ERR(file_read(path_of("none/deeper"), &out, &err), &err, ERR_NOTFOUND);
	buf_release(&out);
}

/* A replacement that cannot be made leaves the old file and nothing beside it. */
static void test_replace_errors(void)
{
	struct err err;

	CHECK_ERR(file_replace(path_of("none/a"), STR("x"), 0600, &err), &err, ERR_NOTFOUND);
	CHECK_OK(file_mkdirs(path_of("full"), 0700, &err), &err);
	CHECK_OK(file_mkdirs(path_of("full/in"), 0700, &err), &err);
	CHECK(file_replace(path_of("full"), STR("x"), 0600, &err) == -1);
	CHECK(rmdir(path_of("full/in")) == 0);
	CHECK(rmdir(path_of("full")) == 0);
}

static void test_mkdirs(void)
{
	struct err err;

	CHECK_OK(file_mkdirs(path_of("x/y/z"), 0700, &err), &err);
	CHECK_INT(mode_of(path_of("x/y")), 0700);
	CHECK_OK(file_mkdirs(path_of("x/y/z"), 0700, &err), &err);
	CHECK_OK(file_mkdirs(path_of("x//y/w/"), 0700, &err), &err);
	CHECK_OK(file_replace(path_of("x/f"), STR(""), 0600, &err), &err);
	CHECK_ERR(file_mkdirs(path_of("x/f"), 0700, &err), &err, ERR_CONFLICT);
	CHECK(file_mkdirs(path_of("x/f/g"), 0700, &err) == -1);
	CHECK_OK(file_sync_dir(path_of("x"), &err), &err);
	CHECK_ERR(file_sync_dir(path_of("nowhere"), &err), &err, ERR_NOTFOUND);
	CHECK_OK(file_sync_parent(path_of("nowhere"), &err), &err); /* the parent is there */
	CHECK_OK(file_sync_parent("bare", &err), &err);
	CHECK_OK(file_sync_parent("/", &err), &err);
	CHECK_ERR(file_sync_parent(path_of("nowhere/f"), &err), &err, ERR_NOTFOUND);
}

/* In the current directory, where a path has no slash. */
static void test_relative(void)
{
	struct buf out = BUF_INIT(10);
	struct err err;

	if (chdir(dir) != 0)
		test_die("chdir");
	CHECK_OK(file_replace("plain", STR("x"), 0600, &err), &err);
	CHECK_OK(file_mkdirs("p/q", 0700, &err), &err);
	CHECK_OK(file_read("plain", &out, &err), &err);
	CHECK_TEXT(buf_text(&out), "x");
	buf_release(&out);
}

static void test_write_all(void)
{
	int fds[2];
	char got[8] = "";
	struct err err;

	if (pipe(fds) != 0)
		test_die("pipe");
	CHECK_OK(file_write_all(fds[1], STR("abc"), &err), &err);
	CHECK_OK(file_write_all(fds[1], STR_NONE, &err), &err);
	CHECK_INT(read(fds[0], got, sizeof(got)), 3);
	CHECK_TEXT(got, "abc");
	CHECK(file_write_all(fds[0], STR("x"), &err) == -1); /* the reading end */
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static const struct test tests[] = {
	{ "replace and read", test_replace_and_read },
	{ "read limits", test_read_limits },
	{ "read errors", test_read_errors },
	{ "replace errors", test_replace_errors },
	{ "mkdirs", test_mkdirs },
	{ "relative", test_relative },
	{ "write all", test_write_all },
};

static const char *const left_behind[] = { "x/y/z", "x/y/w", "x/y", "x/f", "x", "a", "five",
	"plain", "p/q", "p" };

/* What is left must be what the tests made: no temporary file survives. */
static void remove_dir(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(left_behind); i++)
		(void)remove(path_of(left_behind[i])); /* a test may have been left out */
	if (rmdir(dir) != 0)
		TEST_FAIL("%s is not empty", dir);
}

int main(int argc, char **argv)
{
	if (!mkdtemp(dir))
		test_die("mkdtemp");
	(void)test_main(tests, ARRAY_SIZE(tests), argc, argv);
	remove_dir();
	return test_failures != 0 || test_checks == 0;
}
