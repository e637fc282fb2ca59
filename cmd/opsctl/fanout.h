/*
 * fanout: asks many things at once. Each job runs on one of a few threads and has its own result and
 * error, so that one which fails hides no other. Jobs know nothing of each other; what must follow
 * another's answer belongs into the same job.
 *
 * A job must not print, and must not touch struct cli, which is the main thread's: what it needs
 * (ports_aws(), http, names) is taken out before. ports_...() set a next step, so a job that opens
 * ports is given a struct cli of its own (fanout_cli()).
 */
#ifndef OPS_FANOUT_H
#define OPS_FANOUT_H

#include "cli.h"

enum { FANOUT_THREADS_MAX = 64 };

struct fanout_job {
	const char *what; /* for the progress line: "ECS service api" */
	int (*run)(void *arg, struct err *err);
	void *arg;
	/* Filled: */
	bool is_done;
	int rc;
	struct err err;
	int64_t took_us;
};

/*
 * Run all of them; comes back when the last is done. `what` names it all on the progress line, which
 * shows after a second on a terminal, with the first job that is still awaited; NULL: none does, the
 * screen is the caller's. stoppable: the
 * command called stop_init(); signals are taken meanwhile, so that jobs see stop_requested(), and
 * those that have not begun end with ERR_STOPPED.
 */
void fanout_run(struct cli *cli, const char *what, struct fanout_job *jobs, size_t count,
    bool stoppable);

/* A copy for one job: same context, options and AWS client, which stays the original's. free() it. */
struct cli *fanout_cli(const struct cli *cli);

#endif
