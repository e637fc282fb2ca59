#include "ecs_change.h"
#include "mem.h"
#include "ports.h"
#include "rollout.h"
#include "stop.h"

enum {
	SEARCHES_MAX = 3,      /* for the service deployment, which not all that is like ECS has */
	LISTED_MAX = 5,        /* the order in which they are listed is not promised */
	CLOCK_SLACK_MS = 5000, /* between the times of a deployment and its service deployment */
};

/* ---- one look ---- */

/* The newest one, if it was made with ours: the list may lag behind. */
static int search(struct rollout *r, struct ecs_rollout *out, struct err *err)
{
	struct ecs_rollouts *all = xcalloc(1, sizeof(*all));
	int rc = ecs_rollouts(r->workload.aws, r->workload.cluster, r->workload.service, LISTED_MAX,
	    all, err);

	if (rc == 0 && all->count > 0 &&
	    all->items[0].created_ms + CLOCK_SLACK_MS >= r->deployment.created_ms) {
		*out = all->items[0];
		(void)snprintf(r->arn, sizeof(r->arn), "%s", out->arn);
	} else if (rc == 0) {
		rc = err_set(err, ERR_NOTFOUND, "no service deployment of %s yet",
		    r->deployment.id);
	}
	free(all);
	return rc;
}

/*
 * What ECS knows of the circuit breaker and of a rollback stands in the service deployment. Without
 * it, or without the permission to read it, the service itself still says how it ends.
 */
static bool look_closer(struct rollout *r, struct ecs_rollout *out)
{
	struct err ignored;

	if (r->arn[0] != '\0')
		return ecs_rollout(r->workload.aws, r->arn, out, &ignored) == 0;
	if (r->searches == SEARCHES_MAX)
		return false;
	r->searches++;
	return search(r, out, &ignored) == 0;
}

/* A deployment that failed is gone from the list before its rollback is over. */
static void keep_cause(struct rollout *r)
{
	bool is_well = r->view.phase == ROLLOUT_PENDING || r->view.phase == ROLLOUT_RUNNING ||
	    r->view.phase == ROLLOUT_DEPLOYED;

	if (!is_well && r->cause[0] == '\0')
		memcpy(r->cause, r->view.reason, sizeof(r->cause));
}

static int look(struct rollout *r, struct err *err)
{
	const struct rollout_target target = {
		.id = r->deployment.id,
		.was_told_to_end = r->was_told_to_end,
		.was_seen = r->view.own.id[0] != '\0',
		.created_ms = r->deployment.created_ms,
	};
	struct ecs_rollout *closer = xcalloc(1, sizeof(*closer));
	int rc = ecs_services(r->workload.aws, r->workload.cluster, &r->workload.service, 1,
	    r->service, err);

	if (rc == 0) {
		rollout_judge(&target, r->service, look_closer(r, closer) ? closer : NULL,
		    &r->view);
		keep_cause(r);
	}
	free(closer);
	return rc;
}

/* ---- going back ---- */

int rollout_go_back(struct rollout *r, struct err *err)
{
	const struct ecs_update update = {
		.cluster = r->workload.cluster,
		.service = r->workload.service,
		.task_definition = r->from,
		.is_forced = r->is_forced,
	};
	struct err ignored; /* it is over, or there is none: then the service is changed back */

	r->was_told_to_end = true;
	if (r->view.phase != ROLLOUT_DEPLOYED && r->arn[0] != '\0' &&
	    ecs_roll_back(r->workload.aws, r->arn, &ignored) == 0)
		return 0;
	if (ecs_update_service(r->workload.aws, &update, NULL, err) != 0)
		return ports_failed(r->cli, err);
	r->view.phase = ROLLOUT_ROLLING_BACK;
	return 0;
}

/* Clients notice: whatever ECS thinks of the new tasks. */
static int heed_guard(struct rollout *r, struct err *err)
{
	if (r->guard == NULL || r->was_told_to_end || rollout_phase_is_end(r->view.phase) ||
	    !guard_has_failed(r->guard))
		return 0;
	rollout_show_end(r);
	out_warn(r->cli, "clients notice: canaries fail, rolling back to %s",
	    rollout_revision(r->from));
	return rollout_go_back(r, err);
}

/* ---- waiting ---- */

/* What passes is waited for; only once is it said. */
static int bear(struct rollout *r, bool *is_told, struct err *err)
{
	if (!err_is_transient(err->code))
		return ports_failed(r->cli, err);
	if (!*is_told)
		out_note(r->cli, "ECS cannot be asked, trying again: %s", err->text);
	*is_told = true;
	return 0;
}

int rollout_follow(struct rollout *r, struct err *err)
{
	int64_t deadline_ms = r->began_mono_ms + cli_ms(r->cli, "timeout");
	bool is_told = false;

	for (;;) {
		if (look(r, err) != 0) {
			if (bear(r, &is_told, err) != 0)
				return -1;
		} else {
			is_told = false;
			rollout_show(r);
		}
		if (heed_guard(r, err) != 0)
			return -1;
		if (rollout_phase_is_end(r->view.phase) ||
		    clock_mono_ms(r->cli->clock) >= deadline_ms)
			return 0;
		if (stop_wait((int)cli_ms(r->cli, "interval")) == STOP_STOP)
			return err_set(err, ERR_STOPPED, "stopped");
	}
}
