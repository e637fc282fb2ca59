#include "rollout.h"

#include <inttypes.h>

#include "ecs_change.h"
#include "mem.h"
#include "ports.h"
#include "stop.h"

const char *rollout_revision(const char *arn)
{
	return str_behind_last(arn, '/');
}

int rollout_open(struct rollout *r, struct cli *cli, const char *verb, const char *instead,
    struct err *err)
{
	*r = (struct rollout){ .cli = cli, .verb = verb };
	r->began_mono_ms = clock_mono_ms(cli->clock); /* until there is a change */
	r->service = xcalloc(1, sizeof(*r->service));
	if (workload_find(cli, cli->operands[0], instead, &r->workload, err) != 0 ||
	    workload_describe(cli, &r->workload, r->service, err) != 0)
		return -1;
	if (r->service->controller[0] != '\0' && strcmp(r->service->controller, "ECS") != 0)
		return err_set(err, ERR_CONFIG, "service %s is deployed by %s, not by ECS itself",
		    r->workload.service, r->service->controller);
	(void)snprintf(r->from, sizeof(r->from), "%s", r->service->task_definition);
	(void)snprintf(r->to, sizeof(r->to), "%s", r->from);
	return 0;
}

int rollout_read_guard(struct rollout *r, struct err *err)
{
	r->is_guarded = cli_flag(r->cli, "guard");
	if (r->is_guarded && cli_flag(r->cli, "no-wait"))
		return err_set(err, ERR_USAGE,
		    "--guard with --no-wait: who does not wait for the end cannot guard it");
	return 0;
}

void rollout_release(struct rollout *r)
{
	guard_close(r->guard);
	free(r->service);
	r->guard = NULL;
	r->service = NULL;
}

int rollout_consent(struct rollout *r, enum access_danger danger, const char *question,
    struct err *err)
{
	if (ports_guard_account(r->cli, err) != 0)
		return -1;
	return access_change(r->cli, danger, question, err);
}

/* ---- the change ---- */

int rollout_guard(struct rollout *r, struct err *err)
{
	return r->is_guarded ? guard_open(&r->guard, r->cli, err) : 0;
}

static int begin(struct rollout *r, struct err *err)
{
	const struct ecs_update update = {
		.cluster = r->workload.cluster,
		.service = r->workload.service,
		.task_definition = r->to,
		.is_forced = r->is_forced,
	};

	if (stop_init(err) != 0 || (r->guard != NULL && guard_start(r->guard, err) != 0))
		return -1;
	r->began_ms = clock_wall_ms(r->cli->clock);
	r->began_mono_ms = clock_mono_ms(r->cli->clock);
	r->show.event_ms = r->began_ms;
	if (ecs_update_service(r->workload.aws, &update, &r->deployment, err) != 0)
		return ports_failed(r->cli, err);
	return 0;
}

/* ---- how it ends ---- */

static enum exit_code exit_code_of_phase(enum rollout_phase phase)
{
	static const enum exit_code codes[ROLLOUT_PHASE_COUNT] = {
		[ROLLOUT_PENDING] = EXIT_TIMED_OUT,
		[ROLLOUT_RUNNING] = EXIT_TIMED_OUT,
		[ROLLOUT_DEPLOYED] = EXIT_OK,
		[ROLLOUT_FAILING] = EXIT_BAD,
		[ROLLOUT_FAILED] = EXIT_BAD,               /* nothing went back */
		[ROLLOUT_ROLLING_BACK] = EXIT_ROLLED_BACK, /* its end is certain */
		[ROLLOUT_ROLLED_BACK] = EXIT_ROLLED_BACK,
		[ROLLOUT_REPLACED] = EXIT_BAD,
	};

	return codes[phase];
}

static void take_outcome(struct rollout *r)
{
	const struct why_question question = {
		.aws = r->workload.aws,
		.cluster = r->workload.cluster,
		.service = r->workload.service,
		.container = r->workload.container,
		.deployment_id = r->deployment.id,
		.now_ms = clock_wall_ms(r->cli->clock),
	};

	r->cli->exit_code = exit_code_of_phase(r->view.phase);
	r->outcome = r->cli->exit_code == EXIT_TIMED_OUT ? "timed-out"
							 : rollout_phase_name(r->view.phase);
	if (r->view.phase != ROLLOUT_DEPLOYED)
		rollout_why_look(&question, &r->why);
}

/* Whether all that the new tasks accepted has arrived, too. */
static int settle_guard(struct rollout *r, bool *is_bad, struct err *err)
{
	struct guard_count *c = &r->guard_count;
	int rc;

	*is_bad = false;
	if (r->guard == NULL)
		return 0;
	rc = guard_settle(r->guard, err);
	guard_count(r->guard, c);
	*is_bad = c->is_settled && c->stored < c->sought;
	return rc;
}

/* After a signal, and when ECS cannot be asked any more: who waits must know what goes on. */
static int leave(struct rollout *r, struct err *err)
{
	const char *id = r->deployment.id;

	rollout_show_end(r);
	rollout_note_later(r);
	if (err->code == ERR_STOPPED)
		(void)err_set(err, ERR_STOPPED,
		    "stopped waiting: deployment %s of %s to %s goes on by itself, %s until now",
		    id, r->workload.name, rollout_revision(r->to),
		    rollout_phase_text(r->view.phase));
	else
		(void)err_wrap(err, "deployment %s of %s goes on unseen", id, r->workload.name);
	if (strcmp(rollout_revision(r->from), rollout_revision(r->to)) == 0)
		return cli_next(r->cli, "run: opsctl health %s", r->workload.name);
	return cli_next(r->cli, "run: opsctl health %s  # to undo it: opsctl rollback %s --to %s",
	    r->workload.name, r->workload.name, rollout_revision(r->from));
}

static int follow(struct rollout *r, struct err *err)
{
	bool is_bad = false;

	if (rollout_follow(r, err) != 0 || settle_guard(r, &is_bad, err) != 0)
		return -1;
	if (is_bad && r->view.phase == ROLLOUT_DEPLOYED &&
	    (rollout_go_back(r, err) != 0 || rollout_follow(r, err) != 0))
		return -1;
	rollout_show_end(r);
	take_outcome(r);
	return 0;
}

int rollout_run(struct rollout *r, struct err *err)
{
	const struct ecs_deployment *before = ecs_primary(r->service);
	int rc = 0;

	if (begin(r, err) != 0)
		return -1;
	if (!r->is_forced && before != NULL && strcmp(before->id, r->deployment.id) == 0 &&
	    before->rollout != ECS_ROLLOUT_IN_PROGRESS) {
		r->outcome = "unchanged";
		guard_close(r->guard);
		r->guard = NULL; /* there was nothing to guard */
		rc = rollout_note_due(r, err);
		rollout_report_end(r);
		return rc;
	}
	rollout_report_begun(r);
	if (cli_flag(r->cli, "no-wait")) {
		r->outcome = "in-progress";
		r->cli->exit_code = EXIT_IN_PROGRESS;
		rollout_note_later(r);
	} else if (follow(r, err) == 0) {
		rc = rollout_note(r, err);
	} else {
		return leave(r, err);
	}
	rollout_report_end(r);
	return rc;
}
