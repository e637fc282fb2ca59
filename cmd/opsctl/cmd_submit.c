#include <errno.h>
#include <unistd.h>

#include "access.h"
#include "arrival.h"
#include "calls.h"
#include "commands.h"
#include "count.h"
#include "file.h"
#include "ports.h"
#include "sample.h"
#include "stop.h"
#include "submit.h"

enum { BAR_WIDTH = 40 };

/* ---- where the payload comes from ---- */

static int read_stdin(struct buf *out, struct err *err)
{
	char piece[16 * 1024];
	ssize_t n;

	while ((n = read(STDIN_FILENO, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno != EINTR)
			return err_errno(err, "standard input");
		if (n > 0)
			buf_add(out, (struct str){ piece, (size_t)n });
		if (out->full)
			return err_set(err, ERR_INVALID, "standard input: larger than %zu bytes",
			    out->max);
	}
	return 0;
}

static int read_payload(struct cli *cli, struct buf *out, struct err *err)
{
	const char *data = cli_text(cli, "data");
	const char *path = cli->operand_count > 0 ? cli->operands[0] : NULL;

	if (data) {
		buf_adds(out, data);
	} else if (!path) {
		sample_payload(out, cli->clock, 1, (size_t)cli_int(cli, "payload-bytes"));
	} else if (strcmp(path, "-") == 0) {
		return read_stdin(out, err);
	} else if (file_read(path, out, err) != 0) {
		if (err->code == ERR_NOTFOUND)
			err->code = ERR_CONFIG; /* it is not a thing of the system */
		return path[0] == '{' ? cli_next(cli, "a payload itself goes behind --data") : -1;
	}
	return out->full ? err_set(err, ERR_INVALID, "the payload is too large") : 0;
}

/* ---- one payload ---- */

struct single {
	struct cli *cli;
	const char *id;
	struct buf payload;
	struct client client;
	bool is_sent;
	struct client_answer answer;
	int64_t began_us, answered_us;
	bool is_arrived;
	struct arrival arrival;
};

static double since_began_ms(const struct single *s, int64_t us)
{
	return (double)(us - s->began_us) / 1000.0;
}

static void timing_json(struct json_writer *w, const struct http_timing *t)
{
	json_key(w, "timing_ms");
	json_object_begin(w);
	json_member_double(w, "dns", (double)t->dns_us / 1000.0, 3);
	json_member_double(w, "connect", (double)t->connect_us / 1000.0, 3);
	json_member_double(w, "tls", (double)t->tls_us / 1000.0, 3);
	json_member_double(w, "first_byte", (double)t->first_byte_us / 1000.0, 3);
	json_member_double(w, "total", (double)t->total_us / 1000.0, 3);
	json_object_end(w);
}

/* The one document of this command; `fault` is NULL when all went well. */
static void print_json(const struct single *s, const struct err *fault)
{
	const struct client_answer *a = &s->answer;
	struct buf out = BUF_INIT(16 * 1024);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/submit/1");
	json_member_text(&w, "id", a->id[0] ? a->id : s->id);
	json_member_text(&w, "object", a->object[0] ? a->object : NULL);
	json_member_int(&w, "status", a->status);
	json_member_text(&w, "request_id", a->request_id[0] ? a->request_id : NULL);
	json_member_double(&w, "accepted_ms", since_began_ms(s, s->answered_us), 3);
	timing_json(&w, &a->timing);
	if (s->is_arrived) {
		json_member_double(&w, "stored_ms", since_began_ms(s, s->arrival.stored_us), 3);
		json_member_double(&w, "verified_ms", since_began_ms(s, s->arrival.verified_us), 3);
		json_member_text(&w, "object_sha256", s->arrival.sha256);
		json_member_uint(&w, "object_records", s->arrival.record_count);
	}
	submit_fault_json(&w, s->cli, fault);
	json_object_end(&w);
	out_json(s->cli, buf_str(&out));
	buf_release(&out);
}

static void print_step(const struct single *s, const char *what, int64_t from_us, int64_t to_us,
    int64_t end_us)
{
	int64_t whole_us = end_us > s->began_us ? end_us - s->began_us : 1;
	int from = (int)((from_us - s->began_us) * BAR_WIDTH / whole_us);
	int to = (int)((to_us - s->began_us) * BAR_WIDTH / whole_us);

	out_text(s->cli, "%-9s %8.1f ms  %*s", what, since_began_ms(s, to_us), from, "");
	for (int i = from; i < to || i == from; i++)
		out_text(s->cli, "=");
	out_text(s->cli, "\n");
}

static void print_text(const struct single *s)
{
	const struct client_answer *a = &s->answer;
	struct cli *cli = s->cli;

	out_text(cli, "id        %s\n", a->id[0] ? a->id : s->id);
	if (a->object[0])
		out_text(cli, "object    %s\n", a->object);
	out_text(cli, "status    HTTP %d\n", a->status);
	if (!s->is_arrived) {
		out_text(cli, "time      %.1f ms\n", since_began_ms(s, s->answered_us));
		return;
	}
	out_text(cli, "sha256    %s\n", s->arrival.sha256);
	out_text(cli, "size      %s, %s\n", COUNT(s->arrival.object_bytes, "byte"),
	    COUNT(s->arrival.record_count, "record"));
	print_step(s, "accepted", s->began_us, s->answered_us, s->arrival.verified_us);
	print_step(s, "stored", s->answered_us, s->arrival.stored_us, s->arrival.verified_us);
	print_step(s, "verified", s->arrival.stored_us, s->arrival.verified_us,
	    s->arrival.verified_us);
}

static int wait_for_store(struct single *s, struct err *err)
{
	struct cli *cli = s->cli;
	struct buf data = BUF_INIT(CLIENT_BODY_MAX);
	struct store *store = NULL;
	int64_t deadline_us = s->began_us + cli_ms(cli, "timeout") * 1000;
	int rc = -1;

	if (client_stored_data(buf_str(&s->payload), &data, err) != 0 ||
	    ports_store(cli, &store, err) != 0)
		goto out;
	rc = arrival_wait(cli, store, s->answer.object, s->answer.id, buf_str(&data), deadline_us,
	    &s->arrival, err);
	if (rc == 0)
		s->is_arrived = true;
	else if (err->code == ERR_TIMEOUT)
		arrival_explain(cli);
	else if (err->code == ERR_STOPPED)
		(void)cli_next(cli, "run: opsctl verify-s3 %s", s->answer.object);
out:
	store_close(store);
	buf_release(&data);
	return rc;
}

static int send_one(struct single *s, struct err *err)
{
	struct cli *cli = s->cli;

	if (client_open(&s->client, cli, err) != 0)
		return -1;
	s->began_us = clock_mono_us(cli->clock);
	if (client_submit(&s->client, s->id, buf_str(&s->payload), &s->answer, err) != 0)
		return client_next(cli, 0, err);
	s->answered_us = clock_mono_us(cli->clock);
	s->is_sent = true;
	if (client_judge(&s->answer, err) != 0)
		return client_next(cli, s->answer.status, err);
	return cli_flag(cli, "wait") ? wait_for_store(s, err) : 0;
}

static int submit_one(struct cli *cli, struct err *err)
{
	struct single s = { .cli = cli, .payload = BUF_INIT(CLIENT_BODY_MAX) };
	char new_id[CLIENT_NEW_ID_SIZE];
	int rc = -1;

	client_new_id(cli->clock, new_id);
	s.id = cli_is_set(cli, "id") ? cli_text(cli, "id") : new_id;

	if (read_payload(cli, &s.payload, err) != 0)
		goto out;
	if (cli_flag(cli, "dry-run")) {
		rc = submit_curl(cli, s.id, buf_str(&s.payload), err);
		goto out;
	}
	if (cli_flag(cli, "wait") && stop_init(err) != 0)
		goto out;

	rc = send_one(&s, err);
	if (s.is_sent && cli->json)
		print_json(&s, rc == 0 ? NULL : err);
	else if (s.is_sent)
		print_text(&s);
out:
	client_release(&s.client);
	buf_release(&s.payload);
	return rc;
}

/* ---- the command ---- */

enum mode { MODE_SINGLE, MODE_BULK, MODE_LOAD };

static const struct {
	const char *name;
	int (*run)(struct cli *cli, struct err *err);
	const char *without[10]; /* options that have no meaning with it; ends with NULL */
} modes[] = {
	[MODE_SINGLE] = { "a single payload", submit_one,
	    { "journal", "stop-on-error", "rejects", "retry-refused", "resend-unknown",
		"concurrency", "rate", "retries" } },
	[MODE_BULK] = { "--ndjson", submit_bulk,
	    { "data", "id", "count", "duration", "payload-bytes", "dry-run" } },
	[MODE_LOAD] = { "--count or --duration", submit_load,
	    { "data", "id", "journal", "stop-on-error", "rejects", "retry-refused",
		"resend-unknown", "dry-run" } },
};

static enum mode mode_of(const struct cli *cli)
{
	if (cli_is_set(cli, "ndjson"))
		return MODE_BULK;
	return cli_is_set(cli, "count") || cli_is_set(cli, "duration") ? MODE_LOAD : MODE_SINGLE;
}

static int check_values(const struct cli *cli, struct err *err)
{
	bool is_signed = strcmp(cli_text(cli, "auth"), "signature") == 0;
	bool has_id = cli_is_set(cli, "id"), is_bulk = cli_is_set(cli, "ndjson");

	/* Without a signature no id is sent, and ops-api makes one. */
	if (!is_signed && (has_id || is_bulk))
		return err_set(err, ERR_USAGE, "--%s works with --auth signature only",
		    has_id ? "id" : "ndjson");
	if (has_id && !webhook_id_is_valid(str_from(cli_text(cli, "id"))))
		return err_set(err, ERR_USAGE, "--id: 1 to %d characters of A-Z a-z 0-9 _ -",
		    WEBHOOK_ID_MAX);
	if (is_bulk && strcmp(cli_text(cli, "ndjson"), "-") == 0)
		return err_set(err, ERR_USAGE,
		    "--ndjson -: must be a file, it is read twice and has a journal");
	return 0;
}

static int check_options(const struct cli *cli, enum mode mode, struct err *err)
{
	bool has_data = cli_is_set(cli, "data"), has_payload = cli->operand_count > 0;

	if (has_payload && (has_data || mode != MODE_SINGLE))
		return err_set(err, ERR_USAGE, "a payload file cannot be used with %s",
		    has_data ? "--data" : modes[mode].name);
	if ((has_payload || has_data) && cli_is_set(cli, "payload-bytes"))
		return err_set(err, ERR_USAGE, "--payload-bytes is for test payloads only");
	for (const char *const *option = modes[mode].without; *option; option++)
		if (cli_is_set(cli, *option))
			return err_set(err, ERR_USAGE, "--%s cannot be used with %s", *option,
			    modes[mode].name);
	return check_values(cli, err);
}

static int cmd_submit(struct cli *cli, struct err *err)
{
	enum mode mode = mode_of(cli);
	const char *store;

	if (check_options(cli, mode, err) != 0)
		return -1;
	if (cli_flag(cli, "dry-run"))
		return modes[mode].run(cli, err);
	if (access_change(cli, ACCESS_MILD, NULL, err) != 0)
		return -1;
	/* Not after all is sent. */
	if (cli_flag(cli, "wait") &&
	    context_require(&cli->context, CONTEXT_STORE, &store, err) != 0)
		return -1;
	return modes[mode].run(cli, err);
}

static const struct option_row options[] = {
	{ "data", 'd', OPTION_TEXT, "JSON", .help = "the payload itself instead of a file" },
	{ "auth", 0, OPTION_CHOICE, "HOW", "signature", .choices = "signature|token|bearer",
	    .help = "how the token is used: to sign, in the body, or as a bearer token" },
	{ "id", 0, OPTION_TEXT, "ID",
	    .help = "webhook id of the payload; default: opsctl_ and a new UUID" },
	{ "wait", 'w', OPTION_FLAG,
	    .help = "go on until what was accepted is stored and its bytes are verified" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "30s", .min = 1, .max = 24 * 3600 * 1000,
	    .help = "how long to wait for an answer, and with --wait for the store" },
	{ "ndjson", 0, OPTION_FILE, "FILE", .help = "submit each line of FILE as one payload" },
	{ "journal", 0, OPTION_FILE, "FILE",
	    .help = "where --ndjson keeps what it has done; default: FILE.opsctl-journal" },
	{ "stop-on-error", 0, OPTION_FLAG, .help = "with --ndjson, stop at the first bad line" },
	{ "rejects", 0, OPTION_FILE, "FILE",
	    .help = "with --ndjson, copy the lines that are refused to FILE" },
	{ "retry-refused", 0, OPTION_FLAG,
	    .help = "with --ndjson, send again what an earlier run had refused" },
	{ "resend-unknown", 0, OPTION_FLAG,
	    .help = "with --ndjson, do not look up lines that were sent without an answer" },
	{ "count", 0, OPTION_INT, "N", .min = 1, .max = 1000 * 1000 * 1000,
	    .help = "generate load: send N test payloads" },
	{ "duration", 0, OPTION_DURATION, "TIME", .min = 1, .max = 24 * 3600 * 1000,
	    .help = "generate load for that long" },
	{ "payload-bytes", 0, OPTION_INT, "BYTES", "256", .min = 256, .max = 1024 * 1024,
	    .help = "size of a test payload" },
	{ "concurrency", 'c', OPTION_INT, "N", "8", .min = 1, .max = 256,
	    .help = "requests under way at once" },
	{ "rate", 0, OPTION_INT, "N", .min = 1, .max = 1000 * 1000,
	    .help = "send at most N payloads a second" },
	{ "retries", 0, OPTION_INT, "N", .min = 0, .max = 100,
	    .help = "tries after a busy answer or a lost connection; 8 with --ndjson, else 0" },
	{ "dry-run", 'n', OPTION_FLAG,
	    .help = "print the shell commands that do the same; send nothing" },
};

static const struct command_call calls[] = {
	{ SSM_GET_PARAMETER, CONTEXT_SECRET, "!dry-run" },
	{ SECRETSMANAGER_GET_SECRET_VALUE, CONTEXT_SECRET, "!dry-run" },
	{ S3_LIST_OBJECTS_V2, CONTEXT_STORE, "wait|ndjson&!dry-run" },
	{ S3_GET_OBJECT, CONTEXT_STORE, "wait|ndjson&!dry-run" },
	/* Where something is missing, what the queue holds is told. */
	{ SQS_GET_QUEUE_ATTRIBUTES, CONTEXT_QUEUE, "wait|ndjson&!dry-run" },
	{ SQS_GET_QUEUE_ATTRIBUTES, CALL_DEAD_LETTERS, "wait|ndjson&!dry-run" },
	{ CLOUDWATCH_GET_METRIC_DATA, CONTEXT_QUEUE, "wait|ndjson&!dry-run" },
};

const struct command command_submit = {
	.name = "submit",
	.operands = "[PAYLOAD]",
	.max = 1,
	.operand_completion = "file",
	.summary = "send signed payloads, one or many",
	.about =
	    "Signs a JSON payload, flat or nested as it is given, with the token of the context "
	    "and sends it to ops-api. PAYLOAD is a file, or - for standard input; without "
	    "it and --data a test payload with the time now is made. With --ndjson every "
	    "line of a file is a payload; a later run goes on where an earlier one ended "
	    "and stores no line twice. With --count or --duration load is generated and "
	    "measured. With --wait the command goes on until what was accepted is in the "
	    "store with the bytes that were sent.",
	OPTIONS(options),
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_submit,
};
