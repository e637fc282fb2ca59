#include "reconcile_sources.h"

#include "dlq.h"
#include "envelope.h"
#include "lines.h"
#include "logs.h"
#include "ports.h"
#include "recording.h"
#include "stop.h"
#include "walk.h"

enum {
	PAGES_MAX = 2000,
	PATH_SIZE = CONTEXT_VALUE_MAX + 32,
	EARLY_MS = 60 * 1000, /* the log's clock is another task's than that of the key */
};

/* ---- the log ---- */

static void take_line(struct reconcile_sources *s, struct str line)
{
	s->lines++;
	reconcile_line(s->account, line);
}

static int read_file(struct reconcile_sources *s, struct err *err)
{
	char path[PATH_SIZE];
	struct lines lines;
	struct str line;
	bool is_long;
	int rc;

	(void)snprintf(path, sizeof(path), "%s/ops-api.log", s->cli->context.local_dir);
	if (recording_allows_files(s->cli, "the log", err) != 0)
		return -1;
	if (lines_open(&lines, path, err) != 0)
		return cli_next(s->cli, "run: opsctl up");
	while ((rc = lines_next(&lines, &line, &is_long, err)) == 1)
		if (!is_long)
			take_line(s, line);
	lines_close(&lines);
	return rc;
}

struct reading {
	struct reconcile_sources *s;
	struct progress progress;
};

static bool take_event(void *arg, const struct logs_event *event)
{
	struct reading *r = arg;

	take_line(r->s, event->message);
	progress_update(&r->progress, r->s->lines, NULL);
	return stop_wait(0) != STOP_STOP;
}

static int read_group(struct reconcile_sources *s, const char *group, struct err *err)
{
	const struct logs_filter filter = {
		.group = group,
		.pattern = "{ $.message = \"audit\" }",
		.start_ms = s->account->since_ms,
		.end_ms = s->account->until_ms,
		.pages_max = PAGES_MAX,
	};
	struct reading r = { .s = s };
	struct logs_read read;
	struct aws *aws;
	int rc;

	if (ports_aws(s->cli, &aws, err) != 0)
		return -1;
	progress_begin(&r.progress, s->cli, "reading the log", 0);
	rc = logs_events(aws, &filter, take_event, &r, &read, err);
	progress_end(&r.progress);
	s->is_log_cut = read.is_cut;
	if (rc == 0 && stop_requested())
		return err_set(err, ERR_STOPPED, "stopped while the log was read");
	return rc == 0 ? 0 : ports_failed(s->cli, err);
}

int reconcile_read_log(struct reconcile_sources *s, struct err *err)
{
	const struct context *c = &s->cli->context;
	const struct context_service *service = context_service(c, s->service);

	if (c->local_dir[0] != '\0')
		return read_file(s, err);
	if (service != NULL && service->values[SERVICE_LOGS][0] != '\0')
		return read_group(s, service->values[SERVICE_LOGS], err);
	(void)err_set(err, ERR_CONFIG,
	    "context %s has no service.%s.logs: the log group of ops-api", c->name, s->service);
	return cli_next(s->cli, "see: opsctl.conf(5)");
}

/* ---- the store ---- */

struct storing {
	struct reconcile_sources *s;
	struct progress progress;
};

static bool take_object(void *arg, const struct walk_object *object)
{
	struct storing *w = arg;
	struct str rest = object->body, line;
	struct record record;
	struct err ignored; /* a fault of the object tells it all */

	w->s->objects++;
	w->s->faulty_objects += object->fault != NULL;
	while (!object->is_foreign && object->fault == NULL && envelope_next(&rest, &line))
		if (record_parse(line, &record, &ignored) == 0)
			reconcile_stored(w->s->account, &record);
	progress_update(&w->progress, w->s->objects, NULL);
	return true;
}

int reconcile_read_store(struct reconcile_sources *s, struct err *err)
{
	struct storing w = { .s = s };
	struct walk walk = {
		.cli = s->cli,
		.since_ms = s->account->since_ms - EARLY_MS,
		.until_ms = INT64_MAX, /* a record may be stored long after it was accepted */
		.fn = take_object,
		.arg = &w,
	};
	int rc;

	if (ports_store(s->cli, &walk.store, err) != 0)
		return -1;
	progress_begin(&w.progress, s->cli, "reading the store", 0);
	rc = walk_run(&walk, err);
	progress_end(&w.progress);
	store_close(walk.store);
	return rc;
}

/* ---- dead letters ---- */

static bool take_letter(void *arg, const struct queue_message *m)
{
	struct reconcile *account = arg;
	struct str rest = buf_str(&m->body), line;
	struct record record;
	struct err ignored; /* a letter may be anything */

	while (envelope_next(&rest, &line))
		if (record_parse(line, &record, &ignored) == 0)
			reconcile_dead(account, &record);
	return true;
}

int reconcile_read_dead(struct reconcile_sources *s, struct err *err)
{
	struct dlq d;
	int rc;

	if (dlq_open(&d, s->cli, 0, err) != 0)
		return -1;
	rc = dlq_each(&d, take_letter, s->account, err);
	dlq_close(&d);
	return rc;
}
