/* How a file of payloads and generated load end alike: wait for the store, report, verdict. */
#include <inttypes.h>

#include "arrival.h"
#include "count.h"
#include "ports.h"
#include "submit.h"

static int wait_for_store(struct submit_account *a, struct err *err)
{
	int64_t deadline_us = clock_mono_us(a->cli->clock) + cli_ms(a->cli, "timeout") * 1000;
	struct store *store = NULL;
	int rc = 0;

	if (!a->waits || a->runner->is_stopped)
		return 0;
	if (a->conserve.expected.count > 0) {
		if (ports_store(a->cli, &store, err) != 0)
			return -1;
		rc = conserve_wait(&a->conserve, a->cli, store, a->since_ms, deadline_us, err);
		store_close(store);
	}
	a->is_accounted = true; /* as far as it came */
	return rc;
}

static void conserve_json(struct json_writer *w, const struct conserve *c)
{
	json_key(w, "verified");
	json_object_begin(w);
	json_member_uint(w, "expected", c->expected.count);
	json_member_uint(w, "stored", c->found);
	json_member_uint(w, "missing", conserve_missing(c));
	json_member_uint(w, "duplicates", c->duplicates);
	json_member_uint(w, "corrupt", c->corrupt);
	json_member_uint(w, "faulty_objects", c->faulty_objects);
	json_member_uint(w, "not_watched", c->not_watched);
	json_member_text(w, "example", c->example[0] ? c->example : NULL);
	json_member_bool(w, "ok", conserve_is_whole(c));
	json_object_end(w);
}

static void conserve_text(struct cli *cli, const struct conserve *c)
{
	bool ok = conserve_is_whole(c);

	out_text(cli,
	    "verified   %s%s%s: %" PRIu64 " of %zu accepted are stored, %" PRIu64 " twice, %" PRIu64
	    " with other bytes; %s\n",
	    out_color(cli, ok ? COLOR_GREEN : COLOR_RED), ok ? "ok" : "bad",
	    out_color(cli, COLOR_NONE), c->found, c->expected.count, c->duplicates, c->corrupt,
	    COUNT(c->faulty_objects, "faulty object"));
	if (c->example[0])
		out_text(cli, "           %s\n", c->example);
	if (c->not_watched > 0)
		out_warn(cli, "%" PRIu64 " more were accepted but not looked for: too many",
		    c->not_watched);
}

static void report_text(struct submit_account *a)
{
	a->text(a->arg);
	submit_runner_text(a->cli, a->runner);
	if (a->is_accounted && a->conserve.expected.count > 0)
		conserve_text(a->cli, &a->conserve);
}

static void report_json(struct submit_account *a, const struct err *fault)
{
	struct buf out = BUF_INIT(256 * 1024);
	struct json_writer w;

	out_json_begin(&w, &out, a->schema);
	a->json(a->arg, &w);
	submit_runner_json(&w, a->runner);
	if (a->is_accounted)
		conserve_json(&w, &a->conserve);
	submit_fault_json(&w, a->cli, fault);
	json_object_end(&w);
	out_json(a->cli, buf_str(&out));
	buf_release(&out);
}

static int verdict(struct submit_account *a, struct err *err)
{
	uint64_t missing = conserve_missing(&a->conserve);

	if (a->judge(a->arg, err) != 0)
		return -1;
	if (a->runner->is_stopped)
		return err_set(err, ERR_STOPPED, "stopped; accepted until then: %s",
		    COUNT(a->accepted, "payload"));
	if (a->is_accounted && missing > 0) {
		arrival_explain(a->cli);
		return err_set(err, ERR_TIMEOUT, "not in the store yet: %s",
		    COUNT(missing, "record"));
	}
	if (a->is_accounted && !conserve_is_whole(&a->conserve))
		a->cli->exit_code = EXIT_BAD;
	return 0;
}

int submit_account(struct submit_account *a, struct err *err)
{
	int rc = wait_for_store(a, err);

	if (!a->cli->json)
		report_text(a);
	if (rc == 0)
		rc = verdict(a, err);
	if (a->cli->json)
		report_json(a, rc == 0 ? NULL : err);
	return rc;
}
