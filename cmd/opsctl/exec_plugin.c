#include "exec_plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "child.h"

/* Where it looks for the session, and what it is given as its first argument then. */
#define SESSION_VARIABLE "AWS_SSM_START_SESSION_RESPONSE"

enum { PIECE_SIZE = 4096, TARGET_MAX = 2048, LOOK_MS = 500, STATUS_NO_EXEC = 127 };

/* ---- is it there? ---- */

/* Whether a version "1.2.497.0" is at least 1.2.497. */
static bool is_new(struct str version)
{
	static const uint64_t wanted[] = { 1, 2, 497 };
	struct str part, rest = str_trim(version);

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		uint64_t number;

		(void)str_cut(rest, '.', &part, &rest); /* the last part has no dot behind it */
		if (!str_to_u64(part, &number))
			return false;
		if (number != wanted[i])
			return number > wanted[i];
	}
	return true;
}

int exec_plugin_check(struct cli *cli, char version[EXEC_VERSION_SIZE], struct err *err)
{
	static const char *const argv[] = { EXEC_PLUGIN, "--version", NULL };
	struct buf out = BUF_INIT(PIECE_SIZE);
	struct str text;
	int rc = child_output(argv, &out, err);

	text = str_trim(buf_str(&out));
	if (rc == 0)
		(void)snprintf(version, EXEC_VERSION_SIZE, "%.*s", STR_ARG(text));
	if (rc == 0 && !is_new(text))
		rc = err_set(err, ERR_CONFIG,
		    "%s %.31s is too old: it would put the session's token on its command line",
		    EXEC_PLUGIN, version);
	buf_release(&out);
	if (rc != 0)
		(void)cli_next(cli,
		    "see: \"Install the Session Manager plugin\" in the AWS "
		    "Systems Manager User Guide");
	return rc;
}

/* ---- its terminals ---- */

/* A pseudo-terminal that changes nothing of what passes; as wide as ours, where ours is one. */
static int open_terminal(int *master, int *slave, struct err *err)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct termios raw;

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size); /* not one: then as it is */
	if (openpty(master, slave, NULL, NULL, &size) == -1)
		return err_errno(err, "pseudo-terminal");
	(void)fcntl(*master, F_SETFD, FD_CLOEXEC); /* of descriptors that are surely open */
	(void)fcntl(*slave, F_SETFD, FD_CLOEXEC);
	if (tcgetattr(*slave, &raw) == -1)
		return err_errno(err, "pseudo-terminal");
	raw.c_oflag &= ~(tcflag_t)OPOST;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	return tcsetattr(*slave, TCSANOW, &raw) == -1 ? err_errno(err, "pseudo-terminal") : 0;
}

/* Where our terminal has changed its size the plugin's does, too: it looks twice a second. */
static void copy_size(int master)
{
	struct winsize ours, its;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ours) == -1 || ioctl(master, TIOCGWINSZ, &its) == -1)
		return;
	if (ours.ws_col != its.ws_col || ours.ws_row != its.ws_row)
		(void)ioctl(master, TIOCSWINSZ, &ours);
}

/* In the child. Where standard input is no terminal the session is given one that stays silent. */
static void become(const char *const *argv, const struct ecs_session *session, int slave)
{
	if (setenv(SESSION_VARIABLE, buf_text(&session->answer), 1) == -1 ||
	    (isatty(STDIN_FILENO) == 0 && dup2(slave, STDIN_FILENO) == -1) ||
	    dup2(slave, STDOUT_FILENO) == -1)
		return;
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	(void)execvp(argv[0], (char *const *)argv);
}

/* ---- what passes ---- */

/* To standard output; a reader that left is told once. */
static void put(struct str s, bool *is_gone)
{
	while (s.n > 0 && !*is_gone) {
		ssize_t n = write(STDOUT_FILENO, s.p, s.n);

		*is_gone = n == -1 && errno != EINTR;
		s = str_skip(s, n > 0 ? (size_t)n : 0);
	}
}

static void capture(struct exec_output *out, struct str s)
{
	size_t room = out->kept.max - out->kept.n;

	buf_add(&out->kept, str_slice(s, 0, room));
	out->bytes += s.n;
}

/* The next piece, n 0: the last writer is gone, which a terminal tells as EIO. */
static size_t next_piece(int master, char piece[PIECE_SIZE])
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	ssize_t n = -1;

	while (n == -1) {
		if (poll(&p, 1, LOOK_MS) > 0) {
			n = read(master, piece, PIECE_SIZE);
			if (n == -1 && errno != EINTR)
				return 0;
		}
		copy_size(master);
	}
	return (size_t)n;
}

static void pass(int master, const struct exec_session *s)
{
	struct buf out = BUF_INIT(2 * PIECE_SIZE);
	char piece[PIECE_SIZE];
	bool is_gone = false;
	size_t n;

	do {
		n = next_piece(master, piece);
		buf_reset(&out);
		if (s->sentinel == NULL)
			buf_add(&out, (struct str){ piece, n });
		else if (n > 0)
			sentinel_filter(s->sentinel, (struct str){ piece, n }, &out);
		else
			sentinel_flush(s->sentinel, &out);
		if (s->capture != NULL)
			capture(s->capture, buf_str(&out));
		else
			put(buf_str(&out), &is_gone);
	} while (n > 0);
	buf_release(&out);
}

static int wait_for(pid_t pid, struct err *err)
{
	struct buf how = BUF_INIT(128);
	int status = 0, rc = 0;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	child_describe(status, &how);
	if (status != 0)
		rc = err_set(err, ERR_IO, "%s %s", EXEC_PLUGIN, buf_text(&how));
	buf_release(&how);
	return rc;
}

static int run(const char *const *argv, const struct exec_session *s, struct err *err)
{
	int master = -1, slave = -1, rc;
	pid_t pid;

	rc = open_terminal(&master, &slave, err);
	pid = rc == 0 ? fork() : -1;
	if (pid == 0) {
		become(argv, s->session, slave);
		_exit(STATUS_NO_EXEC);
	}
	if (rc == 0 && pid == -1)
		rc = err_errno(err, "fork");
	if (slave != -1)
		(void)close(slave); /* else the end of the output would never come */
	if (pid > 0) {
		pass(master, s);
		rc = wait_for(pid, err);
	}
	if (master != -1)
		(void)close(master);
	return rc;
}

int exec_plugin_run(const struct exec_session *s, struct err *err)
{
	struct buf target = BUF_INIT(TARGET_MAX), endpoint = BUF_INIT(TARGET_MAX);
	const char *argv[] = { EXEC_PLUGIN, SESSION_VARIABLE, s->region, "StartSession", s->profile,
		NULL, NULL, NULL };
	int rc;

	buf_addf(&target, "{\"Target\":\"ecs:%s_%s_%s\"}", s->cluster, s->task_id, s->runtime_id);
	buf_addf(&endpoint, "https://ssm.%s.amazonaws.com%s", s->region,
	    strncmp(s->region, "cn-", 3) == 0 ? ".cn" : "");
	argv[5] = buf_text(&target);
	argv[6] = buf_text(&endpoint);
	/* What is typed belongs to the session: the plugin hands it on. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	rc = run(argv, s, err);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	buf_release(&target);
	buf_release(&endpoint);
	return rc;
}
