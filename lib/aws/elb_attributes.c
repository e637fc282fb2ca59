#include "elb_attributes.h"

#include <string.h>

#include "field.h"

enum { BODY_MAX = 4096 };

static void read_attribute(const struct xml *member, struct elb_times *out)
{
	struct {
		const char *key;
		int64_t *value;
	} const rows[] = {
		{ "deregistration_delay.timeout_seconds", &out->deregistration_delay_s },
		{ "idle_timeout.timeout_seconds", &out->idle_timeout_s },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(xml_get_text(member, "Key", ""), rows[i].key) == 0)
			*rows[i].value = field_xml_int(member, "Value", -1);
}

int elb_read_times(const struct xml *root, struct elb_times *out, struct err *err)
{
	const struct xml *result = xml_first(root), *list = xml_get(result, "Attributes");

	if (list == NULL)
		return err_set(err, ERR_CORRUPT,
		    "elasticloadbalancing: the answer has no Attributes");
	*out = (struct elb_times){ .deregistration_delay_s = -1, .idle_timeout_s = -1 };
	for (const struct xml *m = xml_first(list); m != NULL; m = xml_next(m))
		read_attribute(m, out);
	return 0;
}

static int ask(struct aws *a, enum aws_op op, const char *member, const char *arn,
    struct elb_times *out, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct aws_request r = { .op = op, .resource = arn };
	struct xml *root = NULL;
	int rc;

	buf_addf(&body, "%s=", member);
	sigv4_encode(&body, str_from(arn), false);
	r.body = buf_str(&body);
	rc = body.full ? err_set(err, ERR_INVALID, "elasticloadbalancing: the name is too long")
		       : aws_call_xml(a, &r, NULL, &root, err);
	if (rc == 0)
		rc = elb_read_times(root, out, err);
	xml_free(root);
	buf_release(&body);
	return rc;
}

int elb_target_group_times(struct aws *a, const char *target_group_arn, struct elb_times *out,
    struct err *err)
{
	return ask(a, ELBV2_DESCRIBE_TARGET_GROUP_ATTRIBUTES, "TargetGroupArn", target_group_arn,
	    out, err);
}

int elb_balancer_times(struct aws *a, const char *balancer_arn, struct elb_times *out,
    struct err *err)
{
	return ask(a, ELBV2_DESCRIBE_LOAD_BALANCER_ATTRIBUTES, "LoadBalancerArn", balancer_arn, out,
	    err);
}
