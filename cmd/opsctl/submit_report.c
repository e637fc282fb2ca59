/* What a file of payloads and generated load have in common: options and reports. */
#include <inttypes.h>

#include "submit.h"

static const struct {
	const char *name;
	double percent;
} percentiles[] = { { "p50", 50 }, { "p90", 90 }, { "p99", 99 } };

void submit_runner_options(struct cli *cli, struct runner *r)
{
	r->threads = (unsigned)cli_int(cli, "concurrency");
	r->rate = cli_int(cli, "rate");
	if (cli_is_set(cli, "retries"))
		r->retries = (unsigned)cli_int(cli, "retries");
	if (cli_is_set(cli, "duration"))
		r->deadline_us = clock_mono_us(cli->clock) + cli_ms(cli, "duration") * 1000;
}

int64_t submit_since_ms(const struct cli *cli, int64_t began_ms)
{
	/* Envelopes are named by ops-api's clock: the same one for the local system. */
	int64_t slack_ms = cli->context.local_dir[0] ? 1000 : 330 * 1000;

	return began_ms - slack_ms;
}

static double ms(int64_t us)
{
	return (double)us / 1000.0;
}

void submit_runner_json(struct json_writer *w, const struct runner *r)
{
	char status[8];

	json_member_double(w, "elapsed_ms", ms(r->elapsed_us), 3);
	json_member_double(w, "rate", runner_rate(r), 1);
	json_member_uint(w, "retried", r->retried);
	json_member_uint(w, "no_answer", r->failed);
	json_key(w, "statuses");
	json_object_begin(w);
	for (int i = 0; i < RUNNER_STATUS_MAX; i++) {
		if (r->statuses[i] == 0)
			continue;
		(void)snprintf(status, sizeof(status), "%d", i);
		json_member_uint(w, status, r->statuses[i]);
	}
	json_object_end(w);
	json_key(w, "latency_ms");
	json_object_begin(w);
	for (size_t i = 0; i < ARRAY_SIZE(percentiles); i++)
		json_member_double(w, percentiles[i].name,
		    ms(histogram_percentile(&r->latency, percentiles[i].percent)), 3);
	json_member_double(w, "max", ms(r->latency.max_us), 3);
	json_object_end(w);
}

void submit_runner_text(struct cli *cli, const struct runner *r)
{
	const char *before = "";

	if (r->sent == 0)
		return;
	out_text(cli, "rate       %.1f requests/s over %.2f s\n", runner_rate(r),
	    (double)r->elapsed_us / 1e6);
	out_text(cli, "latency    ");
	for (size_t i = 0; i < ARRAY_SIZE(percentiles); i++)
		out_text(cli, "%s %.2f ms, ", percentiles[i].name,
		    ms(histogram_percentile(&r->latency, percentiles[i].percent)));
	out_text(cli, "max %.2f ms\n", ms(r->latency.max_us));
	out_text(cli, "answers   ");
	for (int i = 0; i < RUNNER_STATUS_MAX; i++) {
		if (r->statuses[i] == 0)
			continue;
		out_text(cli, "%s HTTP %d: %" PRIu64, before, i, r->statuses[i]);
		before = ",";
	}
	if (r->failed > 0) {
		out_text(cli, "%s none: %" PRIu64, before, r->failed);
		before = ",";
	}
	if (r->retried > 0)
		out_text(cli, "%s retries: %" PRIu64, before, r->retried);
	out_text(cli, "\n");
}

void submit_fault_json(struct json_writer *w, const struct cli *cli, const struct err *fault)
{
	json_member_bool(w, "ok", fault == NULL && cli->exit_code == EXIT_OK);
	if (!fault)
		return;
	json_key(w, "error");
	json_object_begin(w);
	json_member_text(w, "code", err_name(fault->code));
	json_member_text(w, "message", fault->text);
	json_member_text(w, "next", cli->next[0] ? cli->next : NULL);
	json_object_end(w);
}
