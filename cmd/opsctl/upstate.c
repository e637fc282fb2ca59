#include "upstate.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "inifile.h"

enum { PATH_SIZE = 1200, LOCK_TRIES = 12000, LOCK_PAUSE_MS = 5 };

static const char *path_in(const char *dir, const char *name, char out[PATH_SIZE])
{
	/* dir is a context's, shorter than this. */
	(void)snprintf(out, PATH_SIZE, "%s/%s", dir, name);
	return out;
}

static int lock_is_held(const char *path, int fd, struct err *err)
{
	char holder[32] = "";
	ssize_t n = pread(fd, holder, sizeof(holder) - 1, 0);

	if (n > 0)
		holder[n] = '\0';
	return err_set(err, ERR_CONFLICT,
	    "%s: opsctl up runs there already, process %.*s; Ctrl-C in its terminal ends it", path,
	    STR_ARG(str_trim(str_from(holder))));
}

/*
 * Other commands share it for a moment, in upstate_is_running(), and on a busy machine a moment is
 * long; another `up` has it alone. Whoever may share it has met no other than the former.
 */
static int lock(int fd)
{
	int tries = LOCK_TRIES;

	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK || --tries == 0 || flock(fd, LOCK_SH | LOCK_NB) == -1)
			return -1;
		(void)flock(fd, LOCK_UN); /* never fails for a lock of ours */
		clock_sleep_ms(LOCK_PAUSE_MS);
	}
	return 0;
}

int upstate_lock(const char *dir, int *fd_out, struct err *err)
{
	char path[PATH_SIZE];
	int fd = open(path_in(dir, "up.lock", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int rc = -1;

	if (fd == -1)
		return err_errno(err, "%s", path);
	if (lock(fd) == -1)
		(void)(errno == EWOULDBLOCK ? lock_is_held(dir, fd, err)
					    : err_errno(err, "%s", path));
	else if (ftruncate(fd, 0) == -1 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
		(void)err_errno(err, "%s", path);
	else
		rc = 0;
	if (rc == -1)
		(void)close(fd); /* nothing of ours is in it */
	else
		*fd_out = fd;
	return rc;
}

bool upstate_is_running(const char *dir)
{
	char path[PATH_SIZE];
	int fd = open(path_in(dir, "up.lock", path), O_RDONLY | O_CLOEXEC);
	bool is_held;

	if (fd == -1)
		return false;
	is_held = flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;
	(void)close(fd); /* a lock of ours goes with it */
	return is_held;
}

/* ---- up.ini ---- */

static void get_text(const struct inifile *ini, const char *key, char out[UPSTATE_URL_SIZE])
{
	const char *value = inifile_get(ini, "", key);

	(void)snprintf(out, UPSTATE_URL_SIZE, "%s", value != NULL ? value : "");
}

static pid_t get_pid(const struct inifile *ini, const char *key)
{
	uint64_t n;

	if (!str_to_u64(str_from(inifile_get(ini, "", key)), &n) || n > INT32_MAX)
		return 0;
	return (pid_t)n;
}

int upstate_read(const char *dir, struct upstate *out, struct err *err)
{
	struct buf text = BUF_INIT(INIFILE_MAX);
	struct inifile ini = { 0 };
	char path[PATH_SIZE];
	int rc = file_read(path_in(dir, "up.ini", path), &text, err);

	if (rc == 0)
		rc = inifile_parse(buf_str(&text), path, &ini, err);
	if (rc == 0) {
		get_text(&ini, "url", out->url);
		get_text(&ini, "api-admin-url", out->api_admin_url);
		get_text(&ini, "worker-admin-url", out->worker_admin_url);
		out->pid = get_pid(&ini, "pid");
		out->api_pid = get_pid(&ini, "api-pid");
		out->worker_pid = get_pid(&ini, "worker-pid");
	}
	inifile_release(&ini);
	buf_release(&text);
	return rc;
}

int upstate_write(const char *dir, const struct upstate *state, struct err *err)
{
	struct buf text = BUF_INIT(INIFILE_MAX);
	char path[PATH_SIZE];
	int rc;

	buf_adds(&text, "; written by opsctl up, removed when it ends\n");
	buf_addf(&text, "url = %s\napi-admin-url = %s\nworker-admin-url = %s\n", state->url,
	    state->api_admin_url, state->worker_admin_url);
	buf_addf(&text, "pid = %ld\napi-pid = %ld\nworker-pid = %ld\n", (long)state->pid,
	    (long)state->api_pid, (long)state->worker_pid);
	rc = file_replace(path_in(dir, "up.ini", path), buf_str(&text), 0600, err);
	buf_release(&text);
	return rc;
}

void upstate_remove(const char *dir)
{
	char path[PATH_SIZE];

	(void)unlink(path_in(dir, "up.ini", path)); /* a stale one does no harm: the lock decides */
}
