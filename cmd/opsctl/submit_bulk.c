/*
 * A file of payloads, one a line, each under an id that is a function of the file's digest, the
 * line's number and the line: whoever sends the same line of the same file sends the same id.
 *
 * What is guaranteed, and by what:
 * - Within one run a line that is retried is stored once: the same ops-api task answers an id
 *   that it accepted in the last 300 s, and that is among its last 65,536, without a second record.
 * - Over runs: a line with an answer in the journal is not sent again. One that was sent without
 *   an answer is first looked for (submit_settle.c).
 * - Behind several ops-api tasks a retry may reach another one, which stores a second record under
 *   the same id: a reader tells by the id that the two are one event.
 */
#include <inttypes.h>

#include "arrival.h"
#include "lines.h"
#include "mem.h"
#include "ports.h"
#include "stop.h"
#include "submit.h"

enum { REFUSALS_SHOWN = 20, RETRIES_DEFAULT = 8 };

struct refusal {
	uint64_t line;
	int status; /* 0: not sent */
	char text[160];
};

struct bulk {
	struct cli *cli;
	struct client client;
	struct lines lines;
	struct journal journal;
	struct buf journal_path;
	char prefix[SUBMIT_PREFIX_SIZE];
	uint64_t line_count, last_sent;
	uint64_t unknown, found; /* of an earlier run: without answer, of these stored */
	uint64_t accepted, refused, unanswered;  /* in this run */
	struct refusal refusals[REFUSALS_SHOWN]; /* the first of them */
	uint64_t refusals_printed;
	bool waits, is_accounted; /* --wait; conserve tells what became of all */
	int64_t since_ms;
	struct conserve conserve;
	bool is_fatal; /* fatal is set: no further line would fare better */
	struct err fatal;
	int fatal_status;
	struct runner runner;
};

static void set_fatal(struct bulk *b, const struct err *err, int status)
{
	if (b->is_fatal)
		return;
	b->is_fatal = true;
	b->fatal = *err;
	b->fatal_status = status;
}

static void refuse(struct bulk *b, uint64_t line, int status, const char *text)
{
	if (b->refused < REFUSALS_SHOWN) {
		struct refusal *r = &b->refusals[b->refused];

		r->line = line;
		r->status = status;
		(void)snprintf(r->text, sizeof(r->text), "%.*s", (int)sizeof(r->text) - 1, text);
	}
	b->refused++;
	journal_set(&b->journal, line, JOURNAL_REFUSED);
}

/* ---- called by the runner, under its lock ---- */

static bool next_line(void *arg, struct runner_item *item)
{
	struct bulk *b = arg;
	struct str line;
	bool is_long;
	struct err err;
	int rc;

	while ((rc = lines_next(&b->lines, &line, &is_long, &err)) == 1) {
		uint64_t number = b->lines.number;

		if (number > b->line_count)
			break; /* it grew since: told at the end */
		if (journal_state(&b->journal, number) != JOURNAL_NONE)
			continue;
		if (str_trim(line).n == 0) {
			journal_set(&b->journal, number, JOURNAL_BLANK);
			continue;
		}
		if (is_long) {
			refuse(b, number, 0, "the line is too long");
			if (cli_flag(b->cli, "stop-on-error"))
				return false;
			continue;
		}
		if (journal_reserve(&b->journal, number, &err) != 0)
			break;
		item->number = b->last_sent = number;
		submit_line_id(b->prefix, number, line, item->id);
		buf_add(&item->payload, line);
		return true;
	}
	if (rc < 0 || (rc == 1 && b->lines.number <= b->line_count))
		set_fatal(b, &err, 0);
	return false;
}

static void accept(struct bulk *b, const struct runner_item *item)
{
	struct buf data = BUF_INIT(CLIENT_BODY_MAX);
	struct err ignored; /* ops-api took it, so it is a payload */

	b->accepted++;
	journal_set(&b->journal, item->number, JOURNAL_ACCEPTED);
	if (b->waits && client_stored_data(buf_str(&item->payload), &data, &ignored) == 0)
		conserve_add(&b->conserve, str_from(item->id), buf_str(&data));
	buf_release(&data);
}

static bool line_done(void *arg, const struct runner_item *item, const struct runner_outcome *o)
{
	struct bulk *b = arg;
	struct err err = o->err;

	if (!o->is_answered && err.code == ERR_INVALID) { /* cannot carry the token: not sent */
		refuse(b, item->number, 0, err.text);
	} else if (!o->is_answered) {
		b->unanswered++;
		set_fatal(b, &err, 0);
		return false;
	} else if (client_judge(&o->answer, &err) == 0) {
		accept(b, item);
		return true;
	} else if (err.code == ERR_INVALID || err.code == ERR_CONFLICT) {
		refuse(b, item->number, o->answer.status, err.text);
	} else { /* after all retries: the system, not the line, is the matter */
		b->unanswered++;
		set_fatal(b, &err, o->answer.status);
		return false;
	}
	return !cli_flag(b->cli, "stop-on-error");
}

static void print_refusals(struct bulk *b)
{
	uint64_t shown = b->refused < REFUSALS_SHOWN ? b->refused : REFUSALS_SHOWN;

	if (b->refusals_printed < shown)
		progress_end(&b->runner.progress);
	for (; b->refusals_printed < shown; b->refusals_printed++) {
		const struct refusal *r = &b->refusals[b->refusals_printed];

		out_warn(b->cli, "%s:%" PRIu64 ": %s", cli_text(b->cli, "ndjson"), r->line,
		    r->text);
	}
}

static void tick(void *arg)
{
	struct bulk *b = arg;
	struct err err;

	print_refusals(b);
	if (!b->is_fatal && journal_flush(&b->journal, &err) != 0)
		set_fatal(b, &err, 0);
}

/* ---- the run ---- */

static int bulk_open(struct bulk *b, struct err *err)
{
	struct cli *cli = b->cli;
	const char *path = cli_text(cli, "ndjson"), *journal = cli_text(cli, "journal");
	char sha256[HASH_HEX_SIZE];

	if (lines_open(&b->lines, path, err) != 0 ||
	    lines_digest(&b->lines, sha256, &b->line_count, err) != 0)
		return -1;
	submit_line_prefix(sha256, b->prefix);
	if (journal)
		buf_adds(&b->journal_path, journal);
	else
		buf_addf(&b->journal_path, "%s.opsctl-journal", path);
	if (journal_open(&b->journal, buf_text(&b->journal_path), sha256, b->line_count,
		clock_wall_ms(cli->clock), err) != 0) {
		if (err->code == ERR_CONFLICT)
			(void)cli_next(cli,
			    "to begin anew with this content: remove it, or name "
			    "another with --journal");
		return -1;
	}
	return 0;
}

static int settle(struct bulk *b, struct err *err)
{
	for (uint64_t line = 1; line <= b->journal.unknown_to; line++)
		b->unknown += journal_is_unknown(&b->journal, line);
	if (b->unknown == 0)
		return 0;
	return submit_settle(b->cli, &b->journal, b->prefix, &b->found, err);
}

static int wait_for_all(struct bulk *b, struct err *err)
{
	int64_t deadline_us = clock_mono_us(b->cli->clock) + cli_ms(b->cli, "timeout") * 1000;
	struct store *store = NULL;
	int rc;

	if (!b->waits || b->is_fatal || b->runner.is_stopped)
		return 0;
	if (ports_store(b->cli, &store, err) != 0)
		return -1;
	rc = conserve_wait(&b->conserve, b->cli, store, b->since_ms, deadline_us, err);
	store_close(store);
	b->is_accounted = true;
	return rc;
}

static uint64_t lines_in(const struct bulk *b, enum journal_state state)
{
	return journal_count(&b->journal, state);
}

static void report_json(struct bulk *b, const struct err *fault)
{
	struct buf out = BUF_INIT(256 * 1024);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/submit-bulk/1");
	json_member_text(&w, "file", cli_text(b->cli, "ndjson"));
	json_member_text(&w, "journal", buf_text(&b->journal_path));
	json_member_uint(&w, "lines", b->line_count);
	json_member_uint(&w, "blank", lines_in(b, JOURNAL_BLANK));
	json_member_uint(&w, "accepted", b->accepted);
	json_member_uint(&w, "accepted_before", lines_in(b, JOURNAL_ACCEPTED) - b->accepted);
	json_member_uint(&w, "found_stored", b->found);
	json_member_uint(&w, "refused", b->refused);
	json_member_uint(&w, "refused_before", lines_in(b, JOURNAL_REFUSED) - b->refused);
	json_member_uint(&w, "unanswered", b->unanswered);
	json_member_uint(&w, "left", lines_in(b, JOURNAL_NONE));
	json_key(&w, "refusals");
	json_array_begin(&w);
	for (uint64_t i = 0; i < b->refused && i < REFUSALS_SHOWN; i++) {
		json_object_begin(&w);
		json_member_uint(&w, "line", b->refusals[i].line);
		json_member_int(&w, "status", b->refusals[i].status);
		json_member_text(&w, "error", b->refusals[i].text);
		json_object_end(&w);
	}
	json_array_end(&w);
	submit_runner_json(&w, &b->runner);
	if (b->is_accounted)
		submit_conserve_json(&w, &b->conserve);
	submit_fault_json(&w, b->cli, fault);
	json_object_end(&w);
	out_json(b->cli, buf_str(&out));
	buf_release(&out);
}

static void report_text(struct bulk *b)
{
	struct cli *cli = b->cli;
	uint64_t before = lines_in(b, JOURNAL_ACCEPTED) - b->accepted;
	uint64_t refused = lines_in(b, JOURNAL_REFUSED);
	uint64_t left = lines_in(b, JOURNAL_NONE);

	out_text(cli, "lines      %" PRIu64 "\n", b->line_count);
	out_text(cli, "accepted   %" PRIu64 "\n", b->accepted);
	if (before > 0)
		out_text(cli, "earlier    %" PRIu64 " accepted before, not sent again\n", before);
	if (b->unknown > 0)
		out_text(cli, "looked up  %" PRIu64 " without an answer, %" PRIu64 " were stored\n",
		    b->unknown, b->found);
	if (refused > 0)
		out_text(cli, "refused    %" PRIu64 "\n", refused);
	if (left > 0)
		out_text(cli, "left       %" PRIu64 "\n", left);
	submit_runner_text(cli, &b->runner);
	if (b->is_accounted)
		submit_conserve_text(cli, &b->conserve);
}

/* What the run leaves, how to go on, and the exit status. */
static int verdict(struct bulk *b, struct err *err)
{
	struct cli *cli = b->cli;
	uint64_t left = lines_in(b, JOURNAL_NONE);

	if (left > 0)
		out_note(cli, "%" PRIu64 " lines are left; the same command goes on there, by %s",
		    left, buf_text(&b->journal_path));
	if (b->runner.is_stopped)
		return err_set(err, ERR_STOPPED, "stopped after %" PRIu64 " lines were accepted",
		    b->accepted);
	if (b->is_fatal) {
		*err = b->fatal;
		return client_next(cli, b->fatal_status, err);
	}
	if (b->is_accounted && conserve_missing(&b->conserve) > 0) {
		arrival_explain(cli);
		return err_set(err, ERR_TIMEOUT, "%" PRIu64 " records are not in the store yet",
		    conserve_missing(&b->conserve));
	}
	if (lines_in(b, JOURNAL_REFUSED) > 0 || left > 0 ||
	    (b->is_accounted && !conserve_is_whole(&b->conserve)))
		cli->exit_code = EXIT_BAD;
	return 0;
}

static int bulk_run(struct bulk *b, struct err *err)
{
	struct cli *cli = b->cli;
	int rc;

	if (bulk_open(b, err) != 0 || settle(b, err) != 0)
		return -1;
	/* A line that is sent again may be answered with the object of an earlier run. */
	b->since_ms = submit_since_ms(cli,
	    b->unknown > 0 ? b->journal.began_ms : clock_wall_ms(cli->clock));
	b->runner = (struct runner){
		.cli = cli,
		.client = &b->client,
		.retries = RETRIES_DEFAULT,
		.total = b->line_count,
		.what = "submitting",
		.next = next_line,
		.done = line_done,
		.tick = tick,
		.arg = b,
	};
	submit_runner_options(cli, &b->runner);
	if (runner_run(&b->runner, err) != 0)
		return -1;
	print_refusals(b);
	journal_unreserve(&b->journal, b->last_sent);
	if (journal_flush(&b->journal, err) != 0)
		return -1;
	if (lines_changed(&b->lines))
		return err_set(err, ERR_CONFLICT,
		    "%s was changed while it was read; what was sent is in %s", b->lines.path,
		    buf_text(&b->journal_path));
	rc = wait_for_all(b, err);
	if (!cli->json)
		report_text(b);
	if (rc == 0)
		rc = verdict(b, err);
	if (cli->json)
		report_json(b, rc == 0 ? NULL : err);
	return rc;
}

int submit_bulk(struct cli *cli, struct err *err)
{
	struct bulk *b = xcalloc(1, sizeof(*b));
	int rc = -1;

	b->cli = cli;
	b->lines.fd = b->journal.fd = -1;
	b->waits = cli_flag(cli, "wait");
	buf_init(&b->journal_path, 4096);
	conserve_init(&b->conserve);
	if (stop_init(err) == 0 && client_open(&b->client, cli, err) == 0)
		rc = bulk_run(b, err);
	client_release(&b->client);
	conserve_release(&b->conserve);
	journal_close(&b->journal);
	buf_release(&b->journal_path);
	lines_close(&b->lines);
	free(b);
	return rc;
}
