#include "ecs.h"

#include <string.h>

#include "ecs_call.h"
#include "field.h"

enum {
	SERVICES_PER_CALL = 10, /* of DescribeServices */
	BODY_MAX = 16 * 1024,
};

/* ---- reading one service ---- */

static const char *const rollout_states[] = {
	[ECS_ROLLOUT_IN_PROGRESS] = "IN_PROGRESS",
	[ECS_ROLLOUT_COMPLETED] = "COMPLETED",
	[ECS_ROLLOUT_FAILED] = "FAILED",
};

static int get_int(const struct json *object, const char *key, int fallback)
{
	int64_t n = json_get_int(json_get(object, key), fallback);

	return n >= INT32_MIN && n <= INT32_MAX ? (int)n : fallback;
}

static size_t least(size_t n, size_t max)
{
	return n < max ? n : max;
}

static int read_deployment(const struct json *d, struct ecs_deployment *out, struct err *err)
{
	const char *state = json_get_text(json_get(d, "rolloutState"), "");

	field_json(out->status, sizeof(out->status), d, "status");
	field_json(out->rollout_reason, sizeof(out->rollout_reason), d, "rolloutStateReason");
	out->rollout = (enum ecs_rollout_state)field_choice(state, rollout_states,
	    ARRAY_SIZE(rollout_states), ECS_ROLLOUT_NONE);
	out->desired = get_int(d, "desiredCount", 0);
	out->running = get_int(d, "runningCount", 0);
	out->pending = get_int(d, "pendingCount", 0);
	out->failed_tasks = get_int(d, "failedTasks", 0);
	out->created_ms = field_json_ms(d, "createdAt");
	out->updated_ms = field_json_ms(d, "updatedAt");
	if (field_json_name(out->id, sizeof(out->id), d, "id", err) != 0)
		return -1;
	return field_json_name(out->task_definition, sizeof(out->task_definition), d,
	    "taskDefinition", err);
}

static int read_deployments(const struct json *list, struct ecs_service *out, struct err *err)
{
	out->deployment_count = least(json_count(list), ECS_DEPLOYMENTS_MAX);
	for (size_t i = 0; i < out->deployment_count; i++)
		if (read_deployment(json_at(list, i), &out->deployments[i], err) != 0)
			return -1;
	return 0;
}

static void read_events(const struct json *list, struct ecs_service *out)
{
	out->event_count = least(json_count(list), ECS_EVENTS_MAX);
	for (size_t i = 0; i < out->event_count; i++) {
		const struct json *e = json_at(list, i);

		out->events[i].at_ms = field_json_ms(e, "createdAt");
		field_json(out->events[i].message, sizeof(out->events[i].message), e, "message");
	}
}

static int read_balancers(const struct json *list, struct ecs_service *out, struct err *err)
{
	out->balancer_count = least(json_count(list), ECS_BALANCERS_MAX);
	for (size_t i = 0; i < out->balancer_count; i++) {
		const struct json *b = json_at(list, i);
		struct ecs_balancer *to = &out->balancers[i];

		field_json(to->container, sizeof(to->container), b, "containerName");
		to->container_port = get_int(b, "containerPort", 0);
		if (field_json_name(to->target_group, sizeof(to->target_group), b, "targetGroupArn",
			err) != 0 ||
		    field_json_name(to->elb, sizeof(to->elb), b, "loadBalancerName", err) != 0)
			return -1;
	}
	return 0;
}

static void read_configuration(const struct json *s, struct ecs_service *out)
{
	const struct json *c = json_get(s, "deploymentConfiguration"),
			  *breaker = json_get(c, "deploymentCircuitBreaker");

	out->has_breaker = json_get_bool(json_get(breaker, "enable"), false);
	out->breaker_rolls_back = json_get_bool(json_get(breaker, "rollback"), false);
	out->minimum_percent = get_int(c, "minimumHealthyPercent", -1);
	out->maximum_percent = get_int(c, "maximumPercent", -1);
	out->health_check_grace_s = get_int(s, "healthCheckGracePeriodSeconds", -1);
	out->can_exec = json_get_bool(json_get(s, "enableExecuteCommand"), false);
	field_json(out->controller, sizeof(out->controller), json_get(s, "deploymentController"),
	    "type");
	field_json(out->launch_type, sizeof(out->launch_type), s, "launchType");
	field_json(out->platform_version, sizeof(out->platform_version), s, "platformVersion");
}

int ecs_read_service(const struct json *s, struct ecs_service *out, struct err *err)
{
	*out = (struct ecs_service){ .is_found = true };
	if (field_json_name(out->name, sizeof(out->name), s, "serviceName", err) != 0 ||
	    field_json_name(out->arn, sizeof(out->arn), s, "serviceArn", err) != 0 ||
	    field_json_name(out->task_definition, sizeof(out->task_definition), s, "taskDefinition",
		err) != 0)
		return -1;
	if (out->name[0] == '\0')
		return err_set(err, ERR_CORRUPT, "a service without serviceName");
	field_json(out->status, sizeof(out->status), s, "status");
	out->desired = get_int(s, "desiredCount", 0);
	out->running = get_int(s, "runningCount", 0);
	out->pending = get_int(s, "pendingCount", 0);
	out->created_ms = field_json_ms(s, "createdAt");
	read_configuration(s, out);
	read_events(json_get(s, "events"), out);
	return read_deployments(json_get(s, "deployments"), out, err) == 0
	    ? read_balancers(json_get(s, "loadBalancers"), out, err)
	    : -1;
}

/* ---- asking ---- */

static void write_names(struct buf *body, const char *cluster, const char *const *names,
    size_t count)
{
	struct json_writer w;

	json_writer_init(&w, body);
	json_object_begin(&w);
	json_member_text(&w, "cluster", cluster);
	json_key(&w, "services");
	json_array_begin(&w);
	for (size_t i = 0; i < count; i++)
		json_text(&w, names[i]);
	json_array_end(&w);
	json_object_end(&w);
}

/* An ARN ends in the name: where a context has ARNs, the answer still has names. */
static bool is_called(const struct ecs_service *s, const char *name)
{
	return strcmp(s->name, name) == 0 || strcmp(s->arn, name) == 0;
}

static int take_services(const struct json *answer, const char *const *names, size_t count,
    struct ecs_service *out, struct err *err)
{
	const struct json *list;
	struct ecs_service s;

	if (field_json_list(answer, "services", &list, err) != 0)
		return err_wrap(err, "ecs DescribeServices");
	for (size_t i = 0; i < json_count(list); i++) {
		if (ecs_read_service(json_at(list, i), &s, err) != 0)
			return err_wrap(err, "ecs DescribeServices");
		for (size_t k = 0; k < count; k++)
			if (is_called(&s, names[k]))
				out[k] = s;
	}
	return 0;
}

static int ask(struct aws *a, const char *cluster, const char *const *names, size_t count,
    struct ecs_service *out, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json *answer = NULL;
	int rc;

	write_names(&body, cluster, names, count);
	rc = ecs_call(a, ECS_DESCRIBE_SERVICES, cluster, &body, &answer, err);
	if (rc == 0)
		rc = take_services(answer, names, count, out, err);
	json_free(answer);
	return rc;
}

int ecs_services(struct aws *a, const char *cluster, const char *const *names, size_t count,
    struct ecs_service *out, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < count; i++)
		out[i] = (struct ecs_service){ .is_found = false };
	for (size_t i = 0; rc == 0 && i < count; i += SERVICES_PER_CALL)
		rc = ask(a, cluster, names + i, least(count - i, SERVICES_PER_CALL), out + i, err);
	return rc;
}

/* ---- what it means ---- */

const struct ecs_deployment *ecs_primary(const struct ecs_service *s)
{
	for (size_t i = 0; i < s->deployment_count; i++)
		if (strcmp(s->deployments[i].status, "PRIMARY") == 0)
			return &s->deployments[i];
	return NULL;
}

bool ecs_is_steady(const struct ecs_service *s)
{
	const struct ecs_deployment *d = ecs_primary(s);

	return d != NULL && s->deployment_count == 1 && s->running == s->desired &&
	    s->pending == 0 &&
	    (d->rollout == ECS_ROLLOUT_COMPLETED || d->rollout == ECS_ROLLOUT_NONE);
}
