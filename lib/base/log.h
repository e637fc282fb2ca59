/*
 * log: one line per event on a descriptor (2 unless told), written with one
 * write() per line or per gathered lines. JSON in ecs-logging 1.0 names, or text for a terminal.
 * Programs log; libraries do not (except at debug). Never bodies, tokens, signatures.
 * Thread-safe.
 */
#ifndef OPS_LOG_H
#define OPS_LOG_H

#include "clock.h"
#include "err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_LEVEL_COUNT };
enum log_format { LOG_JSON, LOG_TEXT };

enum { LOG_LINE_MAX = 16 * 1024 };

struct log_options {
	const char *service; /* "ops-api"; borrowed for ever */
	const char *version;
	enum log_format format;
	enum log_level level;
	int fd;
	const struct clock *clock; /* NULL: clock_system */
};

/* Call once, before threads. */
void log_init(const struct log_options *options);

/* Add service.node.name, which of many this is, to every further JSON line. Before threads; once. */
void log_set_node(const char *name);

void log_set_level(enum log_level level); /* any time, any thread */
bool log_is_on(enum log_level level);
bool log_level_parse(struct str name, enum log_level *out); /* "debug", "info", "warn", "error" */
const char *log_level_name(enum log_level level);
uint64_t log_line_count(enum log_level level); /* lines written at that level so far */

/*
 * For threads that log a lot: write what this thread has gathered, and gather its further
 * lines until the next call, the thread's end, or a line of level error. Lines stay whole.
 */
void log_gather(void);

/*
 * log_info("envelope stored", "object", key, "records", LOG_INT(n), NULL): pairs of
 * C strings, ended by NULL. A NULL value leaves the pair out. A key may be dotted
 * ("http.route"). Values are strings in the output except those made by LOG_INT.
 */
void log_write(enum log_level level, const char *message, ...);

#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)

/*
 * A number as text. LOG_INT's lives until the end of the block around it, as any compound
 * literal: as an argument of log_write() that is long enough; what is kept beyond the block (in
 * a struct that is used after it) needs a buffer of its own and log_int().
 */
enum { LOG_INT_SIZE = 24 };
const char *log_int(int64_t value, char out[LOG_INT_SIZE]);
#define LOG_INT(value) log_int((value), (char[LOG_INT_SIZE]){ 0 })

#endif
