/* Secrets in files: who may read them, what they are, and when they changed. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "place.h"
#include "secret.h"
#include "test.h"

static unsigned renames, foreign_renames;

/* Counts those of a file that is not yet the service's: a crash behind one would leave it so. */
int rename(const char *from, const char *to)
{
	struct stat st;

	renames++;
	foreign_renames += stat(from, &st) == 0 &&
	    st.st_uid != (geteuid() == 0 ? 65534 : geteuid());
	return (int)syscall(SYS_rename, from, to);
}

static char path[PLACE_PATH_SIZE], previous[PLACE_PATH_SIZE + 16];
static struct secret *secret;

static void begin(void)
{
	struct buf url = BUF_INIT(PLACE_PATH_SIZE + 16);
	struct err err;

	place_new(path, "token");
	(void)snprintf(previous, sizeof(previous), "%s.previous", path);
	buf_addf(&url, "file:%s", path);
	if (secret_open(&secret, buf_str(&url), NULL, &err) != 0)
		test_die("%s", err.text);
	buf_release(&url);
}

static void end(void)
{
	secret_close(secret);
}

static int get(enum secret_which which, struct secret_value *v, struct err *err)
{
	secret_value_init(v);
	return secret_get(secret, which, v, err);
}

static void test_modes(void)
{
	static const struct {
		unsigned mode;
		bool good;
	} rows[] = { { 0600, true }, { 0400, true }, { 0700, true }, { 0640, false },
		{ 0620, false }, { 0604, false }, { 0602, false }, { 0610, false }, { 0644, false },
		{ 0666, false } };
	char name[16];

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct secret_value v;
		struct err err;

		(void)snprintf(name, sizeof(name), "%04o", rows[i].mode);
		test_case = name;
		place_write(path, STR("token"), rows[i].mode);
		if (rows[i].good) {
			CHECK_OK(get(SECRET_CURRENT, &v, &err), &err);
		} else {
			CHECK_ERR(get(SECRET_CURRENT, &v, &err), &err, ERR_INVALID);
			CHECK(str_contains(str_from(err.text), str_from(name)));
			CHECK(str_contains(str_from(err.text), STR("chmod 600")));
			CHECK(str_contains(str_from(err.text), str_from(path)));
			/* Nor is it put aside for others to read. */
			CHECK_ERR(secret_rotate(secret, STR("new"), &err), &err, ERR_INVALID);
			CHECK(!place_exists(previous));
		}
		secret_value_wipe(&v);
		CHECK_INT(unlink(path), 0);
	}
	end();
}

static void test_kinds(void)
{
	char target[PLACE_PATH_SIZE];
	struct secret_value v;
	struct err err;

	begin();
	CHECK_INT(mkdir(path, 0700), 0);
	CHECK_ERR(get(SECRET_CURRENT, &v, &err), &err, ERR_INVALID);
	CHECK_INT(rmdir(path), 0);
	CHECK_INT(mkfifo(path, 0600), 0);
	CHECK_ERR(get(SECRET_CURRENT, &v, &err), &err, ERR_INVALID); /* and does not wait */
	CHECK_INT(unlink(path), 0);
	place_new(target, "mounted");
	place_write(target, STR("token"), 0600);
	CHECK_INT(symlink(target, path), 0); /* as Kubernetes mounts secrets */
	CHECK_OK(get(SECRET_CURRENT, &v, &err), &err);
	CHECK_STR(buf_str(&v.bytes), STR("token"));
	secret_value_wipe(&v);
	end();
}

/* What comes behind a full line is not silently left out. */
static void test_too_long(void)
{
	char text[SECRET_MAX + 8];
	struct secret_value v;
	struct err err;

	memset(text, 'k', sizeof(text));
	text[SECRET_MAX] = '\n';
	begin();
	place_write(path, (struct str){ text, SECRET_MAX + 1 }, 0600);
	CHECK_OK(get(SECRET_CURRENT, &v, &err), &err);
	secret_value_wipe(&v);
	place_write(path, (struct str){ text, SECRET_MAX + 2 }, 0600);
	CHECK_ERR(get(SECRET_CURRENT, &v, &err), &err, ERR_INVALID);
	secret_value_wipe(&v);
	end();
}

static void set_mtime(const char *file, int64_t mtime_s)
{
	struct timespec times[2] = { { .tv_sec = mtime_s }, { .tv_sec = mtime_s } };

	if (utimensat(AT_FDCWD, file, times, 0) != 0)
		test_die("%s: %s", file, strerror(errno));
}

/* The previous one stopped being current when the current one came, whatever its own time. */
static void test_times(void)
{
	struct secret_value v;
	struct err err;

	begin();
	place_write(path, STR("new"), 0600);
	place_write(previous, STR("old"), 0600);
	set_mtime(previous, 1000);
	set_mtime(path, 2000);
	CHECK_OK(get(SECRET_CURRENT, &v, &err), &err);
	CHECK_INT(v.changed_at, 2000);
	secret_value_wipe(&v);
	CHECK_OK(get(SECRET_PREVIOUS, &v, &err), &err);
	CHECK_STR(buf_str(&v.bytes), STR("old"));
	CHECK_INT(v.changed_at, 2000);
	secret_value_wipe(&v);
	CHECK_INT(unlink(path), 0);
	CHECK_OK(get(SECRET_PREVIOUS, &v, &err), &err);
	CHECK_INT(v.changed_at, 0);
	secret_value_wipe(&v);
	end();
}

static void test_rotation_leaves(void)
{
	struct stat st;
	struct err err;

	begin();
	CHECK_OK(secret_rotate(secret, STR("first"), &err), &err); /* there was none */
	CHECK(!place_exists(previous));
	CHECK_OK(secret_rotate(secret, STR("second"), &err), &err);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(stat(previous, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	end();
}

/* An operator who is root rotates the service's secret: it stays the service's. */
static void test_owner(void)
{
	struct stat st;
	struct err err;

	begin();
	place_write(path, STR("first"), 0600);
	if (geteuid() == 0)
		CHECK_INT(chown(path, 65534, 65533), 0);
	renames = foreign_renames = 0;
	CHECK_OK(secret_rotate(secret, STR("second"), &err), &err);
	CHECK_INT(renames, 2);
	CHECK_INT(foreign_renames, 0);
	for (size_t i = 0; i < 2; i++) {
		CHECK_INT(stat(i ? previous : path, &st), 0);
		CHECK_INT(st.st_uid, geteuid() == 0 ? 65534 : geteuid());
		CHECK_INT(st.st_gid, geteuid() == 0 ? 65533 : st.st_gid);
	}
	end();
}

static void test_versions(void)
{
	char seen[3][SECRET_VERSION_SIZE];
	struct err err;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		struct secret_value v;

		CHECK_OK(secret_rotate(secret, (struct str){ &"123"[i], 1 }, &err), &err);
		CHECK_OK(get(SECRET_CURRENT, &v, &err), &err);
		memcpy(seen[i], v.version, sizeof(seen[i]));
		secret_value_wipe(&v);
		CHECK(seen[i][0]);
		CHECK(i == 0 || !str_is(str_from(seen[i]), seen[i - 1])); /* however fast */
	}
	end();
}

static const struct test tests[] = {
	{ "modes", test_modes },
	{ "kinds", test_kinds },
	{ "too_long", test_too_long },
	{ "times", test_times },
	{ "rotation_leaves", test_rotation_leaves },
	{ "owner", test_owner },
	{ "versions", test_versions },
};

TEST_MAIN(tests)
