/* From a line of the file to its outcome in the journal; all of it under the lock of the runner. */
#include "bulk.h"

void bulk_set_fatal(struct bulk *b, const struct err *err, int status)
{
	if (b->is_fatal)
		return;
	b->is_fatal = true;
	b->fatal = *err;
	b->fatal_status = status;
}

/* false: the run ends here. */
static bool refuse(struct bulk *b, uint64_t line, int status, const char *text)
{
	refusals_add(&b->refusals, line, status, text);
	journal_set(&b->journal, line, JOURNAL_REFUSED);
	if (b->halt.line == 0 && cli_flag(b->cli, "stop-on-error"))
		b->halt.line = line;
	return b->halt.line == 0;
}

/* With --wait: ops-api took the line, now or in an earlier run, so it is a payload. */
static void expect_stored(struct bulk *b, const char *id, struct str line)
{
	struct buf data = BUF_INIT(CLIENT_BODY_MAX);
	struct err ignored; /* see above */

	if (b->account.waits && client_stored_data(line, &data, &ignored) == 0)
		conserve_add(&b->account.conserve, str_from(id), buf_str(&data));
	buf_release(&data);
}

static void accept(struct bulk *b, const struct runner_item *item, const char *object)
{
	char envelope_id[UUID_TEXT_SIZE];
	int64_t made_at_ms;

	b->account.accepted++;
	journal_set(&b->journal, item->number, JOURNAL_ACCEPTED);
	expect_stored(b, item->id, buf_str(&item->payload));
	/* ops-api may have known the id, by another journal for one: the object is of then. */
	if (objectkey_parse(str_from(object), envelope_id, &made_at_ms) &&
	    made_at_ms < b->account.since_ms)
		b->account.since_ms = made_at_ms;
}

/* Whether the line is to be sent; one that needs no sending is dealt with. */
static bool is_to_send(struct bulk *b, uint64_t number, struct str line, bool is_long)
{
	enum journal_state state = journal_state(&b->journal, number);
	char id[WEBHOOK_ID_MAX + 1];

	if (state == JOURNAL_ACCEPTED && b->account.waits) {
		submit_line_id(b->prefix, number, line, id);
		expect_stored(b, id, line);
	}
	if (state != JOURNAL_NONE)
		return false;
	if (str_trim(line).n == 0)
		journal_set(&b->journal, number, JOURNAL_BLANK);
	else if (is_long)
		(void)refuse(b, number, 0, "the line is too long"); /* b->halt tells the caller */
	else
		return true;
	return false;
}

bool bulk_next(void *arg, struct runner_item *item)
{
	struct bulk *b = arg;
	struct str line;
	bool is_long;
	struct err err;
	int rc = 0;

	while (!b->is_fatal && b->halt.line == 0 &&
	    (rc = lines_next(&b->lines, &line, &is_long, &err)) == 1) {
		uint64_t number = b->lines.number;

		if (number > b->line_count)
			return false; /* it grew since: told at the end */
		if (!is_to_send(b, number, line, is_long))
			continue;
		rc = journal_reserve(&b->journal, number, clock_wall_ms(b->cli->clock), &err);
		if (rc != 0)
			break;
		item->number = b->last_sent = number;
		submit_line_id(b->prefix, number, line, item->id);
		buf_add(&item->payload, line);
		return true;
	}
	if (rc < 0)
		bulk_set_fatal(b, &err, BULK_LOCAL);
	return false;
}

bool bulk_done(void *arg, const struct runner_item *item, const struct runner_outcome *o)
{
	struct bulk *b = arg;
	struct err err = o->err;

	if (b->halt.line > 0)
		halt_add(&b->halt, item->number);
	if (!o->is_answered && err.code == ERR_INVALID) /* cannot carry the token: not sent */
		return refuse(b, item->number, 0, err.text);
	if (o->is_answered && client_judge(&o->answer, &err) == 0) {
		accept(b, item, o->answer.object);
		return true;
	}
	if (o->is_answered && (err.code == ERR_INVALID || err.code == ERR_CONFLICT))
		return refuse(b, item->number, o->answer.status, err.text);
	/* After all retries: the system, not the line, is the matter. */
	b->unanswered++;
	if (b->halt.line == 0) /* else a bad line has ended the run, and retries with it */
		bulk_set_fatal(b, &err, o->is_answered ? o->answer.status : 0);
	return false;
}

void bulk_print_refusals(struct bulk *b)
{
	if (!refusals_are_new(&b->refusals))
		return;
	progress_end(&b->runner.progress);
	refusals_print(&b->refusals, b->cli, b->lines.path);
}

void bulk_tick(void *arg)
{
	struct bulk *b = arg;
	struct err err;

	bulk_print_refusals(b);
	if (!b->is_fatal && journal_flush(&b->journal, &err) != 0)
		bulk_set_fatal(b, &err, BULK_LOCAL);
}
