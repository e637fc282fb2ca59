#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS_NO_EXEC = 127 };

/* What this program blocks and ignores (stop.h, SIGPIPE) is not for its children. */
static void reset_signals(void)
{
	sigset_t none;

	(void)signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: only calls that are safe after fork. Comes back only when exec did not work. */
static void become(const struct child *child, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (child->is_bound && (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent))
		_exit(STATUS_NO_EXEC); /* the parent died before the request was made */
	if (child->is_own_group)
		(void)setpgid(0, 0);
	reset_signals();
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    (child->out_fd != -1 && dup2(child->out_fd, STDOUT_FILENO) == -1) ||
	    (child->err_fd != -1 && dup2(child->err_fd, STDERR_FILENO) == -1))
		return;
	(void)execvp(child->argv[0], (char *const *)child->argv);
}

/* The child reports its errno through a pipe that a successful exec closes. */
static int exec_result(int fd, pid_t pid, const char *name, struct err *err)
{
	int child_errno = 0;
	ssize_t n;

	do
		n = read(fd, &child_errno, sizeof(child_errno));
	while (n == -1 && errno == EINTR);
	if (n <= 0)
		return 0;
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	errno = child_errno;
	return err_errno(err, "program %s", name);
}

static int make_pipe(int fds[2], struct err *err)
{
	if (pipe(fds) == -1)
		return err_errno(err, "pipe");
	for (int i = 0; i < 2; i++)
		(void)fcntl(fds[i], F_SETFD, FD_CLOEXEC); /* of a descriptor that is surely open */
	return 0;
}

int child_spawn(const struct child *child, pid_t *out, struct err *err)
{
	pid_t parent = getpid(), pid;
	int report[2], rc;

	if (make_pipe(report, err) == -1)
		return -1;
	pid = fork();
	if (pid == 0) {
		become(child, parent);
		(void)!write(report[1], &errno, sizeof(errno)); /* nobody else to tell */
		_exit(STATUS_NO_EXEC);
	}
	(void)close(report[1]);
	rc = pid == -1 ? err_errno(err, "fork") : exec_result(report[0], pid, child->argv[0], err);
	(void)close(report[0]);
	if (rc == 0)
		*out = pid;
	return rc;
}

void child_describe(int wait_status, struct buf *out)
{
	if (WIFSIGNALED(wait_status))
		buf_addf(out, "was killed by signal %d (%s)", WTERMSIG(wait_status),
		    strsignal(WTERMSIG(wait_status)));
	else
		buf_addf(out, "exited with status %d", WEXITSTATUS(wait_status));
}

static int read_to_end(int fd, struct buf *out, struct err *err)
{
	char piece[4096];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n == -1 && errno != EINTR)
			return err_errno(err, "pipe");
		buf_add(out, (struct str){ piece, n > 0 ? (size_t)n : 0 });
	}
	return 0;
}

int child_output(const char *const *argv, struct buf *out, struct err *err)
{
	struct buf how = BUF_INIT(128);
	int fds[2], status = 0, rc;
	pid_t pid;

	if (make_pipe(fds, err) == -1)
		return -1;
	rc = child_spawn(&(struct child){ .argv = argv, .out_fd = fds[1], .err_fd = -1 }, &pid,
	    err);
	(void)close(fds[1]);
	if (rc == 0) {
		rc = read_to_end(fds[0], out, err);
		while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
			;
	}
	(void)close(fds[0]);
	if (rc == 0 && out->full)
		rc = err_set(err, ERR_INVALID, "%s printed more than %zu bytes", argv[0], out->max);
	if (rc == 0 && status != 0) {
		child_describe(status, &how);
		rc = err_set(err, ERR_INVALID, "%s %s", argv[0], buf_text(&how));
	}
	buf_release(&how);
	return rc;
}

void child_find(const char *name, const char *build_path, struct buf *out)
{
	const char *places[] = { name, build_path };
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	while (n > 0 && self[n - 1] != '/')
		n--;
	for (size_t i = 0; n > 0 && i < ARRAY_SIZE(places); i++) {
		buf_addf(out, "%.*s%s", (int)n, self, places[i]);
		if (access(buf_text(out), X_OK) == 0)
			return;
		buf_reset(out);
	}
	buf_adds(out, name);
}
