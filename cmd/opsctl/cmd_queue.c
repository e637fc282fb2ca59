#include <inttypes.h>

#include "calls.h"
#include "commands.h"
#include "facts_kept.h"
#include "ports.h"
#include "step.h"

static void print_json(struct cli *cli, const struct queue_stats *s)
{
	struct buf out = BUF_INIT(4096);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/queue-stat/1");
	json_member_uint(&w, "visible", s->visible);
	json_member_uint(&w, "in_flight", s->in_flight);
	json_member_uint(&w, "delayed", s->delayed);
	json_key(&w, "dead");
	if (s->dead_fault.code == ERR_NONE)
		json_uint(&w, s->dead);
	else
		json_null(&w);
	json_key(&w, "oldest_age_s");
	if (s->oldest_age_s < 0)
		json_null(&w);
	else
		json_int(&w, s->oldest_age_s);
	json_object_end(&w);
	out_json(cli, buf_str(&out));
	buf_release(&out);
}

static void print_text(struct cli *cli, const struct queue_stats *s)
{
	char next[ERR_TEXT_MAX];

	out_text(cli, "waiting    %" PRIu64 "\n", s->visible);
	out_text(cli, "in flight  %" PRIu64 "\n", s->in_flight);
	if (s->delayed > 0)
		out_text(cli, "delayed    %" PRIu64 "\n", s->delayed);
	if (s->dead_fault.code == ERR_NONE)
		out_text(cli, "dead       %" PRIu64 "\n", s->dead);
	else
		out_text(cli, "dead       unknown: %s\n", s->dead_fault.text);
	if (s->oldest_age_s < 0)
		out_text(cli, "oldest     unknown\n");
	else if (s->visible + s->in_flight == 0)
		out_text(cli, "oldest     none\n");
	else
		out_text(cli, "oldest     %" PRId64 " s\n", s->oldest_age_s);
	if (s->dead > 0)
		out_note(cli, "%s", step_show(cli, "run: opsctl dlq ls", next));
}

static int look(struct cli *cli, struct facts_queue *out, struct err *err)
{
	struct queue *queue = NULL;
	int rc;

	if (facts_recall_queue(cli, out))
		return 0;
	if (ports_queue(cli, &queue, err) != 0)
		return -1;
	rc = queue_stats(queue, &out->stats, err);
	queue_close(queue);
	if (rc != 0)
		return ports_refused(cli, CONTEXT_QUEUE, err);
	facts_keep_queue(cli, out);
	return 0;
}

static int cmd_queue_stat(struct cli *cli, struct err *err)
{
	struct facts_queue q = { .stats = { .dead_fault = { .code = ERR_NONE } } };

	if (look(cli, &q, err) != 0)
		return -1;
	(cli->json ? print_json : print_text)(cli, &q.stats);
	return 0;
}

static const struct command_call calls[] = {
	CALLS_QUEUE_STATS,
};

const struct command command_queue_stat = {
	.name = "queue stat",
	.operands = "",
	.operand_completion = "none",
	.summary = "count what waits, what is under way and what is dead",
	.about = "Shows the depth of the queue of the context and the age of its oldest message.",
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_queue_stat,
};
