/* What the logs of the services tell of a record: files on this machine, groups of CloudWatch. */
#include <string.h>

#include "lines.h"
#include "logline.h"
#include "logs.h"
#include "ports.h"
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

void trace_take_line(struct trace *t, const char *where, int64_t at_ms, struct str line)
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

/* ---- files of the system on this machine ---- */

static bool names_one(struct str line, const char *const *terms)
{
	for (; *terms; terms++)
		if (**terms && str_contains(line, str_from(*terms)))
			return true;
	return false;
}

static int read_file(struct trace *t, const char *name, const char *const *terms, struct err *err)
{
	char path[PATH_SIZE];
	struct lines lines;
	struct str line;
	bool is_long;
	int rc;

	(void)snprintf(path, sizeof(path), "%s/%s.log", t->cli->context.local_dir, name);
	if (lines_open(&lines, path, err) != 0)
		return -1;
	while ((rc = lines_next(&lines, &line, &is_long, err)) == 1) {
		if (!is_long && names_one(line, terms))
			trace_take_line(t, name, -1, line);
		if (trace_is_stopped())
			break;
	}
	lines_close(&lines);
	return rc < 0 ? -1 : 0;
}

static void read_files(struct trace *t, const char *const *terms)
{
	static const char *const names[] = { "ops-api", "ops-worker" };
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (read_file(t, names[i], terms, &err) != 0)
			trace_add_fault(t, names[i], &err);
		else
			t->looked_at++;
}

/* ---- groups of CloudWatch Logs ---- */

struct reading {
	struct trace *t;
	const char *where;
	const char *const *terms;
};

static bool take_event(void *arg, const struct logs_event *event)
{
	struct reading *r = arg;

	/* A filter matches words; what is between quotes may be split into several. */
	if (names_one(event->message, r->terms))
		trace_take_line(r->t, r->where, event->at_ms, event->message);
	return !trace_is_stopped();
}

/* ?"one" ?"other": any of them. A quote cannot be in what we look for (cmd_trace.c). */
static void make_pattern(char out[PATTERN_SIZE], const char *const *terms)
{
	size_t n = 0;

	out[0] = '\0';
	for (; *terms; terms++)
		if (**terms && n < PATTERN_SIZE)
			n += (size_t)snprintf(out + n, PATTERN_SIZE - n, "%s?\"%s\"",
			    n > 0 ? " " : "", *terms);
}

static void read_group(struct trace *t, struct aws *aws, const struct context_service *service,
    const char *pattern, const char *const *terms)
{
	const struct logs_filter filter = { .group = service->values[SERVICE_LOGS],
		.pattern = pattern,
		.start_ms = t->from_ms,
		.end_ms = t->to_ms + LATE_MS,
		.pages_max = PAGES_MAX };
	struct reading r = { t, service->name, terms };
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

static void read_groups(struct trace *t, const char *const *terms)
{
	const struct context *c = &t->cli->context;
	char pattern[PATTERN_SIZE];
	struct aws *aws;
	struct err err;
	size_t read = 0;

	make_pattern(pattern, terms);
	for (size_t i = 0; i < c->service_count && !trace_is_stopped(); i++) {
		if (c->services[i].values[SERVICE_LOGS][0] == '\0')
			continue;
		if (ports_aws(t->cli, &aws, &err) != 0) {
			trace_add_fault(t, "logs", &err);
			return;
		}
		read_group(t, aws, &c->services[i], pattern, terms);
		read++;
	}
	if (read == 0)
		trace_add_gap(t, "logs", "the context names no log group (service.<name>.logs)");
}

int trace_look_into_logs(struct trace *t, const char *const *terms, struct err *err)
{
	if (t->cli->context.local_dir[0])
		read_files(t, terms);
	else
		read_groups(t, terms);
	if (trace_is_stopped())
		return err_set(err, ERR_STOPPED, "stopped while the logs were read");
	return 0;
}
