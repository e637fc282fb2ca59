/* What the store tells of a record: its object, and what ops-worker wrote beside it. */
#include <inttypes.h>
#include <string.h>

#include "count.h"
#include "ports.h"
#include "record.h"
#include "trace.h"
#include "walk.h"

enum {
	/* Most envelopes are made within a minute of the record's id; look there first. */
	NEAR_MS = 60 * 1000,
	CLOCKS_WORTH_MS = 5,
	/* By how much the time of a file is behind the clock, and S3's, which is of whole seconds. */
	FILE_TIME_MS = 10,
	S3_TIME_MS = 1000,
};

struct looking {
	struct trace *t;
	struct progress progress;
	uint64_t objects;
};

/* ---- one object ---- */

/* Times that follow from each other, in that order; those that nobody tells are left out. */
static void compare_clocks(struct trace *t, int64_t accepted_ms, const struct store_info *info)
{
	const int64_t times[] = { accepted_ms, info->sent_at_ms, info->received_at_ms,
		info->written_at_ms };
	int64_t last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		if (times[i] <= 0)
			continue;
		if (last - times[i] >= CLOCKS_WORTH_MS && last - times[i] > t->clocks_apart_ms)
			t->clocks_apart_ms = last - times[i];
		last = times[i];
	}
}

static void add_way(struct trace *t, const struct walk_object *o)
{
	const struct store_info *info = &o->info;

	trace_add(t, o->made_at_ms, "ops-api", "put into an envelope, object %.*s",
	    STR_ARG(o->key));
	if (info->sent_at_ms > 0)
		trace_add(t, info->sent_at_ms, "queue", "took the envelope, message %s",
		    *info->message_id ? info->message_id : "not told");
	if (info->received_at_ms > 0)
		trace_add(t, info->received_at_ms, "ops-worker", "received the message");
	if (info->written_at_ms > 0)
		trace_add(t, info->written_at_ms, "ops-worker", "begins to write the object");
}

/* When it was stored, by a clock that is coarser than those of what went before. */
static int64_t stored_at(const struct walk_object *o, int64_t accepted_ms)
{
	const struct store_info *info = &o->info;
	const int64_t causes[] = { accepted_ms, o->is_foreign ? 0 : o->made_at_ms, info->sent_at_ms,
		info->received_at_ms, info->written_at_ms };
	int64_t coarse_ms = info->stored_at_ms % S3_TIME_MS == 0 ? S3_TIME_MS : FILE_TIME_MS;
	int64_t at_ms = info->stored_at_ms;

	if (at_ms <= 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (causes[i] > at_ms && causes[i] - info->stored_at_ms < coarse_ms)
			at_ms = causes[i];
	return at_ms;
}

static void add_object(struct trace *t, const struct walk_object *o, int64_t accepted_ms)
{
	if (accepted_ms > 0)
		trace_add(t, accepted_ms, "ops-api", "accepted");
	if (!o->is_foreign)
		add_way(t, o);
	compare_clocks(t, accepted_ms, &o->info);
	trace_add(t, stored_at(o, accepted_ms), "store", "holds %.*s: %s, %s, %s%s",
	    STR_ARG(o->key), COUNT(o->body.n, "byte"), COUNT(o->record_count, "record"),
	    o->fault ? "damaged: " : "digest right", o->fault ? o->fault->text : "");
	t->stored++;
	t->is_damaged = t->is_damaged || o->fault != NULL;
	if (o->key.p != t->object)
		(void)snprintf(t->object, sizeof(t->object), "%.*s", STR_ARG(o->key));
	(void)snprintf(t->message_id, sizeof(t->message_id), "%s", o->info.message_id);
}

/* ---- by the id of a record ---- */

/* What cannot be read as it was written may hold anything. */
static void add_suspect(struct trace *t, const struct walk_object *o)
{
	char why[ERR_TEXT_MAX];

	(void)snprintf(why, sizeof(why), "object %.*s is damaged, and may hold it",
	    STR_ARG(o->key));
	trace_add_gap(t, "store", why);
}

static bool look_into(void *arg, const struct walk_object *o)
{
	struct looking *l = arg;
	struct str rest = o->body, line;
	struct record record;
	struct err ignored; /* a line that is no record is not the one */

	progress_update(&l->progress, ++l->objects, NULL);
	if (o->fault)
		add_suspect(l->t, o);
	while (!o->is_foreign && envelope_next(&rest, &line)) {
		if (record_parse(line, &record, &ignored) != 0 || !str_is(record.id, l->t->id))
			continue;
		add_object(l->t, o, record.accepted_at_ms);
		break;
	}
	return true;
}

static int walk_span(struct looking *l, struct store *store, int64_t from_ms, int64_t to_ms,
    struct err *err)
{
	struct walk walk = { .cli = l->t->cli,
		.store = store,
		.since_ms = from_ms,
		.until_ms = to_ms,
		.fn = look_into,
		.arg = l };

	return walk_run(&walk, err);
}

static int find_record(struct trace *t, struct store *store, struct err *err)
{
	struct looking l = { .t = t };
	int64_t middle_ms = t->from_ms + (t->to_ms - t->from_ms) / 2;
	int rc;

	progress_begin(&l.progress, t->cli, "reading objects", 0);
	rc = walk_span(&l, store, middle_ms - NEAR_MS, middle_ms + NEAR_MS, err);
	if (rc == 0 && t->stored == 0)
		rc = walk_span(&l, store, t->from_ms, middle_ms - NEAR_MS, err);
	if (rc == 0 && t->stored == 0)
		rc = walk_span(&l, store, middle_ms + NEAR_MS, t->to_ms, err);
	progress_end(&l.progress);
	return rc;
}

/* ---- by the key of an object ---- */

/* Of an object with one record it is that record's trace. */
static int64_t learn_record(struct trace *t, const struct walk_object *o)
{
	struct str rest = o->body, line;
	struct record record;
	struct err ignored;

	if (o->record_count != 1 || !envelope_next(&rest, &line) ||
	    record_parse(line, &record, &ignored) != 0 || record.id.n >= sizeof(t->id))
		return 0;
	(void)snprintf(t->id, sizeof(t->id), "%.*s", STR_ARG(record.id));
	return record.accepted_at_ms;
}

static int find_object(struct trace *t, struct store *store, struct err *err)
{
	struct buf body = BUF_INIT(STORE_OBJECT_MAX);
	struct walk_object object;
	struct err fault;
	int rc = walk_read(store, str_from(t->object), &body, &fault, &object, err);

	if (rc == 0)
		add_object(t, &object, learn_record(t, &object));
	else if (err->code == ERR_NOTFOUND)
		rc = 0; /* told by t->stored */
	else
		rc = ports_failed(t->cli, err);
	buf_release(&body);
	return rc;
}

int trace_look_into_store(struct trace *t, struct err *err)
{
	struct store *store = NULL;
	struct err why;
	int rc = ports_store(t->cli, &store, &why);

	if (rc == 0)
		rc = t->object[0] ? find_object(t, store, &why) : find_record(t, store, &why);
	store_close(store);
	t->cli->next[0] = '\0'; /* a place that is shut is a gap, not the end */
	if (rc == 0) {
		t->looked_at++;
		return 0;
	}
	if (why.code == ERR_STOPPED) {
		*err = why;
		return -1;
	}
	trace_add_fault(t, "store", &why);
	return 0;
}
