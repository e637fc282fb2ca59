/* Generated load: latency, rate and status of each answer, and with --wait the account. */
#include <inttypes.h>

#include "arrival.h"
#include "mem.h"
#include "ports.h"
#include "sample.h"
#include "stop.h"
#include "submit.h"

struct load {
	struct cli *cli;
	struct client client;
	struct runner runner;
	uint64_t count, issued; /* count 0: until the deadline */
	size_t payload_bytes;
	uint64_t accepted;
	bool waits, is_accounted; /* --wait; conserve tells what became of all */
	int64_t since_ms;
	struct conserve conserve;
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
		l->accepted++;
		if (l->waits) /* flat and without line breaks: it is stored as it is sent */
			conserve_add(&l->conserve, str_from(o->answer.id), buf_str(&item->payload));
	} else if (!l->has_example) {
		l->has_example = true;
		l->example = err;
		l->example_status = o->answer.status;
	}
	return true;
}

/* ---- the run ---- */

static int wait_for_all(struct load *l, struct err *err)
{
	int64_t deadline_us = clock_mono_us(l->cli->clock) + cli_ms(l->cli, "timeout") * 1000;
	struct store *store = NULL;
	int rc;

	if (!l->waits || l->runner.is_stopped)
		return 0;
	if (ports_store(l->cli, &store, err) != 0)
		return -1;
	rc = conserve_wait(&l->conserve, l->cli, store, l->since_ms, deadline_us, err);
	store_close(store);
	l->is_accounted = true;
	return rc;
}

static void report_text(struct load *l)
{
	struct cli *cli = l->cli;

	out_text(cli, "sent       %" PRIu64 "\n", l->runner.sent);
	out_text(cli, "accepted   %" PRIu64 "\n", l->accepted);
	submit_runner_text(cli, &l->runner);
	if (l->is_accounted)
		submit_conserve_text(cli, &l->conserve);
}

static void report_json(struct load *l, const struct err *fault)
{
	struct buf out = BUF_INIT(64 * 1024);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/submit-load/1");
	json_member_uint(&w, "sent", l->runner.sent);
	json_member_uint(&w, "accepted", l->accepted);
	submit_runner_json(&w, &l->runner);
	if (l->is_accounted)
		submit_conserve_json(&w, &l->conserve);
	submit_fault_json(&w, l->cli, fault);
	json_object_end(&w);
	out_json(l->cli, buf_str(&out));
	buf_release(&out);
}

static int verdict(struct load *l, struct err *err)
{
	struct cli *cli = l->cli;

	if (l->accepted == 0 && l->has_example) {
		*err = l->example;
		return client_next(cli, l->example_status, err);
	}
	if (l->has_example)
		out_warn(cli, "%" PRIu64 " were not accepted; the first: %s",
		    l->runner.sent - l->accepted, l->example.text);
	if (l->is_accounted && conserve_missing(&l->conserve) > 0) {
		arrival_explain(cli);
		return err_set(err, ERR_TIMEOUT, "%" PRIu64 " records are not in the store yet",
		    conserve_missing(&l->conserve));
	}
	if (l->has_example || (l->is_accounted && !conserve_is_whole(&l->conserve)))
		cli->exit_code = EXIT_BAD;
	if (l->runner.is_stopped)
		return err_set(err, ERR_STOPPED, "stopped after %" PRIu64 " requests",
		    l->runner.sent);
	return 0;
}

static int load_run(struct load *l, struct err *err)
{
	struct cli *cli = l->cli;
	int rc;

	l->since_ms = submit_since_ms(cli, clock_wall_ms(cli->clock));
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
	if (runner_run(&l->runner, err) != 0)
		return -1;
	rc = wait_for_all(l, err);
	if (!cli->json)
		report_text(l);
	if (rc == 0)
		rc = verdict(l, err);
	if (cli->json)
		report_json(l, rc == 0 ? NULL : err);
	return rc;
}

int submit_load(struct cli *cli, struct err *err)
{
	struct load *l = xcalloc(1, sizeof(*l));
	int rc = -1;

	l->cli = cli;
	l->count = (uint64_t)cli_int(cli, "count");
	l->payload_bytes = (size_t)cli_int(cli, "payload-bytes");
	l->waits = cli_flag(cli, "wait");
	conserve_init(&l->conserve);
	if (stop_init(err) == 0 && client_open(&l->client, cli, err) == 0)
		rc = load_run(l, err);
	client_release(&l->client);
	conserve_release(&l->conserve);
	free(l);
	return rc;
}
