/* What the logs of the services tell of a record: files on this machine, groups of CloudWatch. */
#include <string.h>

#include "lines.h"
#include "logline.h"
#include "logs.h"
#include "ports.h"
#include "recording.h"
#include "timestamp.h"
#include "trace.h"

enum {
	PATH_SIZE = CONTEXT_VALUE_MAX + 32,
	PATTERN_SIZE = 1024,
	PAGES_MAX = 100,
	LATE_MS = 60 * 60 * 1000, /* so long after it was made its lines are looked for */
};

/* ---- one line ---- */

static const char *text_of(const struct json *line, const char *key)
{
	return json_get_text(json_get(line, key), "");
}

static void learn(char *out, size_t size, const char *text)
{
	if (out[0] == '\0' && strlen(text) < size)
		(void)snprintf(out, size, "%s", text);
}

/* What of ops-api's audit speaks for or against it. */
static void count_audit(struct trace *t, const struct json *line)
{
	static const struct {
		const char *action;
		int accepted;
		unsigned refused;
	} actions[] = {
		{ "token-accepted", 1, 0 },
		{ "previous-key-used", 1, 0 },
		{ "submission-refused", -1, 1 }, /* the credentials were accepted before */
		{ "signature-refused", 0, 1 },
		{ "token-refused", 0, 1 },
	};
	const char *action = text_of(line, "event.action");

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(action, actions[i].action) != 0)
			continue;
		t->accepted += actions[i].accepted;
		t->refused += actions[i].refused;
		learn(t->id, sizeof(t->id), text_of(line, "webhook.id"));
		learn(t->request_id, sizeof(t->request_id), text_of(line, "http.request.id"));
	}
}

/* When it was written, says the line itself: a log's own time may be that of its arrival. */
static int64_t time_of(const struct json *line, int64_t otherwise_ms)
{
	struct err ignored; /* no time: that of the log */
	int64_t ms;

	return timestamp_parse(str_from(text_of(line, "@timestamp")), &ms, &ignored) == 0
	    ? ms
	    : otherwise_ms;
}

/* A line of a log: adds it, and learns ids and outcome from it. `where` is the log. */
static void take_line(struct trace *t, const char *where, int64_t at_ms, struct str line)
{
	struct buf text = BUF_INIT(TRACE_WHAT_SIZE * 4);
	size_t before = t->count + t->left_out;
	struct json *doc = NULL;
	struct logline read;
	struct err ignored; /* a line that is no JSON is shown as it is */

	if (json_parse(line, &doc, &ignored) != 0)
		doc = NULL;
	logline_read(line, &read, &text);
	trace_add(t, time_of(doc, at_ms), where, "%s", buf_text(&text));
	if (t->count + t->left_out > before)
		count_audit(t, doc);
	json_free(doc);
	buf_release(&text);
}

/* ---- which lines ---- */

static const char *const fields[TRACE_NAMES] = {
	[TRACE_RECORD] = "webhook.id",
	[TRACE_REQUEST] = "http.request.id",
	[TRACE_OBJECT] = "object",
	[TRACE_MESSAGE] = "messaging.message.id",
};

static bool is_wanted(const char *name)
{
	return name && *name;
}

/* OPS_LOG_FORMAT=text: " field=value" up to a space or the end. */
static bool has_pair(struct str line, const char *field, const char *value)
{
	struct buf pair = BUF_INIT(2 * STORE_KEY_MAX);
	bool found;

	buf_addf(&pair, " %s=%s ", field, value);
	found = str_contains(line, buf_str(&pair)) ||
	    str_has_suffix(line, str_slice(buf_str(&pair), 0, pair.n - 1));
	buf_release(&pair);
	return found;
}

/*
 * A message's id alone is no name: a queue that was made anew counts from 1 again. Where the line
 * has the object, too, that decides.
 */
static bool names_one(struct str line, const char *const names[TRACE_NAMES])
{
	struct json *doc = NULL;
	struct err ignored; /* a line that is no JSON is text */
	bool is_json = json_parse(line, &doc, &ignored) == 0, found = false;

	for (int i = 0; i < TRACE_NAMES && !found; i++) {
		const char *object = is_json ? text_of(doc, fields[TRACE_OBJECT]) : "";
		bool is_anothers = i == TRACE_MESSAGE && *object && is_wanted(names[TRACE_OBJECT]);

		if (!is_wanted(names[i]) || is_anothers)
			continue;
		found = is_json ? strcmp(text_of(doc, fields[i]), names[i]) == 0
				: has_pair(line, fields[i], names[i]);
	}
	if (is_json)
		json_free(doc);
	return found;
}

/* ---- files of the system on this machine ---- */

static int read_file(struct trace *t, const char *name, const char *const names[TRACE_NAMES],
    struct err *err)
{
	char path[PATH_SIZE];
	struct lines lines;
	struct str line;
	bool is_long;
	int rc;

	(void)snprintf(path, sizeof(path), "%s/%s.log", t->cli->context.local_dir, name);
	if (recording_allows_files(t->cli, "the log", err) != 0 ||
	    lines_open(&lines, path, err) != 0)
		return -1;
	while ((rc = lines_next(&lines, &line, &is_long, err)) == 1) {
		if (!is_long && names_one(line, names))
			take_line(t, name, -1, line);
		if (trace_is_stopped())
			break;
	}
	lines_close(&lines);
	return rc < 0 ? -1 : 0;
}

static void read_files(struct trace *t, const char *const names[TRACE_NAMES])
{
	static const char *const logs[] = { "ops-api", "ops-worker" };
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(logs); i++)
		if (read_file(t, logs[i], names, &err) != 0)
			trace_add_fault(t, logs[i], &err);
		else
			t->looked_at++;
}

/* ---- groups of CloudWatch Logs ---- */

struct reading {
	struct trace *t;
	const char *where;
	const char *const *names;
};

static bool take_event(void *arg, const struct logs_event *event)
{
	struct reading *r = arg;

	/* A filter matches words; what is between quotes may be split into several. */
	if (names_one(event->message, r->names))
		take_line(r->t, r->where, event->at_ms, event->message);
	return !trace_is_stopped();
}

/* ?"one" ?"other": any of them. A quote cannot be in what we look for (cmd_trace.c). */
static void make_pattern(char out[PATTERN_SIZE], const char *const names[TRACE_NAMES])
{
	const char *last = "";
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; i < TRACE_NAMES; i++) {
		if (!is_wanted(names[i]) || strcmp(names[i], last) == 0 || n >= PATTERN_SIZE)
			continue; /* one name may stand for several things */
		n += (size_t)snprintf(out + n, PATTERN_SIZE - n, "%s?\"%s\"", n > 0 ? " " : "",
		    names[i]);
		last = names[i];
	}
}

static void read_group(struct trace *t, struct aws *aws, const struct context_service *service,
    const char *pattern, const char *const names[TRACE_NAMES])
{
	const struct logs_filter filter = { .group = service->values[SERVICE_LOGS],
		.pattern = pattern,
		.start_ms = t->from_ms,
		.end_ms = t->to_ms + LATE_MS,
		.pages_max = PAGES_MAX };
	struct reading r = { t, service->name, names };
	struct logs_read read;
	struct err err;

	if (logs_events(aws, &filter, take_event, &r, &read, &err) != 0) {
		trace_add_fault(t, service->name, &err);
		return;
	}
	t->looked_at++;
	if (read.is_cut)
		trace_add_gap(t, service->name, "its log is too long to be read to the end");
}

static void read_groups(struct trace *t, const char *const names[TRACE_NAMES])
{
	const struct context *c = &t->cli->context;
	char pattern[PATTERN_SIZE];
	struct aws *aws;
	struct err err;
	size_t read = 0;

	make_pattern(pattern, names);
	for (size_t i = 0; i < c->service_count && !trace_is_stopped(); i++) {
		if (c->services[i].values[SERVICE_LOGS][0] == '\0')
			continue;
		if (ports_aws(t->cli, &aws, &err) != 0) {
			trace_add_fault(t, "logs", &err);
			return;
		}
		read_group(t, aws, &c->services[i], pattern, names);
		read++;
	}
	if (read == 0)
		trace_add_gap(t, "logs", "the context names no log group (service.<name>.logs)");
}

int trace_look_into_logs(struct trace *t, const char *const names[TRACE_NAMES], struct err *err)
{
	if (t->cli->context.local_dir[0])
		read_files(t, names);
	else
		read_groups(t, names);
	if (trace_is_stopped())
		return err_set(err, ERR_STOPPED, "stopped while the logs were read");
	return 0;
}
