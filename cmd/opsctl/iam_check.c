#include "iam_check.h"

#include "iam.h"
#include "ports.h"

enum { DOCUMENT_MAX = 4 * 1024 * 1024, ARN_SIZE = 2048 };

/* A session's ARN does not tell the path of its role. */
static const char other_one[] = "run: opsctl iam --help  # --principal names a user or a role";

struct run {
	struct cli *cli;
	struct aws *aws;
	char principal[ARN_SIZE];
	struct json_writer w; /* of `found` */
	struct out_table t;
	struct buf found;
	size_t asked, denied, unsure;
};

/* ---- who ---- */

/*
 * A session has the permissions of its role, whose path its own ARN does not tell. A user's ARN is
 * what is asked about; root and federated users cannot be simulated.
 */
static int read_principal(const char *caller, char out[ARN_SIZE], struct err *err)
{
	struct str parts[5], kind, name, rest = str_from(caller), session;

	/* arn:<partition>:<service>::<account>:<kind>/<name>; what is not there is empty. */
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		(void)str_cut(rest, ':', &parts[i], &rest);
	(void)str_cut(rest, '/', &kind, &rest);
	(void)str_cut(rest, '/', &name, &session);
	if (str_is(kind, "assumed-role"))
		(void)snprintf(out, ARN_SIZE, "arn:%.*s:iam::%.*s:role/%.*s", STR_ARG(parts[1]),
		    STR_ARG(parts[4]), STR_ARG(name));
	else if (str_is(kind, "user"))
		(void)snprintf(out, ARN_SIZE, "%s", caller);
	else
		return err_set(err, ERR_CREDENTIALS,
		    "%s: only permissions of users and roles can be asked for", caller);
	return 0;
}

static int find_principal(struct run *r, struct err *err)
{
	const char *given = cli_text(r->cli, "principal");
	char *account = r->cli->context.values[CONTEXT_ACCOUNT];
	struct aws_identity who;

	if (ports_identity(r->cli, &who, err) != 0 || ports_aws(r->cli, &r->aws, err) != 0 ||
	    ports_check_account(&r->cli->context, &who, err) != 0)
		return -1;
	if (account[0] == '\0')
		(void)snprintf(account, CONTEXT_VALUE_MAX, "%s", who.account);
	if (given != NULL)
		(void)snprintf(r->principal, sizeof(r->principal), "%s", given);
	else if (read_principal(who.arn, r->principal, err) != 0)
		return cli_next(r->cli, other_one);
	return 0;
}

/* ---- what ---- */

static const char *const decisions[] = {
	[IAM_UNKNOWN] = "unknown",
	[IAM_ALLOWED] = "allowed",
	[IAM_EXPLICIT_DENY] = "denied explicitly",
	[IAM_IMPLICIT_DENY] = "not allowed",
};

static void add_row(struct run *r, const char *action, const char *resource,
    const struct iam_verdict *v)
{
	json_object_begin(&r->w);
	json_member_text(&r->w, "action", action);
	json_member_text(&r->w, "resource", resource);
	json_member_text(&r->w, "decision", decisions[v->decision]);
	json_member_bool(&r->w, "by_organization", v->is_by_organization);
	json_member_text(&r->w, "hangs_on", v->missing[0] != '\0' ? v->missing : NULL);
	json_object_end(&r->w);
	out_table_cell(&r->t, "%s", action);
	out_table_cell(&r->t, "%s", resource);
	out_table_cell(&r->t, "%s%s%s%s", decisions[v->decision],
	    v->is_by_organization ? " by the organization" : "",
	    v->missing[0] != '\0' ? ", hangs on " : "", v->missing);
}

static void take(struct run *r, const char *action, const char *resource,
    const struct iam_verdict *v)
{
	bool is_denied = v->decision != IAM_ALLOWED;

	r->asked++;
	r->denied += is_denied;
	r->unsure += !is_denied && v->missing[0] != '\0';
	if (is_denied || v->missing[0] != '\0')
		add_row(r, action, resource, v);
}

/* As many actions as one call takes; *rest is what is behind them. */
static int ask_some(struct run *r, const char *resource, struct str *rest, struct err *err)
{
	const char *actions[IAM_ACTIONS_MAX];
	struct iam_verdict verdicts[IAM_ACTIONS_MAX];
	struct str one;
	size_t count = 0;

	while (count < IAM_ACTIONS_MAX && str_cut(*rest, '\0', &one, rest))
		actions[count++] = one.p; /* its NUL is behind it */
	if (iam_simulate(r->aws, r->principal, resource, actions, count, verdicts, err) != 0)
		return err->code == ERR_NOTFOUND ? cli_next(r->cli, other_one) : -1;
	for (size_t i = 0; i < count; i++)
		take(r, actions[i], resource, &verdicts[i]);
	return 0;
}

static int ask(void *arg, const struct policy_statement *s, struct err *err)
{
	struct run *r = arg;
	struct str resource, resources = buf_str(&s->resources);

	while (str_cut(resources, '\0', &resource, &resources))
		for (struct str rest = buf_str(&s->actions); rest.n > 0;)
			if (ask_some(r, resource.p, &rest, err) != 0)
				return -1;
	return 0;
}

/* ---- what is printed ---- */

static void print_json(struct run *r, struct str names)
{
	struct buf out = BUF_INIT(2 * DOCUMENT_MAX);
	struct json_writer w;
	struct str name;

	out_json_begin(&w, &out, "opsctl/iam-check/1");
	json_member_text(&w, "context", r->cli->context.name);
	json_member_text(&w, "principal", r->principal[0] != '\0' ? r->principal : NULL);
	json_key(&w, "commands");
	json_array_begin(&w);
	while (str_cut(names, '\0', &name, &names))
		json_str(&w, name);
	json_array_end(&w);
	json_member_uint(&w, "asked", r->asked);
	json_member_uint(&w, "denied", r->denied);
	json_member_uint(&w, "unsure", r->unsure);
	json_key(&w, "findings");
	json_raw(&w, buf_str(&r->found));
	json_object_end(&w);
	out_json(r->cli, buf_str(&out));
	buf_release(&out);
}

static void print_text(struct run *r)
{
	if (r->denied + r->unsure > 0)
		out_table_print(r->cli, &r->t);
	out_text(r->cli, "%zu of %zu permitted to %s\n", r->asked - r->denied, r->asked,
	    r->principal);
	if (r->unsure > 0)
		out_note(r->cli, "what hangs on a condition is decided when it is called");
}

int iam_check(struct cli *cli, const struct policy *policy, struct str names, struct err *err)
{
	static const char *const header[] = { "ACTION", "RESOURCE", "DECISION" };
	struct run r = { .cli = cli, .found = BUF_INIT(DOCUMENT_MAX) };
	bool is_empty = policy_is_empty(policy);
	int rc = 0;

	json_writer_init(&r.w, &r.found);
	json_array_begin(&r.w);
	out_table_init(&r.t, header, ARRAY_SIZE(header));
	if (!is_empty)
		rc = find_principal(&r, err);
	if (rc == 0)
		rc = policy_each(policy, ask, &r, err);
	json_array_end(&r.w);
	if (rc == 0 && r.found.full)
		rc = err_set(err, ERR_INVALID, "more findings than can be shown; name commands");
	if (rc == 0 && cli->json)
		print_json(&r, names);
	else if (rc == 0 && !is_empty)
		print_text(&r);
	if (rc == 0 && r.denied > 0)
		cli->exit_code = EXIT_BAD;
	buf_release(&r.t.cells); /* if it was not printed */
	buf_release(&r.found);
	return rc;
}
