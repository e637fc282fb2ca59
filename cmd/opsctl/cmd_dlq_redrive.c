/* dlq redrive: one letter first, and when its object is stored the others. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "commands.h"
#include "count.h"
#include "dlq_change.h"
#include "mem.h"
#include "ports.h"
#include "upstate.h"

enum { POLL_FIRST_MS = 20, POLL_LAST_MS = 1000, RATE_MAX = 10000, PACE_MS = 200 };

/* ---- the rest ---- */

/* At that many a second; SQS does so by itself, see queue_options. */
static int put_back_slowly(struct dlq *d, const char *const *ids, size_t count, unsigned rate,
    uint64_t *n, struct err *err)
{
	size_t chunk = (size_t)rate * PACE_MS / 1000 + 1;

	for (size_t i = 0; i < count; i += chunk) {
		uint64_t done = 0;
		size_t some = count - i < chunk ? count - i : chunk;

		if (i > 0)
			clock_sleep_ms((int64_t)(chunk * 1000 / rate));
		if (queue_dead_redrive(d->queue, ids + i, some, &done, err) != 0)
			return -1;
		*n += done;
		progress_update(&d->progress, *n, NULL);
	}
	return 0;
}

static int put_back(struct dlq *d, const char *const *ids, size_t count, uint64_t *n,
    struct err *err)
{
	unsigned rate = (unsigned)cli_int(d->cli, "rate");
	uint64_t before = *n, done = 0;
	int rc;

	if (count == 0)
		return 0;
	if (rate > 0 && !dlq_is_on_aws(d)) {
		rc = put_back_slowly(d, ids, count, rate, n, err);
	} else {
		rc = queue_dead_redrive(d->queue, ids, count, &done, err);
		*n = before + done;
	}
	return rc == 0 ? 0 : ports_failed(d->cli, err);
}

/* ---- the canary ---- */

/* Whether its object is there, with its bytes. */
static int look(const struct dlq_picked *p, bool *is_there, struct err *err)
{
	struct buf body = BUF_INIT(STORE_OBJECT_MAX);
	char sha256[HASH_HEX_SIZE];
	int rc = store_get(p->dlq.store, str_from(p->canary.object), &body, NULL, err);

	*is_there = rc == 0;
	if (rc == 0) {
		hash_sha256_hex(buf_str(&body), sha256);
		if (strcmp(sha256, p->canary.sha256) != 0)
			rc = err_set(err, ERR_CORRUPT, "object %s is not what the letter holds",
			    p->canary.object);
	} else if (err->code == ERR_NOTFOUND) {
		rc = 0;
	}
	buf_release(&body);
	return rc;
}

static int wait_for_canary(struct dlq_picked *p, size_t left, struct err *err)
{
	struct cli *cli = p->dlq.cli;
	int64_t deadline_ms = clock_mono_ms(cli->clock) + cli_ms(cli, "timeout");
	int64_t pause_ms = POLL_FIRST_MS;
	bool is_there = false;

	while (look(p, &is_there, err) == 0) {
		progress_update(&p->dlq.progress, 1, "waiting for the first to be stored");
		if (is_there)
			return 0;
		if (clock_mono_ms(cli->clock) >= deadline_ms) {
			(void)err_set(err, ERR_TIMEOUT,
			    "letter %.64s was put back, and its object is not in the store; the "
			    "other %zu were left alone",
			    p->canary.id, left);
			return cli_next(cli, "run: opsctl health");
		}
		clock_sleep_ms(pause_ms);
		pause_ms = pause_ms * 2 < POLL_LAST_MS ? pause_ms * 2 : POLL_LAST_MS;
	}
	return ports_failed(cli, err);
}

/* Why there is none, for people; NULL: there is one, and it can be watched. */
static const char *why_no_canary(const struct dlq_picked *p)
{
	const struct context *c = &p->dlq.cli->context;

	if (cli_flag(p->dlq.cli, "at-once") || p->count < 2)
		return "";
	if (p->canary.id[0] == '\0')
		return "none of them would pass and has a key of ops-api";
	if (p->dlq.store == NULL)
		return "the store cannot be asked";
	if (c->local_dir[0] != '\0' && !upstate_is_running(c->local_dir))
		return "nothing runs that would store it";
	return NULL;
}

/* The canary to the front. */
static void put_first(const char **ids, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(ids[i], id) == 0) {
			const char *first = ids[0];

			ids[0] = ids[i];
			ids[i] = first;
			return;
		}
}

static int put_back_after_canary(struct dlq_picked *p, const char *const *picked, size_t count,
    uint64_t *n, struct err *err)
{
	const char **ids = xcalloc(count, sizeof(*ids));
	int rc;

	memcpy(ids, picked, count * sizeof(*ids));
	put_first(ids, count, p->canary.id);
	rc = put_back(&p->dlq, ids, 1, n, err);
	if (rc == 0)
		rc = wait_for_canary(p, count - 1, err);
	if (rc == 0) {
		out_note(p->dlq.cli, "the first is stored: %s", p->canary.object);
		rc = put_back(&p->dlq, ids + 1, count - 1, n, err);
	}
	free(ids);
	return rc;
}

static int redrive(struct dlq_picked *p, const char *const *ids, size_t count, uint64_t *n,
    struct err *err)
{
	struct dlq *d = &p->dlq;
	const char *why = why_no_canary(p);
	int rc;

	if (why != NULL && why[0] != '\0')
		out_note(d->cli, "all are put back at once: %s", why);
	progress_begin(&d->progress, d->cli, "redriving", count);
	if (why == NULL)
		rc = put_back_after_canary(p, ids, count, n, err);
	else
		rc = put_back(d, ids, count, n, err);
	progress_end(&d->progress);
	return rc;
}

/* ---- command ---- */

static int cmd_dlq_redrive(struct cli *cli, struct err *err)
{
	static const struct dlq_change change = {
		.schema = "opsctl/dlq-redrive/1",
		.verb = "Put back",
		.done = "redriven",
		.danger = ACCESS_QUESTION,
		.option = "passing",
		.options = AUTOPSY_PASSES,
		.left_alone = AUTOPSY_STORED,
		.left_note = ", stored already",
		.left_next = "run: opsctl dlq purge --stored",
		.noteworthy = dlq_verdicts_failing,
		.note = "would fail again",
		.done_note = "will fail again",
		.warning = "",
		.apply = redrive,
		.apply_all = queue_dead_redrive,
	};

	return dlq_change_run(cli, &change, (unsigned)cli_int(cli, "rate"), err);
}

static const struct option_row options[] = {
	{ "all", 0, OPTION_FLAG, .help = "all dead letters instead of those named" },
	{ "passing", 0, OPTION_FLAG, .help = "all that would be stored now" },
	{ "at-once", 0, OPTION_FLAG, .help = "do not wait for the first to be stored" },
	{ "rate", 0, OPTION_INT, "N", .min = 1, .max = RATE_MAX,
	    .help = "put back at most N a second" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "60s", .min = 1, .max = 3600 * 1000,
	    .help = "how long the first may take to be stored" },
	OPTION_DRY_RUN,
	OPTION_YES,
};

static const struct command_call calls[] = {
	CALLS_DEAD_LETTERS,
	{ SQS_GET_QUEUE_ATTRIBUTES, CALL_DEAD_LETTERS, "all&!dry-run" },
	{ CLOUDWATCH_GET_METRIC_DATA, CONTEXT_QUEUE, "all&!dry-run" },
	{ SQS_LIST_DEAD_LETTER_SOURCE_QUEUES, CALL_DEAD_LETTERS, "all&!dry-run" },
	{ SQS_START_MESSAGE_MOVE_TASK, CALL_DEAD_LETTERS, "all&!dry-run" },
	{ SQS_LIST_MESSAGE_MOVE_TASKS, CALL_DEAD_LETTERS, "all&!dry-run" },
	/* Of single letters, and of all where the service cannot. */
	{ SQS_SEND_MESSAGE_BATCH, CONTEXT_QUEUE, "!dry-run" },
	{ SQS_DELETE_MESSAGE_BATCH, CALL_DEAD_LETTERS, "!dry-run" },
};

const struct command command_dlq_redrive = {
	.name = "dlq redrive",
	.operands = "[ID...]",
	.max = -1,
	.operand_completion = "none",
	.summary = "put dead letters back into the queue",
	.about =
	    "Moves dead letters back into the queue with a receive count of 0: one first, and when "
	    "its object is stored the others. One that still cannot be stored dies again; how "
	    "many those are is said before anything is done, and which with --dry-run. Letters "
	    "whose object is stored already are left alone.",
	OPTIONS(options),
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_dlq_redrive,
};
