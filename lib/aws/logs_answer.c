#include "logs_answer.h"

/* A member that must be a text of at most max bytes. */
static int read_name(const struct json *object, const char *key, char *out, size_t size,
    struct err *err)
{
	const char *text = json_get_text(json_get(object, key), NULL);

	if (!text || !*text || strlen(text) >= size)
		return err_set(err, ERR_CORRUPT, "%s: must be a text of 1 to %zu bytes", key,
		    size - 1);
	(void)snprintf(out, size, "%s", text); /* measured just above */
	return 0;
}

/* ---- events ---- */

enum { NO_TIME = -1 };

/* A container's last line break is how it wrote a line, not what it said. */
static struct str without_line_end(struct str message)
{
	if (str_has_suffix(message, STR("\n")))
		message.n--;
	if (str_has_suffix(message, STR("\r")))
		message.n--;
	return message;
}

static int read_event(const struct json *item, struct logs_event *out, struct err *err)
{
	const char *message = json_get_text(json_get(item, "message"), NULL);

	*out = (struct logs_event){
		.id = str_from(json_get_text(json_get(item, "eventId"), NULL)),
		.group = str_from(json_get_text(json_get(item, "logGroupIdentifier"), NULL)),
		.stream = str_from(json_get_text(json_get(item, "logStreamName"), NULL)),
		.message = without_line_end(str_from(message)),
		.at_ms = json_get_int(json_get(item, "timestamp"), NO_TIME),
		.ingested_ms = json_get_int(json_get(item, "ingestionTime"), NO_TIME),
	};
	if (!message || out->at_ms < 0)
		return err_set(err, ERR_CORRUPT, "an event of the log has no %s",
		    message ? "timestamp" : "message");
	return 0;
}

int logs_answer_events(const struct json *events, logs_event_fn *fn, void *arg, uint64_t *count,
    bool *is_enough, struct err *err)
{
	size_t n = json_count(events);
	struct logs_event event;

	if (!events)
		return err_set(err, ERR_CORRUPT, "the answer holds no events");
	*is_enough = false;
	for (size_t i = 0; i < n && !*is_enough; i++) {
		if (read_event(json_at(events, i), &event, err) != 0)
			return -1;
		++*count;
		*is_enough = !fn(arg, &event);
	}
	return 0;
}

/* ---- streams and groups ---- */

int logs_answer_streams(const struct json *answer, struct logs_stream *out, size_t max,
    size_t *count, struct err *err)
{
	const struct json *items = json_get(answer, "logStreams");

	if (!items)
		return err_set(err, ERR_CORRUPT, "the answer holds no logStreams");
	for (size_t i = 0; i < json_count(items) && *count < max; i++) {
		const struct json *item = json_at(items, i);
		struct logs_stream *s = &out[*count];

		if (read_name(item, "logStreamName", s->name, sizeof(s->name), err) != 0)
			return -1;
		s->created_ms = json_get_int(json_get(item, "creationTime"), NO_TIME);
		s->last_event_ms = json_get_int(json_get(item, "lastEventTimestamp"), NO_TIME);
		s->last_ingested_ms = json_get_int(json_get(item, "lastIngestionTime"), NO_TIME);
		++*count;
	}
	return 0;
}

int logs_answer_groups(const struct json *answer, struct logs_group *out, size_t max, size_t *count,
    struct err *err)
{
	const struct json *items = json_get(answer, "logGroups");

	if (!items)
		return err_set(err, ERR_CORRUPT, "the answer holds no logGroups");
	for (size_t i = 0; i < json_count(items) && *count < max; i++) {
		const struct json *item = json_at(items, i);
		struct logs_group *g = &out[*count];
		const char *arn = json_get(item, "logGroupArn") ? "logGroupArn" : "arn";

		if (read_name(item, "logGroupName", g->name, sizeof(g->name), err) != 0 ||
		    read_name(item, arn, g->arn, sizeof(g->arn), err) != 0)
			return -1;
		/* The older form of it stands for all its streams; StartLiveTail wants none of that. */
		if (str_has_suffix(str_from(g->arn), STR(":*")))
			g->arn[strlen(g->arn) - 2] = '\0';
		g->retention_days = json_get_int(json_get(item, "retentionInDays"), 0);
		g->stored_bytes = json_get_int(json_get(item, "storedBytes"), 0);
		g->is_encrypted_by_key = !json_is_null(json_get(item, "kmsKeyId"));
		++*count;
	}
	return 0;
}

int logs_answer_token(const struct json *answer, struct buf *out, struct err *err)
{
	const char *token = json_get_text(json_get(answer, "nextToken"), "");

	buf_reset(out);
	buf_adds(out, token);
	if (out->full)
		return err_set(err, ERR_CORRUPT, "nextToken: more than %zu bytes", out->max);
	return 0;
}
