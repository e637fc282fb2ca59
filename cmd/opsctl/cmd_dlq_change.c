/* dlq redrive, dlq purge: letters that are changed, after a question. */
#include <inttypes.h>
#include <stdlib.h>

#include "commands.h"
#include "count.h"
#include "dlq.h"
#include "mem.h"
#include "ports.h"

enum { PICKED_MAX = 64 * 1024 * 1024, DOCUMENT_END_MAX = 4096 };

struct change {
	const char *schema, *verb, *done; /* "redrive", "redriven" */
	uint64_t (*noteworthy)(const struct dlq_verdicts *v);
	const char *note, *done_note; /* about so many of them: "would fail again" */
	const char *warning;          /* end of the question */
	int (*apply)(struct queue *q, const char *const *ids, size_t count, uint64_t *n,
	    struct err *err);
};

/*
 * What was meant when the command began, and is asked about: no letter that dies later is
 * changed, --all or not. But for all of them on AWS, see change_unseen().
 */
struct picked {
	struct dlq dlq;
	bool all, is_passing; /* those that would be stored now */
	size_t count;
	struct buf names; /* each ended by NUL */
	struct dlq_verdicts verdicts;
	struct out_table table; /* for --dry-run */
	struct json_writer w;   /* of the document, in its array "letters" */
};

static bool is_named(const struct cli *cli, const char *id)
{
	for (int i = 0; i < cli->operand_count; i++)
		if (strcmp(cli->operands[i], id) == 0)
			return true;
	return false;
}

static void pick(struct picked *p, const struct queue_message *m, const struct autopsy *a)
{
	buf_add(&p->names, (struct str){ m->id, strlen(m->id) + 1 });
	p->count++;
	p->verdicts.counts[a->verdict]++;
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
static bool is_full(const struct picked *p)
{
	return p->names.full || p->table.cells.full || p->w.out->n > PICKED_MAX - DOCUMENT_END_MAX;
}

static bool pick_letter(void *arg, const struct queue_message *m)
{
	struct picked *p = arg;
	struct autopsy a;

	if (!p->all && !p->is_passing && !is_named(p->dlq.cli, m->id))
		return true;
	autopsy_make(m, p->dlq.store, &a);
	if (!p->is_passing || a.verdict == AUTOPSY_PASSES || a.verdict == AUTOPSY_STORED)
		pick(p, m, &a);
	return !is_full(p);
}

/* The ids picked, `count` of them; they live as long as `names`. */
static const char **list_ids(const struct picked *p)
{
	const char **ids = xcalloc(p->count, sizeof(*ids));
	const char *name = p->names.p;

	for (size_t i = 0; i < p->count; i++, name += strlen(name) + 1)
		ids[i] = name;
	return ids;
}

static bool is_picked(const struct picked *p, const char *id)
{
	const char *name = p->names.p;

	for (size_t i = 0; i < p->count; i++, name += strlen(name) + 1)
		if (strcmp(name, id) == 0)
			return true;
	return false;
}

/* Whether all that was named is there: one wrong name, and nothing is changed. */
static int check_names(const struct picked *p, struct err *err)
{
	struct cli *cli = p->dlq.cli;
	const char *first = NULL;
	int missing = 0;

	for (int i = 0; i < cli->operand_count; i++)
		if (!is_picked(p, cli->operands[i]) && missing++ == 0)
			first = cli->operands[i];
	if (missing == 0)
		return 0;
	(void)cli_next(cli, "run: opsctl dlq ls");
	if (missing == 1)
		return err_set(err, ERR_NOTFOUND, "no dead letter has the id '%s'", first);
	return err_set(err, ERR_NOTFOUND, "no dead letter has the id '%s', nor %d more of these %d",
	    first, missing - 1, cli->operand_count);
}

static int pick_letters(struct picked *p, struct err *err)
{
	if (dlq_each(&p->dlq, pick_letter, p, err) != 0)
		return -1;
	if (is_full(p))
		return err_set(err, ERR_INVALID, "more than %zu dead letters at once; name them",
		    p->count - 1);
	return check_names(p, err);
}

/* ", 2 of which would fail again" */
static void add_note(struct buf *out, const struct picked *p, const struct change *change,
    const char *note)
{
	uint64_t n = change->noteworthy(&p->verdicts);

	if (n > 0)
		buf_addf(out, ", %" PRIu64 " of which %s", n, note);
}

static void report_change(struct picked *p, const struct change *change, uint64_t n, bool is_dry)
{
	struct cli *cli = p->dlq.cli;
	struct buf note = BUF_INIT(256);

	json_array_end(&p->w);
	dlq_verdicts_json(&p->w, &p->verdicts);
	json_member_bool(&p->w, "dry_run", is_dry);
	json_member_uint(&p->w, change->done, n);
	json_object_end(&p->w);
	if (cli->json)
		out_json(cli, buf_str(p->w.out));
	if (is_dry && p->count > 0)
		out_table_print(cli, &p->table);
	add_note(&note, p, change, is_dry ? change->note : change->done_note);
	out_text(cli, "%s%s %" PRIu64 "%s\n", is_dry ? "would be " : "", change->done, n,
	    buf_text(&note));
	buf_release(&note);
}

static int confirm(const struct picked *p, const struct change *change, struct err *err)
{
	struct cli *cli = p->dlq.cli;
	struct buf question = BUF_INIT(512);
	int rc;

	if (cli_flag(cli, "yes"))
		return 0;
	buf_addf(&question, "%s %s of context %s", change->verb, COUNT(p->count, "dead letter"),
	    cli->context.name);
	add_note(&question, p, change, change->note);
	buf_addf(&question, "%s?", change->warning);
	rc = cli_confirm(cli, buf_text(&question), "--yes", err);
	buf_release(&question);
	return rc;
}

static int apply(struct dlq *d, const struct change *change, const char *const *ids, size_t count,
    uint64_t *n, struct err *err)
{
	int rc;

	progress_begin(&d->progress, d->cli, change->verb, count);
	rc = change->apply(d->queue, ids, count, n, err);
	progress_end(&d->progress);
	return rc == 0 ? 0 : ports_failed(d->cli, err);
}

static int change_picked(struct picked *p, const struct change *change, struct err *err)
{
	bool is_dry = cli_flag(p->dlq.cli, "dry-run");
	const char **ids;
	uint64_t n = 0;
	int rc;

	if (is_dry || p->count == 0) {
		report_change(p, change, p->count, is_dry);
		return 0;
	}
	if (confirm(p, change, err) != 0)
		return -1;
	ids = list_ids(p);
	rc = apply(&p->dlq, change, ids, p->count, &n, err);
	free(ids);
	if (rc == 0)
		report_change(p, change, n, false);
	return rc;
}

static int change_letters(struct picked *p, const struct change *change, struct err *err)
{
	static const char *const header[] = { "ID", "VERDICT" };
	struct buf out = BUF_INIT(PICKED_MAX);
	int rc;

	out_json_begin(&p->w, &out, change->schema);
	json_key(&p->w, "letters");
	json_array_begin(&p->w);
	out_table_init(&p->table, header, ARRAY_SIZE(header));
	buf_init(&p->names, PICKED_MAX);
	rc = pick_letters(p, err);
	if (rc == 0)
		rc = change_picked(p, change, err);
	buf_release(&p->names);
	buf_release(&p->table.cells);
	buf_release(&out);
	return rc;
}

/* ---- all, by the service ---- */

static int confirm_unseen(const struct dlq *d, const struct change *change, uint64_t dead,
    struct err *err)
{
	struct buf question = BUF_INIT(512);
	int rc;

	if (cli_flag(d->cli, "yes"))
		return 0;
	buf_addf(&question, "%s all dead letters of context %s, about %" PRIu64 "%s?", change->verb,
	    d->cli->context.name, dead, change->warning);
	rc = cli_confirm(d->cli, buf_text(&question), "--yes", err);
	buf_release(&question);
	return rc;
}

static void report_unseen(struct cli *cli, const struct change *change, uint64_t n)
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
	json_object_end(&w);
	if (cli->json)
		out_json(cli, buf_str(&out));
	out_text(cli, "%s %" PRIu64 "\n", change->done, n);
	buf_release(&out);
}

/*
 * SQS changes all at once, but not those that somebody has just received, and to receive is the
 * only way to look at them. So nobody looks; --dry-run does, and --passing.
 */
static int change_unseen(struct dlq *d, const struct change *change, struct err *err)
{
	struct queue_stats stats;
	uint64_t n = 0;

	if (queue_stats(d->queue, &stats, err) != 0)
		return ports_failed(d->cli, err);
	if (stats.dead_fault.code != ERR_NONE) {
		*err = stats.dead_fault;
		return ports_failed(d->cli, err);
	}
	if (confirm_unseen(d, change, stats.dead, err) != 0 ||
	    apply(d, change, NULL, 0, &n, err) != 0)
		return -1;
	report_unseen(d->cli, change, n);
	return 0;
}

static int run(struct cli *cli, const struct change *change, bool is_passing, struct err *err)
{
	struct picked p = { .all = cli_flag(cli, "all"), .is_passing = is_passing };
	int rc;

	if (p.all + p.is_passing + (cli->operand_count > 0) != 1)
		return err_set(err, ERR_USAGE, "name either dead letters or --all%s",
		    change->noteworthy == dlq_verdicts_failing ? " or --passing" : "");
	if (dlq_open(&p.dlq, cli, err) != 0)
		return -1;
	if (p.all && dlq_is_on_aws(&p.dlq) && !cli_flag(cli, "dry-run"))
		rc = change_unseen(&p.dlq, change, err);
	else
		rc = change_letters(&p, change, err);
	dlq_close(&p.dlq);
	return rc;
}

static int cmd_dlq_redrive(struct cli *cli, struct err *err)
{
	static const struct change redrive = {
		.schema = "opsctl/dlq-redrive/1",
		.verb = "put back",
		.done = "redriven",
		.noteworthy = dlq_verdicts_failing,
		.note = "would fail again",
		.done_note = "will fail again",
		.warning = "",
		.apply = queue_dead_redrive,
	};

	return run(cli, &redrive, cli_flag(cli, "passing"), err);
}

static int cmd_dlq_purge(struct cli *cli, struct err *err)
{
	static const struct change purge = {
		.schema = "opsctl/dlq-purge/1",
		.verb = "remove for good",
		.done = "purged",
		.noteworthy = dlq_verdicts_passing,
		.note = "would be stored now",
		.done_note = "would have been stored",
		.warning = "; what is not stored is lost then",
		.apply = queue_dead_purge,
	};

	return run(cli, &purge, false, err);
}

static const struct option_row redrive_options[] = {
	{ "all", 0, OPTION_FLAG, .help = "all dead letters instead of those named" },
	{ "passing", 0, OPTION_FLAG, .help = "all that would be stored now" },
	OPTION_DRY_RUN,
	OPTION_YES,
};

const struct command command_dlq_redrive = {
	.name = "dlq redrive",
	.operands = "[ID...]",
	.max = -1,
	.operand_completion = "none",
	.summary = "put dead letters back into the queue",
	.about = "Moves dead letters back into the queue with a receive count of 0. One that still "
		 "cannot be stored dies again; how many those are is said before anything is "
		 "done, and which with --dry-run.",
	OPTIONS(redrive_options),
	.need = NEED_CONTEXT,
	.run = cmd_dlq_redrive,
};

static const struct option_row purge_options[] = {
	{ "all", 0, OPTION_FLAG, .help = "all dead letters instead of those named" },
	OPTION_DRY_RUN,
	OPTION_YES,
};

const struct command command_dlq_purge = {
	.name = "dlq purge",
	.operands = "[ID...]",
	.max = -1,
	.operand_completion = "none",
	.summary = "remove dead letters for good",
	.about = "Removes dead letters. What they hold was accepted and is lost.",
	OPTIONS(purge_options),
	.need = NEED_CONTEXT,
	.run = cmd_dlq_purge,
};
