#include <inttypes.h>
#include <unistd.h>

#include "calls.h"
#include "commands.h"
#include "count.h"
#include "fanout.h"
#include "mem.h"
#include "ports.h"
#include "preflight.h"
#include "recording.h"
#include "screen.h"

enum {
	DOCUMENT_MAX = 1024 * 1024,
	PARTS_MAX = CONTEXT_SERVICES_MAX + 5,
	COLUMN_GAP = 2,
	CUT_MARK = 3, /* "..." */
	FOUND_MIN = 12,
	FOUND_MAX = 200,
	FIX_MAX = 2 * CONTEXT_VALUE_MAX,
};

struct run {
	struct cli *cli;
	struct preflight p;
	struct preflight_part *parts; /* PARTS_MAX of them */
	struct fanout_job jobs[PARTS_MAX];
	size_t count;
	uint64_t by_state[PREFLIGHT_STATE_COUNT];
	bool has_roles; /* a simulation was asked */
};

/* ---- parts ---- */

static struct preflight_part *add_part(struct run *r, const char *name,
    int (*look)(void *arg, struct err *err))
{
	struct preflight_part *part = &r->parts[r->count];

	*part = (struct preflight_part){ .name = name, .p = &r->p };
	r->jobs[r->count++] = (struct fanout_job){ .what = name, .run = look, .arg = part };
	return part;
}

static void add_ports(struct run *r)
{
	static const struct {
		const char *name, *scheme;
		enum context_key key;
		int (*look)(void *arg, struct err *err);
	} ports[] = {
		{ "token", "ssm:", CONTEXT_SECRET, preflight_token },
		{ "token", "secretsmanager:", CONTEXT_SECRET, preflight_secret },
		{ "queue", "http", CONTEXT_QUEUE, preflight_queue },
		{ "store", "s3:", CONTEXT_STORE, preflight_store },
		{ "alarms", "", CONTEXT_ALARMS, preflight_alarms },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		struct str value = str_from(r->cli->context.values[ports[i].key]);

		if (value.n > 0 && str_has_prefix(value, str_from(ports[i].scheme)))
			(void)add_part(r, ports[i].name, ports[i].look);
	}
}

static void add_services(struct run *r)
{
	const struct context *c = &r->cli->context;

	for (size_t i = 0; c->values[CONTEXT_CLUSTER][0] != '\0' && i < c->service_count; i++)
		if (c->services[i].values[SERVICE_ECS][0] != '\0')
			add_part(r, c->services[i].name, preflight_service)->service =
			    &c->services[i];
}

/* Who we are is asked first: with the wrong credentials nothing else is worth asking. */
static int add_account(struct run *r, struct err *err)
{
	struct preflight_part *part = &r->parts[r->count];
	struct aws_identity who;
	struct err other;

	if (ports_identity(r->cli, &who, err) != 0 || ports_aws(r->cli, &r->p.aws, err) != 0)
		return -1;
	*part = (struct preflight_part){ .name = "account", .p = &r->p };
	if (ports_check_account(&r->cli->context, &who, &other) == 0)
		preflight_found(part, CHECK_ACCOUNT, true, "%s", who.account);
	else
		preflight_found(part, CHECK_ACCOUNT, false, "%s", other.text);
	return 0;
}

static int look(struct run *r, struct err *err)
{
	size_t first = 0;

	if (r->cli->context.local_dir[0] != '\0') {
		if (recording_allows_files(r->cli, "the system", err) != 0)
			return -1;
		(void)add_part(r, "local", preflight_local);
	} else {
		if (add_account(r, err) != 0)
			return -1;
		first = r->count++;
		r->jobs[first] = (struct fanout_job){ .what = "account" };
		policy_scope_init(&r->p.scope, r->cli);
		add_ports(r);
		add_services(r);
		first++;
	}
	fanout_run(r->cli, "checking", r->jobs + first, r->count - first, false);
	return 0;
}

/* ---- what is printed ---- */

static enum out_color color_of(enum preflight_state state)
{
	static const enum out_color colors[PREFLIGHT_STATE_COUNT] = {
		[PREFLIGHT_OK] = COLOR_GREEN,
		[PREFLIGHT_WARN] = COLOR_YELLOW,
		[PREFLIGHT_BAD] = COLOR_RED,
		[PREFLIGHT_UNKNOWN] = COLOR_YELLOW,
	};

	return colors[state];
}

static void count_findings(struct run *r)
{
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->parts[i].count; k++) {
			r->by_state[r->parts[i].findings[k].state]++;
			r->has_roles = r->has_roles ||
			    r->parts[i].findings[k].check == CHECK_ROLE_MUST;
		}
}

static const char role_note[] =
    "roles: policies of queue, bucket and KMS keys are not part of IAM's simulation";

static void finding_json(struct json_writer *w, const struct preflight_part *part,
    const struct preflight_finding *f)
{
	bool is_ok = f->state == PREFLIGHT_OK;
	struct buf fix = BUF_INIT(FIX_MAX);

	preflight_fix(part, f->check, &fix);
	json_object_begin(w);
	json_member_text(w, "part", part->name);
	json_member_text(w, "check", preflight_name(f->check));
	json_member_text(w, "state", preflight_state_name(f->state));
	json_member_text(w, "detail", f->detail);
	json_member_text(w, "why", is_ok ? NULL : preflight_why(f->check));
	json_member_text(w, "fix", is_ok ? NULL : buf_text(&fix));
	json_object_end(w);
	buf_release(&fix);
}

static void print_json(const struct run *r)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/verify/1");
	json_member_text(&w, "context", r->cli->context.name);
	json_key(&w, "findings");
	json_array_begin(&w);
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->parts[i].count; k++)
			finding_json(&w, &r->parts[i], &r->parts[i].findings[k]);
	json_array_end(&w);
	json_key(&w, "counts");
	json_object_begin(&w);
	for (int s = 0; s < PREFLIGHT_STATE_COUNT; s++)
		json_member_uint(&w, preflight_state_name((enum preflight_state)s), r->by_state[s]);
	json_object_end(&w);
	json_member_text(&w, "note", r->has_roles ? role_note : NULL);
	json_member_bool(&w, "ok", r->cli->exit_code == EXIT_OK);
	json_object_end(&w);
	out_json(r->cli, buf_str(&out));
	buf_release(&out);
}

static size_t wider(size_t width, const char *text)
{
	return strlen(text) > width ? strlen(text) : width;
}

/* What the terminal has left for the last column; in full it stands below. */
static int room_for_found(const struct run *r)
{
	size_t columns = screen_columns(STDOUT_FILENO), part = 0, check = 0, state = 0, used;

	for (size_t i = 0; i < r->count; i++) {
		part = wider(part, r->parts[i].name);
		for (size_t k = 0; k < r->parts[i].count; k++) {
			check = wider(check, preflight_name(r->parts[i].findings[k].check));
			state = wider(state, preflight_state_name(r->parts[i].findings[k].state));
		}
	}
	used = part + check + state + 3 * COLUMN_GAP + CUT_MARK;
	if (columns == SIZE_MAX)
		return FOUND_MAX;
	return columns > used + FOUND_MIN ? (int)(columns - used) : FOUND_MIN;
}

static void print_table(const struct run *r)
{
	static const char *const header[] = { "PART", "CHECK", "STATE", "FOUND" };
	int room = room_for_found(r);
	struct out_table table;

	out_table_init(&table, header, ARRAY_SIZE(header));
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->parts[i].count; k++) {
			const struct preflight_finding *f = &r->parts[i].findings[k];

			out_table_cell(&table, "%s", r->parts[i].name);
			out_table_cell(&table, "%s", preflight_name(f->check));
			out_table_cell(&table, "%s", preflight_state_name(f->state));
			out_table_cell(&table, "%.*s%s", room, f->detail,
			    strlen(f->detail) > (size_t)room ? "..." : "");
		}
	out_table_print(r->cli, &table);
}

static void print_remedy(struct cli *cli, const struct preflight_part *part,
    enum preflight_check check)
{
	struct buf fix = BUF_INIT(FIX_MAX);

	preflight_fix(part, check, &fix);
	out_text(cli, "  why  %s\n  fix  %s\n", preflight_why(check), buf_text(&fix));
	buf_release(&fix);
}

/* Those in one state, in full. */
static void print_findings(const struct run *r, enum preflight_state state)
{
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->parts[i].count; k++) {
			const struct preflight_finding *f = &r->parts[i].findings[k];

			if (f->state != state)
				continue;
			out_text(r->cli, "\n%s%s%s: %s, %s: %s\n",
			    out_color(r->cli, color_of(state)), preflight_state_name(state),
			    out_color(r->cli, COLOR_NONE), r->parts[i].name,
			    preflight_name(f->check), f->detail);
			if (state != PREFLIGHT_UNKNOWN)
				print_remedy(r->cli, &r->parts[i], f->check);
		}
}

static void print_text(const struct run *r)
{
	print_table(r);
	print_findings(r, PREFLIGHT_BAD);
	print_findings(r, PREFLIGHT_WARN);
	print_findings(r, PREFLIGHT_UNKNOWN);
	if (r->has_roles)
		out_text(r->cli, "\n%s\n", role_note);
	out_text(r->cli, "\n%" PRIu64 " ok, %s, %" PRIu64 " bad, %" PRIu64 " not checked\n",
	    r->by_state[PREFLIGHT_OK], COUNT(r->by_state[PREFLIGHT_WARN], "warning"),
	    r->by_state[PREFLIGHT_BAD], r->by_state[PREFLIGHT_UNKNOWN]);
}

/* ---- command ---- */

static bool is_good(const struct run *r)
{
	bool is_strict = cli_flag(r->cli, "strict");

	return r->by_state[PREFLIGHT_BAD] == 0 &&
	    (!is_strict || r->by_state[PREFLIGHT_WARN] + r->by_state[PREFLIGHT_UNKNOWN] == 0);
}

static int cmd_preflight(struct cli *cli, struct err *err)
{
	struct run r = { .cli = cli, .p = { .context = &cli->context } };
	int rc;

	r.parts = xcalloc(PARTS_MAX, sizeof(r.parts[0]));
	rc = look(&r, err);
	if (rc == 0) {
		count_findings(&r);
		cli->exit_code = is_good(&r) ? EXIT_OK : EXIT_BAD;
		(cli->json ? print_json : print_text)(&r);
	}
	free(r.parts);
	return rc;
}

static const struct option_row options[] = {
	{ "strict", 0, OPTION_FLAG, .help = "warnings and what is not checked count as bad" },
};

static const struct command_call calls[] = {
	{ STS_GET_CALLER_IDENTITY, CALL_AWS, NULL },
	{ SSM_GET_PARAMETER, CONTEXT_SECRET, NULL },
	{ SECRETSMANAGER_DESCRIBE_SECRET, CONTEXT_SECRET, NULL },
	{ SQS_GET_QUEUE_ATTRIBUTES, CONTEXT_QUEUE, NULL },
	{ SQS_GET_QUEUE_ATTRIBUTES, CALL_DEAD_LETTERS, NULL },
	{ S3_GET_BUCKET_ENCRYPTION, CONTEXT_STORE, NULL },
	{ S3_GET_BUCKET_VERSIONING, CONTEXT_STORE, NULL },
	{ S3_GET_PUBLIC_ACCESS_BLOCK, CONTEXT_STORE, NULL },
	{ CLOUDWATCH_DESCRIBE_ALARMS, CONTEXT_ALARMS, NULL },
	{ SNS_LIST_SUBSCRIPTIONS_BY_TOPIC, CONTEXT_ALARMS, NULL },
	{ ECS_DESCRIBE_SERVICES, CALL_SERVICE(SERVICE_ECS), NULL },
	{ ECS_DESCRIBE_TASK_DEFINITION, CALL_SERVICE(SERVICE_ECS), NULL },
	{ ECR_DESCRIBE_IMAGES, CALL_SERVICE(SERVICE_ECS), NULL },
	{ LOGS_DESCRIBE_LOG_GROUPS, CALL_SERVICE(SERVICE_ECS), NULL },
	{ IAM_SIMULATE_PRINCIPAL_POLICY, CALL_SERVICE(SERVICE_ECS), NULL },
	{ ELBV2_DESCRIBE_TARGET_GROUPS, CALL_SERVICE(SERVICE_TARGETS), NULL },
	{ ELBV2_DESCRIBE_TARGET_GROUP_ATTRIBUTES, CALL_SERVICE(SERVICE_TARGETS), NULL },
	{ ELBV2_DESCRIBE_LOAD_BALANCER_ATTRIBUTES, CALL_SERVICE(SERVICE_TARGETS), NULL },
};

const struct command command_preflight = {
	.name = "verify",
	.operands = "",
	.operand_completion = "none",
	.summary = "check how the system is set up, and write nothing",
	.about = "Checks token, queue and dead-letter queue, store, services with their images, "
		 "logs, roles and load balancers, and alarms: what must be so, and what must not. "
		 "Each finding has why it matters and what to do; what could not be checked is "
		 "listed. Exits with 1 when something is bad.",
	OPTIONS(options),
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_preflight,
};
