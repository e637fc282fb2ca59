#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "json.h"

static const char *const level_names[LOG_LEVEL_COUNT] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};

static struct log_options config = { .service = "ops", .version = "", .fd = 2 };
static _Atomic enum log_level threshold = LOG_INFO;
static _Atomic uint64_t line_counts[LOG_LEVEL_COUNT];

void log_init(const struct log_options *options)
{
	config = *options;
	if (!config.clock)
		config.clock = &clock_system;
	log_set_level(options->level);
}

void log_set_level(enum log_level level)
{
	atomic_store(&threshold, level);
}

bool log_is_on(enum log_level level)
{
	return level >= atomic_load_explicit(&threshold, memory_order_relaxed);
}

bool log_level_parse(struct str name, enum log_level *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++) {
		if (str_is(name, level_names[i])) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

uint64_t log_line_count(enum log_level level)
{
	return atomic_load_explicit(&line_counts[level], memory_order_relaxed);
}

const char *log_int(int64_t value, char out[LOG_INT_SIZE])
{
	(void)snprintf(out, LOG_INT_SIZE, "%lld", (long long)value);
	return out;
}

/* Member order and names: ecs-logging spec 1.0. */
static void format_json(struct buf *line, enum log_level level, const char *message, va_list pairs)
{
	char now[CLOCK_RFC3339_SIZE];
	struct json_writer w;
	const char *key, *value;

	clock_rfc3339(clock_wall_ms(config.clock), now);
	json_writer_init(&w, line);
	json_object_begin(&w);
	json_member_text(&w, "@timestamp", now);
	json_member_text(&w, "log.level", level_names[level]);
	json_member_text(&w, "message", message);
	json_member_text(&w, "ecs.version", "1.6.0");
	json_member_text(&w, "service.name", config.service);
	json_member_text(&w, "service.version", config.version);
	while ((key = va_arg(pairs, const char *))) {
		value = va_arg(pairs, const char *);
		if (value)
			json_member_text(&w, key, value);
	}
	json_object_end(&w);
}

static void format_text(struct buf *line, enum log_level level, const char *message, va_list pairs)
{
	char now[CLOCK_RFC3339_SIZE];
	const char *key, *value;

	clock_rfc3339(clock_wall_ms(config.clock), now);
	buf_addf(line, "%.12s %-5s %s: %s", now + 11, level_names[level], config.service, message);
	while ((key = va_arg(pairs, const char *))) {
		value = va_arg(pairs, const char *);
		if (!value)
			continue;
		buf_addf(line, " %s=", key);
		if (*value && !strpbrk(value, " \"=\\\n\r\t"))
			json_escape(line, str_from(value));
		else {
			buf_addc(line, '"');
			json_escape(line, str_from(value));
			buf_addc(line, '"');
		}
	}
}

static void format(struct buf *line, enum log_level level, const char *message, va_list pairs)
{
	if (config.format == LOG_JSON)
		format_json(line, level, message, pairs);
	else
		format_text(line, level, message, pairs);
}

/* A line that cannot be written has nowhere to be reported: it is dropped, never blocked on for long. */
static void put(struct str line)
{
	ssize_t n;

	do
		n = write(config.fd, line.p, line.n);
	while (n < 0 && errno == EINTR);
}

static void add_none(struct buf *line, enum log_level level, const char *message, ...)
{
	va_list none;

	va_start(none, message);
	format(line, level, message, none);
	va_end(none);
}

void log_write(enum log_level level, const char *message, ...)
{
	struct buf line = BUF_INIT(LOG_LINE_MAX - 1);
	va_list pairs;

	if (!log_is_on(level))
		return;
	va_start(pairs, message);
	format(&line, level, message, pairs);
	va_end(pairs);
	if (line.full) { /* half an object would be no line: keep the message, say what is gone */
		buf_reset(&line);
		add_none(&line, level, message, "log.dropped", "the fields were longer than a line", NULL);
	}
	line.max = LOG_LINE_MAX;
	buf_addc(&line, '\n');
	atomic_fetch_add_explicit(&line_counts[level], 1, memory_order_relaxed);
	put(buf_str(&line));
	buf_release(&line);
}
