/* What answers of ECS come to; that they are asked for, and in pages, is seen in tests/aws_cli. */
#include "ecs.h"

#include "test.h"

#define ARN "arn:aws:ecs:eu-west-1:123456789012:"

static struct json *parse(const char *text)
{
	struct json *doc;
	struct err err;

	if (json_parse(str_from(text), &doc, &err) != 0)
		test_die("%s", err.text);
	return doc;
}

/* ---- services ---- */

static const char service[] =
    "{\"serviceArn\":\"" ARN "service/prod/api\",\"serviceName\":\"api\",\"status\":\"ACTIVE\","
    "\"desiredCount\":2,\"runningCount\":1,\"pendingCount\":1,\"launchType\":\"FARGATE\","
    "\"taskDefinition\":\"" ARN "task-definition/api:8\",\"enableExecuteCommand\":true,"
    "\"healthCheckGracePeriodSeconds\":30,\"deploymentController\":{\"type\":\"ECS\"},"
    "\"deploymentConfiguration\":{\"maximumPercent\":200,\"minimumHealthyPercent\":100,"
    "\"deploymentCircuitBreaker\":{\"enable\":true,\"rollback\":true}},"
    "\"loadBalancers\":[{\"targetGroupArn\":\"arn:aws:elasticloadbalancing:x:1:targetgroup/a/b\","
    "\"containerName\":\"app\",\"containerPort\":8080},{\"loadBalancerName\":\"old\"}],"
    "\"deployments\":["
    "{\"id\":\"ecs-svc/2\",\"status\":\"PRIMARY\",\"rolloutState\":\"IN_PROGRESS\","
    "\"taskDefinition\":\"" ARN "task-definition/api:8\",\"desiredCount\":2,\"runningCount\":0,"
    "\"pendingCount\":1,\"failedTasks\":3,\"createdAt\":1763712000.5},"
    "{\"id\":\"ecs-svc/1\",\"status\":\"ACTIVE\",\"rolloutState\":\"COMPLETED\","
    "\"desiredCount\":2,\"runningCount\":1}],"
    "\"events\":[{\"createdAt\":1763712001,\"message\":\"(service api) has begun\\u0007\"}]}";

static void test_service(void)
{
	struct json *doc = parse(service);
	const struct ecs_deployment *d;
	struct ecs_service s;
	struct err err;

	CHECK_OK(ecs_read_service(doc, &s, &err), &err);
	json_free(doc);
	CHECK(s.is_found && s.can_exec && s.has_breaker && s.breaker_rolls_back);
	CHECK_TEXT(s.name, "api");
	CHECK_TEXT(s.launch_type, "FARGATE");
	CHECK_INT(s.desired, 2);
	CHECK_INT(s.running, 1);
	CHECK_INT(s.pending, 1);
	CHECK_INT(s.maximum_percent, 200);
	CHECK_INT(s.health_check_grace_s, 30);
	CHECK_INT(s.balancer_count, 2);
	CHECK_INT(s.balancers[0].container_port, 8080);
	CHECK_TEXT(s.balancers[1].elb, "old");
	CHECK_INT(s.event_count, 1);
	CHECK_TEXT(s.events[0].message, "(service api) has begun?");
	d = ecs_primary(&s);
	CHECK(d != NULL);
	CHECK_TEXT(d->id, "ecs-svc/2");
	CHECK_INT(d->rollout, ECS_ROLLOUT_IN_PROGRESS);
	CHECK_INT(d->failed_tasks, 3);
	CHECK_INT(d->created_ms, INT64_C(1763712000500));
	CHECK(!ecs_is_steady(&s));
}

static void test_steady(void)
{
	static const struct {
		const char *name, *members;
		bool steady;
	} cases[] = {
		{ "steady",
		    "\"desiredCount\":2,\"runningCount\":2,\"deployments\":[{\"status\":\"PRIMARY\","
		    "\"rolloutState\":\"COMPLETED\"}]",
		    true },
		{ "of an external controller",
		    "\"desiredCount\":0,\"deployments\":[{\"status\":\"PRIMARY\"}]", true },
		{ "too few",
		    "\"desiredCount\":2,\"runningCount\":1,\"deployments\":[{\"status\":\"PRIMARY\","
		    "\"rolloutState\":\"COMPLETED\"}]",
		    false },
		{ "one is to come",
		    "\"desiredCount\":2,\"runningCount\":2,\"pendingCount\":1,\"deployments\":["
		    "{\"status\":\"PRIMARY\",\"rolloutState\":\"COMPLETED\"}]",
		    false },
		{ "under way",
		    "\"desiredCount\":2,\"runningCount\":2,\"deployments\":[{\"status\":\"PRIMARY\","
		    "\"rolloutState\":\"IN_PROGRESS\"}]",
		    false },
		{ "failed",
		    "\"deployments\":[{\"status\":\"PRIMARY\",\"rolloutState\":\"FAILED\"}]",
		    false },
		{ "two", "\"deployments\":[{\"status\":\"PRIMARY\"},{\"status\":\"ACTIVE\"}]",
		    false },
		{ "none", "\"deployments\":[]", false },
	};
	char text[512];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ecs_service s;
		struct json *doc;
		struct err err;

		test_case = cases[i].name;
		(void)snprintf(text, sizeof(text), "{\"serviceName\":\"x\",%s}", cases[i].members);
		doc = parse(text);
		CHECK_OK(ecs_read_service(doc, &s, &err), &err);
		CHECK(ecs_is_steady(&s) == cases[i].steady);
		json_free(doc);
	}
}

/* More than there is room for: the first ones are kept. */
static void test_bounds(void)
{
	struct buf text = BUF_INIT(64 * 1024);
	struct ecs_service s;
	struct json *doc;
	struct err err;

	buf_adds(&text, "{\"serviceName\":\"x\",\"events\":[");
	for (int i = 0; i < 100; i++)
		buf_addf(&text, "%s{\"message\":\"%d\"}", i > 0 ? "," : "", i);
	buf_adds(&text, "],\"deployments\":[");
	for (int i = 0; i < 100; i++)
		buf_addf(&text, "%s{\"id\":\"%d\"}", i > 0 ? "," : "", i);
	buf_adds(&text, "]}");
	doc = parse(buf_text(&text));
	CHECK_OK(ecs_read_service(doc, &s, &err), &err);
	CHECK_INT(s.event_count, ECS_EVENTS_MAX);
	CHECK_TEXT(s.events[ECS_EVENTS_MAX - 1].message, "19");
	CHECK_INT(s.deployment_count, ECS_DEPLOYMENTS_MAX);
	json_free(doc);
	buf_release(&text);
}

/* ---- tasks ---- */

static const char task[] =
    "{\"taskArn\":\"" ARN "task/prod/0123456789abcdef\",\"lastStatus\":\"STOPPED\","
    "\"taskDefinitionArn\":\"" ARN "task-definition/api:8\",\"desiredStatus\":\"STOPPED\","
    "\"startedBy\":\"ecs-svc/2\",\"stopCode\":\"EssentialContainerExited\","
    "\"stoppedReason\":\"Essential container in task exited\",\"createdAt\":1763712000,"
    "\"stoppedAt\":\"2025-11-21T08:01:00Z\",\"availabilityZone\":\"eu-west-1a\","
    "\"attachments\":[{\"type\":\"x\"},{\"type\":\"ElasticNetworkInterface\",\"details\":["
    "{\"name\":\"subnetId\",\"value\":\"subnet-1\"},"
    "{\"name\":\"privateIPv4Address\",\"value\":\"10.0.1.7\"}]}],"
    "\"containers\":[{\"name\":\"log\",\"lastStatus\":\"STOPPED\",\"exitCode\":0},"
    "{\"name\":\"app\",\"lastStatus\":\"STOPPED\",\"exitCode\":137,\"imageDigest\":\"sha256:ab\","
    "\"reason\":\"OutOfMemoryError: Container killed due to memory usage\"},"
    "{\"name\":\"never\"}]}";

static void test_task(void)
{
	struct json *doc = parse(task);
	struct ecs_task t;
	struct err err;

	CHECK_OK(ecs_read_task(doc, &t, &err), &err);
	json_free(doc);
	CHECK_TEXT(t.id, "0123456789abcdef");
	CHECK_TEXT(t.private_ip, "10.0.1.7");
	CHECK_TEXT(t.stop_code, "EssentialContainerExited");
	CHECK_INT(t.created_ms, INT64_C(1763712000000));
	CHECK_INT(t.stopped_ms, INT64_C(1763712060000));
	CHECK_INT(t.started_ms, 0);
	CHECK_INT(t.container_count, 3);
	CHECK(t.containers[0].has_exit_code && !t.containers[2].has_exit_code);
	CHECK_INT(t.containers[1].exit_code, 137);
	CHECK_TEXT(t.containers[1].image_digest, "sha256:ab");
	CHECK_TEXT(ecs_container(&t, NULL)->name, "app");
	CHECK_TEXT(ecs_container(&t, "")->name, "app");
	CHECK_TEXT(ecs_container(&t, "never")->name, "never");
	CHECK_TEXT(ecs_container(&t, "unknown")->name, "log");
	t.container_count = 0;
	CHECK(ecs_container(&t, NULL) == NULL);
}

/* ---- rollouts ---- */

static const char rollout[] =
    "{\"serviceDeploymentArn\":\"" ARN "service-deployment/prod/api/xyz\","
    "\"status\":\"ROLLBACK_IN_PROGRESS\",\"statusReason\":\"because\",\"startedAt\":1763712000,"
    "\"targetServiceRevision\":{\"arn\":\"" ARN "service-revision/prod/api/2\","
    "\"requestedTaskCount\":2,\"runningTaskCount\":0,\"pendingTaskCount\":1},"
    "\"deploymentCircuitBreaker\":{\"status\":\"TRIGGERED\",\"failureCount\":3,\"threshold\":3},"
    "\"alarms\":{\"status\":\"TRIGGERED\",\"alarmNames\":[\"a\",\"b\"],"
    "\"triggeredAlarmNames\":[\"b\"]},"
    "\"rollback\":{\"reason\":\"circuit breaker\",\"startedAt\":1763712100,"
    "\"serviceRevisionArn\":\"" ARN "service-revision/prod/api/1\"}}";

static void test_rollout(void)
{
	struct json *doc = parse(rollout);
	struct ecs_rollout r;
	struct err err;

	CHECK_OK(ecs_read_rollout(doc, &r, &err), &err);
	json_free(doc);
	CHECK_INT(r.status, ECS_ROLLBACK_IN_PROGRESS);
	CHECK(ecs_rollout_is_back(r.status) && !ecs_rollout_is_over(r.status));
	CHECK_INT(r.requested, 2);
	CHECK_INT(r.breaker, ECS_BREAKER_TRIGGERED);
	CHECK_INT(r.breaker_count, 3);
	CHECK_INT(r.breaker_threshold, 3);
	CHECK_TEXT(r.triggered_alarm, "b");
	CHECK_TEXT(r.rollback_reason, "circuit breaker");
	CHECK_INT(r.rollback_started_ms, INT64_C(1763712100000));
}

static void test_statuses(void)
{
	static const char *const names[ECS_STATUS_COUNT] = {
		[ECS_PENDING] = "PENDING",
		[ECS_SUCCESSFUL] = "SUCCESSFUL",
		[ECS_STOPPED] = "STOPPED",
		[ECS_STOP_REQUESTED] = "STOP_REQUESTED",
		[ECS_IN_PROGRESS] = "IN_PROGRESS",
		[ECS_ROLLBACK_REQUESTED] = "ROLLBACK_REQUESTED",
		[ECS_ROLLBACK_IN_PROGRESS] = "ROLLBACK_IN_PROGRESS",
		[ECS_ROLLBACK_SUCCESSFUL] = "ROLLBACK_SUCCESSFUL",
		[ECS_ROLLBACK_FAILED] = "ROLLBACK_FAILED",
		[ECS_STATUS_OTHER] = "NEW_SINCE",
	};
	char text[160];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct ecs_rollout r;
		struct json *doc;
		struct err err;

		test_case = names[i];
		(void)snprintf(text, sizeof(text),
		    "{\"serviceDeploymentArn\":\"x\",\"status\":\"%s\"}", test_case);
		doc = parse(text);
		CHECK_OK(ecs_read_rollout(doc, &r, &err), &err);
		CHECK_INT(r.status, i);
		json_free(doc);
	}
}

/* ---- what is none of them ---- */

static void test_malformed(void)
{
	static const char *const texts[] = { "{}", "[]", "null", "\"x\"",
		"{\"serviceName\":7,\"taskArn\":7,\"serviceDeploymentArn\":[]}",
		"{\"serviceName\":null,\"taskArn\":\"no-slash\",\"serviceDeploymentArn\":null}" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct json *doc = parse(texts[i]);
		struct ecs_service s;
		struct ecs_rollout r;
		struct ecs_task t;
		struct err err;

		test_case = texts[i];
		CHECK_ERR(ecs_read_service(doc, &s, &err), &err, ERR_CORRUPT);
		CHECK_ERR(ecs_read_task(doc, &t, &err), &err, ERR_CORRUPT);
		CHECK_ERR(ecs_read_rollout(doc, &r, &err), &err, ERR_CORRUPT);
		json_free(doc);
	}
}

static const struct test tests[] = {
	{ "service", test_service },
	{ "steady", test_steady },
	{ "bounds", test_bounds },
	{ "task", test_task },
	{ "rollout", test_rollout },
	{ "statuses", test_statuses },
	{ "malformed", test_malformed },
};

TEST_MAIN(tests)
