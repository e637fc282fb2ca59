/*
 * A file of payloads, one a line, each under an id that is a function of the file's digest, the
 * line's number and the line: whoever sends the same line of the same file sends the same id.
 *
 * What is guaranteed, and by what:
 * - Within one run a line that is retried is stored once: the same ops-api task answers an id
 *   that it accepted in the last 300 s, and that is among the last it keeps (REPLAY_IDS_MAX),
 *   without a second record.
 * - Over runs: a line with an answer in the journal is not sent again. One that was sent without
 *   an answer is first looked for (submit_settle.c).
 * - Behind several ops-api tasks a retry may reach another one, which stores a second record under
 *   the same id: a reader tells by the id that the two are one event.
 */
#include <inttypes.h>

#include "bulk.h"
#include "count.h"
#include "mem.h"
#include "stop.h"

enum {
	RETRIES_DEFAULT = 8,
	REPLAY_MS = 300 * 1000, /* so long ops-api remembers an id */
};

static uint64_t lines_in(const struct bulk *b, enum journal_state state)
{
	return journal_count(&b->journal, state);
}

static int open_journal(struct bulk *b, const char sha256[HASH_HEX_SIZE], struct err *err)
{
	const char *path = cli_text(b->cli, "journal");

	if (path)
		buf_adds(&b->journal_path, path);
	else
		buf_addf(&b->journal_path, "%s.opsctl-journal", b->lines.path);
	if (journal_open(&b->journal, buf_text(&b->journal_path), sha256, b->line_count,
		clock_wall_ms(b->cli->clock), err) == 0)
		return 0;
	if (err->code == ERR_CONFLICT)
		(void)cli_next(b->cli,
		    "to begin anew with this content: remove it, or name another with --journal");
	if (err->code == ERR_NOTFOUND || err->code == ERR_CORRUPT || err->code == ERR_CONFLICT)
		err->code = ERR_CONFIG; /* it is no thing of the system, and no answer of it */
	return -1;
}

static int bulk_open(struct bulk *b, struct err *err)
{
	const char *rejects = cli_text(b->cli, "rejects");
	char sha256[HASH_HEX_SIZE];

	if (lines_open(&b->lines, cli_text(b->cli, "ndjson"), err) != 0 ||
	    lines_digest(&b->lines, sha256, &b->line_count, err) != 0)
		return -1;
	submit_line_prefix(sha256, b->prefix);
	if (open_journal(b, sha256, err) != 0)
		return -1;
	return rejects ? rejects_open(&b->rejects, rejects, &b->lines, &b->journal, err) : 0;
}

/* What is to be done about the lines of earlier runs. */
static int settle(struct bulk *b, struct err *err)
{
	b->verified_before = lines_in(b, JOURNAL_VERIFIED);
	for (uint64_t line = 1; line <= b->journal.unknown_to; line++)
		b->unknown += journal_is_unknown(&b->journal, line);
	if (b->unknown > 0 && submit_settle(b->cli, &b->journal, b->prefix, &b->found, err) != 0)
		return -1;
	if (!cli_flag(b->cli, "retry-refused"))
		return 0;
	b->again = lines_in(b, JOURNAL_REFUSED);
	journal_forget_refused(&b->journal);
	return journal_flush(&b->journal, err);
}

static uint64_t accepted_before(const struct bulk *b)
{
	return lines_in(b, JOURNAL_ACCEPTED) + lines_in(b, JOURNAL_VERIFIED) - b->account.accepted;
}

static void report_json(void *arg, struct json_writer *w)
{
	struct bulk *b = arg;

	json_member_text(w, "file", b->lines.path);
	json_member_text(w, "journal", buf_text(&b->journal_path));
	json_member_uint(w, "lines", b->line_count);
	json_member_uint(w, "blank", lines_in(b, JOURNAL_BLANK));
	json_member_uint(w, "accepted", b->account.accepted);
	json_member_uint(w, "accepted_before", accepted_before(b));
	json_member_uint(w, "verified_before", b->verified_before);
	json_member_uint(w, "found_stored", b->found);
	json_member_uint(w, "refused", b->refusals.count);
	json_member_uint(w, "refused_before", lines_in(b, JOURNAL_REFUSED) - b->refusals.count);
	json_member_uint(w, "retried_refused", b->again);
	json_member_uint(w, "unanswered", b->unanswered);
	json_member_uint(w, "left", lines_in(b, JOURNAL_NONE));
	halt_json(w, &b->halt, &b->journal);
	refusals_json(w, &b->refusals);
}

static void report_text(void *arg)
{
	struct bulk *b = arg;
	struct cli *cli = b->cli;
	uint64_t before = accepted_before(b), left = lines_in(b, JOURNAL_NONE);
	uint64_t refused = lines_in(b, JOURNAL_REFUSED), blank = lines_in(b, JOURNAL_BLANK);

	out_text(cli, "lines      %" PRIu64 "\n", b->line_count);
	if (blank > 0)
		out_text(cli, "blank      %" PRIu64 "\n", blank);
	if (b->runner.total == 0 && b->line_count > 0)
		out_text(cli, "nothing to send: all %s are in the journal\n",
		    COUNT(b->line_count, "line"));
	else
		out_text(cli, "accepted   %" PRIu64 "\n", b->account.accepted);
	if (before > 0)
		out_text(cli,
		    "earlier    %" PRIu64 " accepted before, not sent again; %" PRIu64
		    " of them verified before\n",
		    before, b->verified_before);
	if (b->unknown > 0)
		out_text(cli,
		    "looked up  %" PRIu64 " without an answer, of these stored %" PRIu64 "\n",
		    b->unknown, b->found);
	if (b->again > 0)
		out_text(cli, "again      %" PRIu64 " refused before, sent anew\n", b->again);
	if (refused > b->refusals.count)
		out_text(cli,
		    "refused    %" PRIu64 ", %" PRIu64 " of them before, not sent again\n", refused,
		    refused - b->refusals.count);
	else if (refused > 0)
		out_text(cli, "refused    %" PRIu64 "\n", refused);
	halt_text(cli, &b->halt);
	if (left > 0)
		out_text(cli, "left       %" PRIu64 "\n", left);
}

/* Nothing is forgotten: what is missing is looked for again by the next run. */
static int note_verified(struct bulk *b, struct err *err)
{
	const struct conserve *c = &b->account.conserve;

	if (!b->account.is_accounted || !conserve_is_whole(c) || c->not_watched > 0)
		return 0;
	journal_set_verified(&b->journal);
	return journal_flush(&b->journal, err);
}

static void note_refused(const struct bulk *b, uint64_t refused)
{
	const char *rejects = cli_text(b->cli, "rejects");
	const char *when = b->refusals.count == 0 ? " by an earlier run" : "";

	if (rejects)
		out_note(b->cli, "%s refused%s, copied to %s", COUNT(refused, "line"), when,
		    rejects);
	else
		out_note(b->cli, "%s refused%s: --rejects FILE copies, --retry-refused sends again",
		    COUNT(refused, "line"), when);
}

/* What the run leaves, and how to go on. */
static int judge(void *arg, struct err *err)
{
	struct bulk *b = arg;
	struct cli *cli = b->cli;
	uint64_t left = lines_in(b, JOURNAL_NONE), refused = lines_in(b, JOURNAL_REFUSED);

	if (note_verified(b, err) != 0)
		return -1;
	if (left > 0)
		out_note(cli, "%s left; the same command goes on there, by %s", COUNT(left, "line"),
		    buf_text(&b->journal_path));
	if (refused > 0 && !b->is_fatal)
		note_refused(b, refused);
	if (b->is_fatal && !b->runner.is_stopped) {
		*err = b->fatal;
		return b->fatal_status == BULK_LOCAL ? -1 : client_next(cli, b->fatal_status, err);
	}
	if (refused > 0 || left > 0)
		cli->exit_code = EXIT_BAD;
	return 0;
}

static void write_rejects(struct bulk *b)
{
	uint64_t left_out;
	struct err err;

	if (b->rejects.fd < 0)
		return;
	if (rejects_write(&b->rejects, &b->lines, &b->journal, &left_out, &err) != 0)
		bulk_set_fatal(b, &err, BULK_LOCAL);
	else if (left_out > 0)
		out_warn(b->cli, "too long for %s, left out: %s", b->rejects.path,
		    COUNT(left_out, "line"));
}

static int submit_lines(struct bulk *b, struct err *err)
{
	b->runner = (struct runner){
		.cli = b->cli,
		.client = &b->client,
		.retries = RETRIES_DEFAULT,
		.total = lines_in(b, JOURNAL_NONE),
		.what = "submitting",
		.next = bulk_next,
		.done = bulk_done,
		.tick = bulk_tick,
		.arg = b,
	};
	submit_runner_options(b->cli, &b->runner);
	if (runner_run(&b->runner, err) != 0)
		return -1;
	bulk_print_refusals(b);
	journal_unreserve(&b->journal, b->last_sent);
	return journal_flush(&b->journal, err);
}

static int bulk_run(struct bulk *b, struct err *err)
{
	struct cli *cli = b->cli;
	bool is_resumed;

	if (bulk_open(b, err) != 0 || settle(b, err) != 0)
		return -1;
	/* What an earlier run has sent may have been answered with an object before its time. */
	is_resumed = b->unknown > 0 || lines_in(b, JOURNAL_ACCEPTED) > 0;
	b->account.since_ms = submit_since_ms(cli,
	    is_resumed ? b->journal.began_ms - REPLAY_MS : clock_wall_ms(cli->clock));
	if (submit_lines(b, err) != 0)
		return -1;
	if (lines_changed(&b->lines))
		return err_set(err, ERR_CONFLICT,
		    "%s was changed while it was read; what was sent is in %s", b->lines.path,
		    buf_text(&b->journal_path));
	write_rejects(b);
	/* What was not read to its end is not accounted for. */
	b->account.waits &= !b->is_fatal && b->halt.line == 0;
	return submit_account(&b->account, err);
}

int submit_bulk(struct cli *cli, struct err *err)
{
	struct bulk *b = xcalloc(1, sizeof(*b));
	int rc = -1;

	b->cli = cli;
	b->lines.fd = b->journal.fd = b->rejects.fd = -1;
	b->account = (struct submit_account){
		.cli = cli,
		.runner = &b->runner,
		.schema = "opsctl/submit-bulk/1",
		.waits = cli_flag(cli, "wait"),
		.json = report_json,
		.text = report_text,
		.judge = judge,
		.arg = b,
	};
	buf_init(&b->journal_path, 4096);
	conserve_init(&b->account.conserve);
	if (stop_init(err) == 0 && client_open(&b->client, cli, err) == 0)
		rc = bulk_run(b, err);
	client_release(&b->client);
	conserve_release(&b->account.conserve);
	rejects_close(&b->rejects);
	journal_close(&b->journal);
	buf_release(&b->journal_path);
	lines_close(&b->lines);
	free(b);
	return rc;
}
