#include "logs.h"

#include "logs_answer.h"

enum {
	BODY_MAX = 8 * 1024,
	TOKEN_MAX = 8 * 1024,
	PAGE_ITEMS = 50, /* of streams and groups: the most there is */
	PAGES_MAX = 200, /* of streams and groups: 10,000 of them */
	/* 1 MB of messages and 10,000 events, each with some names, and the escapes of JSON. */
	EVENTS_ANSWER_MAX = 16 * 1024 * 1024,
};

static void body_begin(struct json_writer *w, struct buf *body)
{
	buf_reset(body);
	json_writer_init(w, body);
	json_object_begin(w);
}

static void member_if(struct json_writer *w, const char *key, const char *value)
{
	if (value && *value)
		json_member_text(w, key, value);
}

/* Some calls take an ARN by another member than a name. */
static void member_group(struct json_writer *w, const char *group)
{
	bool is_arn = str_has_prefix(str_from(group), STR("arn:"));

	json_member_text(w, is_arn ? "logGroupIdentifier" : "logGroupName", group);
}

static int call(struct aws *a, struct aws_request *r, const struct buf *body, struct json **out,
    struct err *err)
{
	if (body->full)
		return err_set(err, ERR_INVALID, "a question of more than %zu bytes about the log",
		    body->max);
	r->body = buf_str(body);
	return aws_call_json(a, r, NULL, out, err);
}

/* ---- events ---- */

static void write_filter(const struct logs_filter *f, const struct buf *token, struct buf *body)
{
	struct json_writer w;

	body_begin(&w, body);
	member_group(&w, f->group);
	member_if(&w, "logStreamNamePrefix", f->stream_prefix);
	member_if(&w, "filterPattern", f->pattern);
	json_member_int(&w, "startTime", f->start_ms);
	if (f->end_ms > 0)
		json_member_int(&w, "endTime", f->end_ms);
	member_if(&w, "nextToken", buf_text(token));
	json_object_end(&w);
}

void logs_cursor_release(struct logs_cursor *c)
{
	buf_release(&c->token);
	*c = (struct logs_cursor){ .is_at_end = false };
}

static int read_page(const struct json *answer, struct logs_cursor *cursor, logs_event_fn *fn,
    void *arg, uint64_t *count, struct err *err)
{
	bool is_enough = false;

	if (logs_answer_events(json_get(answer, "events"), fn, arg, count, &is_enough, err) != 0 ||
	    logs_answer_token(answer, &cursor->token, err) != 0)
		return -1;
	cursor->is_at_end = is_enough || cursor->token.n == 0;
	return 0;
}

int logs_page(struct aws *a, const struct logs_filter *f, struct logs_cursor *cursor,
    logs_event_fn *fn, void *arg, uint64_t *count, struct err *err)
{
	struct aws_request r = {
		.op = LOGS_FILTER_LOG_EVENTS,
		.resource = f->group,
		.stop = f->stop,
		.total_ms = f->total_ms,
		.answer_max = EVENTS_ANSWER_MAX,
	};
	struct buf body = BUF_INIT(BODY_MAX + TOKEN_MAX);
	struct json *answer;
	int rc;

	if (cursor->token.max == 0)
		buf_init(&cursor->token, TOKEN_MAX);
	write_filter(f, &cursor->token, &body);
	rc = call(a, &r, &body, &answer, err);
	buf_release(&body);
	if (rc != 0)
		return -1;
	rc = read_page(answer, cursor, fn, arg, count, err);
	json_free(answer);
	return rc == 0 ? 0 : err_wrap(err, "log group '%s'", f->group);
}

int logs_events(struct aws *a, const struct logs_filter *f, logs_event_fn *fn, void *arg,
    struct logs_read *read, struct err *err)
{
	struct logs_cursor cursor = { .is_at_end = false };
	int rc = 0;

	*read = (struct logs_read){ .pages = 0 };
	while (rc == 0 && !cursor.is_at_end && read->pages < f->pages_max) {
		rc = logs_page(a, f, &cursor, fn, arg, &read->events, err);
		read->pages += rc == 0;
	}
	read->is_cut = rc == 0 && !cursor.is_at_end;
	logs_cursor_release(&cursor);
	return rc;
}

/* ---- streams, groups ---- */

/* One answer after another, each with the token of the one before. */
struct pages {
	struct buf body, token;
	unsigned count;
};

/* What is listed: how to ask for a page, and how to take its answer. */
struct listing {
	struct aws_request request;
	const char *group, *prefix;
	void (*ask)(const struct listing *l, struct json_writer *w);
	int (*take)(struct listing *l, const struct json *answer, struct err *err);
	void *out;
	size_t max, count;
};

static int list_page(struct aws *a, struct listing *l, struct pages *p, struct err *err)
{
	struct json_writer w;
	struct json *answer;
	int rc;

	body_begin(&w, &p->body);
	l->ask(l, &w);
	json_member_int(&w, "limit", PAGE_ITEMS);
	member_if(&w, "nextToken", buf_text(&p->token));
	json_object_end(&w);
	if (call(a, &l->request, &p->body, &answer, err) != 0)
		return -1;
	p->count++;
	rc = l->take(l, answer, err);
	if (rc == 0)
		rc = logs_answer_token(answer, &p->token, err);
	json_free(answer);
	return rc;
}

static int list(struct aws *a, struct listing *l, size_t *count, bool *more, struct err *err)
{
	struct pages p = { .body = BUF_INIT(BODY_MAX + TOKEN_MAX), .token = BUF_INIT(TOKEN_MAX) };
	int rc;

	do {
		rc = list_page(a, l, &p, err);
	} while (rc == 0 && p.token.n > 0 && l->count < l->max && p.count < PAGES_MAX);
	if (rc == 0) {
		*count = l->count;
		*more = p.token.n > 0 || l->count == l->max;
	}
	buf_release(&p.body);
	buf_release(&p.token);
	return rc;
}

static void ask_streams(const struct listing *l, struct json_writer *w)
{
	member_group(w, l->group);
	member_if(w, "logStreamNamePrefix", l->prefix);
	/* The service takes no other order together with a prefix. */
	if (!l->prefix || !*l->prefix) {
		json_member_text(w, "orderBy", "LastEventTime");
		json_member_bool(w, "descending", true);
	}
}

static int take_streams(struct listing *l, const struct json *answer, struct err *err)
{
	return logs_answer_streams(answer, l->out, l->max, &l->count, err);
}

int logs_streams(struct aws *a, const char *group, const char *prefix, struct logs_stream *out,
    size_t max, size_t *count, bool *more, struct err *err)
{
	struct listing l = {
		.request = { .op = LOGS_DESCRIBE_LOG_STREAMS, .resource = group },
		.group = group,
		.prefix = prefix,
		.ask = ask_streams,
		.take = take_streams,
		.out = out,
		.max = max,
	};

	return list(a, &l, count, more, err);
}

static void ask_groups(const struct listing *l, struct json_writer *w)
{
	member_if(w, "logGroupNamePrefix", l->prefix);
}

static int take_groups(struct listing *l, const struct json *answer, struct err *err)
{
	return logs_answer_groups(answer, l->out, l->max, &l->count, err);
}

int logs_group(struct aws *a, const char *name, struct logs_group *out, struct err *err)
{
	struct logs_group found[PAGE_ITEMS];
	struct listing l = {
		.request = { .op = LOGS_DESCRIBE_LOG_GROUPS, .resource = name },
		.prefix = name,
		.ask = ask_groups,
		.take = take_groups,
		.out = found,
		.max = ARRAY_SIZE(found),
	};
	size_t count = 0;
	bool more;

	if (list(a, &l, &count, &more, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(found[i].name, name) == 0) {
			*out = found[i];
			return 0;
		}
	}
	return err_set(err, ERR_NOTFOUND, "log group '%s' does not exist", name);
}
