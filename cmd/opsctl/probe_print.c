#include "probe_print.h"

#include <inttypes.h>

#include "bar.h"
#include "count.h"

enum { BAR_WIDTH = 50, LINE_MAX_BYTES = 512, DOCUMENT_MAX = 64 * 1024 };

/* Less is within what clocks that are kept in step differ. */
enum { CLOCK_WORTH_MS = 5 };

static double ms(int64_t us)
{
	return (double)us / 1000.0;
}

/* ---- for people ---- */

static void print_span(struct cli *cli, const struct probe *p, enum probe_hop hop, bool is_unicode)
{
	const struct probe_span *span = &p->spans[hop];
	struct buf bar = BUF_INIT(LINE_MAX_BYTES);

	if (span->note) {
		out_text(cli, "  %-10s          -    %s%s%s\n", probe_hop_name(hop),
		    out_color(cli, COLOR_DIM), span->note, out_color(cli, COLOR_NONE));
		return;
	}
	bar_add(&bar, span->from_us, span->to_us, p->total_us, BAR_WIDTH, is_unicode);
	out_text(cli, "  %-10s %8.1f ms  %s%s%s\n", probe_hop_name(hop),
	    ms(span->to_us - span->from_us),
	    out_color(cli, p->has_failed && p->failed_at == hop ? COLOR_RED : COLOR_NONE),
	    buf_text(&bar), out_color(cli, COLOR_NONE));
	buf_release(&bar);
}

static void print_clocks(struct cli *cli, const int64_t ahead_ms[PROBE_CLOCKS])
{
	for (int i = 0; i < PROBE_CLOCKS; i++)
		if (llabs(ahead_ms[i]) >= CLOCK_WORTH_MS)
			out_text(cli,
			    "the clock of %s is at least %lld ms %s this one; "
			    "its times are moved by that\n",
			    probe_clock_name((enum probe_clock)i), llabs(ahead_ms[i]),
			    ahead_ms[i] > 0 ? "ahead of" : "behind");
}

static void print_outcome(struct cli *cli, const struct probe *p)
{
	if (p->has_failed)
		out_text(cli, "%sfailed%s at %s after %.1f ms", out_color(cli, COLOR_RED),
		    out_color(cli, COLOR_NONE), probe_hop_name(p->failed_at), ms(p->total_us));
	else
		out_text(cli, "%sarrived%s after %.1f ms", out_color(cli, COLOR_GREEN),
		    out_color(cli, COLOR_NONE), ms(p->total_us));
}

/* Why, and what to do: ends the line. */
static void print_why(struct cli *cli, const char *text, const char *next)
{
	out_text(cli, ": %s\n", text);
	if (next[0] != '\0')
		out_text(cli, "next: %s\n", next);
}

void probe_print_text(struct cli *cli, const struct probe *p)
{
	bool is_unicode = bar_is_unicode();

	out_text(cli, "%s\n", p->id);
	if (p->answer.object[0])
		out_text(cli, "%s\n", p->answer.object);
	for (int hop = 0; hop < PROBE_HOPS; hop++)
		print_span(cli, p, (enum probe_hop)hop, is_unicode);
	print_clocks(cli, p->ahead_ms);
	print_outcome(cli, p);
	if (p->has_failed)
		print_why(cli, p->err.text, p->next);
	else
		out_text(cli, "\n");
}

void probe_print_line(struct cli *cli, const struct probe *p, int64_t n, int64_t count)
{
	out_text(cli, "%" PRId64 "/%" PRId64 "  %s  ", n, count, p->id);
	print_outcome(cli, p);
	out_text(cli, "\n");
}

/* How many at that hop, and once what was said of each. */
static void print_failures(struct cli *cli, enum probe_hop hop, const struct probe_failures *f)
{
	if (f->count == 0)
		return;
	out_text(cli, "%s %sfailed%s at %s", COUNT(f->count, "probe"), out_color(cli, COLOR_RED),
	    out_color(cli, COLOR_NONE), probe_hop_name(hop));
	print_why(cli, f->text, f->next);
}

static void add_times(struct out_table *table, const char *name, const struct histogram *h)
{
	out_table_cell(table, "%s", name);
	out_table_cell(table, "%" PRIu64, h->count);
	if (h->count == 0) {
		for (int i = 0; i < 3; i++)
			out_table_cell(table, "-");
		return;
	}
	out_table_cell(table, "%.1f ms", ms(histogram_percentile(h, 50)));
	out_table_cell(table, "%.1f ms", ms(histogram_percentile(h, 95)));
	out_table_cell(table, "%.1f ms", ms(h->max_us));
}

void probe_print_tally(struct cli *cli, const struct probe_tally *t)
{
	static const char *const header[] = { "HOP", "TIMES", "P50", "P95", "MAX" };
	struct out_table table;

	out_table_init(&table, header, ARRAY_SIZE(header));
	for (int hop = 0; hop < PROBE_HOPS; hop++)
		add_times(&table, probe_hop_name((enum probe_hop)hop), &t->hops[hop]);
	add_times(&table, "all", &t->total);
	out_table_print(cli, &table);
	print_clocks(cli, t->ahead_ms);
	for (int hop = 0; hop < PROBE_HOPS; hop++)
		print_failures(cli, (enum probe_hop)hop, &t->failures[hop]);
	out_text(cli, "%" PRIu64 " of %s arrived\n", t->arrived, COUNT(t->count, "probe"));
}

/* ---- for programs ---- */

static void span_json(struct json_writer *w, enum probe_hop hop, const struct probe_span *span)
{
	json_object_begin(w);
	json_member_text(w, "hop", probe_hop_name(hop));
	if (span->note) {
		json_member_text(w, "note", span->note);
	} else {
		json_member_double(w, "from_ms", ms(span->from_us), 3);
		json_member_double(w, "took_ms", ms(span->to_us - span->from_us), 3);
	}
	json_object_end(w);
}

static void clocks_json(struct json_writer *w, const int64_t ahead_ms[PROBE_CLOCKS])
{
	json_key(w, "clocks_ahead_ms");
	json_object_begin(w);
	for (int i = 0; i < PROBE_CLOCKS; i++)
		if (ahead_ms[i] != 0)
			json_member_int(w, probe_clock_name((enum probe_clock)i), ahead_ms[i]);
	json_object_end(w);
}

static void failure_json(struct json_writer *w, const struct probe *p)
{
	json_member_text(w, "failed_at", p->has_failed ? probe_hop_name(p->failed_at) : NULL);
	json_member_int(w, "exit", probe_exit_code(p));
	json_key(w, "error");
	if (!p->has_failed) {
		json_null(w);
		return;
	}
	json_object_begin(w);
	json_member_text(w, "code", err_name(p->err.code));
	json_member_text(w, "message", p->err.text);
	json_member_text(w, "next", p->next[0] ? p->next : NULL);
	json_object_end(w);
}

void probe_print_json(struct cli *cli, const struct probe *p)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	char at[CLOCK_RFC3339_SIZE];
	struct json_writer w;

	clock_rfc3339(p->began_ms, at);
	out_json_begin(&w, &out, "opsctl/probe/1");
	json_member_text(&w, "context", cli->context.name);
	json_member_text(&w, "id", p->id);
	json_member_text(&w, "object", p->answer.object[0] ? p->answer.object : NULL);
	json_member_text(&w, "request_id", p->answer.request_id[0] ? p->answer.request_id : NULL);
	json_member_int(&w, "status", p->answer.status);
	json_member_text(&w, "at", at);
	json_member_bool(&w, "ok", !p->has_failed);
	json_member_double(&w, "total_ms", ms(p->total_us), 3);
	json_key(&w, "hops");
	json_array_begin(&w);
	for (int hop = 0; hop < PROBE_HOPS; hop++)
		span_json(&w, (enum probe_hop)hop, &p->spans[hop]);
	json_array_end(&w);
	clocks_json(&w, p->ahead_ms);
	failure_json(&w, p);
	json_object_end(&w);
	out_json(cli, buf_str(&out));
	buf_release(&out);
}

static void times_json(struct json_writer *w, const char *name, const struct histogram *h)
{
	json_object_begin(w);
	json_member_text(w, "hop", name);
	json_member_uint(w, "times", h->count);
	if (h->count > 0) {
		json_member_double(w, "p50_ms", ms(histogram_percentile(h, 50)), 3);
		json_member_double(w, "p95_ms", ms(histogram_percentile(h, 95)), 3);
		json_member_double(w, "max_ms", ms(h->max_us), 3);
	}
	json_object_end(w);
}

void probe_print_tally_json(struct cli *cli, const struct probe_tally *t)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/probe-summary/1");
	json_member_text(&w, "context", cli->context.name);
	json_member_bool(&w, "ok", t->count > 0 && t->arrived == t->count);
	json_member_uint(&w, "probes", t->count);
	json_member_uint(&w, "arrived", t->arrived);
	json_key(&w, "failed_at");
	json_object_begin(&w);
	for (int hop = 0; hop < PROBE_HOPS; hop++)
		if (t->failures[hop].count > 0)
			json_member_uint(&w, probe_hop_name((enum probe_hop)hop),
			    t->failures[hop].count);
	json_object_end(&w);
	json_key(&w, "hops");
	json_array_begin(&w);
	for (int hop = 0; hop < PROBE_HOPS; hop++)
		times_json(&w, probe_hop_name((enum probe_hop)hop), &t->hops[hop]);
	times_json(&w, "all", &t->total);
	json_array_end(&w);
	clocks_json(&w, t->ahead_ms);
	json_object_end(&w);
	out_json(cli, buf_str(&out));
	buf_release(&out);
}
