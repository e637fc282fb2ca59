#include <signal.h>
#include <sys/wait.h>

#include "child.h"
#include "count.h"
#include "ports.h"
#include "stop.h"
#include "up.h"
#include "up_events.h"

enum {
	DRAIN_TIMEOUT_MS = 30 * 1000, /* 5 s more than a service allows itself */
	EMPTY_TIMEOUT_MS = 10 * 1000,
	EMPTY_POLL_MS = 20,
};

static int64_t now_ms(const struct up *up)
{
	return clock_mono_ms(up->cli->clock);
}

static bool wait_for_end(struct up *up, struct unit *u, int *status)
{
	int64_t deadline_ms = now_ms(up) + DRAIN_TIMEOUT_MS;

	while (waitpid(u->pid, status, WNOHANG) == 0) {
		int64_t left_ms = deadline_ms - now_ms(up);

		if (left_ms <= 0)
			return false;
		/* SIGCHLD, or another Ctrl-C, which changes nothing */
		(void)stop_wait((int)left_ms);
	}
	return true;
}

/* Before it can drain there is nothing to drain. */
static bool was_starting(const struct unit *u, int status)
{
	return !u->is_ready && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
}

static void stop_unit(struct up *up, struct unit *u)
{
	struct buf how = BUF_INIT(128);
	pid_t pid = u->pid;
	int status = 0;

	if (pid == 0)
		return;
	(void)kill(pid, SIGTERM); /* as in reload() */
	if (!wait_for_end(up, u, &status)) {
		out_warn(up->cli, "%s did not end within %d s and is killed", u->name,
		    DRAIN_TIMEOUT_MS / 1000);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, &status, 0); /* a killed child always comes */
	}
	u->pid = 0;
	child_describe(status, &how);
	if (status != 0 && !was_starting(u, status))
		up->cli->exit_code = EXIT_BAD;
	up_say_unit(up->cli, "ended", u, pid, buf_text(&how), "%s (process %d) %s", u->name, pid,
	    buf_text(&how));
	buf_release(&how);
}

/* Looks without taking the status away. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    info.si_pid != 0;
}

/* Nothing comes in any more: the worker needs a moment for what waits. */
static void wait_until_empty(struct up *up)
{
	int64_t deadline_ms = now_ms(up) + EMPTY_TIMEOUT_MS;
	struct queue_stats stats = { 0 };
	struct queue *queue;
	struct err err;

	if (up->units[UP_WORKER].pid == 0 || ports_queue(up->cli, &queue, &err) == -1)
		return; /* what waits, waits for the next start */
	while (queue_stats(queue, &stats, &err) == 0 && stats.visible + stats.in_flight > 0 &&
	    now_ms(up) < deadline_ms && !has_ended(up->units[UP_WORKER].pid))
		(void)stop_wait(EMPTY_POLL_MS);
	queue_close(queue);
	if (stats.visible + stats.in_flight > 0)
		out_note(up->cli, "%s left in the queue until the next start",
		    COUNT(stats.visible + stats.in_flight, "message"));
}

void up_drain(struct up *up)
{
	up_say(up->cli, "draining", "draining");
	stop_unit(up, &up->units[UP_API]);
	wait_until_empty(up);
	stop_unit(up, &up->units[UP_WORKER]);
	up_say(up->cli, "stopped", "stopped");
}
