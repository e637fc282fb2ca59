/*
 * logs: CloudWatch Logs. Events of a group by time and pattern, the last events of a stream, the
 * streams of a group, groups by name, and Live Tail. Any thread; what is found is given to the
 * caller piece by piece or in arrays of the caller's.
 *
 * Errors are those of aws_call(); ERR_NOTFOUND: no such group or stream, ERR_STOPPED: *stop.
 */
#ifndef OPS_LOGS_H
#define OPS_LOGS_H

#include "aws.h"

enum {
	LOGS_NAME_SIZE = 513, /* of a group or stream, terminated */
	LOGS_ARN_SIZE = 640,
	LOGS_LIVE_GROUPS_MAX = 10,
};

struct logs_event {
	struct str id;    /* the same whenever it is read; "" of logs_live() */
	struct str group; /* of logs_live(): "<account>:<group>"; else "" */
	struct str stream;
	struct str message;  /* without the line break at its end */
	int64_t at_ms;       /* when it happened, says who wrote it */
	int64_t ingested_ms; /* when the service got it; -1: not told */
};

/* What it points to lives until it returns; false: enough. */
typedef bool logs_event_fn(void *arg, const struct logs_event *event);

/* ---- events of the past ---- */

struct logs_filter {
	const char *group;         /* name, or ARN */
	const char *stream_prefix; /* NULL: all streams */
	const char *pattern;       /* of CloudWatch's syntax; NULL: all events */
	int64_t start_ms, end_ms;  /* both are part of it; end 0: no end */
	unsigned pages_max;        /* of logs_events(): so many calls; an empty page is no end */
	const atomic_bool *stop;   /* may be NULL */
	int total_ms;              /* of each call with its retries; 0: no such limit */
};

/* How it went, also after -1. */
struct logs_read {
	unsigned pages;
	uint64_t events;
	bool is_cut; /* pages_max was reached, and there is more */
};

/* Oldest first, by at_ms. */
int logs_events(struct aws *a, const struct logs_filter *filter, logs_event_fn *fn, void *arg,
    struct logs_read *read, struct err *err) ATTR_MUST_CHECK;

/* Page by page: where the next one begins. Zeroed is the start; release it at the end. */
struct logs_cursor {
	struct buf token;
	bool is_at_end;
};
void logs_cursor_release(struct logs_cursor *c); /* is at the start again */

/* One page; *count grows by its events. Where it fails, the same page may be asked for again. */
int logs_page(struct aws *a, const struct logs_filter *filter, struct logs_cursor *cursor,
    logs_event_fn *fn, void *arg, uint64_t *count, struct err *err) ATTR_MUST_CHECK;

/* ---- streams, groups ---- */

struct logs_stream {
	char name[LOGS_NAME_SIZE];
	int64_t created_ms;
	int64_t last_event_ms, last_ingested_ms; /* hours old at worst; -1: there was none */
};

/*
 * With a prefix by name, else those with the newest events first. *more: there are others, which
 * found no room.
 */
int logs_streams(struct aws *a, const char *group, const char *prefix, struct logs_stream *out,
    size_t max, size_t *count, bool *more, struct err *err) ATTR_MUST_CHECK;

struct logs_group {
	char name[LOGS_NAME_SIZE], arn[LOGS_ARN_SIZE]; /* the ARN without ":*" */
	int64_t retention_days;                        /* 0: for ever */
	int64_t stored_bytes;
	bool is_encrypted_by_key; /* one of the account's own */
};

/* The one of that very name. ERR_NOTFOUND. */
int logs_group(struct aws *a, const char *name, struct logs_group *out, struct err *err)
    ATTR_MUST_CHECK;

/* ---- live, which is billed by the minute ---- */

struct logs_live {
	const char *arns[LOGS_LIVE_GROUPS_MAX]; /* of groups, without ":*" */
	size_t arn_count;                       /* at least 1 */
	const char *stream_prefix;              /* for one group only; NULL: all streams */
	const char *pattern;                    /* NULL: all events */
	logs_event_fn *fn;
	/*
	 * Called once the session has begun and several times a second from then on; is_sampled: there
	 * were more than 500 events in a second, and some are left out. false: enough.
	 */
	bool (*tick)(void *arg, bool is_sampled);
	void *arg;
};

/*
 * Events as they come in, in no promised order, until fn or tick returns false: 0. ERR_TIMEOUT:
 * the session's three hours are over; ERR_IO, ERR_BUSY: it broke off, begin another; what came
 * meanwhile is a gap.
 */
int logs_live(struct aws *a, const struct logs_live *live, struct err *err) ATTR_MUST_CHECK;

#endif
