#include <signal.h>

#include "access.h"
#include "calls.h"
#include "commands.h"
#include "count.h"
#include "file.h"
#include "ports.h"
#include "token_tasks.h"
#include "token_turn.h"
#include "up_place.h"
#include "upstate.h"
#include "webhook.h"

/* ops-api logs each refusal for good: it is not asked more often than a person would wait. */
enum { PROBE_PAUSE_FIRST_MS = 100, PROBE_PAUSE_LAST_MS = 1000 };

static int read_token(struct cli *cli, const char *path, struct buf *out, struct err *err)
{
	struct buf key = BUF_INIT(SECRET_MAX);
	int rc;

	if (strcmp(path, "-") == 0 && cli->is_tty_in)
		return err_set(err, ERR_USAGE,
		    "standard input is a terminal, which would show the token");
	if (file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, out, err) == -1) {
		if (err->code == ERR_NOTFOUND)
			err->code = ERR_CONFIG; /* it is no thing of the system */
		return -1;
	}
	if (str_has_suffix(buf_str(out), STR("\n")))
		buf_truncate(out, out->n - 1);
	rc = webhook_key(buf_str(out), &key, err);
	buf_wipe(&key);
	return rc == -1 ? err_wrap(err, "%s", path) : 0;
}

static int new_token(struct cli *cli, const struct token_versions *v, struct buf *out,
    struct err *err)
{
	const char *path = cli_text(cli, "from-file");

	if (path == NULL)
		token_random(out);
	else if (read_token(cli, path, out, err) == -1)
		return -1;
	if (str_eq(buf_str(out), buf_str(&v->values[SECRET_CURRENT].bytes)))
		return err_set(err, ERR_INVALID, "%s: this is the current token already", path);
	return 0;
}

/* Nobody is asked about a system of one's own. */
static int consent(struct cli *cli, struct err *err)
{
	char question[CONTEXT_NAME_MAX + 64];
	bool is_local = cli->context.local_dir[0] != '\0';

	(void)snprintf(question, sizeof(question), "Replace the token of context %s?",
	    cli->context.name);
	return access_change(cli, ACCESS_DANGEROUS, is_local ? NULL : question, err);
}

/* Whether there are services: those of local may be down, others are taken to run. */
static bool is_running(const struct cli *cli)
{
	return cli->context.local_dir[0] == '\0' || upstate_is_running(cli->context.local_dir);
}

/* What one question about the token has, of what --timeout leaves. */
static int answer_ms(const struct cli *cli)
{
	int64_t timeout_ms = cli_ms(cli, "timeout");

	return (int)(timeout_ms < TOKEN_ANSWER_MS ? timeout_ms : TOKEN_ANSWER_MS);
}

/* `up` hands the signal on to its services. */
static void tell_services(const struct cli *cli)
{
	struct upstate state = { 0 };
	struct err ignored; /* not written yet: then they have not read the token yet */

	if (cli->context.local_dir[0] != '\0' && is_running(cli) &&
	    upstate_read(cli->context.local_dir, &state, &ignored) == 0 && state.pid != 0)
		(void)kill(state.pid, SIGHUP); /* prove() sees whether it did */
}

/* What came of the questions; zeroed: nobody was asked. */
struct proof {
	struct token_check check;
	struct token_tasks tasks;
	bool has_tasks;
};

static void proof_release(struct proof *p)
{
	http_close(p->check.http);
	token_tasks_release(&p->tasks);
}

static bool is_proved(const struct proof *p, const struct token_versions *v)
{
	return p->check.http != NULL && token_tasks_unknown(&p->tasks, v->has_previous) == 0;
}

/* Ask until the new one is accepted: tasks read it again in their own time. */
static int prove(struct cli *cli, struct token_check *c, const struct token_versions *v,
    int64_t deadline_ms, struct err *err)
{
	int pause_ms = PROBE_PAUSE_FIRST_MS;

	for (;;) {
		int64_t left_ms = deadline_ms - clock_mono_ms(cli->clock);
		int rc = token_check_ask(cli, c, v,
		    (int)(left_ms < TOKEN_ANSWER_MS ? left_ms : TOKEN_ANSWER_MS), err);

		if (rc == 0 && c->probes[SECRET_CURRENT].is_accepted)
			return 0;
		if (clock_mono_ms(cli->clock) + pause_ms >= deadline_ms) {
			if (rc == -1)
				return -1;
			return err_set(err, ERR_TIMEOUT, "ops-api does not accept %s yet",
			    v->fingerprints[SECRET_CURRENT]);
		}
		clock_sleep_ms(pause_ms);
		pause_ms = pause_ms * 2 < PROBE_PAUSE_LAST_MS ? pause_ms * 2 : PROBE_PAUSE_LAST_MS;
	}
}

/* The same of each task: behind a load balancer one answer says nothing of the others. */
static int prove_tasks(struct cli *cli, struct proof *p, const struct token_versions *v,
    int64_t deadline_ms, struct err *err)
{
	for (;;) {
		size_t refusing;

		if (token_tasks_ask(cli, v, &p->check, deadline_ms, &p->tasks, err) != 0)
			return -1;
		refusing = token_tasks_count(&p->tasks, SECRET_CURRENT, TOKEN_REFUSED);
		if (refusing == 0)
			return 0;
		if (clock_mono_ms(cli->clock) + PROBE_PAUSE_LAST_MS >= deadline_ms)
			return err_set(err, ERR_TIMEOUT, "%s of %zu do not accept %s yet",
			    COUNT(refusing, "task"), p->tasks.count,
			    v->fingerprints[SECRET_CURRENT]);
		token_tasks_release(&p->tasks);
		clock_sleep_ms(PROBE_PAUSE_LAST_MS);
	}
}

static int prove_all(struct cli *cli, struct proof *p, const struct token_versions *v,
    struct err *err)
{
	int64_t deadline_ms = clock_mono_ms(cli->clock) + cli_ms(cli, "timeout");

	if (token_check_open(cli, &p->check, err) == -1 ||
	    prove(cli, &p->check, v, deadline_ms, err) == -1)
		return -1;
	p->has_tasks = token_tasks_are_known(cli);
	return p->has_tasks ? prove_tasks(cli, p, v, deadline_ms, err) : 0;
}

static void note_nothing_runs(struct cli *cli)
{
	out_note(cli, "nothing runs in %s: the next opsctl up reads the new token",
	    cli->context.local_dir);
}

static void report_rotation(struct cli *cli, const struct token_versions *v, const struct proof *p)
{
	struct buf out = BUF_INIT(TOKEN_DOCUMENT_MAX + p->tasks.count * TOKEN_TASK_MAX);
	bool is_asked = p->check.http != NULL;
	struct json_writer w;

	token_document_begin(cli, &w, &out, "opsctl/token-rotate/1", v);
	json_member_bool(&w, "dry_run", false);
	token_version_json(&w, v, SECRET_CURRENT, false);
	token_version_json(&w, v, SECRET_PREVIOUS, false);
	json_member_bool(&w, "proved", is_proved(p, v));
	if (is_asked)
		token_check_json(&w, &p->check, v);
	if (p->has_tasks)
		token_tasks_json(&w, &p->tasks, v->has_previous);
	token_document_end(cli, &w, &out);
	if (is_asked)
		token_check_print(cli, &p->check, v);
	else
		token_versions_print(cli, v);
	if (p->has_tasks)
		token_tasks_print(cli, &p->tasks, v->has_previous);
	if (!is_asked)
		note_nothing_runs(cli);
}

/* There are two versions: clients that still use the one before the last are refused from now on. */
static void tell_dropped(struct cli *cli, const char *fingerprint)
{
	if (fingerprint[0] != '\0')
		out_note(cli, "%s, the previous one until now, is not accepted any more",
		    fingerprint);
}

/* Whoever reads the failure must not take it for one of the change. */
static int but_replaced(struct cli *cli, struct err *err)
{
	(void)err_wrap(err, "the token was replaced, but");
	return cli_next(cli, "run: opsctl token check");
}

/* Who cannot be asked says nothing of the previous one: then it is told by its age. */
static int check_grace(struct cli *cli, const struct token_versions *v, struct err *err)
{
	struct token_check c = { 0 };
	bool is_early;

	if (!v->has_previous || cli_flag(cli, "force"))
		return 0;
	if (is_running(cli) &&
	    (token_check_open(cli, &c, err) == -1 ||
		token_check_ask(cli, &c, v, answer_ms(cli), err) == -1)) {
		http_close(c.http);
		c.http = NULL;
	}
	is_early = token_turn_is_early(cli, v, &c);
	http_close(c.http);
	return is_early ? token_turn_refuse(cli, v, err) : 0;
}

static int guard_account(struct cli *cli, struct err *err)
{
	const char *secret = cli->context.values[CONTEXT_SECRET];

	return context_value_is_aws(CONTEXT_SECRET, secret) ? ports_guard_account(cli, err) : 0;
}

static int rotate(struct cli *cli, struct token_versions *v, struct str token, struct err *err)
{
	char dropped[HASH_FINGERPRINT_SIZE] = "";
	struct proof p = { .has_tasks = false };
	int rc = 0;

	if (v->has_previous)
		memcpy(dropped, v->fingerprints[SECRET_PREVIOUS], sizeof(dropped));
	if (guard_account(cli, err) == -1 || check_grace(cli, v, err) == -1 ||
	    consent(cli, err) == -1 || token_turn_rotate(cli, v, token, err) == -1)
		return -1;
	if (token_turn_read(cli, v, token, err) == -1)
		return but_replaced(cli, err);
	tell_dropped(cli, dropped);
	tell_services(cli);
	if (is_running(cli) && prove_all(cli, &p, v, err) == -1)
		rc = but_replaced(cli, err);
	else
		report_rotation(cli, v, &p);
	proof_release(&p);
	return rc;
}

static void report_dry_run(struct cli *cli, const struct token_versions *v,
    const struct token_check *c, struct str token)
{
	bool is_random = cli_text(cli, "from-file") == NULL;
	struct buf out = BUF_INIT(TOKEN_DOCUMENT_MAX);
	char fingerprint[HASH_FINGERPRINT_SIZE];
	struct json_writer w;

	hash_fingerprint(token, fingerprint);
	token_document_begin(cli, &w, &out, "opsctl/token-rotate/1", v);
	json_member_bool(&w, "dry_run", true);
	json_member_text(&w, "becomes_previous", v->fingerprints[SECRET_CURRENT]);
	json_member_text(&w, "becomes_current", is_random ? NULL : fingerprint);
	json_member_text(&w, "ends", v->has_previous ? v->fingerprints[SECRET_PREVIOUS] : NULL);
	if (c->http != NULL)
		token_check_json(&w, c, v);
	token_document_end(cli, &w, &out);
	out_text(cli, "would make %s%s the current token of %s and keep %s as the previous one\n",
	    is_random ? "a new random token" : "", is_random ? "" : fingerprint, cli->context.name,
	    v->fingerprints[SECRET_CURRENT]);
	if (v->has_previous)
		out_text(cli, "would end %s, the previous one until now, for good%s\n",
		    v->fingerprints[SECRET_PREVIOUS],
		    token_turn_is_early(cli, v, c) ? ": clients may still use it" : "");
	if (c->http == NULL)
		note_nothing_runs(cli);
}

/* What a rotation needs of ops-api: that it answers, and reads the secret that would change. */
static int dry_run(struct cli *cli, const struct token_versions *v, struct str token,
    struct err *err)
{
	struct token_check c = { 0 };
	int rc = 0;

	if (is_running(cli) &&
	    (token_check_open(cli, &c, err) == -1 ||
		token_check_ask(cli, &c, v, answer_ms(cli), err) == -1))
		rc = cli_next(cli, "run: opsctl health");
	if (rc == 0)
		report_dry_run(cli, v, &c, token);
	if (rc == 0 && c.http != NULL && !c.probes[SECRET_CURRENT].is_accepted) {
		out_warn(cli, "ops-api refuses the current token: it would not see the new one");
		cli->exit_code = EXIT_BAD;
	}
	if (rc == 0 && token_turn_is_early(cli, v, &c) && !cli_flag(cli, "force")) {
		out_warn(cli,
		    "it would be refused: only --force ends a token that clients may still use");
		cli->exit_code = EXIT_BAD;
	}
	http_close(c.http);
	return rc;
}

static int cmd_token_rotate(struct cli *cli, struct err *err)
{
	struct buf token = BUF_INIT(SECRET_MAX);
	struct token_versions v;
	int rc;

	if (token_versions_open(cli, &v, err) == -1)
		return -1;
	rc = secret_may_rotate(v.secret, err);
	if (rc == 0)
		rc = new_token(cli, &v, &token, err);
	if (rc == 0 && cli_flag(cli, "dry-run"))
		rc = dry_run(cli, &v, buf_str(&token), err);
	else if (rc == 0)
		rc = rotate(cli, &v, buf_str(&token), err);
	buf_wipe(&token);
	token_versions_release(&v);
	return rc;
}

static const struct option_row options[] = {
	{ "from-file", 0, OPTION_FILE, "FILE",
	    .help = "take the new token from FILE, or from standard input with -" },
	{ "force", 0, OPTION_FLAG,
	    .help = "also while the previous token is accepted still, which ends it" },
	OPTION_DRY_RUN,
	OPTION_YES,
	OPTION_CONFIRM,
	{ "timeout", 0, OPTION_DURATION, "TIME", "30s", .min = 100, .max = 3600 * 1000,
	    .help = "how long the services may take to accept the new token" },
};

static const struct command_call calls[] = {
	CALLS_TOKEN,
	CALLS_IDENTITY,
	{ SSM_GET_PARAMETER_HISTORY, CONTEXT_SECRET, "!dry-run" },
	{ SSM_PUT_PARAMETER, CONTEXT_SECRET, "!dry-run" },
	{ SECRETSMANAGER_PUT_SECRET_VALUE, CONTEXT_SECRET, "!dry-run" },
	CALLS_TOKEN_TASKS,
};

const struct command command_token_rotate = {
	.name = "token rotate",
	.operands = "",
	.operand_completion = "none",
	.summary = "replace the token and prove that the services accept the new one",
	.about = "Makes a new random token current and keeps the present one as previous, which "
		 "the services accept until their grace period (OPS_SECRET_GRACE_S) ends. "
		 "Then tells the local services to read it again, and asks ops-api whether it "
		 "accepts both; where the context knows the tasks of service api, each of them. "
		 "Nothing is queued by the questions. While the previous one is accepted still, "
		 "which another rotation would end, it is refused.",
	OPTIONS(options),
	CALLS(calls),
	.need = NEED_CONTEXT,
	.run = cmd_token_rotate,
};
