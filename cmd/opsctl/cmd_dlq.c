#include <inttypes.h>

#include "calls.h"
#include "commands.h"
#include "count.h"
#include "deaths.h"
#include "dlq.h"
#include "envelope.h"
#include "step.h"

enum { DOCUMENT_MAX = 64 * 1024 * 1024 };

/* Since it was sent; of a letter that is damaged the queue may have lost the time too. */
static int64_t age_s(const struct dlq *d, const struct queue_message *m)
{
	int64_t ms = clock_wall_ms(d->cli->clock) - m->sent_at_ms;

	return ms > 0 ? ms / 1000 : 0;
}

static void add_age(struct buf *out, const struct dlq *d, const struct queue_message *m)
{
	if (m->sent_at_ms > 0)
		buf_addf(out, "%" PRId64 " s", age_s(d, m));
	else
		buf_adds(out, "unknown");
}

static void letter_json(struct json_writer *w, const struct dlq *d, const struct queue_message *m,
    const struct autopsy *a)
{
	char sent[CLOCK_RFC3339_SIZE];
	bool has_age = m->sent_at_ms > 0;

	clock_rfc3339(m->sent_at_ms, sent);
	json_member_text(w, "id", m->id);
	json_member_text(w, "sent_at", has_age ? sent : NULL);
	json_key(w, "age_s");
	if (has_age)
		json_int(w, age_s(d, m));
	else
		json_null(w);
	json_member_uint(w, "receives", m->receive_count);
	json_member_text(w, "object", m->object[0] ? m->object : NULL);
	json_member_bool(w, "foreign", m->object[0] == '\0');
	json_member_uint(w, "bytes", m->body.n);
	json_member_uint(w, "records", m->record_count);
	json_member_text(w, "sha256", m->sha256[0] ? m->sha256 : NULL);
	json_member_text(w, "traceparent", m->traceparent[0] ? m->traceparent : NULL);
	json_member_text(w, "verdict", autopsy_code(a->verdict));
	json_member_text(w, "why", a->why[0] ? a->why : NULL);
}

/* ---- dlq ls ---- */

struct listing {
	struct dlq dlq;
	uint64_t max, count;
	struct dlq_verdicts verdicts;
	struct deaths deaths;
	struct json_writer w;
	struct out_table table;
	bool is_cut;
};

static bool list_letter(void *arg, const struct queue_message *m)
{
	struct buf age = BUF_INIT(32);
	struct listing *l = arg;
	struct autopsy a;

	if (l->count == l->max) {
		l->is_cut = true;
		return false;
	}
	l->count++;
	autopsy_make(m, l->dlq.store, &a);
	l->verdicts.counts[a.verdict]++;
	deaths_add(&l->deaths, m->id, &a);
	if (l->dlq.cli->json) {
		json_object_begin(&l->w);
		letter_json(&l->w, &l->dlq, m, &a);
		json_object_end(&l->w);
		return true;
	}
	out_table_cell(&l->table, "%s", m->id);
	add_age(&age, &l->dlq, m);
	out_table_cell(&l->table, "%s", buf_text(&age));
	buf_release(&age);
	out_table_cell(&l->table, "%u", m->receive_count);
	out_table_cell(&l->table, "%zu", m->body.n);
	out_table_cell(&l->table, "%s", m->object[0] ? m->object : "(foreign)");
	out_table_cell(&l->table, "%s%s%s", autopsy_name(a.verdict), a.why[0] ? ": " : "", a.why);
	return true;
}

static int list_json(struct listing *l, struct err *err)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	int rc;

	out_json_begin(&l->w, &out, "opsctl/dlq-ls/1");
	json_key(&l->w, "letters");
	json_array_begin(&l->w);
	rc = dlq_each(&l->dlq, list_letter, l, err);
	json_array_end(&l->w);
	json_member_uint(&l->w, "count", l->count);
	json_member_bool(&l->w, "more", l->is_cut);
	dlq_verdicts_json(&l->w, &l->verdicts);
	deaths_json(&l->w, &l->deaths);
	json_object_end(&l->w);
	if (rc == 0 && out.full)
		rc = err_set(err, ERR_INVALID, "the list is too long; use a smaller --max");
	if (rc == 0)
		out_json(l->dlq.cli, buf_str(&out));
	buf_release(&out);
	return rc;
}

static void note_steps(const struct listing *l)
{
	struct cli *cli = l->dlq.cli;
	char next[ERR_TEXT_MAX];
	uint64_t passing = l->verdicts.counts[AUTOPSY_PASSES],
		 stored = l->verdicts.counts[AUTOPSY_STORED];

	if (l->is_cut)
		out_note(cli, "there are more than %" PRIu64 ", see --max", l->max);
	if (passing > 0)
		out_note(cli, "%s would be stored now\n%s", COUNT(passing, "letter"),
		    step_show(cli, "run: opsctl dlq redrive --passing", next));
	if (stored > 0)
		out_note(cli, "nothing is lost with %s stored already\n%s", COUNT(stored, "letter"),
		    step_show(cli, "run: opsctl dlq purge --stored", next));
}

static int list_text(struct listing *l, struct err *err)
{
	static const char *const header[] = { "ID", "AGE", "RECEIVES", "BYTES", "OBJECT",
		"VERDICT" };
	struct cli *cli = l->dlq.cli;
	int rc;

	out_table_init(&l->table, header, ARRAY_SIZE(header));
	rc = dlq_each(&l->dlq, list_letter, l, err);
	if (rc != 0 || l->count == 0) {
		buf_release(&l->table.cells);
		if (rc == 0)
			out_note(cli, "no dead letters");
		return rc;
	}
	out_table_print(cli, &l->table);
	deaths_print(cli, &l->deaths);
	note_steps(l);
	return 0;
}

static int cmd_dlq_ls(struct cli *cli, struct err *err)
{
	struct listing l = { .max = (uint64_t)cli_int(cli, "max") };
	int rc;

	if (dlq_open(&l.dlq, cli, 0, err) != 0)
		return -1;
	rc = cli->json ? list_json(&l, err) : list_text(&l, err);
	dlq_close(&l.dlq);
	return rc;
}

/* ---- dlq show ---- */

struct showing {
	struct dlq dlq;
	const char *id;
	bool found;
};

static void record_ids_json(struct json_writer *w, struct str body)
{
	struct record record;
	struct str line;
	struct err ignored; /* the verdict tells of it */

	json_key(w, "record_ids");
	json_array_begin(w);
	while (envelope_next(&body, &line))
		if (record_parse(line, &record, &ignored) == 0)
			json_str(w, record.id);
	json_array_end(w);
}

static void show_json(const struct showing *s, const struct queue_message *m,
    const struct autopsy *a)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/dlq-show/1");
	letter_json(&w, &s->dlq, m, a);
	record_ids_json(&w, buf_str(&m->body));
	if (cli_flag(s->dlq.cli, "body"))
		json_member_str(&w, "body", buf_str(&m->body));
	json_object_end(&w);
	out_json(s->dlq.cli, buf_str(&out));
	buf_release(&out);
}

static void show_text(const struct showing *s, const struct queue_message *m,
    const struct autopsy *a)
{
	struct cli *cli = s->dlq.cli;
	struct str rest = buf_str(&m->body), line;
	char sent[CLOCK_RFC3339_SIZE];
	struct record record;
	struct err ignored; /* the verdict tells of it */

	clock_rfc3339(m->sent_at_ms, sent);
	out_text(cli, "id        %s\n", m->id);
	if (m->sent_at_ms > 0)
		out_text(cli, "sent      %s  (%" PRId64 " s ago)\n", sent, age_s(&s->dlq, m));
	out_text(cli, "receives  %u\n", m->receive_count);
	out_text(cli, "object    %s\n", m->object[0] ? m->object : "(foreign)");
	out_text(cli, "sha256    %s\n", m->sha256[0] ? m->sha256 : "(none)");
	out_text(cli, "bytes     %zu\n", m->body.n);
	out_text(cli, "verdict   %s%s%s\n", autopsy_name(a->verdict), a->why[0] ? ": " : "",
	    a->why);
	while (envelope_next(&rest, &line))
		if (record_parse(line, &record, &ignored) == 0)
			out_text(cli, "record    %.*s  %s\n", STR_ARG(record.id),
			    COUNT(line.n, "byte"));
}

static bool show_letter(void *arg, const struct queue_message *m)
{
	struct showing *s = arg;
	struct autopsy a;

	if (strcmp(m->id, s->id) != 0)
		return true;
	s->found = true;
	autopsy_make(m, s->dlq.store, &a);
	if (s->dlq.cli->json)
		show_json(s, m, &a);
	else if (cli_flag(s->dlq.cli, "body"))
		out_text(s->dlq.cli, "%.*s", STR_ARG(buf_str(&m->body)));
	else
		show_text(s, m, &a);
	return false;
}

static int cmd_dlq_show(struct cli *cli, struct err *err)
{
	struct showing s = { .id = cli->operands[0] };
	int rc;

	if (dlq_open(&s.dlq, cli, 0, err) != 0)
		return -1;
	rc = dlq_each(&s.dlq, show_letter, &s, err);
	dlq_close(&s.dlq);
	if (rc == 0 && !s.found) {
		(void)cli_next(cli, "run: opsctl dlq ls");
		return err_set(err, ERR_NOTFOUND, "no dead letter has the id '%s'", s.id);
	}
	return rc;
}

static const struct command_call calls[] = {
	CALLS_DEAD_LETTERS,
};

static const struct option_row ls_options[] = {
	{ "max", 0, OPTION_INT, "N", "1000", .min = 1, .max = 1000 * 1000,
	    .help = "list at most N dead letters" },
};

const struct command command_dlq_ls = {
	.name = "dlq ls",
	.operands = "",
	.operand_completion = "none",
	.summary = "list dead letters, oldest first",
	.about = "Dead letters are messages that were received too often without being stored. "
		 "Each is judged by the code that the worker uses: whether it would pass now, "
		 "and if not, why; then they are counted by cause.",
	OPTIONS(ls_options),
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_dlq_ls,
};

static const struct option_row show_options[] = {
	{ "body", 0, OPTION_FLAG, .help = "print the body alone, byte for byte" },
};

const struct command command_dlq_show = {
	.name = "dlq show",
	.operands = "ID",
	.min = 1,
	.max = 1,
	.operand_completion = "none",
	.summary = "show one dead letter and its records",
	.about =
	    "Prints the attributes of a dead letter and the ids of its records; with --body its "
	    "body, byte for byte.",
	OPTIONS(show_options),
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_dlq_show,
};
