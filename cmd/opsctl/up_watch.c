#include <signal.h>
#include <sys/wait.h>

#include "child.h"
#include "count.h"
#include "stop.h"
#include "up.h"
#include "up_events.h"

enum {
	STARTING_POLL_MS = 20,
	READY_POLL_MS = 2000,
	START_PAUSE_MS = 1000,
	LOG_TAIL_LINES = 10,
};

static int64_t now_ms(const struct up *up)
{
	return clock_mono_ms(up->cli->clock);
}

static void show_log_tail(const struct unit *u)
{
	struct buf tail = BUF_INIT(64 * 1024);

	unit_log_tail(u, LOG_TAIL_LINES, &tail);
	if (tail.n > 0)
		fprintf(stderr, "last lines of %s:\n%s\n", u->log_path, buf_text(&tail));
	buf_release(&tail);
}

static int give_up(struct up *up, const struct unit *u, const char *how, struct err *err)
{
	up_say_unit(up->cli, "given-up", u, 0, how, "%s %s and is not started again", u->name, how);
	show_log_tail(u);
	(void)err_set(err, ERR_INVALID, "%s %s, %s without having become ready", u->name, how,
	    COUNT(u->failed_starts, "time"));
	return cli_next(up->cli, "see: %s", u->log_path);
}

static int unit_gone(struct up *up, struct unit *u, int status, struct err *err)
{
	struct buf how = BUF_INIT(128);
	pid_t pid = u->pid;
	int rc = 0;

	child_describe(status, &how);
	unit_ended(u, status, now_ms(up));
	if (u->is_over) {
		rc = give_up(up, u, buf_text(&how), err);
	} else {
		long long pause = (long long)(u->restart_at_ms - now_ms(up));

		up_say_unit(up->cli, "exited", u, pid, buf_text(&how),
		    "%s (process %d) %s; starting it again in %lld ms", u->name, pid,
		    buf_text(&how), pause);
	}
	buf_release(&how);
	return rc;
}

static int reap(struct up *up, struct err *err)
{
	for (size_t i = 0; i < UP_UNIT_COUNT; i++) {
		struct unit *u = &up->units[i];
		int status;

		if (u->pid != 0 && waitpid(u->pid, &status, WNOHANG) == u->pid &&
		    unit_gone(up, u, status, err) == -1)
			return -1;
	}
	return 0;
}

static void became_ready(struct up *up, struct unit *u)
{
	u->is_ready = u->was_ready = true;
	u->failed_starts = 0;
	if (up->is_announced)
		up_say_unit(up->cli, "restarted", u, u->pid, NULL, "%s is ready again (process %d)",
		    u->name, u->pid);
}

static void ask_again(struct up *up, struct unit *u)
{
	bool is_silent = !unit_answers(u, up->http);

	if (is_silent == u->is_silent)
		return;
	u->is_silent = is_silent;
	up_say_unit(up->cli, is_silent ? "silent" : "answers", u, u->pid, NULL,
	    "%s (process %d) %s", u->name, u->pid,
	    is_silent ? "does not answer that it is ready" : "answers again");
}

/*
 * What stands in the way of a first start ends `up`; later it may pass (a full disk, no
 * process to be had), and a system that runs is not stopped for it.
 */
static int start_unit(struct up *up, struct unit *u, struct err *err)
{
	if (unit_start(u, now_ms(up), err) == -1) {
		if (!u->was_ready)
			return -1;
		out_warn(up->cli, "%s was not started: %s", u->name, err->text);
		u->restart_at_ms = now_ms(up) + START_PAUSE_MS;
		return 0;
	}
	if (up->is_announced && up_write_state(up, err) == -1)
		out_warn(up->cli, "other commands see old process ids: %s", err->text);
	return 0;
}

static int step_unit(struct up *up, struct unit *u, bool is_asked, struct err *err)
{
	if (u->pid == 0 && now_ms(up) >= u->restart_at_ms)
		return start_unit(up, u, err);
	if (u->pid != 0 && !u->is_ready && unit_find_ports(u) && unit_answers(u, up->http))
		became_ready(up, u);
	else if (u->is_ready && is_asked)
		ask_again(up, u);
	return 0;
}

static int step(struct up *up, struct err *err)
{
	bool is_asked = now_ms(up) - up->asked_ms >= READY_POLL_MS, is_ready = true;

	if (is_asked)
		up->asked_ms = now_ms(up);
	for (size_t i = 0; i < UP_UNIT_COUNT; i++) {
		if (step_unit(up, &up->units[i], is_asked, err) == -1)
			return -1;
		is_ready = is_ready && up->units[i].is_ready;
	}
	if (up->is_announced)
		return 0;
	if (is_ready) {
		if (up_write_state(up, err) == -1)
			return -1;
		up_announce(up);
	} else if (now_ms(up) > up->ready_by_ms) {
		for (size_t i = 0; i < UP_UNIT_COUNT; i++)
			show_log_tail(&up->units[i]);
		return err_set(err, ERR_TIMEOUT, "the services are not ready after %s",
		    cli_text(up->cli, "timeout"));
	}
	return 0;
}

static void reload(struct up *up)
{
	for (size_t i = 0; i < UP_UNIT_COUNT; i++)
		if (up->units[i].pid != 0) /* our own child: there, or a zombie */
			(void)kill(up->units[i].pid, SIGHUP);
	up_say(up->cli, "reload", "told the services to read token and log level again");
}

int up_watch(struct up *up, struct err *err)
{
	while (!stop_requested() && !out_failed(up->cli)) {
		bool is_steady = up->is_announced && up->units[UP_API].is_ready &&
		    up->units[UP_WORKER].is_ready;
		enum stop_event event = stop_wait(is_steady ? READY_POLL_MS : STARTING_POLL_MS);

		if (event == STOP_RELOAD)
			reload(up);
		if (event == STOP_CHILD && reap(up, err) == -1)
			return -1;
		if (event != STOP_STOP && step(up, err) == -1)
			return -1;
	}
	return 0;
}
