/* A span of time: every object of it, and the account of its records. */
#include <inttypes.h>

#include "count.h"
#include "idset.h"
#include "metrics.h"
#include "overrides.h"
#include "ports.h"
#include "verify.h"

enum {
	IDS_MAX = 16 * 1024 * 1024,
	FAULTS_SHOWN = 20,
	FAULTS_MAX = FAULTS_SHOWN * 8 * 1024, /* escaped, a key and a text */
	METRICS_MAX = 1024 * 1024,
	METRICS_TIMEOUT_MS = 2000,
	COUNT_TRIES = 50,
	COUNT_PAUSE_MS = 100
};

/* What the worker says of itself, to be held against what is there. */
struct worker_account {
	bool is_known;
	double started_at_s, stored;
};

struct span {
	struct verify *v;
	uint64_t objects, foreign, records, bytes, faulty;
	uint64_t duplicates, unwatched; /* records whose id was there; records not looked at */
	struct idset ids;
	struct buf faults; /* JSON members of an array, comma-separated */
	unsigned faults_shown;
	struct worker_account before, after;
	/* Objects stored since the worker started, and those so near to it that it is not certain. */
	uint64_t since_start, near_start;
};

static void fault_found(struct span *s, struct str what, const char *why)
{
	struct json_writer w;

	if (s->faults_shown++ >= FAULTS_SHOWN)
		return;
	if (s->v->with_body) /* stdout is the records */
		out_warn(s->v->cli, "%.*s: %s", STR_ARG(what), why);
	else
		out_text(s->v->cli, "%sbad%s        %.*s: %s\n", out_color(s->v->cli, COLOR_RED),
		    out_color(s->v->cli, COLOR_NONE), STR_ARG(what), why);
	if (s->faults.n > 0)
		buf_addc(&s->faults, ',');
	json_writer_init(&w, &s->faults);
	json_object_begin(&w);
	json_member_str(&w, "what", what);
	json_member_text(&w, "why", why);
	json_object_end(&w);
}

static void print_body(const struct span *s, const struct walk_object *o, struct str line,
    const struct record *record)
{
	if (!s->v->with_body)
		return;
	if (s->v->cli->json)
		verify_print_record_json(s->v, o, line, record);
	else
		verify_print_line(s->v->cli, line);
}

static void count_record(struct span *s, const struct walk_object *o, struct str line)
{
	struct record record;
	struct idset_entry *e;
	struct err ignored; /* envelope_check() passed */

	if (record_parse(line, &record, &ignored) != 0)
		return;
	print_body(s, o, line, &record);
	e = idset_add(&s->ids, record.id);
	if (!e) {
		s->unwatched++;
	} else if (e->count++ > 0) {
		s->duplicates++;
		fault_found(s, record.id, "this id is there more than once");
	}
}

/* The kernel tells the start of a process to a second or so. */
static void count_since_start(struct span *s, double stored_at_s)
{
	enum { UNCERTAIN_S = 2 };

	if (stored_at_s > s->before.started_at_s + UNCERTAIN_S)
		s->since_start++;
	else if (stored_at_s > s->before.started_at_s - UNCERTAIN_S)
		s->near_start++;
}

static bool count_object(void *arg, const struct walk_object *o)
{
	struct span *s = arg;
	struct str rest = o->body, line;

	s->objects++;
	s->bytes += o->body.n;
	s->foreign += o->is_foreign;
	count_since_start(s, (double)o->info.stored_at_ms / 1000.0);
	if (o->fault) {
		s->faulty++;
		fault_found(s, o->key, o->fault->text);
		return !out_failed(s->v->cli);
	}
	s->records += o->record_count;
	while (!o->is_foreign && envelope_next(&rest, &line))
		count_record(s, o, line);
	return !out_failed(s->v->cli);
}

/* Without a worker in reach there is nothing to compare with: that is no fault of the span. */
static void ask_worker(struct cli *cli, struct worker_account *out)
{
	const char *base = cli->context.values[CONTEXT_WORKER_ADMIN_URL];
	struct http_response response;
	struct http *http = NULL;
	struct err ignored;

	http_response_init(&response, METRICS_MAX);
	if (*base && ports_http(&http, METRICS_TIMEOUT_MS, &ignored) == 0 &&
	    ports_get(http, base, "/metrics", &response, &ignored) == 0 && response.status == 200)
		out->is_known = metrics_sum(buf_str(&response.body), "ops_envelopes_stored_total",
				    &out->stored) &&
		    metrics_sum(buf_str(&response.body), "process_start_time_seconds",
			&out->started_at_s);
	http_response_release(&response);
	http_close(http);
}

/* An object can be read a moment before the worker has counted it. */
static void ask_until_counted(struct cli *cli, uint64_t objects, struct worker_account *out)
{
	ask_worker(cli, out);
	for (int i = 0; i < COUNT_TRIES && out->is_known && (double)objects > out->stored; i++) {
		clock_sleep_ms(COUNT_PAUSE_MS);
		ask_worker(cli, out);
	}
}

enum comparison { COMPARISON_NONE, COMPARISON_SAME, COMPARISON_DIFFERS };

/*
 * The worker goes on while we count, so the truth lies between its two answers. Where the reader
 * went away, we did not count to the end.
 */
static enum comparison compare(const struct span *s)
{
	if (out_failed(s->v->cli) || !s->before.is_known || !s->after.is_known ||
	    s->before.started_at_s != s->after.started_at_s ||
	    (double)s->v->since_ms / 1000.0 > s->before.started_at_s || s->v->until_ms != INT64_MAX)
		return COMPARISON_NONE;
	return (double)(s->since_start + s->near_start) >= s->before.stored &&
		(double)s->since_start <= s->after.stored
	    ? COMPARISON_SAME
	    : COMPARISON_DIFFERS;
}

static const char *const comparison_names[] = { NULL, "same", "differs" };

static void print_json(const struct span *s, uint64_t other_keys, bool ok)
{
	struct buf out = BUF_INIT(1024 * 1024);
	char since[CLOCK_RFC3339_SIZE], until[CLOCK_RFC3339_SIZE];
	struct json_writer w;

	clock_rfc3339(s->v->since_ms, since);
	clock_rfc3339(s->v->until_ms < s->v->now_ms ? s->v->until_ms : s->v->now_ms, until);
	out_json_begin(&w, &out, "opsctl/verify-s3-span/1");
	json_member_bool(&w, "ok", ok);
	json_member_text(&w, "since", since);
	json_member_text(&w, "until", until);
	json_member_uint(&w, "objects", s->objects);
	json_member_uint(&w, "foreign_objects", s->foreign);
	json_member_uint(&w, "other_keys", other_keys);
	json_member_uint(&w, "records", s->records);
	json_member_uint(&w, "bytes", s->bytes);
	json_member_uint(&w, "faulty_objects", s->faulty);
	json_member_uint(&w, "duplicate_ids", s->duplicates);
	json_member_uint(&w, "unwatched_records", s->unwatched);
	json_member_text(&w, "worker", comparison_names[compare(s)]);
	json_key(&w, "faults");
	json_array_begin(&w);
	if (s->faults.n > 0)
		json_raw(&w, buf_str(&s->faults));
	json_array_end(&w);
	json_object_end(&w);
	out_json(s->v->cli, buf_str(&out));
	buf_release(&out);
}

static void print_text(const struct span *s, uint64_t other_keys, bool ok)
{
	char lack[OVERRIDES_LACK_SIZE];
	struct cli *cli = s->v->cli;

	out_text(cli, "objects    %" PRIu64 ", %s\n", s->objects, COUNT(s->bytes, "byte"));
	if (s->foreign > 0)
		out_text(cli, "foreign    %" PRIu64 " of them were made by other senders\n",
		    s->foreign);
	out_text(cli, "records    %" PRIu64 "\n", s->records);
	if (other_keys > 0)
		out_text(cli, "other      %s that ops-worker did not make\n",
		    COUNT(other_keys, "key"));
	out_text(cli, "faulty     %" PRIu64 "\n", s->faulty);
	out_text(cli, "duplicates %" PRIu64 "\n", s->duplicates);
	if (s->unwatched > 0)
		out_text(cli, "           (too many to compare: %s)\n",
		    COUNT(s->unwatched, "record"));
	if (compare(s) != COMPARISON_NONE)
		out_text(cli, "worker     %s: it stored %.0f objects since it started\n",
		    comparison_names[compare(s)], s->after.stored);
	else if (!cli->context.values[CONTEXT_WORKER_ADMIN_URL][0])
		out_text(cli, "worker     not asked: %s\n",
		    overrides_lack(&cli->context, CONTEXT_WORKER_ADMIN_URL, lack));
	out_text(cli, "verdict    %s%s%s\n", out_color(cli, ok ? COLOR_GREEN : COLOR_RED),
	    ok ? "ok" : "bad", out_color(cli, COLOR_NONE));
}

int verify_span(struct verify *v, struct err *err)
{
	struct span s = { .v = v, .ids = IDSET_INIT(IDS_MAX) };
	struct walk walk = {
		.cli = v->cli,
		.store = v->store,
		.since_ms = v->since_ms,
		.until_ms = v->until_ms,
		.fn = count_object,
		.arg = &s,
	};
	bool ok;
	int rc;

	buf_init(&s.faults, FAULTS_MAX);
	ask_worker(v->cli, &s.before);
	rc = walk_run(&walk, err);
	if (rc == 0) {
		ask_until_counted(v->cli, s.since_start, &s.after);
		ok = s.faulty == 0 && s.duplicates == 0 && compare(&s) != COMPARISON_DIFFERS;
		if (v->cli->json)
			print_json(&s, walk.other_keys, ok);
		else if (!v->with_body)
			print_text(&s, walk.other_keys, ok);
		v->cli->exit_code = ok ? EXIT_OK : EXIT_BAD;
	}
	idset_release(&s.ids);
	buf_release(&s.faults);
	return rc;
}
