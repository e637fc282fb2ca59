/* The preflight of one service of ECS: its task definition, image, logs and load balancer. */
#include "preflight_service.h"

#include <inttypes.h>
#include <string.h>

#include "ecr.h"
#include "elb.h"
#include "elb_attributes.h"
#include "field.h"
#include "logs.h"

enum {
	STOP_TIMEOUT_DEFAULT_S = 30, /* of ECS */
	DRAIN_TIMEOUT_DEFAULT_S = 25,
	VISIBILITY_DEFAULT_S = 60,
	VISIBILITY_MIN_S = 30,
	KEEP_ALIVE_S = 75, /* of ops-api */
	DELAY_MIN_S = 30,
	DELAY_MAX_S = 120,
};

/* ---- the container ---- */

/* The value of a variable of its environment, or "". */
static const char *env(const struct task *t, const char *name)
{
	const struct json *list = json_get(t->container, "environment");

	for (size_t i = 0; i < json_count(list); i++)
		if (strcmp(json_get_text(json_get(json_at(list, i), "name"), ""), name) == 0)
			return json_get_text(json_get(json_at(list, i), "value"), "");
	return "";
}

static int64_t env_seconds(const struct task *t, const char *name, int64_t fallback)
{
	uint64_t n;

	return str_to_u64(str_from(env(t, name)), &n) && n <= INT32_MAX ? (int64_t)n : fallback;
}

static const char *image_of(const struct task *t)
{
	return json_get_text(json_get(t->container, "image"), "");
}

static void check_image(struct preflight_part *part, const struct task *t, struct err *err)
{
	const char *image = image_of(t);
	struct ecr_name name;
	struct ecr_image found;

	preflight_found(part, CHECK_IMAGE_DIGEST, strstr(image, "@sha256:") != NULL, "%.150s",
	    image);
	if (!ecr_name_parse(str_from(image), &name)) {
		(void)err_set(err, ERR_INVALID, "%.150s is not of ECR", image);
		preflight_failed(part, CHECK_IMAGE_THERE, err);
	} else if (ecr_image(part->p->aws, &name, &found, err) != 0) {
		preflight_failed(part, CHECK_IMAGE_THERE, err);
	} else {
		preflight_found(part, CHECK_IMAGE_THERE, true, "%.20s..., %" PRId64 " MB",
		    found.digest, found.size_bytes / 1000000);
	}
}

static void check_logs(struct preflight_part *part, const struct task *t, struct err *err)
{
	const struct json *logs = json_get(t->container, "logConfiguration");
	const char *driver = json_get_text(json_get(logs, "logDriver"), "none");
	const char *name = json_get_text(json_get(json_get(logs, "options"), "awslogs-group"), "");
	struct logs_group group;

	if (strcmp(driver, "awslogs") != 0) {
		(void)err_set(err, ERR_INVALID, "its log driver is %.40s", driver);
		preflight_failed(part, CHECK_LOG_GROUP, err);
		return;
	}
	if (logs_group(part->p->aws, name, &group, err) != 0) {
		preflight_failed(part, CHECK_LOG_GROUP, err);
		return;
	}
	preflight_found(part, CHECK_LOG_GROUP, true, "%.150s", name);
	preflight_found(part, CHECK_LOG_RETENTION, group.retention_days > 0, "%" PRId64 " days%s",
	    group.retention_days, group.retention_days > 0 ? "" : ": for ever");
}

/* Settings of services that are not ours are not known. */
static void check_times(struct preflight_part *part, const struct task *t)
{
	int64_t stop_s = json_get_int(json_get(t->container, "stopTimeout"),
	    STOP_TIMEOUT_DEFAULT_S);
	int64_t drain_s = env_seconds(t, "OPS_DRAIN_TIMEOUT_S", DRAIN_TIMEOUT_DEFAULT_S);
	int64_t visible_s = env_seconds(t, "OPS_VISIBILITY_TIMEOUT_S", VISIBILITY_DEFAULT_S);

	if (t->kind == TASK_OTHER)
		return;
	preflight_found(part, CHECK_STOP_TIMEOUT, stop_s > drain_s,
	    "%" PRId64 " s, it drains for %" PRId64, stop_s, drain_s);
	if (t->kind == TASK_WORKER)
		preflight_found(part, CHECK_VISIBILITY, visible_s >= VISIBILITY_MIN_S,
		    "%" PRId64 " s", visible_s);
}

/* ---- the load balancer ---- */

static bool has_port(const struct task *t, int port)
{
	const struct json *list = json_get(t->container, "portMappings");

	for (size_t i = 0; i < json_count(list); i++)
		if (json_get_int(json_get(json_at(list, i), "containerPort"), 0) == port)
			return true;
	return false;
}

/* "0.0.0.0:8080"; 0: another service, or the default. */
static int64_t listen_port(const struct task *t)
{
	const char *text = env(t, "OPS_LISTEN"), *colon = strrchr(text, ':');
	uint64_t port;

	return colon != NULL && str_to_u64(str_from(colon + 1), &port) && port <= 65535
	    ? (int64_t)port
	    : 0;
}

static void check_port(struct preflight_part *part, const struct task *t,
    const struct ecs_service *s)
{
	for (size_t i = 0; i < s->balancer_count; i++) {
		int port = s->balancers[i].container_port;
		int64_t listens = listen_port(t);

		preflight_found(part, CHECK_TARGET_PORT,
		    has_port(t, port) && (listens == 0 || listens == port), "%d, %s mapped%s%.60s",
		    port, has_port(t, port) ? "is" : "is not",
		    listens != 0 ? ", OPS_LISTEN is " : "", env(t, "OPS_LISTEN"));
	}
}

static bool is_grpc(const struct preflight_part *part)
{
	return strncmp(part->service->values[SERVICE_PROBE], "grpc", strlen("grpc")) == 0;
}

static bool is_protocol_right(const struct preflight_part *part, const struct task *t,
    const struct elb_target_group *g)
{
	if (g->version[0] == '\0') /* TCP: whatever passes through */
		return true;
	if (is_grpc(part))
		return strcmp(g->version, "GRPC") == 0;
	return t->kind != TASK_API ||
	    (strcmp(g->protocol, "HTTP") == 0 && strcmp(g->version, "HTTP1") == 0);
}

/* Of ops-api both say whether it can work; of others what the context probes. */
static bool is_path_right(const struct preflight_part *part, const struct task *t,
    const struct elb_target_group *g)
{
	struct str probe = str_from(part->service->values[SERVICE_PROBE]);

	if (t->kind == TASK_API)
		return strcmp(g->check_path, "/readyz") == 0 ||
		    strcmp(g->check_path, "/health") == 0;
	return g->check_path[0] == '\0' || probe.n == 0 || is_grpc(part) ||
	    str_has_suffix(probe, str_from(g->check_path));
}

static void check_delay(struct preflight_part *part, const char *arn, struct err *err)
{
	struct elb_times times;

	if (elb_target_group_times(part->p->aws, arn, &times, err) != 0)
		preflight_failed(part, CHECK_TARGET_DELAY, err);
	else
		preflight_found(part, CHECK_TARGET_DELAY,
		    times.deregistration_delay_s >= DELAY_MIN_S &&
			times.deregistration_delay_s <= DELAY_MAX_S,
		    "%" PRId64 " s", times.deregistration_delay_s);
}

/* An NLB has no such attribute. */
static void check_idle(struct preflight_part *part, const struct elb_target_group *g,
    struct err *err)
{
	struct elb_times times;

	for (size_t i = 0; i < g->balancer_count; i++)
		if (elb_balancer_times(part->p->aws, g->balancers[i], &times, err) != 0)
			preflight_failed(part, CHECK_TARGET_IDLE, err);
		else if (times.idle_timeout_s >= 0)
			preflight_found(part, CHECK_TARGET_IDLE,
			    times.idle_timeout_s < KEEP_ALIVE_S, "%" PRId64 " s",
			    times.idle_timeout_s);
}

static void check_target_group(struct preflight_part *part, const struct task *t, const char *arn,
    struct err *err)
{
	struct elb_target_group g;

	if (elb_target_group(part->p->aws, arn, &g, err) != 0) {
		preflight_failed(part, CHECK_TARGET_GROUP, err);
		return;
	}
	preflight_found(part, CHECK_TARGET_GROUP, g.balancer_count > 0, "%s, %zu load balancers",
	    g.name, g.balancer_count);
	preflight_found(part, CHECK_TARGET_PROTOCOL, is_protocol_right(part, t, &g), "%s %s",
	    g.protocol, g.version);
	preflight_found(part, CHECK_TARGET_PATH, is_path_right(part, t, &g), "%.150s",
	    g.check_path[0] != '\0' ? g.check_path : "none");
	check_delay(part, arn, err);
	if (t->kind == TASK_API)
		check_idle(part, &g, err);
}

static void check_target_groups(struct preflight_part *part, const struct task *t, struct err *err)
{
	static const enum context_service_key keys[] = { SERVICE_TARGETS, SERVICE_TARGETS_2 };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (part->service->values[keys[i]][0] != '\0')
			check_target_group(part, t, part->service->values[keys[i]], err);
}

/* ---- the service ---- */

static enum task_kind kind_of(const struct task *t)
{
	if (env(t, "OPS_STORE")[0] != '\0')
		return TASK_WORKER;
	return env(t, "OPS_SECRET")[0] != '\0' ? TASK_API : TASK_OTHER;
}

/* t->answer is the caller's to free. */
static int read_task(struct preflight_part *part, const struct ecs_service *s, struct task *t,
    struct err *err)
{
	if (ecs_revision_get(part->p->aws, s->task_definition, &t->answer, err) != 0)
		return -1;
	t->container = ecs_revision_container(t->answer, part->service->values[SERVICE_CONTAINER]);
	if (t->container == NULL)
		return err_set(err, ERR_NOTFOUND, "it has no container %s",
		    part->service->values[SERVICE_CONTAINER]);
	t->kind = kind_of(t);
	return 0;
}

static void check_task(struct preflight_part *part, const struct ecs_service *s, struct err *err)
{
	struct task t = { .kind = TASK_OTHER };

	if (read_task(part, s, &t, err) != 0) {
		preflight_failed(part, CHECK_TASK_DEFINITION, err);
	} else {
		check_image(part, &t, err);
		check_logs(part, &t, err);
		check_times(part, &t);
		preflight_role(part, &t, err);
		check_port(part, &t, s);
		check_target_groups(part, &t, err);
	}
	json_free(t.answer);
}

int preflight_service(void *arg, struct err *err)
{
	struct preflight_part *part = arg;
	const char *name = part->service->values[SERVICE_ECS];
	struct ecs_service s;

	if (ecs_services(part->p->aws, part->p->context->values[CONTEXT_CLUSTER], &name, 1, &s,
		err) != 0) {
		preflight_failed(part, CHECK_SERVICE_THERE, err);
		return 0;
	}
	preflight_found(part, CHECK_SERVICE_THERE, s.is_found && strcmp(s.status, "ACTIVE") == 0,
	    "%.150s, %s", name, s.is_found ? s.status : "not found");
	if (!s.is_found)
		return 0;
	preflight_found(part, CHECK_SERVICE_BREAKER, s.has_breaker && s.breaker_rolls_back, "%s",
	    s.has_breaker ? s.breaker_rolls_back ? "on" : "on, does not roll back" : "off");
	check_task(part, &s, err);
	return 0;
}
