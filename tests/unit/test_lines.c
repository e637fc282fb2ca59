#include "lines.h"

#include <fcntl.h>
#include <unistd.h>

#include "file.h"
#include "test.h"

static char path[64];

static void write_file(struct str content)
{
	struct err err;

	if (file_replace(path, content, 0600, &err) != 0)
		test_die("%s", err.text);
}

/* The lines as "a|b|" with "!" behind a long one. */
static void read_all(struct buf *out, uint64_t *count)
{
	char sha256[HASH_HEX_SIZE];
	struct lines l;
	struct str line;
	bool is_long;
	struct err err;

	CHECK_OK(lines_open(&l, path, &err), &err);
	CHECK_OK(lines_digest(&l, sha256, count, &err), &err);
	while (lines_next(&l, &line, &is_long, &err) == 1) {
		buf_add(out, str_slice(line, 0, 8));
		buf_adds(out, is_long ? "!|" : "|");
	}
	CHECK_INT(l.number, *count);
	lines_close(&l);
}

static void test_shapes(void)
{
	static const struct {
		const char *name;
		struct str content;
		const char *lines;
	} cases[] = {
		{ "empty", { "", 0 }, "" }, { "one", { "a\n", 2 }, "a|" },
		{ "no end", { "a\nb", 3 }, "a|b|" }, { "blank", { "\n\nx\n", 4 }, "||x|" },
		{ "CRLF", { "a\r\nb\r\n", 6 }, "a|b|" }, { "CR inside", { "a\rb\n", 4 }, "a\rb|" },
		{ "NUL", { "a\0b\n", 4 }, "a" }, /* compared to the NUL only */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf got = BUF_INIT(1000);
		uint64_t count;

		test_case = cases[i].name;
		write_file(cases[i].content);
		read_all(&got, &count);
		CHECK_TEXT(buf_text(&got), cases[i].lines);
		buf_release(&got);
	}
}

/* A line of exactly the limit, one more, and much more; the next one is found each time. */
static void test_long(void)
{
	static const struct {
		size_t n;
		const char *lines;
	} cases[] = {
		{ LINES_MAX, "xxxxxxxx|next|" },
		{ LINES_MAX + 1, "xxxxxxxx!|next|" },
		{ LINES_MAX + 2, "xxxxxxxx!|next|" },
		{ 5 * LINES_MAX, "xxxxxxxx!|next|" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf content = BUF_INIT(6 * LINES_MAX), got = BUF_INIT(1000);
		char *room = buf_room(&content, cases[i].n);
		uint64_t count;

		memset(room, 'x', cases[i].n);
		buf_added(&content, cases[i].n);
		buf_adds(&content, "\nnext\n");
		write_file(buf_str(&content));
		read_all(&got, &count);
		CHECK_TEXT(buf_text(&got), cases[i].lines);
		CHECK_INT(count, 2);

		buf_truncate(&content, cases[i].n); /* the long one is the last, without an end */
		buf_reset(&got);
		write_file(buf_str(&content));
		read_all(&got, &count);
		CHECK_INT(count, 1);
		buf_release(&content);
		buf_release(&got);
	}
}

static void test_digest(void)
{
	char sha256[HASH_HEX_SIZE], want[HASH_HEX_SIZE];
	struct str content = STR("one\ntwo\n");
	struct lines l;
	uint64_t count;
	struct err err;

	write_file(content);
	hash_sha256_hex(content, want);
	CHECK_OK(lines_open(&l, path, &err), &err);
	CHECK_OK(lines_digest(&l, sha256, &count, &err), &err);
	CHECK_TEXT(sha256, want);
	lines_close(&l);
}

/* From anywhere, the middle of a long line too, everything comes again. */
static void test_rewind(void)
{
	struct buf content = BUF_INIT(2 * LINES_MAX);
	struct lines l;
	struct str line;
	bool is_long;
	struct err err;

	buf_adds(&content, "one\n");
	memset(buf_room(&content, LINES_MAX + 2), 'x', LINES_MAX + 2);
	buf_added(&content, LINES_MAX + 2);
	buf_adds(&content, "\nthree\n");
	write_file(buf_str(&content));
	CHECK_OK(lines_open(&l, path, &err), &err);
	for (uint64_t read = 1; read <= 4; read++) { /* the last one is at the end */
		for (uint64_t i = 0; i < read; i++)
			CHECK(lines_next(&l, &line, &is_long, &err) >= 0);
		CHECK_OK(lines_rewind(&l, &err), &err);
		CHECK_INT(l.number, 0);
		CHECK_INT(lines_next(&l, &line, &is_long, &err), 1);
		CHECK_STR(line, STR("one"));
		CHECK_OK(lines_rewind(&l, &err), &err);
	}
	lines_close(&l);
	buf_release(&content);
}

static void test_changed(void)
{
	struct lines l;
	struct err err;
	int fd;

	write_file(STR("one\n"));
	CHECK_OK(lines_open(&l, path, &err), &err);
	CHECK(!lines_changed(&l));
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0 || file_write_all(fd, STR("two\n"), &err) != 0)
		test_die("cannot append");
	close(fd);
	CHECK(lines_changed(&l));
	lines_close(&l);
}

static void test_not_a_file(void)
{
	struct lines l;
	struct err err;

	CHECK_ERR(lines_open(&l, "/", &err), &err, ERR_CONFIG);
	CHECK_ERR(lines_open(&l, "/nonexistent/x", &err), &err, ERR_CONFIG);
}

static const struct test tests[] = {
	{ "shapes", test_shapes },
	{ "long lines", test_long },
	{ "digest", test_digest },
	{ "rewind", test_rewind },
	{ "changed", test_changed },
	{ "not a file", test_not_a_file },
};

int main(int argc, char **argv)
{
	int rc;

	snprintf(path, sizeof(path), "/tmp/test_lines.%d", (int)getpid());
	rc = test_main(tests, ARRAY_SIZE(tests), argc, argv);
	unlink(path);
	return rc;
}
