
#include "arrival.h"
#include "calls.h"
#include "commands.h"
#include "count.h"
#include "ports.h"
#include "stop.h"
#include "timespan.h"
#include "verify.h"

enum { POLL_MS = 200, DOCUMENT_MAX = 16 * 1024 * 1024 };

/* An envelope is made after its records' ids, when clocks agree; when not, within this. */
enum { NEARBY_MS = 10 * 60 * 1000 };

#define DEFAULT_SINCE "1h"

/* ---- named objects and records ---- */

/* What is looked for, and what of it was found. */
struct target {
	struct verify *v;
	struct str name;
	unsigned objects, faulty;        /* that hold it */
	unsigned suspects;               /* damaged objects that may hold it */
	char suspect[STORE_KEY_MAX + 1]; /* the first of them */
	struct json_writer *w;
};

static void print_body(struct target *t, const struct walk_object *o, struct str line)
{
	struct verify *v = t->v;

	if (o->fault)
		return;
	if (!v->cli->json)
		verify_print_line(v->cli, line);
	else if (o->is_foreign)
		json_member_str(t->w, "body", line);
	else
		json_raw(t->w, str_trim(line));
}

/* All lines of an object, or of a record the one that is meant. */
static void print_records(struct target *t, const struct walk_object *o, bool is_record)
{
	struct str rest = o->body, line;
	struct record record;
	struct err ignored; /* envelope_check() passed */

	if (!t->v->with_body)
		return;
	if (o->is_foreign) {
		print_body(t, o, o->body);
		return;
	}
	if (t->v->cli->json) {
		json_key(t->w, "contents");
		json_array_begin(t->w);
	}
	while (!o->fault && envelope_next(&rest, &line))
		if (!is_record ||
		    (record_parse(line, &record, &ignored) == 0 && str_eq(record.id, t->name)))
			print_body(t, o, line);
	if (t->v->cli->json)
		json_array_end(t->w);
}

static void report_object(struct target *t, const struct walk_object *o, bool is_record)
{
	struct cli *cli = t->v->cli;

	t->objects++;
	t->faulty += o->fault != NULL;
	if (cli->json) {
		json_object_begin(t->w);
		if (is_record)
			json_member_str(t->w, "id", t->name);
		verify_object_json(t->w, o);
		print_records(t, o, is_record);
		json_object_end(t->w);
		return;
	}
	if (t->v->with_body && !o->fault) {
		print_records(t, o, is_record);
		return;
	}
	out_text(cli, "%s%s%s  %.*s%s%.*s  %s, %s%s%s\n",
	    out_color(cli, o->fault ? COLOR_RED : COLOR_GREEN), o->fault ? "bad" : "ok ",
	    out_color(cli, COLOR_NONE), STR_ARG(is_record ? t->name : STR_NONE),
	    is_record ? "  in " : "", STR_ARG(o->key), COUNT(o->body.n, "byte"),
	    COUNT(o->record_count, "record"), o->fault ? ": " : "", o->fault ? o->fault->text : "");
}

static int verify_object(struct target *t, struct err *err)
{
	struct buf body = BUF_INIT(STORE_OBJECT_MAX);
	struct walk_object object;
	struct err fault;
	int rc = walk_read(t->v->store, t->name, &body, &fault, &object, err);

	if (rc == 0)
		report_object(t, &object, false);
	else if (err->code == ERR_NOTFOUND)
		rc = 0; /* told by t->objects */
	else if (err->code == ERR_INVALID)
		err->code = ERR_USAGE; /* it cannot be a key: the caller's mistake */
	else
		rc = ports_failed(t->v->cli, err);
	buf_release(&body);
	return rc;
}

static bool report_holder(void *arg, const struct walk_object *o)
{
	struct target *t = arg;
	struct str rest = o->body, line;
	struct record record;
	struct err ignored; /* a line that is no record is not the one */

	if (o->fault && t->suspects++ == 0)
		(void)snprintf(t->suspect, sizeof(t->suspect), "%.*s", STR_ARG(o->key));
	while (!o->is_foreign && envelope_next(&rest, &line)) {
		if (record_parse(line, &record, &ignored) == 0 && str_eq(record.id, t->name)) {
			report_object(t, o, true);
			break;
		}
	}
	return true;
}

/* When an id was made: those of opsctl and ops-api end in a UUIDv7. */
static bool id_time(struct str id, int64_t *made_at_ms)
{
	struct str tail = id.n > UUID_TEXT_LEN ? str_skip(id, id.n - UUID_TEXT_LEN) : id;

	return uuid_v7_parse(tail, made_at_ms);
}

static int verify_record(struct target *t, struct err *err)
{
	const struct verify *v = t->v;
	struct walk walk = {
		.cli = v->cli,
		.store = v->store,
		.since_ms = v->since_ms,
		.until_ms = v->until_ms,
		.fn = report_holder,
		.arg = t,
	};
	int64_t made_at_ms;

	if (!v->has_since && id_time(t->name, &made_at_ms)) {
		walk.since_ms = made_at_ms - NEARBY_MS;
		walk.until_ms = made_at_ms + NEARBY_MS;
	}
	return walk_run(&walk, err);
}

/* Until it is found, or --timeout has passed. */
static int look_for(struct target *t, int64_t deadline_us, struct err *err)
{
	bool is_key = str_find(t->name, '/') < t->name.n;

	for (;;) {
		t->suspects = 0;
		if ((is_key ? verify_object : verify_record)(t, err) != 0)
			return -1;
		if (t->objects > 0 || clock_mono_us(t->v->cli->clock) >= deadline_us)
			return 0;
		if (stop_wait(POLL_MS) == STOP_STOP)
			return err_set(err, ERR_STOPPED, "%.*s is not there yet", STR_ARG(t->name));
	}
}

static void report_missing(const struct target *t)
{
	struct cli *cli = t->v->cli;

	if (!cli->json) {
		out_text(cli, "%smissing%s  %.*s\n", out_color(cli, COLOR_RED),
		    out_color(cli, COLOR_NONE), STR_ARG(t->name));
		if (t->suspects > 0)
			out_text(cli, "         but %s may hold it, such as %s\n",
			    COUNT(t->suspects, "damaged object"), t->suspect);
		return;
	}
	json_object_begin(t->w);
	json_member_bool(t->w, "ok", false);
	json_member_str(t->w, "name", t->name);
	json_member_text(t->w, "fault", "not found");
	json_member_text(t->w, "suspect", t->suspects > 0 ? t->suspect : NULL);
	json_object_end(t->w);
}

/* A damaged one weighs more than a missing one: waiting does not mend it. */
static void judge(struct target *t)
{
	struct cli *cli = t->v->cli;

	if (t->objects == 0 && cli->exit_code == EXIT_OK)
		cli->exit_code = EXIT_NOTFOUND;
	if (t->faulty > 0 || (t->objects == 0 && t->suspects > 0))
		cli->exit_code = EXIT_BAD;
	if (t->objects > 1) {
		cli->exit_code = EXIT_BAD;
		out_warn(cli, "%.*s is in %u objects", STR_ARG(t->name), t->objects);
	}
}

static int verify_names(struct verify *v, struct err *err)
{
	struct cli *cli = v->cli;
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;
	int64_t deadline_us = clock_mono_us(cli->clock) + cli_ms(cli, "timeout") * 1000;
	int rc = 0;

	out_json_begin(&w, &out, "opsctl/verify-s3/1");
	json_key(&w, "objects");
	json_array_begin(&w);
	for (int i = 0; i < cli->operand_count && rc == 0; i++) {
		struct target t = { .v = v, .name = str_from(cli->operands[i]), .w = &w };

		rc = look_for(&t, deadline_us, err);
		if (rc == 0 && t.objects == 0)
			report_missing(&t);
		if (rc == 0)
			judge(&t);
	}
	json_array_end(&w);
	json_member_bool(&w, "ok", cli->exit_code == EXIT_OK);
	json_object_end(&w);
	if (rc == 0 && out.full)
		rc = err_set(err, ERR_INVALID, "the answer is larger than %d bytes", DOCUMENT_MAX);
	if (rc == 0 && cli->json)
		out_json(cli, buf_str(&out));
	if (rc == 0 && cli->exit_code == EXIT_NOTFOUND) {
		arrival_explain(cli);
		out_note(cli, "%s", cli->next);
	}
	buf_release(&out);
	return rc;
}

/* ---- the command ---- */

static int read_span(struct verify *v, struct err *err)
{
	struct cli *cli = v->cli;
	const char *since = cli_text(cli, "since"), *until = cli_text(cli, "until");

	v->has_since = since != NULL;
	if (!since)
		since = DEFAULT_SINCE;
	v->now_ms = clock_wall_ms(cli->clock);
	v->until_ms = INT64_MAX;
	if (timespan_parse("since", since, v->now_ms, &v->since_ms, err) != 0 ||
	    (until && timespan_parse("until", until, v->now_ms, &v->until_ms, err) != 0))
		return -1;
	if (v->since_ms >= v->until_ms)
		return err_set(err, ERR_USAGE, "--since must lie before --until");
	if (v->since_ms >= v->now_ms)
		return err_set(err, ERR_USAGE, "--since %s: must lie in the past", since);
	if (v->until_ms > v->now_ms)
		v->until_ms = INT64_MAX;
	return 0;
}

/* An option that would have no effect was meant to have one. */
static int check_options(const struct cli *cli, struct err *err)
{
	bool follows = cli_flag(cli, "follow"), has_names = cli->operand_count > 0;

	if (follows && (has_names || cli_is_set(cli, "until")))
		return err_set(err, ERR_USAGE, "--follow takes no names and no --until");
	if (!follows && cli_is_set(cli, "late"))
		return err_set(err, ERR_USAGE, "--late works with --follow only");
	if (!follows && !has_names && cli_is_set(cli, "timeout"))
		return err_set(err, ERR_USAGE, "--timeout works with --follow or names only");
	for (int i = 0; i < cli->operand_count; i++)
		if (cli->operands[i][0] == '\0')
			return err_set(err, ERR_USAGE, "name %d is empty", i + 1);
	return 0;
}

static int cmd_verify_s3(struct cli *cli, struct err *err)
{
	struct verify v = { .cli = cli, .with_body = cli_flag(cli, "body") };
	bool follows = cli_flag(cli, "follow");
	int rc;

	if (check_options(cli, err) != 0)
		return -1;
	if (read_span(&v, err) != 0 || ports_store(cli, &v.store, err) != 0)
		return -1;

	rc = stop_init(err);
	if (rc == 0 && follows)
		rc = verify_follow(&v, err);
	else if (rc == 0 && cli->operand_count > 0)
		rc = verify_names(&v, err);
	else if (rc == 0)
		rc = verify_span(&v, err);
	store_close(v.store);
	return rc;
}

static const struct option_row options[] = {
	{ "since", 0, OPTION_TEXT, "TIME",
	    .help = "begin of the span: an age such as 1h, or an RFC 3339 time" },
	{ "until", 0, OPTION_TEXT, "TIME", .help = "end of the span; default: none" },
	{ "body", 0, OPTION_FLAG, .help = "print the records themselves" },
	{ "follow", 'f', OPTION_FLAG, .help = "print records as they land, until interrupted" },
	{ "late", 0, OPTION_DURATION, "TIME", "15m", .min = 1000, .max = 24 * 3600 * 1000,
	    .help = "with --follow, how late an object may land and still be seen" },
	{ "timeout", 0, OPTION_DURATION, "TIME", .min = 1, .max = 24 * 3600 * 1000,
	    .help = "with --follow, end after that time; else wait that long for what is missing" },
};

static const struct command_call calls[] = {
	{ S3_LIST_OBJECTS_V2, CONTEXT_STORE, NULL },
	{ S3_GET_OBJECT, CONTEXT_STORE, NULL },
	{ S3_HEAD_OBJECT, CONTEXT_STORE, NULL },
};

const struct command command_verify = {
	.name = "verify-s3",
	.operands = "[ID|KEY...]",
	.max = -1,
	.operand_completion = "none",
	.summary = "prove that records are in the store, unharmed",
	.about = "Takes record ids and object keys, or without them a span of time, by default the "
		 "last hour. Checks the digest of each object and the form of each record, and "
		 "counts ids that are there more than once. Exits with 6 when something is not "
		 "there, with 1 when something is damaged.",
	OPTIONS(options),
	.need = NEED_CONTEXT | NEED_STREAM,
	CALLS(calls),
	.run = cmd_verify_s3,
};
