#include <string.h>

#include "calls.h"
#include "commands.h"
#include "ports.h"
#include "stop.h"
#include "timespan.h"
#include "trace.h"
#include "uuid.h"

/* An envelope is made after its records' ids, when clocks agree; when not, within this. */
enum { NEARBY_MS = 10 * 60 * 1000 };

#define DEFAULT_SINCE "1h"

/* When a name was made: keys tell, and ids of opsctl and ops-api, which end in a UUIDv7. */
static bool time_of_name(struct str name, int64_t *made_at_ms)
{
	char id[UUID_TEXT_SIZE];
	struct str tail = name.n > UUID_TEXT_LEN ? str_skip(name, name.n - UUID_TEXT_LEN) : name;

	return objectkey_parse(name, id, made_at_ms) || uuid_v7_parse(tail, made_at_ms);
}

static int read_span(struct trace *t, struct err *err)
{
	struct cli *cli = t->cli;
	int64_t now_ms = clock_wall_ms(cli->clock), made_at_ms;

	if (!cli_is_set(cli, "since") && time_of_name(str_from(t->name), &made_at_ms)) {
		t->from_ms = made_at_ms - NEARBY_MS;
		t->to_ms = made_at_ms + NEARBY_MS;
		return 0;
	}
	t->to_ms = now_ms + NEARBY_MS;
	return timespan_parse("since", cli_text(cli, "since"), now_ms, &t->from_ms, err);
}

/* It becomes a key of the store, and a word of CloudWatch's filters. */
static int read_name(struct trace *t, struct err *err)
{
	struct str name = str_from(t->name);
	bool is_key = str_find(name, '/') < name.n;

	if (name.n == 0 || name.n >= (is_key ? sizeof(t->object) : sizeof(t->id)) ||
	    !str_only(name, store_key_bytes))
		return err_set(err, ERR_USAGE,
		    "'%s': not the id of a record or request, nor the key of an object", t->name);
	if (is_key)
		(void)snprintf(t->object, sizeof(t->object), "%s", t->name);
	return 0;
}

/*
 * ops-api's log first: it knows which record a request brought. Then the store, which knows the rest
 * of the way, and the logs again, for what the worker calls it.
 */
static int look(struct trace *t, struct err *err)
{
	const char *const first[TRACE_NAMES] = { [TRACE_RECORD] = t->name,
		[TRACE_REQUEST] = t->name,
		[TRACE_OBJECT] = t->name };
	const char *second[TRACE_NAMES] = { [TRACE_RECORD] = t->id,
		[TRACE_OBJECT] = t->object,
		[TRACE_MESSAGE] = t->message_id };

	if (trace_look_into_logs(t, first, err) != 0)
		return -1;
	if (!t->object[0] && !t->id[0] && strcmp(t->request_id, t->name) == 0)
		trace_add_gap(t, "store",
		    "the request had no webhook-id, and the log does not tell its record's id");
	else if (!t->object[0] && !t->id[0])
		(void)snprintf(t->id, sizeof(t->id), "%s", t->name);
	if ((t->object[0] || t->id[0]) && trace_look_into_store(t, err) != 0)
		return -1;
	if (t->stored == 0) {
		trace_count_queue(t);
		if (trace_look_into_dead_letters(t, err) != 0)
			return -1;
	}
	if (strcmp(t->id, t->name) == 0)
		second[TRACE_RECORD] = "";
	return second[TRACE_RECORD][0] || t->object[0] || t->message_id[0]
	    ? trace_look_into_logs(t, second, err)
	    : 0;
}

static int cmd_trace(struct cli *cli, struct err *err)
{
	struct trace t;
	int rc = -1;

	trace_init(&t, cli, cli->operands[0]);
	if (read_name(&t, err) != 0 || read_span(&t, err) != 0 || stop_init(err) != 0 ||
	    look(&t, err) != 0)
		goto out;
	if (t.looked_at == 0) {
		*err = t.fault; /* nobody was asked: that is no answer */
		rc = ports_failed(cli, err);
		goto out;
	}
	trace_sort(&t);
	if (cli->json)
		trace_print_json(&t);
	else
		trace_print_text(&t);
	cli->exit_code = trace_exit_code(trace_judge(&t));
	rc = 0;
out:
	trace_release(&t);
	return rc;
}

static const struct option_row options[] = {
	{ "since", 0, OPTION_TEXT, "TIME", DEFAULT_SINCE,
	    .help = "how far back to look for an id that does not tell its time" },
};

static const struct command_call calls[] = {
	{ LOGS_FILTER_LOG_EVENTS, CALL_SERVICE(SERVICE_LOGS), NULL },
	{ S3_LIST_OBJECTS_V2, CONTEXT_STORE, NULL },
	{ S3_HEAD_OBJECT, CONTEXT_STORE, NULL },
	{ SQS_GET_QUEUE_ATTRIBUTES, CALL_DEAD_LETTERS, NULL },
	{ CLOUDWATCH_GET_METRIC_DATA, CONTEXT_QUEUE, NULL },
	CALLS_DEAD_LETTERS,
};

const struct command command_trace = {
	.name = "trace",
	.operands = "ID|KEY",
	.min = 1,
	.max = 1,
	.operand_completion = "none",
	.summary = "tell the life of one record",
	.about = "Takes the id of a record or of a request, or the key of an object, and puts "
		 "together what the logs of the services, the store and, where it is not stored, "
		 "the queue and its dead letters tell of it, in the order of time. What could not "
		 "be looked at is said. Exits with 0 when it is stored, with 8 when it was "
		 "accepted and the queue is not empty, with 6 when nobody knows of it.",
	OPTIONS(options),
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_trace,
};
