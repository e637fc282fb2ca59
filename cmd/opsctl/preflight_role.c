/* The preflight of a task role: what the service must do, and what it must not be able to do. */
#include <string.h>

#include "iam.h"
#include "preflight_service.h"

enum { ARNS_MAX = 4096 };

#define ARN(service) "arn:{partition}:" service ":{region}:{account}:"

static const char queue_arn[] = ARN("sqs") "{queue}";
static const char dead_arn[] = ARN("sqs") "{queue}-dlq";
static const char parameter_arn[] = ARN("ssm") "parameter/{parameter}";
static const char secret_arn[] = ARN("secretsmanager") "secret:{secret}-AbCdEf";
static const char bucket_arn[] = "arn:{partition}:s3:::{bucket}";
static const char object_arn[] = "arn:{partition}:s3:::{bucket}/{prefix}2026/01/01/00/x.ndjson";

/* Duties of one role on one resource stand together: they are asked for at once. */
static const struct duty {
	enum task_kind kind;
	const char *resource; /* template, as policy_arns() has it */
	const char *action;
	bool must; /* false: must not */
} duties[] = {
	{ TASK_API, queue_arn, "sqs:SendMessage", true },
	{ TASK_API, queue_arn, "sqs:ReceiveMessage", false },
	{ TASK_API, queue_arn, "sqs:DeleteMessage", false },
	{ TASK_API, queue_arn, "sqs:PurgeQueue", false },
	{ TASK_API, parameter_arn, "ssm:GetParameter", true },
	{ TASK_API, parameter_arn, "ssm:PutParameter", false },
	{ TASK_API, secret_arn, "secretsmanager:GetSecretValue", true },
	{ TASK_API, secret_arn, "secretsmanager:PutSecretValue", false },
	{ TASK_API, object_arn, "s3:GetObject", false },
	{ TASK_API, object_arn, "s3:PutObject", false },
	{ TASK_WORKER, queue_arn, "sqs:ReceiveMessage", true },
	{ TASK_WORKER, queue_arn, "sqs:DeleteMessage", true },
	{ TASK_WORKER, queue_arn, "sqs:ChangeMessageVisibility", true },
	{ TASK_WORKER, queue_arn, "sqs:GetQueueAttributes", true },
	{ TASK_WORKER, queue_arn, "sqs:SendMessage", false },
	{ TASK_WORKER, queue_arn, "sqs:PurgeQueue", false },
	{ TASK_WORKER, dead_arn, "sqs:ReceiveMessage", false },
	{ TASK_WORKER, dead_arn, "sqs:DeleteMessage", false },
	{ TASK_WORKER, object_arn, "s3:PutObject", true },
	{ TASK_WORKER, object_arn, "s3:GetObject", true },
	{ TASK_WORKER, object_arn, "s3:DeleteObject", false },
	{ TASK_WORKER, bucket_arn, "s3:ListBucket", true },
	{ TASK_WORKER, parameter_arn, "ssm:GetParameter", false },
	{ TASK_WORKER, secret_arn, "secretsmanager:GetSecretValue", false },
};

/* What came out for all duties, each kind a list of actions. */
struct outcome {
	struct buf lacking, excessive, missing;
	size_t asked, unsure;
};

static void add_action(struct buf *list, const char *action)
{
	buf_addf(list, "%s%s", list->n > 0 ? ", " : "", action);
}

static void judge(const struct duty *d, const struct iam_verdict *v, struct outcome *out)
{
	bool is_allowed = v->decision == IAM_ALLOWED;

	out->asked++;
	if (v->decision == IAM_UNKNOWN || v->missing[0] != '\0') {
		out->unsure++;
		add_action(&out->missing, v->missing[0] != '\0' ? v->missing : d->action);
	}
	if (v->decision != IAM_UNKNOWN && is_allowed != d->must)
		add_action(d->must ? &out->lacking : &out->excessive, d->action);
}

/* The token is in one of two services, the other has none. */
static bool is_meant(const struct preflight *p, const char *resource)
{
	if (resource == parameter_arn)
		return p->scope.parameter.n > 0;
	if (resource == secret_arn)
		return p->scope.secret.n > 0;
	return resource == bucket_arn || resource == object_arn ? p->scope.bucket.n > 0
								: p->scope.queue.name[0] != '\0';
}

/* One call for the duties from `d` on that are of the same role and resource. */
static int ask(const struct preflight *p, const char *role, const struct duty *d, size_t count,
    struct outcome *out, struct err *err)
{
	struct buf arn = BUF_INIT(ARNS_MAX);
	const char *actions[IAM_ACTIONS_MAX];
	struct iam_verdict verdicts[IAM_ACTIONS_MAX];
	int rc;

	for (size_t i = 0; i < count; i++)
		actions[i] = d[i].action;
	policy_arns(&p->scope, d->resource, &arn);
	rc = iam_simulate(p->aws, role, buf_text(&arn), actions, count, verdicts, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		judge(&d[i], &verdicts[i], out);
	buf_release(&arn);
	return rc;
}

static int ask_all(const struct preflight *p, const char *role, enum task_kind kind,
    struct outcome *out, struct err *err)
{
	for (size_t i = 0, next; i < ARRAY_SIZE(duties); i = next) {
		for (next = i + 1; next < ARRAY_SIZE(duties) &&
		     duties[next].kind == duties[i].kind &&
		     duties[next].resource == duties[i].resource;)
			next++;
		if (duties[i].kind == kind && is_meant(p, duties[i].resource) &&
		    ask(p, role, &duties[i], next - i, out, err) != 0)
			return -1;
	}
	return 0;
}

static void report(struct preflight_part *part, const struct outcome *out, struct err *err)
{
	preflight_found(part, CHECK_ROLE_MUST, out->lacking.n == 0, "%s%.150s",
	    out->lacking.n > 0 ? "may not: " : "may all of it", buf_text(&out->lacking));
	preflight_found(part, CHECK_ROLE_MUST_NOT, out->excessive.n == 0, "%s%.150s",
	    out->excessive.n > 0 ? "may: " : "may none of it", buf_text(&out->excessive));
	if (out->unsure == 0)
		return;
	(void)err_set(err, ERR_INVALID, "%zu of %zu decisions hang on %.150s", out->unsure,
	    out->asked, buf_text(&out->missing));
	preflight_failed(part, CHECK_ROLE_MUST, err);
}

void preflight_role(struct preflight_part *part, const struct task *t, struct err *err)
{
	const char *role = json_get_text(
	    json_get(json_get(t->answer, "taskDefinition"), "taskRoleArn"), "");
	struct outcome out = {
		.lacking = BUF_INIT(4096),
		.excessive = BUF_INIT(4096),
		.missing = BUF_INIT(4096),
	};

	if (t->kind == TASK_OTHER)
		return; /* what it must is not known */
	preflight_found(part, CHECK_ROLE_THERE, role[0] != '\0', "%.150s",
	    role[0] != '\0' ? role : "none");
	if (role[0] != '\0') {
		if (ask_all(part->p, role, t->kind, &out, err) != 0)
			preflight_failed(part, CHECK_ROLE_MUST, err);
		else
			report(part, &out, err);
	}
	buf_release(&out.lacking);
	buf_release(&out.excessive);
	buf_release(&out.missing);
}
