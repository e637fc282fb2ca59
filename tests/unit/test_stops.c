/* Why tasks stopped: every kind, grouping, and the words of codes (reasons.h). */
#include "stops.h"

#include "reasons.h"
#include "test.h"

static struct ecs_task task(const char *code, const char *reason, const char *container_reason)
{
	struct ecs_task t = { .container_count = 1, .stopped_ms = 1000 };

	(void)snprintf(t.stop_code, sizeof(t.stop_code), "%s", code);
	(void)snprintf(t.stopped_reason, sizeof(t.stopped_reason), "%s", reason);
	(void)snprintf(t.containers[0].reason, sizeof(t.containers[0].reason), "%s",
	    container_reason);
	(void)snprintf(t.containers[0].name, sizeof(t.containers[0].name), "app");
	return t;
}

static void test_kinds(void)
{
	static const struct {
		const char *code, *reason, *container;
		enum stop_kind kind;
	} cases[] = {
		{ "EssentialContainerExited", "Essential container in task exited",
		    "OutOfMemoryError: Container killed due to memory usage", STOP_MEMORY },
		{ "TaskFailedToStart", "CannotPullContainerError: inspect image has been retried",
		    "", STOP_PULL },
		{ "TaskFailedToStart",
		    "ResourceInitializationError: unable to pull secrets or registry auth: execution "
		    "resource retrieval failed: unable to retrieve secret from asm: AccessDenied",
		    "", STOP_SECRET },
		{ "TaskFailedToStart",
		    "ResourceInitializationError: unable to pull secrets or registry auth: execution "
		    "resource retrieval failed: unable to retrieve secrets from ssm",
		    "", STOP_SECRET },
		{ "TaskFailedToStart",
		    "ResourceInitializationError: unable to pull secrets or registry auth: unable to "
		    "get registry auth from asm",
		    "", STOP_PULL },
		{ "TaskFailedToStart",
		    "ResourceInitializationError: failed to validate logger args: create stream has "
		    "been retried: the specified log group does not exist",
		    "", STOP_LOGS },
		{ "TaskFailedToStart",
		    "Timeout waiting for network interface provisioning to complete", "",
		    STOP_NETWORK },
		{ "TaskFailedToStart", "Capacity is unavailable at this time", "", STOP_CAPACITY },
		{ "TaskFailedToStart", "RESOURCE:MEMORY", "", STOP_CAPACITY },
		{ "TaskFailedToStart", "Task failed to start",
		    "CannotStartContainerError: exec format", STOP_START },
		{ "TaskFailedToStart", "something new", "", STOP_START },
		{ "ServiceSchedulerInitiated",
		    "Task failed ELB health checks in (target-group arn:aws:x)", "", STOP_TARGET },
		{ "ServiceSchedulerInitiated", "Task failed container health checks", "",
		    STOP_CONTAINER },
		{ "EssentialContainerExited", "Essential container in task exited", "", STOP_EXIT },
		{ "SpotInterruption", "Your Spot Task was interrupted.", "", STOP_SPOT },
		{ "UserInitiated", "Task stopped by user", "", STOP_PERSON },
		{ "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment x)", "",
		    STOP_SCHEDULER },
		{ "ServiceSchedulerInitiated", "", "", STOP_SCHEDULER },
		{ "", "", "", STOP_OTHER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ecs_task t = task(cases[i].code, cases[i].reason, cases[i].container);

		test_case = cases[i].reason;
		CHECK_INT(stop_kind_of(&t, &t.containers[0]), cases[i].kind);
	}
	for (unsigned i = 0; i < STOP_KIND_COUNT; i++) {
		CHECK(stop_kind_name((enum stop_kind)i)[0] != '\0');
		CHECK(stop_kind_words((enum stop_kind)i)[0] != '\0');
	}
}

static void test_groups(void)
{
	struct ecs_task items[6];
	struct ecs_tasks tasks = { .items = items, .count = ARRAY_SIZE(items) };
	char text[STOP_TEXT_SIZE];
	static struct stops s;

	for (size_t i = 0; i < 4; i++) {
		items[i] = task("EssentialContainerExited", "Essential container in task exited",
		    "");
		items[i].containers[0].has_exit_code = true;
		items[i].containers[0].exit_code = i < 3 ? 139 : 1;
		items[i].stopped_ms = (int64_t)(1000 * (i + 1));
		(void)snprintf(items[i].id, sizeof(items[i].id), "task-%zu", i);
	}
	items[4] = task("ServiceSchedulerInitiated", "Scaling activity", "");
	items[4].stopped_ms = 999000;
	items[5] = items[4];
	stops_group(&tasks, NULL, &s);
	CHECK_INT(s.tasks, 6);
	CHECK_INT(s.failures, 4);
	CHECK_INT(s.count, 3);
	/* Failures first though they are older, the newest of them before. */
	CHECK_INT(s.groups[0].exit_code, 1);
	CHECK_INT(s.groups[1].exit_code, 139);
	CHECK_INT(s.groups[1].count, 3);
	CHECK_INT(s.groups[1].first_ms, 1000);
	CHECK_INT(s.groups[1].last_ms, 3000);
	CHECK_TEXT(s.groups[1].task_id, "task-2");
	CHECK_INT(s.groups[2].kind, STOP_SCHEDULER);
	CHECK_INT(s.groups[2].count, 2);
	CHECK_TEXT(stop_text(&s.groups[1], text),
	    "3 x the program ended, exit 139 (segmentation fault): Essential container in task "
	    "exited");
	CHECK_TEXT(stop_text(&s.groups[2], text), "2 x replaced or scaled in");
	tasks.count = 0;
	stops_group(&tasks, NULL, &s);
	CHECK_INT(s.count + s.tasks + s.failures, 0);
}

/* More reasons than there is room for: counted, not kept; texts as long as they may be. */
static void test_bounds(void)
{
	struct ecs_task items[STOPS_GROUPS_MAX + 3];
	struct ecs_tasks tasks = { .items = items, .count = ARRAY_SIZE(items), .is_cut = true };
	char text[STOP_TEXT_SIZE];
	static struct stops s;

	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		items[i] = task("EssentialContainerExited", "", "");
		memset(items[i].stopped_reason, 'x', sizeof(items[i].stopped_reason) - 1);
		items[i].containers[0].has_exit_code = true;
		items[i].containers[0].exit_code = (int)i;
	}
	stops_group(&tasks, "app", &s);
	CHECK_INT(s.count, STOPS_GROUPS_MAX);
	CHECK_INT(s.failures, ARRAY_SIZE(items));
	CHECK(s.is_cut);
	CHECK(strlen(stop_text(&s.groups[0], text)) < STOP_TEXT_SIZE);
}

/* ---- reasons ---- */

static void test_targets(void)
{
	static const struct {
		struct elb_target target;
		const char *text;
	} cases[] = {
		{ { "10.0.0.1", 80, "", ELB_UNHEALTHY, "Target.Timeout", "Request timed out" },
		    "10.0.0.1:80 unhealthy: it does not answer the health check in time (Request "
		    "timed out)" },
		{ { "i-1", 0, "", ELB_INITIAL, "Elb.InitialHealthChecking", "" },
		    "i-1 initial: the first health checks are under way" },
		{ { "i-1", 0, "", ELB_UNHEALTHY, "Brand.New", "" }, "i-1 unhealthy: Brand.New" },
		{ { "i-1", 0, "", ELB_HEALTHY, "", "" }, "i-1 healthy" },
	};
	char text[REASON_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_TEXT(reason_text(&cases[i].target, text), cases[i].text);
}

static void test_exits(void)
{
	char text[REASON_EXIT_SIZE];

	CHECK_TEXT(reason_exit_text(127, text), "exit 127 (its program was not found)");
	CHECK_TEXT(reason_exit_text(42, text), "exit 42");
	CHECK(reason_of_exit(42) == NULL);
	CHECK(reason_of_target("Nothing.Known") == NULL);
}

static const struct test tests[] = {
	{ "kinds", test_kinds },
	{ "groups", test_groups },
	{ "bounds", test_bounds },
	{ "targets", test_targets },
	{ "exits", test_exits },
};

TEST_MAIN(tests)
