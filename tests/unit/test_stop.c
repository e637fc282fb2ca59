#include "stop.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

/* The stop flag is one per process: each case has its own. */
static void in_child(void (*run)(void))
{
	pid_t child = fork();
	int status = 0;
	struct err err;

	if (child < 0)
		test_die("fork");
	if (child == 0) {
		if (stop_init(&err) != 0)
			test_die("%s", err.text);
		test_failures = 0;
		run();
		(void)fflush(NULL);
		_exit(test_failures != 0);
	}
	if (waitpid(child, &status, 0) != child)
		test_die("waitpid");
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void send(int number)
{
	if (kill(getpid(), number) != 0)
		test_die("kill");
}

static void quiet_child(void)
{
	CHECK(!stop_requested() && !stop_pending());
	CHECK_INT(stop_signal(), 0);
	CHECK_INT(stop_wait(0), STOP_TIMEOUT);
	CHECK_INT(stop_wait(1), STOP_TIMEOUT);
}

static void sigterm_child(void)
{
	send(SIGTERM);
	CHECK(stop_pending() && !stop_requested());
	CHECK_INT(stop_wait(-1), STOP_STOP);
	CHECK(stop_requested() && !stop_pending());
	CHECK_INT(stop_signal(), SIGTERM);
	send(SIGINT); /* a second one changes nothing */
	CHECK_INT(stop_wait(-1), STOP_STOP);
	CHECK_INT(stop_signal(), SIGTERM);
	CHECK_INT(stop_wait(0), STOP_TIMEOUT);
}

static void sigint_child(void)
{
	send(SIGINT);
	CHECK_INT(stop_wait(1000), STOP_STOP);
	CHECK_INT(stop_signal(), SIGINT);
}

static void reload_child(void)
{
	send(SIGHUP);
	CHECK(!stop_pending());
	CHECK_INT(stop_wait(-1), STOP_RELOAD);
	send(SIGCHLD);
	CHECK_INT(stop_wait(-1), STOP_CHILD);
	CHECK(!stop_requested());
	CHECK_INT(stop_wait(0), STOP_TIMEOUT);
}

static void sigpipe_child(void)
{
	int fds[2];

	if (pipe(fds) != 0 || close(fds[0]) != 0)
		test_die("pipe");
	CHECK_INT(write(fds[1], "x", 1), -1); /* and we are still here */
}

static void test_quiet(void)
{
	in_child(quiet_child);
}

static void test_sigterm(void)
{
	in_child(sigterm_child);
}

static void test_sigint(void)
{
	in_child(sigint_child);
}

static void test_reload(void)
{
	in_child(reload_child);
}

static void test_sigpipe(void)
{
	in_child(sigpipe_child);
}

static const struct test tests[] = {
	{ "quiet", test_quiet },
	{ "sigterm", test_sigterm },
	{ "sigint", test_sigint },
	{ "reload", test_reload },
	{ "sigpipe", test_sigpipe },
};

TEST_MAIN(tests)
