#include "elb.h"

#include <string.h>

#include "field.h"
#include "mem.h"

enum { BODY_MAX = 4 * 1024, ANSWER_MAX = 8 * 1024 * 1024 };

/* ---- states ---- */

static const char *const state_names[ELB_STATE_COUNT] = {
	[ELB_HEALTHY] = "healthy",
	[ELB_INITIAL] = "initial",
	[ELB_UNHEALTHY] = "unhealthy",
	[ELB_DRAINING] = "draining",
	[ELB_UNHEALTHY_DRAINING] = "unhealthy.draining",
	[ELB_UNUSED] = "unused",
	[ELB_UNAVAILABLE] = "unavailable",
	[ELB_STATE_OTHER] = "unknown",
};

const char *elb_state_name(enum elb_state state)
{
	return state_names[state];
}

static enum elb_state state_of(const char *text)
{
	static const char *const classic[] = {
		[ELB_HEALTHY] = "InService",
		[ELB_UNHEALTHY] = "OutOfService",
	};
	unsigned state = field_choice(text, classic, ARRAY_SIZE(classic), ELB_STATE_COUNT);

	if (state == ELB_STATE_COUNT)
		state = field_choice(text, state_names, ARRAY_SIZE(state_names), ELB_STATE_OTHER);
	return (enum elb_state)state;
}

/* ---- targets ---- */

void elb_targets_release(struct elb_targets *targets)
{
	if (targets != NULL) {
		free(targets->items);
		*targets = (struct elb_targets){ .count = 0 };
	}
}

/* NULL: enough of them. */
static struct elb_target *add(struct elb_targets *t)
{
	enum { STEP = 16 };

	if (t->count == ELB_TARGETS_MAX) {
		t->is_cut = true;
		return NULL;
	}
	if (t->count % STEP == 0)
		t->items = xrealloc(t->items, (t->count + STEP) * sizeof(t->items[0]));
	t->items[t->count] = (struct elb_target){ .port = 0 };
	return &t->items[t->count++];
}

static void read_target(const struct xml *member, struct elb_targets *out)
{
	const struct xml *target = xml_get(member, "Target"),
			 *health = xml_get(member, "TargetHealth");
	struct elb_target *t = add(out);

	if (t == NULL)
		return;
	field_xml(t->id, sizeof(t->id), target, "Id");
	field_xml(t->zone, sizeof(t->zone), target, "AvailabilityZone");
	t->port = (int)field_xml_int(target, "Port", 0);
	t->state = state_of(xml_get_text(health, "State", ""));
	field_xml(t->reason, sizeof(t->reason), health, "Reason");
	field_xml(t->description, sizeof(t->description), health, "Description");
	out->by_state[t->state]++;
}

/* "N/A" is how a Classic one says that there is nothing to say. */
static void read_said(char *out, size_t size, const struct xml *member, const char *child)
{
	const char *text = xml_get_text(member, child, "");

	field_copy(out, size, strcmp(text, "N/A") == 0 ? "" : text);
}

static void read_instance(const struct xml *member, struct elb_targets *out)
{
	struct elb_target *t = add(out);

	if (t == NULL)
		return;
	field_xml(t->id, sizeof(t->id), member, "InstanceId");
	t->state = state_of(xml_get_text(member, "State", ""));
	read_said(t->reason, sizeof(t->reason), member, "ReasonCode");
	read_said(t->description, sizeof(t->description), member, "Description");
	out->by_state[t->state]++;
}

static int read_members(const struct xml *list, const char *what,
    void (*read)(const struct xml *member, struct elb_targets *out), struct elb_targets *out,
    struct err *err)
{
	if (list == NULL)
		return err_set(err, ERR_CORRUPT, "elasticloadbalancing %s", what);
	for (const struct xml *m = xml_first(list); m != NULL; m = xml_next(m))
		if (xml_is(m, "member"))
			read(m, out);
	return 0;
}

int elb_read_target_health(const struct xml *root, struct elb_targets *out, struct err *err)
{
	const struct xml *result = xml_get(root, "DescribeTargetHealthResult");

	return read_members(xml_get(result, "TargetHealthDescriptions"),
	    "DescribeTargetHealth: the answer has no TargetHealthDescriptions", read_target, out,
	    err);
}

int elb_read_instance_health(const struct xml *root, struct elb_targets *out, struct err *err)
{
	const struct xml *result = xml_get(root, "DescribeInstanceHealthResult");

	return read_members(xml_get(result, "InstanceStates"),
	    "DescribeInstanceHealth: the answer has no InstanceStates", read_instance, out, err);
}

/* ---- target groups ---- */

static int read_balancers(const struct xml *list, struct elb_target_group *out, struct err *err)
{
	for (const struct xml *m = xml_first(list);
	     m != NULL && out->balancer_count < ELB_BALANCERS_MAX; m = xml_next(m)) {
		if (strlen(xml_text(m)) >= ELB_ARN_SIZE)
			return err_set(err, ERR_CORRUPT, "LoadBalancerArns: longer than %d bytes",
			    ELB_ARN_SIZE - 1);
		field_copy(out->balancers[out->balancer_count++], ELB_ARN_SIZE, xml_text(m));
	}
	return 0;
}

static void read_check(const struct xml *g, struct elb_target_group *out)
{
	out->is_checked = strcmp(xml_get_text(g, "HealthCheckEnabled", "true"), "true") == 0;
	field_xml(out->check_protocol, sizeof(out->check_protocol), g, "HealthCheckProtocol");
	field_xml(out->check_port, sizeof(out->check_port), g, "HealthCheckPort");
	field_xml(out->check_path, sizeof(out->check_path), g, "HealthCheckPath");
	field_xml(out->matcher, sizeof(out->matcher), xml_get(g, "Matcher"), "HttpCode");
	if (out->matcher[0] == '\0')
		field_xml(out->matcher, sizeof(out->matcher), xml_get(g, "Matcher"), "GrpcCode");
	out->interval_s = (int)field_xml_int(g, "HealthCheckIntervalSeconds", 0);
	out->timeout_s = (int)field_xml_int(g, "HealthCheckTimeoutSeconds", 0);
	out->healthy_threshold = (int)field_xml_int(g, "HealthyThresholdCount", 0);
	out->unhealthy_threshold = (int)field_xml_int(g, "UnhealthyThresholdCount", 0);
}

int elb_read_target_group(const struct xml *root, struct elb_target_group *out, struct err *err)
{
	const struct xml *result = xml_get(root, "DescribeTargetGroupsResult"),
			 *g = xml_first(xml_get(result, "TargetGroups"));

	if (g == NULL)
		return err_set(err, ERR_CORRUPT,
		    "elasticloadbalancing DescribeTargetGroups: the answer has no target group");
	*out = (struct elb_target_group){ .port = (int)field_xml_int(g, "Port", 0) };
	if (field_xml_name(out->arn, sizeof(out->arn), g, "TargetGroupArn", err) != 0)
		return -1;
	field_xml(out->name, sizeof(out->name), g, "TargetGroupName");
	field_xml(out->protocol, sizeof(out->protocol), g, "Protocol");
	field_xml(out->version, sizeof(out->version), g, "ProtocolVersion");
	field_xml(out->target_type, sizeof(out->target_type), g, "TargetType");
	read_check(g, out);
	return read_balancers(xml_get(g, "LoadBalancerArns"), out, err);
}

/* ---- asking ---- */

/* arn:...:targetgroup/NAME/ID is NAME to people. */
static void short_name(const char *arn, char *out, size_t size)
{
	struct str head, tail;

	(void)str_cut(str_from(arn), '/', &head, &tail);
	(void)str_cut(tail.n > 0 ? tail : head, '/', &head, &tail);
	(void)snprintf(out, size, "%.*s", STR_ARG(head));
}

static int call(struct aws *a, enum aws_op op, const char *member, const char *name,
    struct xml **root, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct aws_request r = { .op = op, .answer_max = ANSWER_MAX };
	char people[128];
	int rc;

	short_name(name, people, sizeof(people));
	buf_addf(&body, "%s=", member);
	sigv4_encode(&body, str_from(name), false);
	r.resource = people;
	r.body = buf_str(&body);
	rc = body.full ? err_set(err, ERR_INVALID, "elasticloadbalancing: the name is too long")
		       : aws_call_xml(a, &r, NULL, root, err);
	buf_release(&body);
	return rc;
}

int elb_target_health(struct aws *a, const char *target_group_arn, struct elb_targets *out,
    struct err *err)
{
	struct xml *root = NULL;
	int rc;

	*out = (struct elb_targets){ .count = 0 };
	rc = call(a, ELBV2_DESCRIBE_TARGET_HEALTH, "TargetGroupArn", target_group_arn, &root, err);
	if (rc == 0)
		rc = elb_read_target_health(root, out, err);
	xml_free(root);
	return rc;
}

int elb_instance_health(struct aws *a, const char *name, struct elb_targets *out, struct err *err)
{
	struct xml *root = NULL;
	int rc;

	*out = (struct elb_targets){ .count = 0 };
	rc = call(a, ELB_DESCRIBE_INSTANCE_HEALTH, "LoadBalancerName", name, &root, err);
	if (rc == 0)
		rc = elb_read_instance_health(root, out, err);
	xml_free(root);
	return rc;
}

int elb_target_group(struct aws *a, const char *target_group_arn, struct elb_target_group *out,
    struct err *err)
{
	struct xml *root = NULL;
	int rc = call(a, ELBV2_DESCRIBE_TARGET_GROUPS, "TargetGroupArns.member.1", target_group_arn,
	    &root, err);

	if (rc == 0)
		rc = elb_read_target_group(root, out, err);
	xml_free(root);
	return rc;
}
