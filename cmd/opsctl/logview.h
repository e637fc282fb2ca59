/*
 * logview: the one stream that several logs become: what of them is wanted, in which order, and how
 * it looks. Sources (logsource.h) give it lines, the command prints what is due. One thread.
 */
#ifndef OPS_LOGVIEW_H
#define OPS_LOGVIEW_H

#include <regex.h>

#include "cli.h"
#include "logmerge.h"

enum { LOGVIEW_TASKS_MAX = 256, LOGVIEW_TASK_SIZE = 9, LOGVIEW_LINE_MAX = 1024 * 1024 };

/* What is wanted; NULL: everything. */
struct log_wanted {
	int64_t since_ms, until_ms; /* until_ms is exclusive, INT64_MAX: none */
	const char *task;           /* id of a task, or how it begins */
	const char *request_id;     /* a text of the line */
	const regex_t *grep;
};

struct logview {
	struct cli *cli;
	struct log_wanted wanted;
	const char *services[CONTEXT_SERVICES_MAX]; /* by number of the source */
	size_t service_width;
	struct logmerge merge;
	int64_t printed_ms; /* time of the youngest line that was printed */
	/* Tasks in the order in which they were seen, for colours and to tell of new ones. */
	struct logview_task {
		unsigned source;
		char id[LOGVIEW_TASK_SIZE];
	} tasks[LOGVIEW_TASKS_MAX];
	size_t task_count;
	bool tells_new_tasks;
	uint64_t seen, matched; /* lines that came, and those wanted */
	bool has_overflowed;    /* told once that order is lost */
};

void logview_init(struct logview *v, struct cli *cli);
void logview_release(struct logview *v);

/* Its number as a source. */
unsigned logview_add_service(struct logview *v, const char *service);

/* A line came; it is kept if it is wanted. */
void logview_take(struct logview *v, const struct log_line *line);

/* Print what happened before before_ms, or was got before got_before_ms (monotonic). */
void logview_print(struct logview *v, int64_t before_ms, int64_t got_before_ms);

/* Whether a stream's name is of the task that is wanted. */
bool logview_wants_stream(const struct logview *v, struct str stream);

#endif
