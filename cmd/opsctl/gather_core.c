/* What every context may name: the two services by their own ports, and the three ports. */
#include <sys/statvfs.h>

#include "facts_kept.h"
#include "field.h"
#include "gather_ask.h"
#include "metrics.h"
#include "ports.h"
#include "recording.h"
#include "token_probe.h"

enum { ANSWER_MAX = 1024 * 1024 };

/* ---- services ---- */

int ask_path(struct ask *a, struct err *err)
{
	enum facts_path path = (enum facts_path)a->part;
	const char *base = a->facts->context->values[facts_path_base(path)];
	struct facts_answer *out = &a->facts->answers[path];
	struct http_response response;
	int rc;

	http_response_init(&response, ANSWER_MAX);
	rc = ports_get(a->http, base, facts_path_name(path), &response, err);
	if (rc == 0) {
		out->status = response.status;
		field_copy(out->text, sizeof(out->text), buf_text(&response.body));
	}
	http_response_release(&response);
	return rc;
}

static double count_errors(struct str metrics)
{
	double n = 0;

	(void)metrics_find(metrics, "ops_log_lines_total", "level=\"error\"", &n);
	return n; /* 0 where it is not counted */
}

int ask_metrics(struct ask *a, struct err *err)
{
	bool is_api = a->part == CONTEXT_API_ADMIN_URL;
	struct facts_metrics *out = is_api ? &a->facts->api_metrics : &a->facts->worker_metrics;
	struct http_response response;
	struct str text;
	int rc;

	http_response_init(&response, ANSWER_MAX);
	rc = ports_get(a->http, a->facts->context->values[a->part], "/metrics", &response, err);
	if (rc == 0 && response.status == 200) {
		text = buf_str(&response.body);
		out->is_known = true;
		out->errors = count_errors(text);
		out->has_last_success = metrics_sum(text, "ops_last_success_timestamp_seconds",
		    &out->last_success_s);
		out->has_store_state = metrics_sum(text, "ops_store_available", &out->store_is_up);
	}
	http_response_release(&response);
	return rc;
}

/* ---- ports ---- */

static bool is_at_hand(const struct ask *a, enum context_key key)
{
	return !context_value_is_aws(key, a->facts->context->values[key]);
}

/* A letter dies, too, where other bytes are under its key; to ask S3 about each takes long. */
static void ask_dead(struct ask *a, struct queue *queue)
{
	struct store *store = NULL;
	struct err ignored; /* the store has a row of its own */

	if (is_at_hand(a, CONTEXT_STORE) && ports_store(a->cli, &store, &ignored) != 0)
		a->cli->next[0] = '\0';
	gather_dead(queue, store, &a->facts->queue);
	store_close(store);
}

static int look_at_queue(struct ask *a, struct facts_queue *out, struct err *err)
{
	struct queue *queue = NULL;
	int rc;

	if (facts_recall_queue(a->cli, out))
		return 0;
	rc = ports_queue(a->cli, &queue, err);
	if (rc == 0 && queue_stats(queue, &out->stats, err) != 0)
		rc = ports_refused(a->cli, CONTEXT_QUEUE, err);
	if (rc == 0 && a->wish->lines && out->stats.dead > 0 && is_at_hand(a, CONTEXT_QUEUE))
		ask_dead(a, queue);
	if (rc == 0)
		facts_keep_queue(a->cli, out);
	queue_close(queue);
	return rc;
}

int ask_queue(struct ask *a, struct err *err)
{
	const struct facts *last = a->wish->last;
	struct facts_queue *out = &a->facts->queue;
	int rc = look_at_queue(a, out, err);

	out->has_before = last != NULL && last->queue.fact.state == FACT_KNOWN;
	if (out->has_before)
		out->dead_before = last->queue.stats.dead;
	return rc;
}

static void measure_space(struct facts_store *out, const char *path)
{
	struct statvfs fs;

	if (statvfs(path, &fs) != 0 || fs.f_blocks == 0)
		return; /* the write check has spoken */
	out->has_space = true;
	out->free_mib = (double)fs.f_bavail * (double)fs.f_frsize / (1024.0 * 1024.0);
	out->free_percent = 100.0 * (double)fs.f_bavail / (double)fs.f_blocks;
}

int ask_store(struct ask *a, struct err *err)
{
	const char *url = a->facts->context->values[CONTEXT_STORE];
	struct facts_store *out = &a->facts->store;
	struct store *store = NULL;

	if (facts_recall_store(a->cli, out))
		return 0;
	if (ports_store(a->cli, &store, err) != 0)
		return -1;
	if (str_has_prefix(str_from(url), STR("file:")))
		measure_space(out, url + strlen("file:"));
	if (store_check(store, err) != 0) {
		(void)cli_next(a->cli, "check the permissions and the space of the store");
		if (context_value_is_aws(CONTEXT_STORE, url))
			(void)ports_failed(a->cli, err);
		recording_refused(a->cli, CONTEXT_STORE, err);
		store_close(store);
		return -1;
	}
	store_close(store);
	facts_keep_store(a->cli, out);
	return 0;
}

/* ---- secret and token ---- */

static bool was_good(const struct ask *a, const char *fingerprint)
{
	const struct facts *last = a->wish->last;

	return last != NULL && last->token.fact.state == FACT_KNOWN && last->token.is_accepted &&
	    a->facts->at_ms - last->token.asked_ms < a->wish->token_good_ms &&
	    strcmp(last->secret.fingerprint, fingerprint) == 0;
}

static void ask_about(struct ask *a, struct str token)
{
	const struct clock *clock = a->cli->clock;
	const struct token_question question = {
		.http = a->http,
		.url = a->facts->context->values[CONTEXT_URL],
		.token = token,
		.clock = clock,
		.deadline_ms = clock_mono_ms(clock) + a->wish->timeout_ms,
	};
	struct facts_token *out = &a->facts->token;
	struct token_probe probe;

	if (was_good(a, a->facts->secret.fingerprint)) {
		*out = a->wish->last->token;
		return;
	}
	out->asked_ms = a->facts->at_ms;
	out->fact.state = FACT_FAILED;
	if (token_probe(&question, &probe, &out->fact.err) != 0) {
		out->fact.is_unrecorded = recording_lacks(a->cli, &out->fact.err);
		return;
	}
	out->fact.state = FACT_KNOWN;
	out->is_accepted = probe.is_accepted;
	out->is_by_bearer = probe.is_by_bearer;
	out->status = probe.status;
}

int ask_secret(struct ask *a, struct err *err)
{
	struct facts_secret *out = &a->facts->secret;
	struct secret_value token;
	int rc = 0;

	secret_value_init(&token);
	if (facts_recall_secret(a->cli, out)) {
		buf_adds(&token.bytes, "of the recording"); /* whatever: the tape answers */
	} else if ((rc = ports_token(a->cli, &token, err)) == 0) {
		hash_fingerprint(buf_str(&token.bytes), out->fingerprint);
		field_copy(out->version, sizeof(out->version), token.version);
		out->changed_at = token.changed_at;
		facts_keep_secret(a->cli, out);
	}
	if (rc == 0 && a->facts->context->values[CONTEXT_URL][0] != '\0')
		ask_about(a, buf_str(&token.bytes));
	secret_value_wipe(&token);
	return rc;
}

int ask_alarms(struct ask *a, struct err *err)
{
	return alarms_describe(a->aws, a->facts->context->values[CONTEXT_ALARMS], &a->facts->alarms,
	    err);
}
