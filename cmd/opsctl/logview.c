#include "logview.h"

#include "logline.h"

void logview_init(struct logview *v, struct cli *cli)
{
	*v = (struct logview){ .cli = cli, .printed_ms = INT64_MIN };
	v->wanted.until_ms = INT64_MAX;
}

void logview_release(struct logview *v)
{
	logmerge_release(&v->merge);
}

unsigned logview_add_service(struct logview *v, const char *service)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(v->services) && v->services[i]; i++)
		n = i + 1;
	v->services[n] = service;
	if (strlen(service) > v->service_width)
		v->service_width = strlen(service);
	return (unsigned)n;
}

/* ---- tasks ---- */

/* "api/app/0123456789abcdef": what ECS calls the stream of a task ends in the task's id. */
static struct str task_id(struct str stream)
{
	struct str rest = stream, head;

	while (str_cut(rest, '/', &head, &rest))
		;
	return head;
}

bool logview_wants_stream(const struct logview *v, struct str stream)
{
	return !v->wanted.task || str_has_prefix(task_id(stream), str_from(v->wanted.task));
}

/* Its number by order of appearance. */
static size_t number_of_task(struct logview *v, const struct log_line *line)
{
	struct logview_task task = { .source = line->source };

	(void)snprintf(task.id, sizeof(task.id), "%.*s", STR_ARG(task_id(line->stream))); /* cut */
	for (size_t i = 0; i < v->task_count; i++)
		if (v->tasks[i].source == task.source && strcmp(v->tasks[i].id, task.id) == 0)
			return i;
	if (v->task_count == LOGVIEW_TASKS_MAX)
		return 0;
	v->tasks[v->task_count] = task;
	if (v->tells_new_tasks && task.id[0] != '\0')
		out_note(v->cli, "-- %s: new task %s", v->services[line->source], task.id);
	return v->task_count++;
}

/* ---- what is wanted ---- */

static bool matches(const regex_t *grep, struct str text)
{
	regmatch_t whole = { .rm_so = 0, .rm_eo = (regoff_t)text.n };

	return regexec(grep, text.p ? text.p : "", 1, &whole, REG_STARTEND) == 0;
}

static bool is_wanted(const struct logview *v, const struct log_line *line)
{
	const struct log_wanted *w = &v->wanted;

	return line->at_ms >= w->since_ms && line->at_ms < w->until_ms &&
	    logview_wants_stream(v, line->stream) &&
	    (!w->request_id || str_contains(line->message, str_from(w->request_id))) &&
	    (!w->grep || matches(w->grep, line->message));
}

void logview_take(struct logview *v, const struct log_line *line)
{
	v->seen++;
	if (!is_wanted(v, line))
		return;
	v->matched++;
	if (logmerge_add(&v->merge, line))
		return;
	if (!v->has_overflowed)
		out_warn(v->cli, "too many lines at once: some are printed out of order");
	v->has_overflowed = true;
	logview_print(v, INT64_MAX, 0);
	(void)logmerge_add(&v->merge, line); /* it is empty now */
}

/* ---- printing ---- */

/* None that is hard to read on black or on white, and not red, which means error. */
static const char *const task_colors[] = { "\033[36m", "\033[35m", "\033[32m", "\033[33m",
	"\033[96m", "\033[95m" };

/* Of another day than today the date stands before the time. */
static void add_time(const struct logview *v, int64_t at_ms, struct buf *out)
{
	char at[CLOCK_RFC3339_SIZE], now[CLOCK_RFC3339_SIZE];
	bool is_today;

	clock_rfc3339(at_ms, at);
	clock_rfc3339(clock_wall_ms(v->cli->clock), now);
	is_today = memcmp(at, now, strlen("2026-11-21")) == 0;
	buf_add(out, is_today ? str_slice(str_from(at), 11, 23) : str_from(at));
}

static const char *level_color(const struct cli *cli, const char *level)
{
	if (strncmp(level, "warn", 4) == 0 || strncmp(level, "WARN", 4) == 0)
		return out_color(cli, COLOR_YELLOW);
	if (strncmp(level, "err", 3) == 0 || strncmp(level, "ERR", 3) == 0 ||
	    strncmp(level, "fatal", 5) == 0 || strncmp(level, "FATAL", 5) == 0)
		return out_color(cli, COLOR_RED);
	return "";
}

static void print_text(struct logview *v, const struct log_line *line)
{
	struct cli *cli = v->cli;
	size_t task = number_of_task(v, line);
	struct buf text = BUF_INIT(2 * LOGVIEW_LINE_MAX), at = BUF_INIT(64);
	struct logline read;

	logline_read(line->message, &read, &text);
	add_time(v, line->at_ms, &at);
	out_text(cli, "%s %s%-*s %-*s%s %s%-5s%s %s\n", buf_text(&at),
	    cli->color_out ? task_colors[task % ARRAY_SIZE(task_colors)] : "",
	    (int)v->service_width, v->services[line->source],
	    line->stream.n > 0 ? LOGVIEW_TASK_SIZE - 1 : 0, v->tasks[task].id,
	    out_color(cli, COLOR_NONE), level_color(cli, read.level), read.level,
	    out_color(cli, COLOR_NONE),
	    text.full ? "(a line of more than 2 MiB)" : buf_text(&text));
	buf_release(&text);
	buf_release(&at);
}

static void print_json(struct logview *v, const struct log_line *line)
{
	struct buf out = BUF_INIT(8 * LOGVIEW_LINE_MAX);
	char at[CLOCK_RFC3339_SIZE];
	struct json_writer w;
	struct logline read;

	logline_read(line->message, &read, NULL);
	clock_rfc3339(line->at_ms, at);
	out_json_begin(&w, &out, "opsctl/logs/1");
	json_member_text(&w, "at", at);
	json_member_text(&w, "service", v->services[line->source]);
	if (line->stream.n > 0)
		json_member_str(&w, "stream", line->stream);
	if (line->id.n > 0)
		json_member_str(&w, "id", line->id);
	if (line->at_ms < v->printed_ms)
		json_member_bool(&w, "late", true);
	json_key(&w, "log");
	if (read.is_json)
		json_raw(&w, str_trim(line->message));
	else
		json_str(&w, line->message);
	json_object_end(&w);
	if (!out.full)
		out_json(v->cli, buf_str(&out));
	buf_release(&out);
}

void logview_print(struct logview *v, int64_t before_ms, int64_t got_before_ms)
{
	struct log_line line;

	while (!out_failed(v->cli) && logmerge_take(&v->merge, before_ms, got_before_ms, &line)) {
		if (v->cli->json)
			print_json(v, &line);
		else
			print_text(v, &line);
		if (line.at_ms > v->printed_ms)
			v->printed_ms = line.at_ms;
	}
}
