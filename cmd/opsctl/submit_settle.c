#include <inttypes.h>

#include "count.h"
#include "envelope.h"
#include "mem.h"
#include "ports.h"
#include "stop.h"
#include "submit.h"
#include "walk.h"

enum {
	POLL_MS = 100,
	/* SQS counts approximately: only after so long has it seen for certain what was sent. */
	AWS_POLL_MS = 1000,
	AWS_CERTAIN_AFTER_US = 60 * 1000 * 1000,
	/* Of another machine's clock, and of an id's first and last attempt. */
	SLACK_MS = 10 * 60 * 1000,
	/*
	 * ops-api remembers an id for 300 s, and answers it again without a second record; some of
	 * it is left for the sending.
	 */
	REMEMBERED_MS = 200 * 1000,
};

void submit_line_prefix(const char file_sha256[HASH_HEX_SIZE], char out[SUBMIT_PREFIX_SIZE])
{
	(void)snprintf(out, SUBMIT_PREFIX_SIZE, "opsctl_%.16s_", file_sha256);
}

void submit_line_id(const char *prefix, uint64_t number, struct str line,
    char out[WEBHOOK_ID_MAX + 1])
{
	char sha256[HASH_HEX_SIZE];

	hash_sha256_hex(line, sha256);
	(void)snprintf(out, WEBHOOK_ID_MAX + 1, "%s%" PRIu64 "_%.12s", prefix, number, sha256);
}

/* The line number in an id of that prefix; false for any other id. */
static bool line_number(struct str id, const char *prefix, uint64_t *number)
{
	struct str digits;

	return str_has_prefix(id, str_from(prefix)) &&
	    str_cut(str_skip(id, strlen(prefix)), '_', &digits, &(struct str){ 0 }) &&
	    str_to_u64(digits, number);
}

struct settle {
	struct journal *journal;
	const char *prefix;
	uint64_t found;
	struct err fault; /* of an object that cannot be read; code ERR_NONE: none */
};

static void settle_records(struct settle *s, struct str body)
{
	struct record record;
	struct str line;
	uint64_t number;
	struct err ignored; /* other lines of the object may still be records */

	while (envelope_next(&body, &line)) {
		if (record_parse(line, &record, &ignored) != 0 ||
		    !line_number(record.id, s->prefix, &number) || number == 0 ||
		    number > s->journal->line_count || !journal_is_unknown(s->journal, number))
			continue;
		journal_set(s->journal, number, JOURNAL_ACCEPTED);
		s->found++;
	}
}

/* Of a damaged object nobody knows what it holds. */
static bool settle_object(void *arg, const struct walk_object *object)
{
	struct settle *s = arg;

	if (object->fault) {
		s->fault = *object->fault;
		return false;
	}
	settle_records(s, object->body);
	return true;
}

static bool is_on_aws(const struct cli *cli)
{
	return context_value_is_aws(CONTEXT_QUEUE, cli->context.values[CONTEXT_QUEUE]);
}

/* Nothing is older than waited_s. The age that SQS tells is minutes old, and proves nothing. */
static bool has_moved_on(const struct cli *cli, const struct queue_stats *s, int64_t waited_s)
{
	if (s->visible + s->in_flight + s->delayed == 0)
		return true;
	return !is_on_aws(cli) && s->oldest_age_s >= 0 && s->oldest_age_s < waited_s;
}

/*
 * Wait until the queue holds nothing that was there when we came: what an earlier run had sent
 * is in the store then, or dead. New messages of others do not matter.
 */
static int wait_for_queue(struct cli *cli, struct queue *queue, struct err *err)
{
	int64_t began_us = clock_mono_us(cli->clock);
	int64_t certain_us = began_us + (is_on_aws(cli) ? AWS_CERTAIN_AFTER_US : 0);
	int64_t deadline_us = certain_us + cli_ms(cli, "timeout") * 1000;
	struct progress progress;
	int rc = 0;

	if (is_on_aws(cli))
		out_note(cli, "waiting a minute: SQS does not know at once what it holds");
	progress_begin(&progress, cli, "waiting for the queue", 0);
	for (;;) {
		int64_t waited_s = (clock_mono_us(cli->clock) - began_us) / 1000000;
		struct queue_stats s;

		rc = queue_stats(queue, &s, err);
		if (rc != 0 ||
		    (clock_mono_us(cli->clock) >= certain_us && has_moved_on(cli, &s, waited_s)))
			break;
		if (clock_mono_us(cli->clock) >= deadline_us) {
			(void)cli_next(cli, "run: opsctl health");
			rc = err_set(err, ERR_TIMEOUT, "the queue still holds %s of before",
			    COUNT(s.visible + s.in_flight + s.delayed, "message"));
			break;
		}
		if (stop_wait(is_on_aws(cli) ? AWS_POLL_MS : POLL_MS) == STOP_STOP) {
			rc = err_set(err, ERR_STOPPED, "stopped; nothing was sent");
			break;
		}
		progress_update(&progress, s.visible + s.in_flight, NULL);
	}
	progress_end(&progress);
	return rc;
}

static int settle_dead_letters(struct settle *s, struct queue *queue, struct err *err)
{
	enum { PAGE = QUEUE_BATCH_MAX };
	struct queue_message messages[PAGE];
	char after[QUEUE_ID_SIZE] = "";
	size_t count;
	int rc;

	for (size_t i = 0; i < PAGE; i++)
		queue_message_init(&messages[i]);
	do {
		rc = queue_dead_list(queue, after, messages, PAGE, &count, err);
		for (size_t i = 0; rc == 0 && i < count; i++) {
			settle_records(s, buf_str(&messages[i].body));
			memcpy(after, messages[i].id, sizeof(after));
		}
	} while (rc == 0 && count == PAGE);
	for (size_t i = 0; i < PAGE; i++)
		queue_message_release(&messages[i]);
	return rc;
}

static int look(struct cli *cli, struct settle *s, struct queue *queue, struct store *store,
    struct err *err)
{
	struct walk walk = {
		.cli = cli,
		.store = store,
		.until_ms = INT64_MAX,
		.since_ms = s->journal->began_ms - SLACK_MS,
		.fn = settle_object,
		.arg = s,
	};

	if (wait_for_queue(cli, queue, err) != 0 || settle_dead_letters(s, queue, err) != 0)
		return -1;
	if (walk_run(&walk, err) != 0)
		return -1;
	if (s->fault.code == ERR_NONE)
		return 0;
	*err = s->fault;
	(void)err_wrap(err, "lines without an answer cannot be looked up");
	return cli_next(cli,
	    "accept that some may be stored twice, under equal ids: "
	    "--resend-unknown");
}

/* Without sight of queue and store only the memory of ops-api, or the user's word, is left. */
static int settle_blind(struct cli *cli, const struct journal *j, struct err *err)
{
	int64_t age_ms = clock_wall_ms(cli->clock) - j->unknown_since_ms;

	if (cli_flag(cli, "resend-unknown"))
		return 0;
	if (age_ms >= 0 && age_ms < REMEMBERED_MS) {
		out_note(cli, "sending again what has no answer yet: ops-api remembers its ids");
		return 0;
	}
	(void)cli_next(cli,
	    "give the context its queue and store, or accept that some may be stored "
	    "twice, under equal ids: --resend-unknown");
	return err_wrap(err, "lines of the earlier run without an answer cannot be looked up");
}

int submit_settle(struct cli *cli, struct journal *j, const char *prefix, uint64_t *found,
    struct err *err)
{
	struct settle s = { .journal = j, .prefix = prefix };
	struct queue *queue = NULL;
	struct store *store = NULL;
	int rc;

	if (ports_queue(cli, &queue, err) != 0 || ports_store(cli, &store, err) != 0)
		rc = settle_blind(cli, j, err);
	else if (cli_flag(cli, "resend-unknown"))
		rc = 0;
	else
		rc = look(cli, &s, queue, store, err);
	if (rc == 0)
		rc = journal_flush(j, err);
	queue_close(queue);
	store_close(store);
	if (rc == 0)
		*found = s.found;
	return rc;
}
