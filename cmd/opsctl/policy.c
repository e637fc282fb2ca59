#include "policy.h"

#include <string.h>

#include "overrides.h"
#include "policy_arn.h"

enum { ARNS_MAX = 64 * 1024, ACTION_SIZE = 96 };

#define PLACE(kind) "arn:{partition}:" kind ":{region}:{account}:"

/* `of` is the operations' resource; which queue, which parameter: what the call is about says it. */
static const struct place {
	const char *sid;
	enum aws_resource of;
	const char *template;
} places[POLICY_PLACE_COUNT] = {
	[POLICY_QUEUE] = { "Queue", AWS_ON_QUEUE, PLACE("sqs") "{queue}" },
	[POLICY_DEAD_LETTERS] = { "DeadLetters", AWS_ON_QUEUE, PLACE("sqs") "{queue}-dlq" },
	[POLICY_PARAMETER] = { "Token", AWS_ON_PARAMETER, PLACE("ssm") "parameter/{parameter}" },
	[POLICY_IMAGE_PARAMETERS] = { "ImageParameters", AWS_ON_PARAMETER,
	    PLACE("ssm") "parameter/{image-parameter}" },
	[POLICY_SECRET] = { "Secret", AWS_ON_SECRET, PLACE("secretsmanager") "secret:{secret}-*" },
	[POLICY_BUCKET] = { "Bucket", AWS_ON_BUCKET, "arn:{partition}:s3:::{bucket}" },
	[POLICY_OBJECTS] = { "Objects", AWS_ON_OBJECT, "arn:{partition}:s3:::{bucket}/{prefix}*" },
	[POLICY_CLUSTER] = { "Cluster", AWS_ON_CLUSTER, PLACE("ecs") "cluster/{cluster}" },
	[POLICY_SERVICES] = { "Services", AWS_ON_SERVICE, PLACE("ecs") "service/{cluster}/{ecs}" },
	[POLICY_SERVICE_DEPLOYMENTS] = { "ServiceDeployments", AWS_ON_SERVICE_DEPLOYMENT,
	    PLACE("ecs") "service-deployment/{cluster}/{ecs}/*" },
	[POLICY_TASKS] = { "Tasks", AWS_ON_TASK, PLACE("ecs") "task/{cluster}/*" },
	[POLICY_TASK_DEFINITIONS] = { "TaskDefinitions", AWS_ON_TASK_DEFINITION,
	    PLACE("ecs") "task-definition/*:*" },
	[POLICY_LOG_GROUPS] = { "LogGroups", AWS_ON_LOG_GROUP, PLACE("logs") "log-group:{logs}:*" },
	[POLICY_ALARMS] = { "Alarms", AWS_ON_ALARM, PLACE("cloudwatch") "alarm:*" },
	[POLICY_REPOSITORIES] = { "Repositories", AWS_ON_REPOSITORY,
	    PLACE("ecr") "repository/{repository}" },
	[POLICY_ROLES] = { "Roles", AWS_ON_ROLE, "arn:{partition}:iam::{account}:role/*" },
	[POLICY_TOPICS] = { "Topics", AWS_ON_TOPIC, PLACE("sns") "*" },
	[POLICY_NO_RESOURCE] = { "NoResourceLevel", AWS_ON_ALL, "*" },
};

/* Where permissions are needed that belong to no call; others where the operation's own are. */
static const struct {
	const char *action;
	enum policy_place place;
} elsewhere[] = {
	{ "iam:PassRole", POLICY_ROLES },
	{ "ecs:TagResource", POLICY_TASK_DEFINITIONS },
};

/* ---- places ---- */

static bool is_about(const struct command_call *call, enum policy_place place)
{
	const struct aws_operation *o = &aws_operations[call->op];

	if (o->resource == AWS_ON_TASK_AND_CLUSTER)
		return place == POLICY_TASKS || place == POLICY_CLUSTER;
	if (o->resource == AWS_ON_QUEUE)
		return place ==
		    (call->key == CALL_DEAD_LETTERS ? POLICY_DEAD_LETTERS : POLICY_QUEUE);
	if (o->resource == AWS_ON_PARAMETER)
		return place ==
		    (call->key == CALL_SERVICE(SERVICE_IMAGE_PARAMETER) ? POLICY_IMAGE_PARAMETERS
									: POLICY_PARAMETER);
	return places[place].of == o->resource;
}

static void add_arns(struct cli *cli, enum policy_place place, struct buf *out)
{
	struct policy_scope scope;

	policy_scope_init(&scope, cli);
	policy_arns(&scope, places[place].template, out);
}

void policy_resources(struct cli *cli, const struct command_call *call, struct buf *out)
{
	for (int i = 0; i < POLICY_PLACE_COUNT; i++)
		if (is_about(call, (enum policy_place)i))
			add_arns(cli, (enum policy_place)i, out);
}

/* ---- what is needed ---- */

void policy_init(struct policy *p, struct cli *cli)
{
	*p = (struct policy){ .cli = cli };
}

static enum policy_place place_besides(struct str action, enum policy_place own)
{
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (str_is(action, elsewhere[i].action))
			return elsewhere[i].place;
	return own;
}

static void add_besides(struct policy *p, enum aws_op op, enum policy_place own)
{
	struct str action, rest = str_from(aws_operations[op].also);

	while (rest.n > 0) {
		(void)str_cut(rest, '|', &action, &rest); /* the last one has no bar behind it */
		p->besides[place_besides(action, own)][op] = true;
	}
}

void policy_add(struct policy *p, const struct command *command)
{
	for (size_t i = 0; i < command->call_count; i++) {
		const struct command_call *call = &command->calls[i];

		if (!calls_fit(call, &p->cli->context))
			continue;
		for (int k = 0; k < POLICY_PLACE_COUNT; k++)
			if (is_about(call, (enum policy_place)k)) {
				p->calls[k][call->op] = true;
				add_besides(p, call->op, (enum policy_place)k);
			}
	}
}

/* ---- actions ---- */

typedef void action_fn(void *arg, const char *action, const struct aws_operation *o);

static void action_of(enum aws_op op, char out[ACTION_SIZE])
{
	const struct aws_operation *o = &aws_operations[op];

	(void)snprintf(out, ACTION_SIZE, "%s:%s", aws_services[o->service].iam_prefix,
	    o->iam != NULL ? o->iam : o->name);
}

/* Each action that is needed at a place; the same one for each operation that wants it. */
static void each_action(const struct policy *p, enum policy_place place, action_fn *fn, void *arg)
{
	char text[ACTION_SIZE];

	for (int op = 0; op < AWS_OP_COUNT; op++) {
		const struct aws_operation *o = &aws_operations[op];
		struct str action, rest = str_from(o->also);

		if (p->calls[place][op]) {
			action_of((enum aws_op)op, text);
			fn(arg, text, o);
		}
		while (p->besides[place][op] && rest.n > 0) {
			(void)str_cut(rest, '|', &action, &rest); /* as above */
			(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(action));
			if (place_besides(action, place) == place)
				fn(arg, text, NULL);
		}
	}
}

/* ---- statements ---- */

/* Each action once. */
static void add_action(void *arg, const char *action, const struct aws_operation *o)
{
	struct buf *actions = arg;
	struct str rest = buf_str(actions), one;

	(void)o;
	while (str_cut(rest, '\0', &one, &rest))
		if (str_is(one, action))
			return;
	buf_add(actions, (struct str){ action, strlen(action) + 1 });
}

int policy_each(const struct policy *p,
    int (*fn)(void *arg, const struct policy_statement *s, struct err *err), void *arg,
    struct err *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < POLICY_PLACE_COUNT; i++) {
		struct policy_statement s = { .sid = places[i].sid,
			.actions = BUF_INIT(ARNS_MAX),
			.resources = BUF_INIT(ARNS_MAX) };

		each_action(p, (enum policy_place)i, add_action, &s.actions);
		add_arns(p->cli, (enum policy_place)i, &s.resources);
		if (s.actions.n > 0)
			rc = fn(arg, &s, err);
		buf_release(&s.actions);
		buf_release(&s.resources);
	}
	return rc;
}

/* ---- the document ---- */

static void list_json(struct json_writer *w, const char *key, const struct buf *list)
{
	struct str rest = buf_str(list), one;

	json_key(w, key);
	json_array_begin(w);
	while (str_cut(rest, '\0', &one, &rest))
		json_str(w, one);
	json_array_end(w);
}

static int statement_json(void *arg, const struct policy_statement *s, struct err *err)
{
	struct json_writer *w = arg;

	(void)err;
	json_object_begin(w);
	json_member_text(w, "Sid", s->sid);
	json_member_text(w, "Effect", "Allow");
	list_json(w, "Action", &s->actions);
	list_json(w, "Resource", &s->resources);
	json_object_end(w);
	return 0;
}

static void count_action(void *arg, const char *action, const struct aws_operation *o)
{
	size_t *count = arg;

	(void)action, (void)o;
	++*count;
}

static bool is_empty(const struct policy *p, enum policy_place place)
{
	size_t count = 0;

	each_action(p, place, count_action, &count);
	return count == 0;
}

bool policy_is_empty(const struct policy *p)
{
	for (int i = 0; i < POLICY_PLACE_COUNT; i++)
		if (!is_empty(p, (enum policy_place)i))
			return false;
	return true;
}

void policy_json(const struct policy *p, struct json_writer *w)
{
	struct err none;

	json_object_begin(w);
	json_member_text(w, "Version", "2012-10-17");
	json_key(w, "Statement");
	json_array_begin(w);
	(void)policy_each(p, statement_json, w, &none); /* writing cannot fail */
	json_array_end(w);
	json_object_end(w);
}

/* ---- for programs ---- */

struct permissions {
	const struct policy *p;
	struct json_writer *w;
	enum policy_place place;
};

static void arns_json(struct json_writer *w, const char *key, struct cli *cli,
    enum policy_place place)
{
	struct buf arns = BUF_INIT(ARNS_MAX);

	add_arns(cli, place, &arns);
	list_json(w, key, &arns);
	buf_release(&arns);
}

static void permission_json(void *arg, const char *action, const struct aws_operation *o)
{
	struct permissions *list = arg;

	json_object_begin(list->w);
	json_member_text(list->w, "action", action);
	json_member_text(list->w, "service",
	    o != NULL ? aws_services[o->service].iam_prefix : NULL);
	json_member_text(list->w, "operation", o != NULL ? o->name : NULL);
	json_member_text(list->w, "billed", o != NULL ? o->billed : NULL);
	arns_json(list->w, "resources", list->p->cli, list->place);
	json_member_bool(list->w, "has_resource_level", list->place != POLICY_NO_RESOURCE);
	json_object_end(list->w);
}

void policy_permissions_json(const struct policy *p, struct json_writer *w)
{
	struct permissions list = { .p = p, .w = w };

	json_array_begin(w);
	for (int i = 0; i < POLICY_PLACE_COUNT; i++) {
		list.place = (enum policy_place)i;
		each_action(p, list.place, permission_json, &list);
	}
	json_array_end(w);
}

/* ---- notes ---- */

/* Where a key of the account's own is used, the caller decrypts with it. */
static bool may_need_key(const struct policy *p)
{
	static const enum policy_place encrypted[] = { POLICY_DEAD_LETTERS, POLICY_PARAMETER,
		POLICY_SECRET, POLICY_OBJECTS };

	for (size_t i = 0; i < ARRAY_SIZE(encrypted); i++)
		if (!is_empty(p, encrypted[i]))
			return true;
	return false;
}

/* Whether an ARN stands in it. */
static bool has_arns(const struct policy *p)
{
	for (int i = 0; i < POLICY_NO_RESOURCE; i++)
		if (!is_empty(p, (enum policy_place)i))
			return true;
	return false;
}

void policy_notes(const struct policy *p, struct buf *out)
{
	char lack[OVERRIDES_LACK_SIZE];
	struct policy_scope scope;

	policy_scope_init(&scope, p->cli);
	if (policy_is_empty(p))
		buf_addf(out, "in context %s nothing of AWS is called: no policy is needed\n",
		    p->cli->context.name);
	if (!is_empty(p, POLICY_DEAD_LETTERS))
		buf_addf(out, "the dead-letter queue is taken to be called %s-dlq\n",
		    scope.queue.name);
	if (!is_empty(p, POLICY_NO_RESOURCE))
		buf_adds(out, "NoResourceLevel: these actions can be given on \"*\" only\n");
	if (has_arns(p) && (scope.account[0] == '\0' || scope.region[0] == '\0'))
		buf_addf(out, "%s: \"*\" stands in the ARNs for it\n",
		    overrides_lack(&p->cli->context,
			scope.account[0] == '\0' ? CONTEXT_ACCOUNT : CONTEXT_REGION, lack));
	if (may_need_key(p))
		buf_adds(out,
		    "where a KMS key of your own encrypts, kms:Decrypt on it is needed "
		    "besides\n");
}
