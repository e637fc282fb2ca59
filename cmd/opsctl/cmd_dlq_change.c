/* dlq redrive, dlq purge: letters that are changed, after a question. */
#include <inttypes.h>
#include <stdlib.h>

#include "dlq.h"
#include "mem.h"
#include "ports.h"

enum { PICKED_MAX = 64 * 1024 * 1024 };

struct change {
	const char *schema, *verb, *done; /* "redrive", "redriven" */
	const char *warning;              /* what is asked */
	int (*apply)(struct queue *q, const char *const *ids, size_t count, uint64_t *n,
	    struct err *err);
};

/*
 * What was meant when the command began, and is asked about: no letter that dies later is
 * changed, --all or not.
 */
struct picked {
	struct cli *cli;
	bool all;
	size_t count;
	struct buf names; /* each ended by NUL */
};

static bool is_named(const struct cli *cli, const char *id)
{
	for (int i = 0; i < cli->operand_count; i++)
		if (strcmp(cli->operands[i], id) == 0)
			return true;
	return false;
}

static bool pick_letter(void *arg, const struct queue_message *m)
{
	struct picked *p = arg;

	if (!p->all && !is_named(p->cli, m->id))
		return true;
	buf_add(&p->names, (struct str){ m->id, strlen(m->id) + 1 });
	p->count++;
	return !p->names.full;
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

/* Of the ids that were named, how many are no dead letters. */
static int count_missing(const struct picked *p)
{
	const char **ids = list_ids(p);
	int missing = p->cli->operand_count;

	for (int i = 0; i < p->cli->operand_count; i++)
		for (size_t k = 0; k < p->count; k++)
			if (strcmp(p->cli->operands[i], ids[k]) == 0) {
				missing--;
				break;
			}
	free(ids);
	return missing;
}

static int pick_letters(struct queue *queue, struct picked *p, struct err *err)
{
	int missing;

	if (dlq_each(queue, pick_letter, p, err) != 0)
		return -1;
	if (p->names.full)
		return err_set(err, ERR_INVALID, "more than %zu dead letters at once; name them",
		    p->count);
	missing = count_missing(p);
	if (missing == 0)
		return 0;
	(void)cli_next(p->cli, "see: opsctl dlq ls");
	return err_set(err, ERR_NOTFOUND, "%d of %d ids are not dead letters", missing,
	    p->cli->operand_count);
}

static void report_change(struct cli *cli, const struct change *change, uint64_t n, bool is_dry)
{
	struct buf out = BUF_INIT(4096);
	struct json_writer w;

	out_text(cli, "%s%s %" PRIu64 "\n", is_dry ? "would be " : "", change->done, n);
	if (cli->json) {
		out_json_begin(&w, &out, change->schema);
		json_member_bool(&w, "dry_run", is_dry);
		json_member_uint(&w, change->done, n);
		json_object_end(&w);
		out_json(cli, buf_str(&out));
	}
	buf_release(&out);
}

static int change_picked(struct queue *queue, const struct change *change, const struct picked *p,
    struct err *err)
{
	struct cli *cli = p->cli;
	char question[160];
	const char **ids;
	uint64_t n = 0;
	int rc;

	if (cli_flag(cli, "dry-run") || p->count == 0) {
		report_change(cli, change, p->count, cli_flag(cli, "dry-run"));
		return 0;
	}
	(void)snprintf(question, sizeof(question), "%s %zu dead letters of context %s%s?",
	    change->verb, p->count, cli->context.name, change->warning);
	if (!cli_flag(cli, "yes") && cli_confirm(cli, question, "--yes", err) != 0)
		return -1;

	ids = list_ids(p);
	rc = change->apply(queue, ids, p->count, &n, err);
	free(ids);
	if (rc == 0)
		report_change(cli, change, n, false);
	return rc;
}

static int change_letters(struct cli *cli, const struct change *change, struct err *err)
{
	struct picked p = { .cli = cli,
		.all = cli_flag(cli, "all"),
		.names = BUF_INIT(PICKED_MAX) };
	struct queue *queue = NULL;
	int rc;

	if (p.all == (cli->operand_count > 0))
		return err_set(err, ERR_USAGE, "name either dead letters or --all");
	if (ports_queue(cli, &queue, err) != 0)
		return -1;
	rc = pick_letters(queue, &p, err);
	if (rc == 0)
		rc = change_picked(queue, change, &p, err);
	buf_release(&p.names);
	queue_close(queue);
	return rc;
}

int cmd_dlq_redrive(struct cli *cli, struct err *err)
{
	static const struct change redrive = {
		.schema = "opsctl/dlq-redrive/1",
		.verb = "put back",
		.done = "redriven",
		.warning = "",
		.apply = queue_dead_redrive,
	};

	return change_letters(cli, &redrive, err);
}

int cmd_dlq_purge(struct cli *cli, struct err *err)
{
	static const struct change purge = {
		.schema = "opsctl/dlq-purge/1",
		.verb = "remove for good",
		.done = "purged",
		.warning = ", whose records are lost then",
		.apply = queue_dead_purge,
	};

	return change_letters(cli, &purge, err);
}
