/* Generated load: latency, rate and status of each answer, and with --wait the account. */
#include <inttypes.h>

#include "count.h"
#include "mem.h"
#include "sample.h"
#include "stop.h"
#include "submit.h"

struct load {
	struct cli *cli;
	struct client client;
	struct runner runner;
	uint64_t count, issued; /* count 0: until the deadline */
	size_t payload_bytes;
	struct submit_account account;
	struct err example; /* of an answer that was not 2xx, or of none */
	int example_status;
	bool has_example;
};

/* ---- called by the runner, under its lock ---- */

static bool next_sample(void *arg, struct runner_item *item)
{
	struct load *l = arg;

	if (l->count > 0 && l->issued >= l->count)
		return false;
	item->number = ++l->issued;
	client_new_id(l->cli->clock, item->id);
	sample_payload(&item->payload, l->cli->clock, item->number, l->payload_bytes);
	return true;
}

static bool sample_done(void *arg, const struct runner_item *item, const struct runner_outcome *o)
{
	struct load *l = arg;
	struct err err = o->err;

	if (o->is_answered && client_judge(&o->answer, &err) == 0) {
		l->account.accepted++;
		if (l->account.waits) /* flat and without line breaks: it is stored as it is sent */
			conserve_add(&l->account.conserve, str_from(o->answer.id),
			    buf_str(&item->payload));
	} else if (!l->has_example) {
		l->has_example = true;
		l->example = err;
		l->example_status = o->answer.status;
	}
	return true;
}

/* ---- the run ---- */

static void report_text(void *arg)
{
	const struct load *l = arg;

	out_text(l->cli, "sent       %" PRIu64 "\n", l->runner.sent);
	out_text(l->cli, "accepted   %" PRIu64 "\n", l->account.accepted);
}

static void report_json(void *arg, struct json_writer *w)
{
	const struct load *l = arg;

	json_member_uint(w, "sent", l->runner.sent);
	json_member_uint(w, "accepted", l->account.accepted);
}

static int judge(void *arg, struct err *err)
{
	const struct load *l = arg;
	struct cli *cli = l->cli;

	if (!l->has_example)
		return 0;
	if (l->account.accepted == 0) {
		*err = l->example;
		return client_next(cli, l->example_status, err);
	}
	out_warn(cli, "not accepted: %s; the first: %s",
	    COUNT(l->runner.sent - l->account.accepted, "payload"), l->example.text);
	cli->exit_code = EXIT_BAD;
	return 0;
}

static int load_run(struct load *l, struct err *err)
{
	struct cli *cli = l->cli;

	l->account.since_ms = submit_since_ms(cli, clock_wall_ms(cli->clock));
	l->runner = (struct runner){
		.cli = cli,
		.client = &l->client,
		.total = l->count,
		.what = "submitting",
		.next = next_sample,
		.done = sample_done,
		.arg = l,
	};
	submit_runner_options(cli, &l->runner);
	return runner_run(&l->runner, err) == 0 ? submit_account(&l->account, err) : -1;
}

int submit_load(struct cli *cli, struct err *err)
{
	struct load *l = xcalloc(1, sizeof(*l));
	int rc = -1;

	l->cli = cli;
	l->count = (uint64_t)cli_int(cli, "count");
	l->payload_bytes = (size_t)cli_int(cli, "payload-bytes");
	l->account = (struct submit_account){
		.cli = cli,
		.runner = &l->runner,
		.schema = "opsctl/submit-load/1",
		.waits = cli_flag(cli, "wait"),
		.json = report_json,
		.text = report_text,
		.judge = judge,
		.arg = l,
	};
	conserve_init(&l->account.conserve);
	if (stop_init(err) == 0 && client_open(&l->client, cli, err) == 0)
		rc = load_run(l, err);
	client_release(&l->client);
	conserve_release(&l->account.conserve);
	free(l);
	return rc;
}
