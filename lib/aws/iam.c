#include "iam.h"

#include <assert.h>
#include <string.h>

#include "endpoint.h"
#include "field.h"

enum { BODY_MAX = 16 * 1024 };

/* ---- reading ---- */

static void read_verdict(const struct xml *result, struct iam_verdict *out)
{
	static const char *const names[] = {
		[IAM_ALLOWED] = "allowed",
		[IAM_EXPLICIT_DENY] = "explicitDeny",
		[IAM_IMPLICIT_DENY] = "implicitDeny",
	};
	const struct xml *missing = xml_first(xml_get(result, "MissingContextValues")),
			 *organization = xml_get(result, "OrganizationsDecisionDetail");
	const char *by_organization = xml_get_text(organization, "AllowedByOrganizations", "true");

	out->decision = (enum iam_decision)field_choice(xml_get_text(result, "EvalDecision", ""),
	    names, ARRAY_SIZE(names), IAM_UNKNOWN);
	out->is_by_organization = strcmp(by_organization, "false") == 0;
	field_copy(out->missing, sizeof(out->missing), xml_text(missing));
}

int iam_read_simulation(const struct xml *root, const char *const *actions, size_t count,
    struct iam_verdict *out, struct err *err)
{
	const struct xml *list = xml_get(xml_get(root, "SimulatePrincipalPolicyResult"),
	    "EvaluationResults");

	if (list == NULL)
		return err_set(err, ERR_CORRUPT,
		    "iam SimulatePrincipalPolicy: the answer has no EvaluationResults");
	for (size_t i = 0; i < count; i++)
		out[i] = (struct iam_verdict){ .decision = IAM_UNKNOWN };
	for (const struct xml *m = xml_first(list); m != NULL; m = xml_next(m))
		for (size_t i = 0; i < count; i++)
			if (strcmp(xml_get_text(m, "EvalActionName", ""), actions[i]) == 0)
				read_verdict(m, &out[i]);
	return 0;
}

/* ---- asking ---- */

static void add_pair(struct buf *body, const char *name, const char *value)
{
	buf_addf(body, "%s%s=", body->n > 0 ? "&" : "", name);
	sigv4_encode(body, str_from(value), false);
}

static void write_body(struct buf *body, const char *role_arn, const char *resource,
    const char *const *actions, size_t count)
{
	char name[40];

	add_pair(body, "PolicySourceArn", role_arn);
	add_pair(body, "ResourceArns.member.1", resource);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "ActionNames.member.%zu", i + 1);
		add_pair(body, name, actions[i]);
	}
}

int iam_simulate(struct aws *a, const char *role_arn, const char *resource,
    const char *const *actions, size_t count, struct iam_verdict *out, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct aws_request r = { .op = IAM_SIMULATE_PRINCIPAL_POLICY };
	const char *region;
	struct xml *root = NULL;
	int rc;

	assert(count <= IAM_ACTIONS_MAX);
	if (aws_region(a, &region, err) != 0)
		return -1;
	write_body(&body, role_arn, resource, actions, count);
	r.body = buf_str(&body);
	r.region = region_home(region);
	r.resource = str_behind_last(role_arn, '/');
	rc = body.full ? err_set(err, ERR_INVALID, "role '%.100s': the name is too long", role_arn)
		       : aws_call_xml(a, &r, NULL, &root, err);
	if (rc == 0)
		rc = iam_read_simulation(root, actions, count, out, err);
	xml_free(root);
	buf_release(&body);
	return rc;
}
