#include "calls.h"
#include "commands.h"
#include "dlq_change.h"
#include "ports.h"

static int purge(struct dlq_picked *p, const char *const *ids, size_t count, uint64_t *n,
    struct err *err)
{
	struct dlq *d = &p->dlq;
	int rc;

	progress_begin(&d->progress, d->cli, p->change->verb, count);
	rc = queue_dead_purge(d->queue, ids, count, n, err);
	progress_end(&d->progress);
	return rc == 0 ? 0 : ports_failed(d->cli, err);
}

static int cmd_dlq_purge(struct cli *cli, struct err *err)
{
	static const struct dlq_change change = {
		.schema = "opsctl/dlq-purge/1",
		.verb = "Remove for good",
		.done = "purged",
		.danger = ACCESS_DANGEROUS,
		.option = "stored",
		.options = AUTOPSY_STORED,
		.left_alone = AUTOPSY_VERDICT_COUNT,
		.left_note = "",
		.left_next = "",
		.noteworthy = dlq_verdicts_passing,
		.note = "would be stored now",
		.done_note = "would have been stored",
		.warning = "; what is not stored is lost then",
		.apply = purge,
		.apply_all = queue_dead_purge,
	};

	return dlq_change_run(cli, &change, 0, err);
}

static const struct option_row options[] = {
	{ "all", 0, OPTION_FLAG, .help = "all dead letters instead of those named" },
	{ "stored", 0, OPTION_FLAG, .help = "all whose object is in the store already" },
	OPTION_DRY_RUN,
	OPTION_YES,
	OPTION_CONFIRM,
};

static const struct command_call calls[] = {
	CALLS_DEAD_LETTERS,
	{ SQS_GET_QUEUE_ATTRIBUTES, CALL_DEAD_LETTERS, "all&!dry-run" },
	{ CLOUDWATCH_GET_METRIC_DATA, CONTEXT_QUEUE, "all&!dry-run" },
	{ SQS_LIST_DEAD_LETTER_SOURCE_QUEUES, CALL_DEAD_LETTERS, "all&!dry-run" },
	{ SQS_PURGE_QUEUE, CALL_DEAD_LETTERS, "all&!dry-run" },
	{ SQS_DELETE_MESSAGE_BATCH, CALL_DEAD_LETTERS, "!dry-run" },
};

const struct command command_dlq_purge = {
	.name = "dlq purge",
	.operands = "[ID...]",
	.max = -1,
	.operand_completion = "none",
	.summary = "remove dead letters for good",
	.about = "Removes dead letters. What they hold was accepted and is lost, but for those of "
		 "--stored.",
	OPTIONS(options),
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_dlq_purge,
};
