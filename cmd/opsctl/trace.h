/*
 * trace: the life of one record, put together from what each place tells: the logs of the services,
 * the store and what it keeps beside an object, the dead letters, the queue's counts. What a place
 * tells are events; a place that could not be looked at, or not to its end, is a gap. Main thread.
 */
#ifndef OPS_TRACE_H
#define OPS_TRACE_H

#include "cli.h"
#include "objectkey.h"
#include "queue.h"
#include "store.h"

/* What a line of a log can name, and by what it is looked for. */
enum trace_name { TRACE_RECORD, TRACE_REQUEST, TRACE_OBJECT, TRACE_MESSAGE, TRACE_NAMES };

enum {
	TRACE_EVENTS_MAX = 200,
	TRACE_GAPS_MAX = 40,
	TRACE_WHERE_SIZE = 40,
	TRACE_WHAT_SIZE = 1024,
	TRACE_ID_SIZE = 128,
};

struct trace_event {
	int64_t at_ms; /* -1: nobody tells */
	char where[TRACE_WHERE_SIZE];
	char what[TRACE_WHAT_SIZE];
};

struct trace_gap {
	char where[TRACE_WHERE_SIZE];
	char why[ERR_TEXT_MAX];
};

struct trace {
	struct cli *cli;
	const char *name;       /* as it was asked for: of a record, a request or an object */
	int64_t from_ms, to_ms; /* when it can have been made */
	char id[TRACE_ID_SIZE]; /* of the record; "" while it is not known, as the rest */
	char request_id[TRACE_ID_SIZE]; /* of the request that brought it */
	char object[STORE_KEY_MAX + 1];
	char message_id[QUEUE_ID_SIZE];

	struct trace_event *events; /* TRACE_EVENTS_MAX */
	size_t count;
	uint64_t left_out; /* events without room */
	struct trace_gap gaps[TRACE_GAPS_MAX];
	size_t gap_count;
	unsigned looked_at; /* places that could be, if only in part */
	struct err fault;   /* the first of those that could not */

	/* What it all says. */
	int accepted;          /* requests by ops-api's audit, less those refused afterwards */
	unsigned refused;      /* all refusals */
	unsigned stored, dead; /* objects and dead letters that hold it */
	bool is_damaged;       /* one of these objects */
	bool has_stats;
	struct queue_stats stats; /* asked for when it is not stored */
	int64_t clocks_apart_ms;  /* 0: no time is before what caused it */
};

void trace_init(struct trace *t, struct cli *cli, const char *name);
void trace_release(struct trace *t);

void trace_add(struct trace *t, int64_t at_ms, const char *where, const char *fmt, ...)
    ATTR_PRINTF(4, 5);
void trace_add_gap(struct trace *t, const char *where, const char *why);

/* A gap because it could not be asked. */
void trace_add_fault(struct trace *t, const char *where, const struct err *why);

/* Whether a signal asked to stop. */
bool trace_is_stopped(void);

/* In the order of time, of one moment in that of the way, those without a time last. */
void trace_sort(struct trace *t);

/* ---- the places; each adds what it finds, and gaps; -1 is ERR_STOPPED only ---- */

/* Lines that name one of these; NULL or "": not looked for. */
int trace_look_into_logs(struct trace *t, const char *const names[TRACE_NAMES], struct err *err)
    ATTR_MUST_CHECK;
int trace_look_into_store(struct trace *t, struct err *err) ATTR_MUST_CHECK;
int trace_look_into_dead_letters(struct trace *t, struct err *err) ATTR_MUST_CHECK;
void trace_count_queue(struct trace *t);

/* ---- the answer ---- */

enum trace_verdict {
	TRACE_STORED,
	TRACE_DAMAGED, /* stored, but the object is not whole */
	TRACE_TWICE,   /* stored more than once */
	TRACE_DEAD,
	TRACE_REFUSED,
	TRACE_ON_ITS_WAY, /* accepted, and the queue is not empty */
	TRACE_LOST,       /* accepted, and nowhere, where everything was looked at */
	TRACE_UNCLEAR,    /* accepted, and not where we could look */
	TRACE_UNKNOWN,    /* nobody knows of it */
	TRACE_VERDICTS,
};

enum trace_verdict trace_judge(const struct trace *t);
enum exit_code trace_exit_code(enum trace_verdict v);

void trace_print_text(const struct trace *t);
void trace_print_json(const struct trace *t); /* "opsctl/trace/1" */

#endif
