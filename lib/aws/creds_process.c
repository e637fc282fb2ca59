/*
 * credential_process: a program prints credentials. It is started without a shell.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "creds_provider.h"
#include "creds_words.h"
#include "redact.h"

enum {
	COMPLAINT_MAX = 4096, /* of its standard error; the rest is read and dropped */
	QUOTE_MAX = 160,      /* of that, in the error text */
	PIECE_SIZE = 4096,
	EXIT_POLL_MS = 5,
	VERSION = 1,
	REPORT_FD = 3, /* in the child: where it tells why exec failed */
	FDS_MAX = 64 * 1024,
	STATUS_NO_EXEC = 127,
};

static bool is_configured(const struct creds_kit *kit, const struct creds_step *step)
{
	return creds_get_key(kit, step, "credential_process") != NULL;
}

static int check_version(const struct json *document, struct err *err)
{
	if (json_get_int(json_get(document, "Version"), 0) == VERSION)
		return 0;
	return err_set(err, ERR_CORRUPT, "Version is not %d", VERSION);
}

const struct creds_format creds_process_format = {
	.access_key_id = "AccessKeyId",
	.secret_access_key = "SecretAccessKey",
	.session_token = "SessionToken",
	.account_id = "AccountId",
	.expires_at = "Expiration",
	.check = check_version,
};

/* ---- the child ---- */

struct child {
	pid_t pid;
	int out, complaints; /* read ends, or -1 */
	int64_t ends_at_ms;
};

static int left_ms(const struct child *c)
{
	int64_t left = c->ends_at_ms - clock_mono_ms(&clock_system);

	return left > 0 ? (int)left : 0;
}

/* Whoever of this program opened them, and whether marked or not. */
static void close_from(int first)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0)
		return;
#endif
	for (int fd = first; fd < FDS_MAX; fd++) /* an old kernel, or a filter of system calls */
		(void)close(fd);
}

/*
 * In the child: only calls that are safe after fork(). Comes back only when exec did not work.
 * The ends are above REPORT_FD, so that none is overwritten before it is moved.
 */
static void become(char *const *argv, int out, int complaints, int report)
{
	sigset_t none;
	int null;

	if (dup2(report, REPORT_FD) < 0 || fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC) < 0)
		return;
	null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(complaints, STDERR_FILENO) < 0)
		return;
	close_from(REPORT_FD + 1);
	(void)signal(SIGPIPE, SIG_DFL); /* what stop.h ignores and blocks is not for the child */
	(void)signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execvp(argv[0], argv);
}

/* Both ends above REPORT_FD, and not for other children. */
static int make_pipe(int ends[2], struct err *err)
{
	int raw[2];

	if (pipe(raw) != 0)
		return err_errno(err, "pipe");
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, REPORT_FD + 1);
		(void)close(raw[i]); /* nothing was written */
	}
	if (ends[0] >= 0 && ends[1] >= 0)
		return 0;
	(void)err_errno(err, "pipe");
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			(void)close(ends[i]);
	return -1;
}

/* The child's errno, from a pipe that a successful exec closes. */
static int exec_result(int report, const char *name, struct err *err)
{
	int child_errno = 0;
	ssize_t n;

	do
		n = read(report, &child_errno, sizeof(child_errno));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;
	errno = child_errno;
	return err_errno(err, "%s", name);
}

enum { OUT, COMPLAINTS, REPORT, PIPES };

static int spawn(char *const *argv, int pipes[PIPES][2], pid_t *pid, struct err *err)
{
	int rc = 0;

	*pid = fork();
	if (*pid == 0) {
		become(argv, pipes[OUT][1], pipes[COMPLAINTS][1], pipes[REPORT][1]);
		(void)!write(REPORT_FD, &errno, sizeof(errno)); /* nobody else to tell */
		_exit(STATUS_NO_EXEC);
	}
	if (*pid < 0)
		rc = err_errno(err, "fork");
	for (int i = 0; i < PIPES; i++)
		(void)close(pipes[i][1]); /* the child's now, so that its end shows */
	if (rc == 0)
		rc = exec_result(pipes[REPORT][0], argv[0], err);
	(void)close(pipes[REPORT][0]);
	return rc;
}

/* Stop it also when this fails. */
static int start(char *const *argv, int timeout_ms, struct child *c, struct err *err)
{
	int pipes[PIPES][2], made = 0;

	while (made < PIPES && make_pipe(pipes[made], err) == 0)
		made++;
	if (made < PIPES) {
		while (made-- > 0) {
			(void)close(pipes[made][0]);
			(void)close(pipes[made][1]);
		}
		return -1;
	}
	c->out = pipes[OUT][0];
	c->complaints = pipes[COMPLAINTS][0];
	c->ends_at_ms = clock_mono_ms(&clock_system) + timeout_ms;
	return spawn(argv, pipes, &c->pid, err);
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* read only */
	*fd = -1;
}

static void stop(struct child *c)
{
	close_end(&c->out);
	close_end(&c->complaints);
	if (c->pid > 0) {
		(void)kill(c->pid, SIGKILL); /* ours until it is waited for */
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	c->pid = 0;
}

static int read_end(int *fd, struct buf *out, bool is_dropped_when_full, struct err *err)
{
	char piece[PIECE_SIZE];
	ssize_t n = read(*fd, piece, sizeof(piece));
	struct str got = { piece, n > 0 ? (size_t)n : 0 };
	int rc = 0;

	if (n == 0)
		close_end(fd);
	else if (n < 0 && errno != EINTR)
		rc = err_errno(err, "read");
	if (is_dropped_when_full)
		got = str_slice(got, 0, out->max - out->n);
	buf_add(out, got);
	explicit_bzero(piece, sizeof(piece));
	return out->full ? err_set(err, ERR_CORRUPT, "prints more than %zu bytes", out->max) : rc;
}

static int timed_out(struct err *err)
{
	return err_set(err, ERR_TIMEOUT, "did not end in time");
}

/* Both ends to their end. */
static int read_all(struct child *c, struct buf *text, struct buf *complaints, struct err *err)
{
	while (c->out >= 0 || c->complaints >= 0) {
		struct pollfd fds[] = { { c->out, POLLIN, 0 }, { c->complaints, POLLIN, 0 } };
		int n = poll(fds, ARRAY_SIZE(fds), left_ms(c)); /* negative ones are passed over */

		if (n == 0)
			return timed_out(err);
		if (n < 0 && errno != EINTR)
			return err_errno(err, "poll");
		if (n > 0 && fds[0].revents && read_end(&c->out, text, false, err) != 0)
			return -1;
		if (n > 0 && fds[1].revents && read_end(&c->complaints, complaints, true, err) != 0)
			return -1;
	}
	return 0;
}

/* It may live on after it closed its output. */
static int wait_end(struct child *c, int *status, struct err *err)
{
	for (;;) {
		pid_t pid = waitpid(c->pid, status, WNOHANG);

		if (pid == c->pid) {
			c->pid = 0;
			return 0;
		}
		if (pid < 0 && errno != EINTR)
			return err_errno(err, "wait");
		if (left_ms(c) == 0)
			return timed_out(err);
		clock_sleep_ms(EXIT_POLL_MS);
	}
}

/* What it said in its own words, on one line. */
static int judge(int status, const struct buf *complaints, struct err *err)
{
	struct buf quote = BUF_INIT(QUOTE_MAX + 64);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	redact_body(&quote, str_trim(buf_str(complaints)), QUOTE_MAX, NULL, 0);
	if (WIFSIGNALED(status))
		(void)err_set(err, ERR_CREDENTIALS, "killed by signal %d", WTERMSIG(status));
	else
		(void)err_set(err, ERR_CREDENTIALS, "exit status %d%s%s", WEXITSTATUS(status),
		    quote.n ? ": " : "", buf_text(&quote));
	buf_release(&quote);
	return -1;
}

static int run(char *const *argv, int timeout_ms, struct buf *text, struct err *err)
{
	struct buf complaints = BUF_INIT(COMPLAINT_MAX);
	struct child c = { .out = -1, .complaints = -1 };
	int status, rc = -1;

	if (start(argv, timeout_ms, &c, err) == 0 && read_all(&c, text, &complaints, err) == 0 &&
	    wait_end(&c, &status, err) == 0)
		rc = judge(status, &complaints, err);
	stop(&c);
	buf_wipe(&complaints);
	return rc;
}

static int fetch(struct creds_kit *kit, const struct creds_step *step, struct creds_draft *d,
    struct err *err)
{
	struct buf text = BUF_INIT(CREDS_ANSWER_MAX);
	struct words words;
	int rc = words_split(creds_get_key(kit, step, "credential_process"), &words, err);

	if (rc == 0) {
		rc = run(words.argv, kit->process_timeout_ms, &text, err);
		words_release(&words);
	}
	if (rc == 0)
		rc = creds_draft_parse(buf_str(&text), &creds_process_format, d, err);
	if (rc == 0 && d->account_id.n == 0)
		creds_draft_set_account(d, str_from(creds_get_key(kit, step, "aws_account_id")));
	buf_wipe(&text);
	if (rc == 0)
		return 0;
	if (err->code == ERR_NOTFOUND || err->code == ERR_DENIED) /* the program */
		err->code = ERR_CONFIG;
	return err_wrap(err, "%s", d->provider);
}

const struct creds_provider creds_process = {
	.name = "credential_process",
	.is_configured = is_configured,
	.fetch = fetch,
};
