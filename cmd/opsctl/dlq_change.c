#include "dlq_change.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "mem.h"
#include "ports.h"
#include "step.h"

enum { PICKED_MAX = 64 * 1024 * 1024, DOCUMENT_END_MAX = 4096 };

/* ---- picking ---- */

static bool is_named(const struct cli *cli, const char *id)
{
	for (int i = 0; i < cli->operand_count; i++)
		if (strcmp(cli->operands[i], id) == 0)
			return true;
	return false;
}

static void add_name(struct buf *names, const char *id)
{
	buf_add(names, (struct str){ id, strlen(id) + 1 });
}

/* The first that can be watched. */
static void take_canary(struct dlq_canary *c, const struct queue_message *m,
    const struct autopsy *a)
{
	if (c->id[0] != '\0' || m->object[0] == '\0' || a->verdict != AUTOPSY_PASSES)
		return;
	memcpy(c->id, m->id, sizeof(c->id));
	memcpy(c->object, m->object, sizeof(c->object));
	hash_sha256_hex(buf_str(&m->body), c->sha256);
}

static void pick(struct dlq_picked *p, const struct queue_message *m, const struct autopsy *a)
{
	add_name(&p->names, m->id);
	p->count++;
	p->verdicts.counts[a->verdict]++;
	take_canary(&p->canary, m, a);
	out_table_cell(&p->table, "%s", m->id);
	out_table_cell(&p->table, "%s%s%s", autopsy_name(a->verdict), a->why[0] ? ": " : "",
	    a->why);
	json_object_begin(&p->w);
	json_member_text(&p->w, "id", m->id);
	json_member_text(&p->w, "verdict", autopsy_code(a->verdict));
	json_member_text(&p->w, "why", a->why[0] ? a->why : NULL);
	json_object_end(&p->w);
}

/* With room for the end of the document: what was done must not fail to be told. */
static bool is_full(const struct dlq_picked *p)
{
	return p->names.full || p->skipped_names.full || p->table.cells.full ||
	    p->w.out->n > PICKED_MAX - DOCUMENT_END_MAX;
}

static bool pick_letter(void *arg, const struct queue_message *m)
{
	struct dlq_picked *p = arg;
	struct autopsy a;

	if (!p->all && !p->is_selected && !is_named(p->dlq.cli, m->id))
		return true;
	autopsy_make(m, p->dlq.store, &a);
	if (a.verdict == p->change->left_alone) {
		add_name(&p->skipped_names, m->id);
		p->skipped++;
	} else if (!p->is_selected || a.verdict == p->change->options) {
		pick(p, m, &a);
	}
	return !is_full(p);
}

/* The ids picked, `count` of them; they live as long as `names`. */
static const char **list_ids(const struct dlq_picked *p)
{
	const char **ids = xcalloc(p->count, sizeof(*ids));
	const char *name = p->names.p;

	for (size_t i = 0; i < p->count; i++, name += strlen(name) + 1)
		ids[i] = name;
	return ids;
}

static bool has_name(const struct buf *names, const char *id)
{
	struct str rest = buf_str(names), name;

	while (str_cut(rest, '\0', &name, &rest))
		if (str_is(name, id))
			return true;
	return false;
}

/* Whether all that was named is there: one wrong name, and nothing is changed. */
static int check_names(const struct dlq_picked *p, struct err *err)
{
	struct cli *cli = p->dlq.cli;
	const char *first = NULL;
	int missing = 0;

	for (int i = 0; i < cli->operand_count; i++)
		if (!has_name(&p->names, cli->operands[i]) &&
		    !has_name(&p->skipped_names, cli->operands[i]) && missing++ == 0)
			first = cli->operands[i];
	if (missing == 0)
		return 0;
	(void)cli_next(cli, "run: opsctl dlq ls");
	if (missing == 1)
		return err_set(err, ERR_NOTFOUND, "no dead letter has the id '%s'", first);
	return err_set(err, ERR_NOTFOUND, "no dead letter has the id '%s', nor %d more of these %d",
	    first, missing - 1, cli->operand_count);
}

static int pick_letters(struct dlq_picked *p, struct err *err)
{
	if (dlq_each(&p->dlq, pick_letter, p, err) != 0)
		return -1;
	if (is_full(p))
		return err_set(err, ERR_INVALID, "more than %zu dead letters at once; name them",
		    p->count - 1);
	return check_names(p, err);
}

/* ---- telling ---- */

/* ", 2 of which would fail again" */
static void add_note(struct buf *out, const struct dlq_picked *p, const char *note)
{
	uint64_t n = p->change->noteworthy(&p->verdicts);

	if (n > 0)
		buf_addf(out, ", %" PRIu64 " of which %s", n, note);
}

static void tell(struct dlq_picked *p, uint64_t n, bool is_dry)
{
	const struct dlq_change *change = p->change;
	struct cli *cli = p->dlq.cli;
	struct buf note = BUF_INIT(256);
	char next[ERR_TEXT_MAX];

	if (is_dry && p->count > 0)
		out_table_print(cli, &p->table);
	add_note(&note, p, is_dry ? change->note : change->done_note);
	out_text(cli, "%s%s %" PRIu64 "%s\n", is_dry ? "would be " : "", change->done, n,
	    buf_text(&note));
	if (p->skipped > 0)
		out_note(cli, "left alone %zu%s\n%s", p->skipped, change->left_note,
		    step_show(cli, change->left_next, next));
	buf_release(&note);
}

static void report(struct dlq_picked *p, uint64_t n, bool is_dry)
{
	json_array_end(&p->w);
	dlq_verdicts_json(&p->w, &p->verdicts);
	json_member_bool(&p->w, "dry_run", is_dry);
	json_member_uint(&p->w, p->change->done, n);
	json_member_uint(&p->w, "skipped", p->skipped);
	json_object_end(&p->w);
	if (p->dlq.cli->json)
		out_json(p->dlq.cli, buf_str(p->w.out));
	tell(p, n, is_dry);
}

/* ---- doing ---- */

static int ask(const struct dlq_picked *p, struct err *err)
{
	struct cli *cli = p->dlq.cli;
	struct buf question = BUF_INIT(512);
	int rc;

	buf_addf(&question, "%s %s of context %s", p->change->verb, COUNT(p->count, "dead letter"),
	    cli->context.name);
	add_note(&question, p, p->change->note);
	buf_addf(&question, "%s?", p->change->warning);
	rc = access_change(cli, p->change->danger, buf_text(&question), err);
	buf_release(&question);
	return rc;
}

static int change_picked(struct dlq_picked *p, struct err *err)
{
	bool is_dry = cli_flag(p->dlq.cli, "dry-run");
	const char **ids;
	uint64_t n = 0;
	int rc;

	if (is_dry || p->count == 0) {
		report(p, p->count, is_dry);
		return 0;
	}
	if (ask(p, err) != 0)
		return -1;
	ids = list_ids(p);
	rc = p->change->apply(p, ids, p->count, &n, err);
	free(ids);
	if (rc == 0)
		report(p, n, false);
	return rc;
}

static int change_letters(struct dlq_picked *p, struct err *err)
{
	static const char *const header[] = { "ID", "VERDICT" };
	struct buf out = BUF_INIT(PICKED_MAX);
	int rc;

	out_json_begin(&p->w, &out, p->change->schema);
	json_key(&p->w, "letters");
	json_array_begin(&p->w);
	out_table_init(&p->table, header, ARRAY_SIZE(header));
	buf_init(&p->names, PICKED_MAX);
	buf_init(&p->skipped_names, PICKED_MAX);
	rc = pick_letters(p, err);
	if (rc == 0)
		rc = change_picked(p, err);
	buf_release(&p->names);
	buf_release(&p->skipped_names);
	buf_release(&p->table.cells);
	buf_release(&out);
	return rc;
}

/* ---- all, by the service ---- */

static int ask_unseen(const struct dlq_picked *p, uint64_t dead, struct err *err)
{
	struct buf question = BUF_INIT(512);
	int rc;

	buf_addf(&question, "%s all dead letters of context %s, about %" PRIu64 "%s?",
	    p->change->verb, p->dlq.cli->context.name, dead, p->change->warning);
	rc = access_change(p->dlq.cli, p->change->danger, buf_text(&question), err);
	buf_release(&question);
	return rc;
}

static void report_unseen(struct cli *cli, const struct dlq_change *change, uint64_t n)
{
	struct buf out = BUF_INIT(DOCUMENT_END_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, change->schema);
	json_key(&w, "letters");
	json_null(&w);
	json_key(&w, "verdicts");
	json_null(&w);
	json_member_bool(&w, "dry_run", false);
	json_member_uint(&w, change->done, n);
	json_key(&w, "skipped");
	json_null(&w);
	json_object_end(&w);
	if (cli->json)
		out_json(cli, buf_str(&out));
	out_text(cli, "%s %" PRIu64 "\n", change->done, n);
	buf_release(&out);
}

/*
 * SQS changes all at once, but not those that somebody has just received, and to receive is the
 * only way to look at them. So nobody looks; --dry-run does, and the option for some of them.
 */
static int change_unseen(struct dlq_picked *p, struct err *err)
{
	struct dlq *d = &p->dlq;
	struct queue_stats stats;
	uint64_t n = 0;
	int rc;

	if (queue_stats(d->queue, &stats, err) != 0)
		return ports_failed(d->cli, err);
	if (stats.dead_fault.code != ERR_NONE) {
		*err = stats.dead_fault;
		return ports_failed(d->cli, err);
	}
	if (ask_unseen(p, stats.dead, err) != 0)
		return -1;
	progress_begin(&d->progress, d->cli, p->change->verb, stats.dead);
	rc = p->change->apply_all(d->queue, NULL, 0, &n, err);
	progress_end(&d->progress);
	if (rc != 0)
		return ports_failed(d->cli, err);
	report_unseen(d->cli, p->change, n);
	return 0;
}

int dlq_change_run(struct cli *cli, const struct dlq_change *change, unsigned redrive_rate,
    struct err *err)
{
	struct dlq_picked p = {
		.change = change,
		.all = cli_flag(cli, "all"),
		.is_selected = cli_flag(cli, change->option),
	};
	int rc;

	if (p.all + p.is_selected + (cli->operand_count > 0) != 1)
		return err_set(err, ERR_USAGE, "name either dead letters or --all or --%s",
		    change->option);
	if (dlq_open(&p.dlq, cli, redrive_rate, err) != 0)
		return -1;
	if (p.all && dlq_is_on_aws(&p.dlq) && !cli_flag(cli, "dry-run"))
		rc = change_unseen(&p, err);
	else
		rc = change_letters(&p, err);
	dlq_close(&p.dlq);
	return rc;
}
