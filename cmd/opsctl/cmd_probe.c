#include "access.h"
#include "calls.h"
#include "commands.h"
#include "mem.h"
#include "ports.h"
#include "probe_negative.h"
#include "probe_print.h"
#include "stop.h"

static int probe_one(struct cli *cli, struct store *store, struct err *err)
{
	struct probe p;

	if (probe_run(cli, store, &p, err) != 0)
		return -1;
	if (cli->json)
		probe_print_json(cli, &p);
	else
		probe_print_text(cli, &p);
	cli->exit_code = probe_exit_code(&p);
	return 0;
}

/* 1: go on; 0: enough; -1: a signal came before the answer. */
static int next_of_many(struct cli *cli, struct store *store, struct probe_tally *t, int64_t count,
    struct err *err)
{
	int64_t began_ms = clock_mono_ms(cli->clock), left_ms;
	struct probe p;

	if (probe_run(cli, store, &p, err) != 0)
		return -1;
	probe_tally_add(t, &p);
	if (cli->json)
		probe_print_json(cli, &p);
	else
		probe_print_line(cli, &p, (int64_t)t->count, count);
	if (t->count == (uint64_t)count || out_failed(cli))
		return 0;
	left_ms = began_ms + cli_ms(cli, "interval") - clock_mono_ms(cli->clock);
	if (stop_wait(left_ms > 0 ? (int)left_ms : 0) == STOP_STOP)
		return err_set(err, ERR_STOPPED, "stopped before all were sent");
	return 1;
}

/* A signal ends it, with an account of those that were sent. */
static int probe_many(struct cli *cli, struct store *store, struct err *err)
{
	struct probe_tally *t = xcalloc(1, sizeof(*t));
	int64_t count = cli_int(cli, "count");
	int rc;

	do
		rc = next_of_many(cli, store, t, count, err);
	while (rc == 1);
	if (cli->json)
		probe_print_tally_json(cli, t);
	else if (t->count > 0)
		probe_print_tally(cli, t);
	cli->exit_code = t->exit_code;
	free(t);
	return rc;
}

static int check_options(const struct cli *cli, struct err *err)
{
	bool is_negative = cli_flag(cli, "negative");

	if (is_negative && (cli_is_set(cli, "count") || cli_is_set(cli, "interval")))
		return err_set(err, ERR_USAGE, "--negative takes no --count and no --interval");
	if (is_negative && cli_is_set(cli, "auth"))
		return err_set(err, ERR_USAGE, "--negative tries every way, so takes no --auth");
	if (!cli_is_set(cli, "count") && cli_is_set(cli, "interval"))
		return err_set(err, ERR_USAGE, "--interval works with --count only");
	return 0;
}

static int cmd_probe(struct cli *cli, struct err *err)
{
	struct store *store = NULL;
	const char *url;
	int rc;

	if (check_options(cli, err) != 0 || access_change(cli, ACCESS_MILD, NULL, err) != 0)
		return -1;
	if (context_require(&cli->context, CONTEXT_URL, &url, err) != 0 ||
	    ports_store(cli, &store, err) != 0)
		return -1;
	rc = stop_init(err);
	if (rc == 0 && cli_flag(cli, "negative"))
		rc = probe_negative(cli, store, err);
	else if (rc == 0 && cli_int(cli, "count") > 1)
		rc = probe_many(cli, store, err);
	else if (rc == 0)
		rc = probe_one(cli, store, err);
	store_close(store);
	return rc;
}

static const struct option_row options[] = {
	{ "count", 'c', OPTION_INT, "N", "1", .min = 1, .max = 100 * 1000,
	    .help = "send N, one after the other, and tell p50, p95 and the most of each hop" },
	{ "interval", 'i', OPTION_DURATION, "TIME", "1s", .min = 0, .max = 24 * 3600 * 1000,
	    .help = "with --count, from the start of one to that of the next" },
	{ "negative", 0, OPTION_FLAG,
	    .help = "send what must be refused, and make sure that it is, and is not stored" },
	{ "auth", 0, OPTION_CHOICE, "HOW", "signature", .choices = "signature|token|bearer",
	    .help = "how the token is used: to sign, in the body, or as a bearer token" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "30s", .min = 1, .max = 24 * 3600 * 1000,
	    .help = "how long a payload may take to arrive" },
};

static const struct command_call calls[] = {
	CALLS_TOKEN,
	{ S3_GET_OBJECT, CONTEXT_STORE, NULL },
	{ S3_LIST_OBJECTS_V2, CONTEXT_STORE, NULL },
	CALLS_QUEUE_STATS,
};

const struct command command_probe = {
	.name = "probe",
	.operands = "",
	.operand_completion = "none",
	.summary = "send a test payload all the way, and say how long each hop took",
	.about =
	    "Reads the token, signs a test payload, sends it on a new connection, and waits for its "
	    "bytes in the store. Prints the hops as a waterfall: secret, dns, tcp, tls, first "
	    "byte, accepted, queued, received, stored, visible. When it gets stuck, the hop is "
	    "named, in the exit status too: 20 and its number, counted from 0. With --negative "
	    "it is the other way round: requests with bad credentials, bad payloads and bad "
	    "framing must each be refused as documented, and none of them may be stored.",
	OPTIONS(options),
	.need = NEED_CONTEXT | NEED_STREAM,
	CALLS(calls),
	.run = cmd_probe,
};
