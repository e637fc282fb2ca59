#include "eventstream.h"
#include "logs.h"
#include "logs_answer.h"

enum {
	BODY_MAX = 16 * 1024,
	SESSION_S = 3 * 3600 + 60, /* the service ends it after three hours */
};

/* A session under way; what its taker of bytes needs. */
struct session {
	const struct logs_live *live;
	struct eventstream stream;
	bool has_begun, is_over;
	struct err *failure; /* why it is over; its code ERR_NONE: the caller has enough */
};

static int read_update(struct session *s, struct str payload, struct err *err)
{
	struct json *update;
	uint64_t count = 0;
	bool is_enough = false, is_sampled;
	int rc;

	if (json_parse(payload, &update, err) != 0) {
		err->code = ERR_CORRUPT;
		return -1;
	}
	is_sampled = json_get_bool(json_get(json_get(update, "sessionMetadata"), "sampled"), false);
	rc = logs_answer_events(json_get(update, "sessionResults"), s->live->fn, s->live->arg,
	    &count, &is_enough, err);
	json_free(update);
	if (rc == 0)
		s->is_over = is_enough || !s->live->tick(s->live->arg, is_sampled);
	return rc;
}

/* What the service says when it ends a session, and what that is to us. */
static const struct {
	const char *type;
	enum err_code code;
} exceptions[] = {
	{ "SessionTimeoutException", ERR_TIMEOUT },
	{ "SessionStreamingException", ERR_IO },
	{ "LimitExceededException", ERR_BUSY },
	{ "ThrottlingException", ERR_BUSY },
	{ "AccessDeniedException", ERR_DENIED },
	{ "ResourceNotFoundException", ERR_NOTFOUND },
};

static int ended_by_service(const struct eventstream_message *m, struct err *err)
{
	struct str what = m->exception_type.n > 0 ? m->exception_type : m->error_code;
	struct str text = m->error_message.n > 0 ? m->error_message : m->payload;
	enum err_code code = ERR_IO;

	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (str_is(what, exceptions[i].type))
			code = exceptions[i].code;
	return err_set(err, code, "live tail: %.*s: %.*s", STR_ARG(what),
	    STR_ARG(str_slice(text, 0, ERR_TEXT_MAX / 2)));
}

static int read_message(struct session *s, const struct eventstream_message *m, struct err *err)
{
	if (!str_is(m->message_type, "event"))
		return ended_by_service(m, err);
	s->has_begun = true;
	if (str_is(m->event_type, "sessionUpdate"))
		return read_update(s, m->payload, err);
	return 0; /* initial-response, sessionStart, and what may come to be */
}

static int read_messages(struct session *s, struct str bytes, struct err *err)
{
	struct eventstream_message m;
	bool found = true;

	if (eventstream_add(&s->stream, bytes, err) != 0)
		return -1;
	while (found && !s->is_over)
		if (eventstream_next(&s->stream, &m, &found, err) != 0 ||
		    (found && read_message(s, &m, err) != 0))
			return -1;
	return 0;
}

static bool take(void *arg, struct str bytes)
{
	struct session *s = arg;

	if (s->is_over)
		return false;
	if (bytes.n == 0)
		s->is_over = s->has_begun && !s->live->tick(s->live->arg, false);
	else if (read_messages(s, bytes, s->failure) != 0)
		s->is_over = true;
	return !s->is_over;
}

static void write_texts(struct json_writer *w, const char *key, const char *const *texts,
    size_t count)
{
	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < count; i++)
		json_text(w, texts[i]);
	json_array_end(w);
}

static void write_question(const struct logs_live *live, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	write_texts(&w, "logGroupIdentifiers", live->arns, live->arn_count);
	if (live->stream_prefix)
		write_texts(&w, "logStreamNamePrefixes", &live->stream_prefix, 1);
	if (live->pattern)
		json_member_text(&w, "logEventFilterPattern", live->pattern);
	json_object_end(&w);
}

int logs_live(struct aws *a, const struct logs_live *live, struct err *err)
{
	struct err failure = { .code = ERR_NONE };
	struct session s = { .live = live, .failure = &failure };
	struct buf body = BUF_INIT(BODY_MAX);
	struct aws_request r = {
		.op = LOGS_START_LIVE_TAIL,
		.resource = live->arns[0],
		.wait_s = SESSION_S,
		.take = take,
		.take_arg = &s,
	};
	int rc;

	write_question(live, &body);
	r.body = buf_str(&body);
	eventstream_init(&s.stream);
	rc = aws_call(a, &r, NULL, err);
	eventstream_release(&s.stream);
	buf_release(&body);
	if (failure.code != ERR_NONE) {
		*err = failure;
		return -1;
	}
	if (s.is_over)
		return 0;
	return rc != 0 ? -1 : err_set(err, ERR_IO, "live tail: the service ended the session");
}
