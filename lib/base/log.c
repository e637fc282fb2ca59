#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "mem.h"

enum { LINE_USUAL = 1000 };

static const char *const level_names[LOG_LEVEL_COUNT] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};

static struct buf identity = BUF_INIT(1024); /* the members that are the same in every line */
static struct log_options config = {
	.service = "ops", .version = "", .fd = 2, .clock = &clock_system
};
static _Atomic enum log_level threshold = LOG_INFO;
static _Atomic uint64_t line_counts[LOG_LEVEL_COUNT];

/* ,"key":" with the key as it stands: keys are literals in our own source. */
static void add_key(struct buf *line, struct str key)
{
	size_t n = key.n + strlen(",\"\":\"");
	char *p = buf_room(line, n);

	if (!p)
		return;
	*p++ = ',';
	*p++ = '"';
	memcpy(p, key.p, key.n);
	p += key.n;
	*p++ = '"';
	*p++ = ':';
	*p = '"';
	buf_added(line, n);
}

static void add_pair(struct buf *line, const char *key, const char *value)
{
	add_key(line, str_from(key));
	json_escape(line, str_from(value));
	buf_addc(line, '"');
}

void log_init(const struct log_options *options)
{
	config = *options;
	if (!config.clock)
		config.clock = &clock_system;
	buf_reset(&identity);
	add_pair(&identity, "ecs.version", "1.6.0");
	add_pair(&identity, "service.name", config.service);
	add_pair(&identity, "service.version", config.version);
	log_set_level(options->level);
}

void log_set_node(const char *name)
{
	add_pair(&identity, "service.node.name", name);
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

/*
 * Member order and names: ecs-logging spec 1.0. Written without json.h's writer, whose checks
 * cost more than the line: services write one per request.
 */
static void format_json(struct buf *line, enum log_level level, const char *message, va_list pairs)
{
	char now[CLOCK_RFC3339_SIZE];
	const char *key, *value;

	clock_rfc3339(clock_wall_ms(config.clock), now);
	buf_adds(line, "{\"@timestamp\":\"");
	buf_adds(line, now);
	buf_addc(line, '"');
	add_pair(line, "log.level", level_names[level]);
	add_pair(line, "message", message);
	buf_add(line, buf_str(&identity));
	while ((key = va_arg(pairs, const char *))) {
		value = va_arg(pairs, const char *);
		if (value)
			add_pair(line, key, value);
	}
	buf_addc(line, '}');
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

/*
 * A line that cannot be written has nowhere to be reported: it is dropped. The lock keeps
 * writes whole that are too long for a pipe to take at once.
 */
static void put(struct str lines)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	ssize_t n = 0;

	pthread_mutex_lock(&lock);
	while (lines.n && (n >= 0 || errno == EINTR)) {
		n = write(config.fd, lines.p, lines.n);
		if (n > 0)
			lines = str_skip(lines, (size_t)n);
	}
	pthread_mutex_unlock(&lock);
}

/* ---- gathering, per thread ---- */

enum { GATHER_MAX = 64 * 1024 };

struct gatherer {
	struct buf lines; /* whole ones, not yet written */
	struct buf line;  /* the one under way; its memory is kept */
};

static _Thread_local struct gatherer *gatherer; /* NULL: this thread writes line by line */
static pthread_key_t gather_key;                /* only for its destructor */
static pthread_once_t gather_once = PTHREAD_ONCE_INIT;

static void gather_write(struct gatherer *g)
{
	if (g->lines.n)
		put(buf_str(&g->lines));
	buf_reset(&g->lines);
}

static void gather_end(void *arg)
{
	struct gatherer *g = arg;

	gather_write(g);
	buf_release(&g->lines);
	buf_release(&g->line);
	free(g);
}

static void gather_init(void)
{
	if (pthread_key_create(&gather_key, gather_end) != 0)
		abort(); /* the process has used up all of its keys: a bug */
}

void log_gather(void)
{
	if (gatherer) {
		gather_write(gatherer);
		return;
	}
	(void)pthread_once(&gather_once, gather_init);
	gatherer = xcalloc(1, sizeof(*gatherer));
	buf_init(&gatherer->lines, GATHER_MAX);
	if (pthread_setspecific(gather_key, gatherer) != 0)
		abort(); /* out of memory, as in xcalloc() */
}

static void put_or_gather(enum log_level level, struct str line)
{
	if (!gatherer) {
		put(line);
		return;
	}
	if (line.n > gatherer->lines.max - gatherer->lines.n)
		gather_write(gatherer);
	buf_add(&gatherer->lines, line);
	if (level == LOG_ERROR)
		gather_write(gatherer);
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
	struct buf own = BUF_INIT(0);
	struct buf *line = gatherer ? &gatherer->line : &own;
	va_list pairs;

	if (!log_is_on(level))
		return;
	buf_reset(line);
	line->max = LOG_LINE_MAX - 1;
	(void)buf_room(line, LINE_USUAL); /* one block instead of five that double */
	va_start(pairs, message);
	format(line, level, message, pairs);
	va_end(pairs);
	if (line->full) { /* half an object would be no line: keep the message, say what is gone */
		buf_reset(line);
		add_none(line, level, message, "log.dropped", "the fields were longer than a line",
		    NULL);
	}
	if (line->full) {
		buf_reset(line);
		add_none(line, level, "a message longer than a line", NULL);
	}
	line->max = LOG_LINE_MAX;
	buf_addc(line, '\n');
	atomic_fetch_add_explicit(&line_counts[level], 1, memory_order_relaxed);
	put_or_gather(level, buf_str(line));
	buf_release(&own);
}
