#include "probe_negative.h"

#include <assert.h>
#include <inttypes.h>

#include "count.h"
#include "negative.h"
#include "ports.h"
#include "probe.h"
#include "stop.h"
#include "walk.h"

enum { ROWS_MAX = 64, DETAIL_SIZE = ERR_TEXT_MAX + 32, DOCUMENT_MAX = 64 * 1024, SLACK_MS = 2000 };

enum verdict { VERDICT_OK, VERDICT_NOTED, VERDICT_SKIPPED, VERDICT_BAD, VERDICT_COUNT };

static const struct {
	const char *name;
	enum out_color color;
} verdicts[VERDICT_COUNT] = {
	[VERDICT_OK] = { "ok", COLOR_GREEN },
	[VERDICT_NOTED] = { "noted", COLOR_YELLOW },
	[VERDICT_SKIPPED] = { "skipped", COLOR_DIM },
	[VERDICT_BAD] = { "bad", COLOR_RED },
};

struct finding {
	enum verdict verdict;
	int status;
	char detail[DETAIL_SIZE];
};

/* What the queue counts, if it can be asked. */
struct counts {
	bool is_known;
	struct queue_stats stats;
};

struct run {
	struct cli *cli;
	struct store *store;
	struct token_versions tokens;
	struct negative negative;
	int64_t began_ms;
	struct finding findings[ROWS_MAX];
	unsigned bad;
	struct counts before, after;
	struct probe control; /* the good one behind them */
	uint64_t objects_read, objects_with_it;
	char example[STORE_KEY_MAX + 1]; /* one of these */
};

/* ---- asking ---- */

static void count_queue(struct run *r, struct counts *out)
{
	struct queue *queue = NULL;
	struct err ignored; /* told by is_known */

	out->is_known = ports_queue(r->cli, &queue, &ignored) == 0 &&
	    queue_stats(queue, &out->stats, &ignored) == 0;
	r->cli->next[0] = '\0'; /* the queue's counts are evidence, not what was asked for */
	queue_close(queue);
}

/* Without a good token every refusal would be for the same reason. */
static int check_token(struct run *r, struct err *err)
{
	const struct token_question question = { .http = r->negative.http,
		.url = r->negative.url,
		.token = buf_str(&r->tokens.values[SECRET_CURRENT].bytes),
		.clock = r->cli->clock,
		.deadline_ms = clock_mono_ms(r->cli->clock) + cli_ms(r->cli, "timeout") };
	struct token_probe probe;

	if (token_probe(&question, &probe, err) != 0) {
		(void)client_next(r->cli, 0, err);
		return -1;
	}
	if (!probe.is_accepted) {
		(void)cli_next(r->cli, "run: opsctl token check");
		return err_set(err, ERR_DENIED,
		    "ops-api refuses the current token, so that it refuses these says nothing");
	}
	r->negative.signs = !probe.is_by_bearer;
	return 0;
}

static void judge(const struct negative_row *row, const struct negative_answer *a,
    struct finding *out)
{
	out->status = a->status;
	out->verdict = VERDICT_BAD;
	if (a->status == 0) {
		(void)snprintf(out->detail, sizeof(out->detail), "no answer: %s", a->err.text);
	} else if (row->auth == NEGATIVE_PREVIOUS && a->status == 400) {
		out->verdict = VERDICT_NOTED;
		(void)snprintf(out->detail, sizeof(out->detail), "%s",
		    "still accepted, as it is for a time after a rotation");
	} else if (a->status != row->status) {
		(void)snprintf(out->detail, sizeof(out->detail), "%s",
		    a->status < 300 ? "was accepted" : "another answer than documented");
	} else if (!a->has_header) {
		(void)snprintf(out->detail, sizeof(out->detail), "the answer has no %s",
		    row->header);
	} else {
		out->verdict = VERDICT_OK;
	}
}

static void send_row(struct run *r, size_t i)
{
	const struct negative_row *row = &negative_rows[i];
	struct finding *f = &r->findings[i];
	struct negative_answer answer;

	if (row->auth == NEGATIVE_PREVIOUS && !r->tokens.has_previous) {
		f->verdict = VERDICT_SKIPPED;
		(void)snprintf(f->detail, sizeof(f->detail), "there is none");
		return;
	}
	negative_send(&r->negative, row, i, &answer);
	judge(row, &answer, f);
	r->bad += f->verdict == VERDICT_BAD;
}

static int send_rows(struct run *r, struct err *err)
{
	struct progress progress;
	int rc = 0;

	progress_begin(&progress, r->cli, "requests", negative_row_count);
	for (size_t i = 0; i < negative_row_count && rc == 0; i++) {
		if (stop_wait(0) == STOP_STOP)
			rc = err_set(err, ERR_STOPPED, "stopped before all requests were sent");
		else
			send_row(r, i);
		progress_update(&progress, i + 1, NULL);
	}
	progress_end(&progress);
	return rc;
}

/* ---- what the store got meanwhile ---- */

static bool look_into(void *arg, const struct walk_object *o)
{
	struct run *r = arg;

	r->objects_read++;
	if (!str_contains(o->body, str_from(r->negative.mark)))
		return true;
	if (r->objects_with_it++ == 0)
		(void)snprintf(r->example, sizeof(r->example), "%.*s", STR_ARG(o->key));
	return true;
}

/* Keys are made by the clock of ops-api, which the good payload has told. */
static int search_store(struct run *r, struct err *err)
{
	int64_t ahead_ms = r->control.ahead_ms[PROBE_CLOCK_API];
	struct walk walk = { .cli = r->cli,
		.store = r->store,
		.since_ms = r->began_ms + (ahead_ms < 0 ? ahead_ms : 0) - SLACK_MS,
		.until_ms = INT64_MAX,
		.fn = look_into,
		.arg = r };

	return walk_run(&walk, err);
}

/* ---- the report ---- */

static bool is_good(const struct run *r)
{
	return r->bad == 0 && !r->control.has_failed && r->objects_with_it == 0;
}

static void print_rows(const struct run *r)
{
	struct cli *cli = r->cli;

	for (size_t i = 0; i < negative_row_count; i++) {
		const struct finding *f = &r->findings[i];
		char status[16] = "-";

		if (f->status > 0)
			(void)snprintf(status, sizeof(status), "%d", f->status);
		out_text(cli, "%s%-7s%s  %-28s  %-3s%s%s\n",
		    out_color(cli, verdicts[f->verdict].color), verdicts[f->verdict].name,
		    out_color(cli, COLOR_NONE), negative_rows[i].name, status,
		    *f->detail ? "  " : "", f->detail);
		if (f->verdict == VERDICT_BAD)
			out_text(cli, "%-7s  wanted was %d\n", "", negative_rows[i].status);
	}
}

static void print_counts(struct cli *cli, const char *when, const struct counts *c)
{
	if (c->is_known)
		out_text(cli,
		    "queue %-6s  %" PRIu64 " waiting, %" PRIu64 " under way, %" PRIu64 " dead\n",
		    when, c->stats.visible, c->stats.in_flight, c->stats.dead);
	else
		out_text(cli, "queue %-6s  could not be asked\n", when);
}

static void print_store(const struct run *r)
{
	struct cli *cli = r->cli;

	if (r->control.has_failed)
		out_text(cli,
		    "store         not known: the good payload behind them failed at %s: %s\n",
		    probe_hop_name(r->control.failed_at), r->control.err.text);
	else if (r->objects_with_it > 0)
		out_text(cli, "store         %s%s of them%s: %s\n", out_color(cli, COLOR_RED),
		    COUNT(r->objects_with_it, "object"), out_color(cli, COLOR_NONE), r->example);
	else
		out_text(cli,
		    "store         nothing of them in %s, the good payload behind them "
		    "included\n",
		    COUNT(r->objects_read, "object"));
}

static void print_text(const struct run *r)
{
	print_rows(r);
	print_store(r);
	print_counts(r->cli, "before", &r->before);
	print_counts(r->cli, "after", &r->after);
	out_text(r->cli, "              (others send too: evidence, no proof)\n");
	out_text(r->cli, "%s%s%s\n", out_color(r->cli, is_good(r) ? COLOR_GREEN : COLOR_RED),
	    is_good(r) ? "refused, all of them" : "not as it must be",
	    out_color(r->cli, COLOR_NONE));
}

static void row_json(struct json_writer *w, const struct negative_row *row, const struct finding *f)
{
	json_object_begin(w);
	json_member_text(w, "name", row->name);
	json_member_text(w, "verdict", verdicts[f->verdict].name);
	json_member_int(w, "wanted", row->status);
	json_member_int(w, "status", f->status);
	json_member_text(w, "detail", *f->detail ? f->detail : NULL);
	json_object_end(w);
}

static void counts_json(struct json_writer *w, const char *name, const struct counts *c)
{
	json_key(w, name);
	if (!c->is_known) {
		json_null(w);
		return;
	}
	json_object_begin(w);
	json_member_uint(w, "visible", c->stats.visible);
	json_member_uint(w, "in_flight", c->stats.in_flight);
	json_member_uint(w, "dead", c->stats.dead);
	json_object_end(w);
}

static void print_json(const struct run *r)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/probe-negative/1");
	json_member_text(&w, "context", r->cli->context.name);
	json_member_bool(&w, "ok", is_good(r));
	json_member_text(&w, "mark", r->negative.mark);
	json_key(&w, "requests");
	json_array_begin(&w);
	for (size_t i = 0; i < negative_row_count; i++)
		row_json(&w, &negative_rows[i], &r->findings[i]);
	json_array_end(&w);
	json_member_text(&w, "control", r->control.id);
	json_member_text(&w, "control_failed_at",
	    r->control.has_failed ? probe_hop_name(r->control.failed_at) : NULL);
	json_member_uint(&w, "objects_read", r->objects_read);
	json_member_uint(&w, "objects_with_it", r->objects_with_it);
	json_member_text(&w, "object", r->objects_with_it > 0 ? r->example : NULL);
	counts_json(&w, "queue_before", &r->before);
	counts_json(&w, "queue_after", &r->after);
	json_object_end(&w);
	out_json(r->cli, buf_str(&out));
	buf_release(&out);
}

static void report(const struct run *r)
{
	if (r->cli->json)
		print_json(r);
	else
		print_text(r);
	if (r->bad > 0 || r->objects_with_it > 0)
		r->cli->exit_code = EXIT_BAD;
	else
		r->cli->exit_code = probe_exit_code(&r->control);
}

/* ---- all of it ---- */

static int ask(struct run *r, struct err *err)
{
	if (check_token(r, err) != 0)
		return -1;
	count_queue(r, &r->before);
	if (send_rows(r, err) != 0 || probe_run(r->cli, r->store, &r->control, err) != 0)
		return -1;
	count_queue(r, &r->after);
	if (!r->control.has_failed && search_store(r, err) != 0)
		return -1;
	report(r);
	return 0;
}

int probe_negative(struct cli *cli, struct store *store, struct err *err)
{
	struct run r = { .cli = cli, .store = store };
	struct negative *n = &r.negative;
	int rc = -1;

	assert(negative_row_count <= ROWS_MAX);
	if (token_versions_open(cli, &r.tokens, err) != 0)
		return -1;
	n->tokens = &r.tokens;
	n->clock = cli->clock;
	uuid_v7(cli->clock, n->mark);
	r.began_ms = clock_wall_ms(cli->clock);
	if (context_require(&cli->context, CONTEXT_URL, &n->url, err) == 0 &&
	    ports_http(&n->http, (int)cli_ms(cli, "timeout"), err) == 0)
		rc = ask(&r, err);
	http_close(n->http);
	token_versions_release(&r.tokens);
	return rc;
}
