#include "rejects.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

enum { WRITE_AT = 256 * 1024, PENDING_MAX = WRITE_AT + LINES_MAX + 1 };

/* Of a regular file; a pipe or a terminal may have several uses at once. */
static bool is_same_file(int a, int b)
{
	struct stat first, second;

	return fstat(a, &first) == 0 && fstat(b, &second) == 0 && S_ISREG(first.st_mode) &&
	    first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static bool is_in_use(int fd, const struct lines *lines, const struct journal *journal)
{
	const int used[] = { lines->fd, journal->fd, STDOUT_FILENO, STDERR_FILENO };

	for (size_t i = 0; i < ARRAY_SIZE(used); i++)
		if (is_same_file(fd, used[i]))
			return true;
	return false;
}

int rejects_open(struct rejects *r, const char *path, const struct lines *lines,
    const struct journal *journal, struct err *err)
{
	*r = (struct rejects){ .fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
		.path = path };
	if (r->fd < 0) {
		(void)err_errno(err, "%s", path);
		if (err->code != ERR_DENIED)
			err->code = ERR_CONFIG; /* its name is wrong: no thing of the system */
		return -1;
	}
	if (is_in_use(r->fd, lines, journal)) {
		rejects_close(r);
		return err_set(err, ERR_USAGE, "--rejects %s: is used by this run already", path);
	}
	return 0;
}

/* What is no regular file, a pipe for one, has nothing to cut off. */
static int empty(const struct rejects *r, struct err *err)
{
	struct stat st;

	if (fstat(r->fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(r->fd, 0) != 0)
		return err_errno(err, "%s", r->path);
	return 0;
}

static int write_out(const struct rejects *r, struct buf *pending, struct err *err)
{
	if (file_write_all(r->fd, buf_str(pending), err) != 0)
		return err_wrap(err, "%s", r->path);
	buf_reset(pending);
	return 0;
}

int rejects_write(struct rejects *r, struct lines *lines, const struct journal *journal,
    uint64_t *left_out, struct err *err)
{
	struct buf pending = BUF_INIT(PENDING_MAX);
	struct str line;
	bool is_long;
	int rc = -1;

	*left_out = 0;
	if (empty(r, err) != 0 || lines_rewind(lines, err) != 0)
		goto out;
	while ((rc = lines_next(lines, &line, &is_long, err)) == 1) {
		if (lines->number > journal->line_count)
			break; /* it grew since */
		if (journal_state(journal, lines->number) != JOURNAL_REFUSED)
			continue;
		if (is_long) {
			++*left_out;
			continue;
		}
		buf_add(&pending, line);
		buf_addc(&pending, '\n');
		if (pending.n >= WRITE_AT && write_out(r, &pending, err) != 0) {
			rc = -1;
			goto out;
		}
	}
	rc = rc < 0 ? -1 : write_out(r, &pending, err);
out:
	buf_release(&pending);
	return rc;
}

void rejects_close(struct rejects *r)
{
	if (r->fd >= 0)
		(void)close(r->fd); /* what was written is a copy */
	r->fd = -1;
}
