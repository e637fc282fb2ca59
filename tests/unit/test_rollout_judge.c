/* What became of a deployment, by what ECS says: every phase, and what must not be taken for success. */
#include "rollout_judge.h"

#include "test.h"

enum { PRIMARY = 1, ACTIVE };

struct seen {
	const char *id; /* NULL ends the list */
	int status;
	enum ecs_rollout_state state;
	int running, pending, failed;
	const char *reason;
};

static const struct case_row {
	const char *name;
	struct seen deployments[4];
	bool no_breaker, keeps; /* no circuit breaker; one that does not roll back */
	bool was_told_to_end;
	int rollout; /* status of the service deployment, -1: not known */
	enum rollout_phase want;
	const char *reason;
} cases[] = {
	{ "just begun", { { "new", PRIMARY, ECS_ROLLOUT_IN_PROGRESS, 0, 0, 0, "" } }, false, false,
	    false, -1, ROLLOUT_PENDING, "" },
	{ "under way",
	    { { "new", PRIMARY, ECS_ROLLOUT_IN_PROGRESS, 1, 1, 0, "" },
		{ "old", ACTIVE, ECS_ROLLOUT_COMPLETED, 1, 0, 0, "" } },
	    false, false, false, ECS_IN_PROGRESS, ROLLOUT_RUNNING, "" },
	{ "completed", { { "new", PRIMARY, ECS_ROLLOUT_COMPLETED, 2, 0, 0, "done" } }, false, false,
	    false, ECS_SUCCESSFUL, ROLLOUT_DEPLOYED, "done" },
	{ "steady, where ECS does not say", { { "new", PRIMARY, ECS_ROLLOUT_NONE, 2, 0, 0, "" } },
	    false, false, false, -1, ROLLOUT_DEPLOYED, "" },
	{ "not steady, where ECS does not say",
	    { { "new", PRIMARY, ECS_ROLLOUT_NONE, 1, 1, 0, "" } }, false, false, false, -1,
	    ROLLOUT_RUNNING, "" },
	{ "tripped, about to go back",
	    { { "new", PRIMARY, ECS_ROLLOUT_FAILED, 0, 0, 3, "tripped" } }, false, false, false, -1,
	    ROLLOUT_ROLLING_BACK, "tripped" },
	{ "tripped, and stays so", { { "new", PRIMARY, ECS_ROLLOUT_FAILED, 0, 0, 3, "tripped" } },
	    false, true, false, -1, ROLLOUT_FAILED, "tripped" },
	{ "goes back",
	    { { "back", PRIMARY, ECS_ROLLOUT_IN_PROGRESS, 1, 1, 0, "x: rolling back to y" },
		{ "new", ACTIVE, ECS_ROLLOUT_FAILED, 0, 0, 3, "tripped" } },
	    false, false, false, -1, ROLLOUT_ROLLING_BACK, "tripped" },
	{ "is back, and steady",
	    { { "back", PRIMARY, ECS_ROLLOUT_COMPLETED, 2, 0, 0, "x: rolling back to y" } }, false,
	    false, false, -1, ROLLOUT_ROLLED_BACK, "x: rolling back to y" },
	{ "is back, as the service deployment says",
	    { { "back", PRIMARY, ECS_ROLLOUT_COMPLETED, 2, 0, 0, "" } }, false, false, false,
	    ECS_ROLLBACK_SUCCESSFUL, ROLLOUT_ROLLED_BACK, "" },
	{ "could not go back", { { "back", PRIMARY, ECS_ROLLOUT_IN_PROGRESS, 0, 1, 0, "" } }, false,
	    false, false, ECS_ROLLBACK_FAILED, ROLLOUT_FAILED, "" },
	{ "asked to go back, in force still",
	    { { "new", PRIMARY, ECS_ROLLOUT_COMPLETED, 2, 0, 0, "" } }, false, false, true, -1,
	    ROLLOUT_ROLLING_BACK, "" },
	{ "asked to go back, and back", { { "back", PRIMARY, ECS_ROLLOUT_COMPLETED, 2, 0, 0, "" } },
	    false, false, true, -1, ROLLOUT_ROLLED_BACK, "" },
	{ "an alarm", { { "new", PRIMARY, ECS_ROLLOUT_IN_PROGRESS, 2, 0, 0, "" } }, false, false,
	    false, ECS_ROLLBACK_REQUESTED, ROLLOUT_ROLLING_BACK, "" },
	{ "somebody else's", { { "theirs", PRIMARY, ECS_ROLLOUT_COMPLETED, 2, 0, 0, "" } }, false,
	    false, false, -1, ROLLOUT_REPLACED, "" },
	{ "somebody else's, ours leaves",
	    { { "theirs", PRIMARY, ECS_ROLLOUT_IN_PROGRESS, 1, 1, 0, "" },
		{ "new", ACTIVE, ECS_ROLLOUT_IN_PROGRESS, 1, 0, 0, "" } },
	    false, false, false, ECS_STOPPED, ROLLOUT_REPLACED, "" },
	{ "tasks fail, and nobody counts",
	    { { "new", PRIMARY, ECS_ROLLOUT_IN_PROGRESS, 0, 1, 3, "" } }, true, false, false, -1,
	    ROLLOUT_FAILING, "" },
	{ "few tasks fail", { { "new", PRIMARY, ECS_ROLLOUT_IN_PROGRESS, 0, 1, 2, "" } }, true,
	    false, false, -1, ROLLOUT_RUNNING, "" },
	{ "tasks fail, and the breaker counts",
	    { { "new", PRIMARY, ECS_ROLLOUT_IN_PROGRESS, 0, 1, 9, "" } }, false, false, false, -1,
	    ROLLOUT_RUNNING, "" },
	{ "the service is gone", { { NULL, 0, ECS_ROLLOUT_NONE, 0, 0, 0, NULL } }, false, false,
	    false, -1, ROLLOUT_REPLACED, "" },
};

static struct ecs_service service;

static void make(const struct case_row *c)
{
	service = (struct ecs_service){ .is_found = true,
		.status = "ACTIVE",
		.desired = 2,
		.has_breaker = !c->no_breaker,
		.breaker_rolls_back = !c->no_breaker && !c->keeps };
	for (size_t i = 0; i < ARRAY_SIZE(c->deployments) && c->deployments[i].id; i++) {
		const struct seen *s = &c->deployments[i];
		struct ecs_deployment *d = &service.deployments[service.deployment_count++];

		(void)snprintf(d->id, sizeof(d->id), "%s", s->id);
		(void)snprintf(d->status, sizeof(d->status), "%s",
		    s->status == PRIMARY ? "PRIMARY" : "ACTIVE");
		(void)snprintf(d->rollout_reason, sizeof(d->rollout_reason), "%s", s->reason);
		d->rollout = s->state;
		d->desired = 2;
		d->running = s->running;
		d->pending = s->pending;
		d->failed_tasks = s->failed;
		service.running += s->running;
		service.pending += s->pending;
	}
}

static void test_phases(void)
{
	static struct ecs_rollout rollout;
	static struct rollout_view view;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct case_row *c = &cases[i];
		const struct rollout_target target = { "new", c->was_told_to_end, false, 0 };

		test_case = c->name;
		make(c);
		rollout = (struct ecs_rollout){ .breaker_count = 1, .breaker_threshold = 3 };
		if (c->rollout >= 0)
			rollout.status = (enum ecs_rollout_status)c->rollout;
		rollout_judge(&target, &service, c->rollout >= 0 ? &rollout : NULL, &view);
		CHECK_TEXT(rollout_phase_name(view.phase), rollout_phase_name(c->want));
		CHECK_TEXT(view.reason, c->reason);
		CHECK_INT(view.breaker_threshold, c->rollout >= 0 ? 3 : 0);
	}
}

/* ECS is consistent in the end only: an older deployment in force, and nothing of ours. */
static void test_answers_from_before(void)
{
	static const struct {
		const char *name;
		int64_t ours_ms, theirs_ms;
		enum rollout_phase want;
		bool was_seen;
	} rows[] = {
		{ "older", 1000, 999, ROLLOUT_PENDING, false },
		{ "older, and ours was there", 1000, 999, ROLLOUT_REPLACED, true },
		{ "of the same moment", 1000, 1000, ROLLOUT_REPLACED, false },
		{ "newer", 1000, 1001, ROLLOUT_REPLACED, false },
		{ "its time is not told", 1000, 0, ROLLOUT_REPLACED, false },
		{ "our time is not told", 0, 1000, ROLLOUT_REPLACED, false },
	};
	static struct rollout_view view;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct rollout_target target = { "new", false, rows[i].was_seen,
			rows[i].ours_ms };

		test_case = rows[i].name;
		service = (struct ecs_service){ .deployment_count = 1,
			.deployments[0] = { .id = "theirs",
			    .status = "PRIMARY",
			    .created_ms = rows[i].theirs_ms,
			    .rollout = ECS_ROLLOUT_COMPLETED } };
		rollout_judge(&target, &service, NULL, &view);
		CHECK_TEXT(rollout_phase_name(view.phase), rollout_phase_name(rows[i].want));
	}
}

static void test_words(void)
{
	for (int i = 0; i < ROLLOUT_PHASE_COUNT; i++) {
		const char *name = rollout_phase_name((enum rollout_phase)i);

		test_case = name;
		CHECK(str_only(str_from(name), "abcdefghijklmnopqrstuvwxyz-") && name[0]);
		CHECK(rollout_phase_text((enum rollout_phase)i)[0]);
	}
	CHECK(
	    rollout_phase_is_end(ROLLOUT_DEPLOYED) && !rollout_phase_is_end(ROLLOUT_ROLLING_BACK));
}

static const struct test tests[] = {
	{ "phases", test_phases },
	{ "answers from before", test_answers_from_before },
	{ "words", test_words },
};

TEST_MAIN(tests)
