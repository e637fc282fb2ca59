/* The rows of queue, store and secret: each port is asked by opsctl itself. */
#include <inttypes.h>
#include <sys/statvfs.h>

#include "count.h"
#include "look.h"
#include "ports.h"
#include "token_probe.h"

enum {
	FREE_MIN_MIB = 100,
	FREE_LOW_PERCENT = 5,
	TOKEN_GOOD_MS = 60 * 1000,
};

/* ---- queue ---- */

void look_at_queue(struct look *l)
{
	struct checkup_row *row = look_add_row(l, "queue"), *dead = look_add_row(l, "dead letters");
	struct queue *queue = NULL;
	struct queue_stats *s = &l->queue;
	struct err err;

	if (!look_is_named(l, row, CONTEXT_QUEUE)) {
		row_skip(dead, row->detail);
		return;
	}
	if (ports_queue(l->cli, &queue, &err) != 0 ||
	    (queue_stats(queue, s, &err) != 0 && ports_failed(l->cli, &err) != 0)) {
		look_judge_port(l, row, &err);
		row_skip(dead, "the queue cannot be asked");
	} else {
		l->has_queue = true;
		row_detail(row, "%" PRIu64 " waiting, %" PRIu64 " in flight", s->visible,
		    s->in_flight);
		if (s->visible + s->in_flight > 0 && s->oldest_age_s >= 0)
			row_detail(row, ", oldest %" PRId64 " s", s->oldest_age_s);
		row_value(row, "visible", (double)s->visible);
		row_value(row, "in_flight", (double)s->in_flight);
		row_value(row, "oldest_age_s", (double)s->oldest_age_s);
		row_detail(dead, "%" PRIu64, s->dead);
		row_value(dead, "dead", (double)s->dead);
		if (s->dead > 0)
			row_judge(dead, CHECKUP_WARN,
			    "messages could not be stored, again and again", "run: opsctl dlq ls");
	}
	queue_close(queue);
}

/* ---- store ---- */

static void check_free_space(struct checkup_row *row, const char *path)
{
	struct statvfs fs;
	double free_mib, percent;

	if (statvfs(path, &fs) != 0 || fs.f_blocks == 0)
		return; /* the write check has spoken */
	free_mib = (double)fs.f_bavail * (double)fs.f_frsize / (1024.0 * 1024.0);
	percent = 100.0 * (double)fs.f_bavail / (double)fs.f_blocks;
	row_detail(row, ", %.0f MiB free (%.0f %%)", free_mib, percent);
	row_value(row, "free_mib", free_mib);
	if (free_mib < FREE_MIN_MIB)
		row_judge(row, CHECKUP_BAD, "the disk is nearly full", "make room, or enlarge it");
	else if (percent < FREE_LOW_PERCENT)
		row_judge(row, CHECKUP_WARN, "the disk fills up", "make room, or enlarge it");
}

static void judge_store(struct look *l, struct checkup_row *row, struct err *err)
{
	(void)cli_next(l->cli, "check the permissions and the space of the store");
	if (context_value_is_aws(CONTEXT_STORE, l->cli->context.values[CONTEXT_STORE]))
		(void)ports_failed(l->cli, err);
	look_judge_port(l, row, err);
}

void look_at_store(struct look *l)
{
	struct checkup_row *row = look_add_row(l, "store");
	const char *url = l->cli->context.values[CONTEXT_STORE];
	bool is_aws = context_value_is_aws(CONTEXT_STORE, url);
	struct store *store = NULL;
	struct err err;

	if (!look_is_named(l, row, CONTEXT_STORE))
		return;
	if (ports_store(l->cli, &store, &err) != 0) {
		look_judge_port(l, row, &err);
	} else if (store_check(store, &err) != 0) {
		judge_store(l, row, &err);
	} else {
		row_detail(row, "%s", is_aws ? "can be listed" : "writable");
	}
	if (store && str_has_prefix(str_from(url), STR("file:")))
		check_free_space(row, url + strlen("file:"));
	store_close(store);
}

/* ---- secret and token ---- */

/* *token is the caller's to wipe, whatever comes out. */
static bool check_secret(struct look *l, struct secret_value *token)
{
	struct checkup_row *row = look_add_row(l, "secret");
	char fingerprint[HASH_FINGERPRINT_SIZE];
	int64_t age_s;
	struct err err;

	secret_value_init(token);
	if (!look_is_named(l, row, CONTEXT_SECRET))
		return false;
	if (ports_token(l->cli, token, &err) != 0) {
		look_judge_port(l, row, &err);
		return false;
	}
	hash_fingerprint(buf_str(&token->bytes), fingerprint);
	age_s = clock_wall_s(l->cli->clock) - token->changed_at;
	row_detail(row, "fingerprint %s", fingerprint);
	if (token->changed_at > 0) {
		row_detail(row, ", %s old",
		    COUNT((uint64_t)(age_s > 0 ? age_s / 86400 : 0), "day"));
		row_value(row, "age_s", (double)age_s);
	}
	return true;
}

static void ask_about_token(struct look *l, struct checkup_row *row, struct str token,
    const char *fingerprint)
{
	const struct token_question question = { l->http, l->cli->context.values[CONTEXT_URL],
		token, l->cli->clock, clock_mono_ms(l->cli->clock) + cli_ms(l->cli, "timeout") };
	struct token_probe probe;
	char next[ERR_TEXT_MAX];
	struct err err;

	look_next_of_service(l, "ops-api", next);
	if (token_probe(&question, &probe, &err) != 0) {
		row_judge(row, CHECKUP_BAD, err.text, next);
		return;
	}
	row_detail(row, "%s %s%s", fingerprint, probe.is_accepted ? "accepted" : "refused",
	    probe.is_by_bearer ? ", not as a signature" : "");
	row_value(row, "status", probe.status);
	if (!probe.is_accepted)
		row_judge(row, CHECKUP_BAD, "ops-api refuses the token of this context",
		    "compare the secret of the context with OPS_SECRET of ops-api");
}

static void check_token(struct look *l, const struct secret_value *token)
{
	struct checkup_row *row = look_add_row(l, "token");
	struct checkup *c = l->c;
	char fingerprint[HASH_FINGERPRINT_SIZE];

	hash_fingerprint(buf_str(&token->bytes), fingerprint);
	if (c->token_asked_ms > 0 && c->at_ms - c->token_asked_ms < TOKEN_GOOD_MS &&
	    strcmp(c->token_asked, fingerprint) == 0) {
		row_detail(row, "%s accepted %" PRId64 " s ago", fingerprint,
		    (c->at_ms - c->token_asked_ms) / 1000);
		return;
	}
	ask_about_token(l, row, buf_str(&token->bytes), fingerprint);
	c->token_asked_ms = row->state == CHECKUP_OK ? c->at_ms : 0;
	memcpy(c->token_asked, fingerprint, sizeof(fingerprint));
}

void look_at_secret(struct look *l)
{
	struct secret_value token;

	if (!check_secret(l, &token)) {
		row_skip(look_add_row(l, "token"), "there is none to ask about");
	} else if (!l->api_answers) {
		row_skip(look_add_row(l, "token"), "ops-api cannot be asked");
		l->c->token_asked_ms = 0;
	} else {
		check_token(l, &token);
	}
	secret_value_wipe(&token);
}
