#include <inttypes.h>

#include "calls.h"
#include "commands.h"
#include "context_out.h"
#include "ports.h"
#include "token_probe.h"

enum {
	DOCUMENT_MAX = 256 * 1024,
	DETAIL_MAX = 1024,
	STEPS_MAX = 8 * 1024,
	ANSWER_TIMEOUT_MS = 5000,
	MINUTE_S = 60
};

struct check {
	struct cli *cli;
	struct out_table table;
	struct buf steps;     /* of what is bad, a line each */
	struct json_writer w; /* in the array "parts" */
	bool has_caller;
	struct aws_identity caller;
	bool has_no_credentials; /* what is on AWS need not be tried */
};

enum state { STATE_OK, STATE_NOT_SET, STATE_SKIPPED, STATE_BAD };

static void add_row(struct check *c, const char *part, enum state state, const char *url,
    const char *detail)
{
	static const char *const names[] = {
		[STATE_OK] = "ok",
		[STATE_NOT_SET] = "not set",
		[STATE_SKIPPED] = "skipped",
		[STATE_BAD] = "bad",
	};
	const char *next = state == STATE_BAD ? c->cli->next : "";

	if (state == STATE_BAD && c->cli->exit_code == EXIT_OK)
		c->cli->exit_code = EXIT_BAD;
	if (next[0] != '\0')
		buf_addf(&c->steps, "%s: %s\n", part, next);
	out_table_cell(&c->table, "%s", part);
	out_table_cell(&c->table, "%s", names[state]);
	out_table_cell(&c->table, "%s", detail);
	json_object_begin(&c->w);
	json_member_text(&c->w, "part", part);
	json_member_text(&c->w, "state", names[state]);
	json_member_text(&c->w, "url", url[0] != '\0' ? url : NULL);
	json_member_text(&c->w, "detail", detail);
	json_member_text(&c->w, "next", next[0] != '\0' ? next : NULL);
	json_object_end(&c->w);
}

/* Here it would only say to do what is being done. */
static void drop_own_hint(struct cli *cli)
{
	if (strncmp(cli->next, "run: opsctl context check", strlen("run: opsctl context check")) ==
	    0)
		cli->next[0] = '\0';
}

/* Where the error has no way to renew them: who was sent here for that must find one. */
static void name_a_way_in(struct cli *cli)
{
	const char *profile = cli->context.values[CONTEXT_PROFILE];
	const char *option = profile[0] != '\0' ? " --profile " : "";

	if (cli->next[0] == '\0')
		(void)cli_next(cli,
		    "log in with aws sso login%s%.64s, or set some with aws configure%s%.64s",
		    option, profile, option, profile);
}

/* ---- who we are ---- */

static void row_of_credentials(struct check *c)
{
	struct buf detail = BUF_INIT(DETAIL_MAX);
	int64_t left_s = c->caller.expires_at - clock_wall_s(c->cli->clock);
	char at[CLOCK_RFC3339_SIZE];

	buf_adds(&detail, c->caller.provider);
	if (c->caller.expires_at > 0) {
		clock_rfc3339(c->caller.expires_at * 1000, at);
		buf_addf(&detail, ", until %s, for %" PRId64 " min", at, left_s / MINUTE_S);
	}
	add_row(c, "credentials", STATE_OK, "", buf_text(&detail));
	buf_release(&detail);
}

static void row_of_account(struct check *c)
{
	struct err err;

	if (ports_check_account(&c->cli->context, &c->caller, &err) == 0) {
		add_row(c, "account", STATE_OK, "", c->caller.account);
		return;
	}
	(void)cli_next(c->cli, "log in to the other account, or mend the context");
	add_row(c, "account", STATE_BAD, "", err.text);
}

static void check_caller(struct check *c)
{
	struct err err;

	if (ports_identity(c->cli, &c->caller, &err) == 0) {
		c->has_caller = true;
		add_row(c, "caller", STATE_OK, "", c->caller.arn);
		row_of_account(c);
		row_of_credentials(c);
		return;
	}
	c->has_no_credentials = err.code == ERR_CREDENTIALS;
	drop_own_hint(c->cli);
	if (c->has_no_credentials) {
		c->cli->exit_code = EXIT_CREDENTIALS;
		name_a_way_in(c->cli);
	}
	add_row(c, "caller", STATE_BAD, "", err.text);
}

/* ---- the parts ---- */

static int check_token(struct cli *cli, struct buf *detail, struct err *err)
{
	char fingerprint[HASH_FINGERPRINT_SIZE];
	struct secret_value token;
	int rc = ports_token(cli, &token, err);

	if (rc == 0) {
		hash_fingerprint(buf_str(&token.bytes), fingerprint);
		buf_addf(detail, "fingerprint %s", fingerprint);
	}
	secret_value_wipe(&token);
	return rc;
}

static int check_queue(struct cli *cli, struct buf *detail, struct err *err)
{
	struct queue_stats stats;
	struct queue *queue;
	int rc;

	if (ports_queue(cli, &queue, err) == -1)
		return -1;
	rc = queue_stats(queue, &stats, err) == 0 ? 0 : ports_failed(cli, err);
	if (rc == 0)
		buf_addf(detail, "%" PRIu64 " waiting, ", stats.visible);
	if (rc == 0 && stats.dead_fault.code == ERR_NONE)
		buf_addf(detail, "%" PRIu64 " dead", stats.dead);
	else if (rc == 0)
		buf_addf(detail, "dead letters unknown: %s", stats.dead_fault.text);
	queue_close(queue);
	return rc;
}

static int check_store(struct cli *cli, struct buf *detail, struct err *err)
{
	struct store *store;
	int rc;

	if (ports_store(cli, &store, err) == -1)
		return -1;
	rc = store_check(store, err) == 0 ? 0 : ports_failed(cli, err);
	if (rc == 0)
		buf_adds(detail,
		    context_value_is_aws(CONTEXT_STORE, cli->context.values[CONTEXT_STORE])
			? "can be listed"
			: "can be written to");
	store_close(store);
	return rc;
}

static int check_health(struct http *http, const char *url, struct buf *detail, struct err *err)
{
	struct http_response response;
	int rc;

	http_response_init(&response, 64 * 1024);
	rc = ports_get(http, url, "/health", &response, err);
	if (rc == 0 && response.status != 200)
		rc = err_set(err, ERR_BUSY, "GET /health is answered with %d", response.status);
	if (rc == 0)
		buf_addf(detail, "healthy, %lld ms", (long long)(response.timing.total_us / 1000));
	http_response_release(&response);
	return rc;
}

/* Whether the parts fit: a token that cannot be read is said in its own row. */
static int check_token_fits(struct cli *cli, struct http *http, const char *url, struct buf *detail,
    struct err *err)
{
	int64_t deadline_ms = clock_mono_ms(cli->clock) + ANSWER_TIMEOUT_MS;
	struct secret_value token;
	struct token_probe probe;
	struct err ignored;
	int rc = 0;

	if (ports_token(cli, &token, &ignored) == 0) {
		rc = token_probe(&(struct token_question){ .http = http,
				     .url = url,
				     .token = buf_str(&token.bytes),
				     .clock = cli->clock,
				     .deadline_ms = deadline_ms },
		    &probe, err);
		if (rc == 0 && !probe.is_accepted)
			rc = err_set(err, ERR_CREDENTIALS, "refuses the token of this context");
		if (rc == 0)
			buf_adds(detail, ", accepts the token");
	}
	secret_value_wipe(&token);
	return rc;
}

static int check_api(struct cli *cli, struct buf *detail, struct err *err)
{
	struct http *http;
	const char *url;
	int rc;

	if (context_require(&cli->context, CONTEXT_URL, &url, err) == -1 ||
	    ports_http(&http, ANSWER_TIMEOUT_MS, err) == -1)
		return -1;
	rc = check_health(http, url, detail, err);
	if (rc == 0)
		rc = check_token_fits(cli, http, url, detail, err);
	http_close(http);
	return rc;
}

static const struct part {
	const char *name;
	enum context_key key;
	int (*check)(struct cli *cli, struct buf *detail, struct err *err);
} parts[] = {
	{ "token", CONTEXT_SECRET, check_token },
	{ "queue", CONTEXT_QUEUE, check_queue },
	{ "store", CONTEXT_STORE, check_store },
	{ "ops-api", CONTEXT_URL, check_api },
};

static void check_part(struct check *c, const struct part *part)
{
	const struct context *context = &c->cli->context;
	const char *value = context->values[part->key];
	struct buf detail = BUF_INIT(DETAIL_MAX);
	struct err err = { 0 };

	c->cli->next[0] = '\0';
	if (value[0] == '\0' && context->local_dir[0] == '\0') {
		add_row(c, part->name, STATE_NOT_SET, value, "");
	} else if (c->has_no_credentials && context_value_is_aws(part->key, value)) {
		add_row(c, part->name, STATE_SKIPPED, value, "there are no credentials");
	} else if (part->check(c->cli, &detail, &err) == 0) {
		add_row(c, part->name, STATE_OK, value, buf_text(&detail));
	} else {
		drop_own_hint(c->cli);
		if (err.code == ERR_CREDENTIALS && context_value_is_aws(part->key, value)) {
			c->cli->exit_code = EXIT_CREDENTIALS;
			name_a_way_in(c->cli);
		}
		add_row(c, part->name, STATE_BAD, value, err.text);
	}
	buf_release(&detail);
}

static void caller_json(const struct check *c, struct json_writer *w)
{
	const struct aws_identity *who = &c->caller;
	char at[CLOCK_RFC3339_SIZE];

	json_key(w, "caller");
	if (!c->has_caller) {
		json_null(w);
		return;
	}
	clock_rfc3339(who->expires_at * 1000, at);
	json_object_begin(w);
	json_member_text(w, "account", who->account);
	json_member_text(w, "arn", who->arn);
	json_member_text(w, "credentials", who->provider);
	json_member_text(w, "expires_at", who->expires_at > 0 ? at : NULL);
	json_object_end(w);
}

/* Under the table: with --json each is in its part. */
static void print_steps(struct check *c)
{
	struct str rest = buf_str(&c->steps), line;

	while (!c->cli->json && str_cut(rest, '\n', &line, &rest))
		out_note(c->cli, "%.*s", STR_ARG(line));
	buf_release(&c->steps);
}

static int cmd_context_check(struct cli *cli, struct err *err)
{
	static const char *const header[] = { "PART", "STATE", "DETAIL" };
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct check c = { .cli = cli, .steps = BUF_INIT(STEPS_MAX) };

	(void)err; /* what does not work is in the table */
	out_table_init(&c.table, header, ARRAY_SIZE(header));
	out_json_begin(&c.w, &out, "opsctl/context-check/1");
	json_member_text(&c.w, "context", cli->context.name);
	json_key(&c.w, "parts");
	json_array_begin(&c.w);
	if (context_is_aws(&cli->context))
		check_caller(&c);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		check_part(&c, &parts[i]);
	json_array_end(&c.w);
	caller_json(&c, &c.w);
	json_member_bool(&c.w, "ok", cli->exit_code == EXIT_OK);
	context_document_end(cli, &c.w, &out);
	out_table_print(cli, &c.table);
	print_steps(&c);
	return 0;
}

static const struct command_call calls[] = {
	{ STS_GET_CALLER_IDENTITY, CALL_AWS, NULL },
	CALLS_TOKEN,
	CALLS_QUEUE_STATS,
	{ S3_LIST_OBJECTS_V2, CONTEXT_STORE, NULL },
};

const struct command command_context_check = {
	.name = "context check",
	.operands = "[NAME]",
	.max = 1,
	.operand_completion = "context",
	.summary = "try every part of a context",
	.about = "Says who we are to AWS, reads the token, opens the queue and the store, and asks "
		 "ops-api. Exits with 1 when a part does not work, with 4 when credentials do not.",
	.need = NEED_CONTEXT | NEED_NAMED,
	CALLS(calls),
	.run = cmd_context_check,
};
