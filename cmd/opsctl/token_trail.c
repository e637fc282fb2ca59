#include "token_trail.h"

#include "logs.h"
#include "ports.h"

enum {
	ROUND_MS = 2000, /* between looks into the log, which gets a line after some seconds */
	ROUND_QUESTIONS_MAX = 64,
	LOG_PAGES_MAX = 20,
	LOG_SLACK_MS = 60 * 1000, /* of the tasks' clocks */
	REQUEST_ID_SIZE = 64,
};

/* "<prefix>/<container>/<task id>": how the awslogs driver names a stream. */
static struct token_task *find_by_stream(struct token_tasks *t, struct str stream)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->items[i].id[0] != '\0' && str_has_suffix(stream, str_from(t->items[i].id)))
			return &t->items[i];
	return NULL;
}

/* One that was accepted says it all; a refused signature may be followed by an accepted token. */
static void take_line(struct token_task *task, const struct json *line, enum secret_which which)
{
	const char *outcome = json_get_text(json_get(line, "event.outcome"), "");
	enum token_answer *answer = &task->answers[which];

	if (strcmp(json_get_text(json_get(line, "event.dataset"), ""), "ops.audit") != 0)
		return;
	if (strcmp(outcome, "success") == 0)
		*answer = TOKEN_ACCEPTED;
	else if (*answer == TOKEN_UNKNOWN &&
	    strcmp(json_get_text(json_get(line, "event.action"), ""), "submission-refused") != 0)
		*answer = TOKEN_REFUSED;
	task->is_from_log = true;
}

/* A line of a task's log; its stream ends in the task's id. */
static void read_line(struct token_tasks *t, const char *nonce, struct str stream,
    struct str message)
{
	struct token_task *task = find_by_stream(t, stream);
	struct json *line;
	struct err ignored; /* not every line is JSON */
	struct str id;

	if (task == NULL || json_parse(message, &line, &ignored) != 0)
		return;
	id = str_from(json_get_text(json_get(line, "http.request.id"), ""));
	if (str_has_prefix(id, str_from(nonce)) && id.n == strlen(nonce) + 1)
		take_line(task, line, id.p[id.n - 1] == '1' ? SECRET_PREVIOUS : SECRET_CURRENT);
	json_free(line);
}

static int ask(const struct token_trail *t, struct http *http, int which, struct err *err)
{
	char id[REQUEST_ID_SIZE];
	const struct token_question q = {
		.http = http,
		.url = t->url,
		.token = buf_str(&t->versions->values[which].bytes),
		.clock = t->cli->clock,
		.deadline_ms = t->deadline_ms,
		.request_id = id,
	};
	struct token_probe probe;

	(void)snprintf(id, sizeof(id), "%s%d", t->nonce, which);
	return token_probe(&q, &probe, err);
}

/*
 * One version after the other: asked in turn, a load balancer that takes two tasks in turn would
 * show each of them one version only.
 */
static int ask_round(const struct token_trail *t, struct err *err)
{
	size_t questions = 4 * t->tasks->count + 4; /* it is likely that each gets one */
	struct http *http;
	int rc = ports_http(&http, TOKEN_ANSWER_MS, err);

	if (rc != 0)
		return -1;
	if (questions > ROUND_QUESTIONS_MAX)
		questions = ROUND_QUESTIONS_MAX;
	for (int which = 0; which <= t->versions->has_previous; which++)
		for (size_t i = 0; rc == 0 && i < questions; i++)
			rc = ask(t, http, which, err);
	http_close(http);
	return rc;
}

static bool read_event(void *arg, const struct logs_event *event)
{
	const struct token_trail *t = arg;

	read_line(t->tasks, t->nonce, event->stream, event->message);
	return true;
}

static int read_log(const struct token_trail *t, struct err *err)
{
	char pattern[REQUEST_ID_SIZE];
	const struct logs_filter filter = {
		.group = t->group,
		.pattern = pattern,
		.start_ms = t->began_ms - LOG_SLACK_MS,
		.pages_max = LOG_PAGES_MAX,
	};
	struct logs_read read;

	(void)snprintf(pattern, sizeof(pattern), "%%%s%%", t->nonce);
	return logs_events(t->aws, &filter, read_event, (void *)t, &read, err);
}

static bool is_late(const struct token_trail *t)
{
	return clock_mono_ms(t->cli->clock) >= t->deadline_ms;
}

static size_t count_unknown(const struct token_trail *t)
{
	return token_tasks_unknown(t->tasks, t->versions->has_previous);
}

int token_trail_follow(const struct token_trail *t, struct err *err)
{
	struct progress progress;
	int rc = 0;

	progress_begin(&progress, t->cli, "asking each task", t->tasks->count);
	for (;;) {
		rc = ask_round(t, err);
		if (rc == 0 || is_late(t)) /* a question that was cut off at the end says nothing */
			rc = read_log(t, err);
		if (rc != 0 || is_late(t) || count_unknown(t) == 0)
			break;
		progress_update(&progress, t->tasks->count - count_unknown(t), NULL);
		clock_sleep_ms(ROUND_MS);
	}
	progress_end(&progress);
	return rc;
}
