/* Service deployments: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ecs.h"
#include "ecs_call.h"
#include "field.h"

enum { BODY_MAX = (ECS_ROLLOUTS_MAX + 1) * (ECS_ARN_SIZE + 8) };

/* ---- words ---- */

static const struct {
	const char *name;
	bool is_over, is_back;
} statuses[ECS_STATUS_COUNT] = {
	[ECS_PENDING] = { "PENDING", false, false },
	[ECS_SUCCESSFUL] = { "SUCCESSFUL", true, false },
	[ECS_STOPPED] = { "STOPPED", true, false },
	[ECS_STOP_REQUESTED] = { "STOP_REQUESTED", false, false },
	[ECS_IN_PROGRESS] = { "IN_PROGRESS", false, false },
	[ECS_ROLLBACK_REQUESTED] = { "ROLLBACK_REQUESTED", false, true },
	[ECS_ROLLBACK_IN_PROGRESS] = { "ROLLBACK_IN_PROGRESS", false, true },
	[ECS_ROLLBACK_SUCCESSFUL] = { "ROLLBACK_SUCCESSFUL", true, true },
	[ECS_ROLLBACK_FAILED] = { "ROLLBACK_FAILED", true, true },
};

bool ecs_rollout_is_over(enum ecs_rollout_status status)
{
	return statuses[status].is_over;
}

bool ecs_rollout_is_back(enum ecs_rollout_status status)
{
	return statuses[status].is_back;
}

static enum ecs_rollout_status status_of(const char *text)
{
	for (size_t i = 0; i < ECS_STATUS_OTHER; i++)
		if (strcmp(statuses[i].name, text) == 0)
			return (enum ecs_rollout_status)i;
	return ECS_STATUS_OTHER;
}

static const char *const breakers[] = {
	[ECS_BREAKER_DISABLED] = "DISABLED",
	[ECS_BREAKER_MONITORING] = "MONITORING",
	[ECS_BREAKER_COMPLETE] = "MONITORING_COMPLETE",
	[ECS_BREAKER_TRIGGERED] = "TRIGGERED",
};

/* ---- reading one ---- */

static int read_revision(const struct json *revision, struct ecs_rollout *out, struct err *err)
{
	out->requested = (int)json_get_int(json_get(revision, "requestedTaskCount"), 0);
	out->running = (int)json_get_int(json_get(revision, "runningTaskCount"), 0);
	out->pending = (int)json_get_int(json_get(revision, "pendingTaskCount"), 0);
	return field_json_name(out->target_revision, sizeof(out->target_revision), revision, "arn",
	    err);
}

static void read_guards(const struct json *r, struct ecs_rollout *out)
{
	const struct json *breaker = json_get(r, "deploymentCircuitBreaker"),
			  *alarms = json_get(r, "alarms"),
			  *triggered = json_get(alarms, "triggeredAlarmNames");
	const char *state = json_get_text(json_get(breaker, "status"), "");

	out->breaker = (enum ecs_breaker)field_choice(state, breakers, ARRAY_SIZE(breakers),
	    ECS_BREAKER_DISABLED);
	out->breaker_count = (int)json_get_int(json_get(breaker, "failureCount"), 0);
	out->breaker_threshold = (int)json_get_int(json_get(breaker, "threshold"), 0);
	field_json(out->alarms_status, sizeof(out->alarms_status), alarms, "status");
	field_copy(out->triggered_alarm, sizeof(out->triggered_alarm),
	    json_get_text(json_at(triggered, 0), ""));
}

static int read_rollback(const struct json *rollback, struct ecs_rollout *out, struct err *err)
{
	field_json(out->rollback_reason, sizeof(out->rollback_reason), rollback, "reason");
	out->rollback_started_ms = field_json_ms(rollback, "startedAt");
	return field_json_name(out->rollback_revision, sizeof(out->rollback_revision), rollback,
	    "serviceRevisionArn", err);
}

static void read_times(const struct json *r, struct ecs_rollout *out)
{
	out->created_ms = field_json_ms(r, "createdAt");
	out->started_ms = field_json_ms(r, "startedAt");
	out->updated_ms = field_json_ms(r, "updatedAt");
	out->finished_ms = field_json_ms(r, "finishedAt");
	out->stopped_ms = field_json_ms(r, "stoppedAt");
}

int ecs_read_rollout(const struct json *r, struct ecs_rollout *out, struct err *err)
{
	*out = (struct ecs_rollout){ .status = status_of(
					 json_get_text(json_get(r, "status"), "")) };
	if (field_json_name(out->arn, sizeof(out->arn), r, "serviceDeploymentArn", err) != 0)
		return -1;
	if (out->arn[0] == '\0')
		return err_set(err, ERR_CORRUPT,
		    "a service deployment without serviceDeploymentArn");
	field_json(out->status_reason, sizeof(out->status_reason), r, "statusReason");
	field_json(out->lifecycle_stage, sizeof(out->lifecycle_stage), r, "lifecycleStage");
	read_guards(r, out);
	read_times(r, out);
	return read_revision(json_get(r, "targetServiceRevision"), out, err) == 0
	    ? read_rollback(json_get(r, "rollback"), out, err)
	    : -1;
}

/* ---- asking ---- */

static int list(struct aws *a, const char *cluster, const char *service, size_t max,
    struct json **answer, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "cluster", cluster);
	json_member_text(&w, "service", service);
	json_member_uint(&w, "maxResults", max);
	json_object_end(&w);
	return ecs_call(a, ECS_LIST_SERVICE_DEPLOYMENTS, service, &body, answer, err);
}

static int describe(struct aws *a, const char *const *arns, size_t count, struct json **answer,
    struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_key(&w, "serviceDeploymentArns");
	json_array_begin(&w);
	for (size_t i = 0; i < count; i++)
		json_text(&w, arns[i]);
	json_array_end(&w);
	json_object_end(&w);
	return ecs_call(a, ECS_DESCRIBE_SERVICE_DEPLOYMENTS, str_behind_last(arns[0], '/'), &body,
	    answer, err);
}

/* ECS answers in an order of its own. */
static const struct json *find(const struct json *described, const char *arn)
{
	const struct json *rollouts = json_get(described, "serviceDeployments");

	for (size_t i = 0; i < json_count(rollouts); i++) {
		const struct json *r = json_at(rollouts, i);

		if (strcmp(json_get_text(json_get(r, "serviceDeploymentArn"), ""), arn) == 0)
			return r;
	}
	return NULL;
}

static int take(const struct json *described, const char *const *arns, size_t count,
    struct ecs_rollouts *out, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct json *r = find(described, arns[i]);

		if (r == NULL)
			continue; /* forgotten between the two calls */
		if (ecs_read_rollout(r, &out->items[out->count], err) != 0)
			return err_wrap(err, "ecs DescribeServiceDeployments");
		out->count++;
	}
	return 0;
}

static int compare(const void *x, const void *y)
{
	const struct ecs_rollout *a = x, *b = y;

	return a->created_ms == b->created_ms ? 0 : a->created_ms > b->created_ms ? -1 : 1;
}

int ecs_rollouts(struct aws *a, const char *cluster, const char *service, size_t max,
    struct ecs_rollouts *out, struct err *err)
{
	const char *arns[ECS_ROLLOUTS_MAX];
	struct json *listed = NULL, *described = NULL;
	const struct json *briefs = NULL;
	size_t count = 0;
	int rc;

	assert(max >= 1 && max <= ECS_ROLLOUTS_MAX);
	out->count = 0;
	rc = list(a, cluster, service, max, &listed, err);
	if (rc == 0 && field_json_list(listed, "serviceDeployments", &briefs, err) != 0)
		rc = err_wrap(err, "ecs ListServiceDeployments");
	for (size_t i = 0; i < json_count(briefs) && count < max; i++) {
		const char *arn = json_get_text(
		    json_get(json_at(briefs, i), "serviceDeploymentArn"), "");

		if (arn[0] != '\0')
			arns[count++] = arn;
	}
	if (rc == 0 && count > 0)
		rc = describe(a, arns, count, &described, err);
	if (rc == 0)
		rc = take(described, arns, count, out, err);
	qsort(out->items, out->count, sizeof(out->items[0]), compare);
	json_free(listed);
	json_free(described);
	return rc;
}

int ecs_rollout(struct aws *a, const char *arn, struct ecs_rollout *out, struct err *err)
{
	struct json *described = NULL;
	const struct json *r;
	int rc;

	if (describe(a, &arn, 1, &described, err) != 0)
		return -1;
	r = find(described, arn);
	if (r == NULL)
		rc = err_set(err, ERR_NOTFOUND, "service deployment '%s': ECS does not know it",
		    str_behind_last(arn, '/'));
	else
		rc = ecs_read_rollout(r, out, err);
	json_free(described);
	return rc;
}
