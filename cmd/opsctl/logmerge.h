/*
 * logmerge: lines of several logs on their way to one stream in the order of time. They wait here
 * until the caller knows that no older one is to come. Owns copies of what it is given, bounded in
 * number and bytes. One thread.
 */
#ifndef OPS_LOGMERGE_H
#define OPS_LOGMERGE_H

#include "str.h"

enum {
	LOGMERGE_LINES_MAX = 100 * 1000,
	LOGMERGE_BYTES_MAX = 64 * 1024 * 1024,
};

struct log_line {
	unsigned source;   /* the caller's number of the log it is from */
	int64_t at_ms;     /* when it happened */
	int64_t got_ms;    /* when we got it, by the monotonic clock */
	struct str id;     /* "" where the log has none */
	struct str stream; /* of the service's task; "" where there is only one */
	struct str message;
};

struct logmerge {
	struct logmerge_entry **heap; /* the oldest first */
	size_t count, capacity, bytes;
	uint64_t next_order;
	struct logmerge_entry *taken; /* what the line given last points into */
};

/* false: it is full; take some first. */
bool logmerge_add(struct logmerge *m, const struct log_line *line);

/*
 * The oldest line, if it happened before before_ms or was got before got_before_ms; those of one
 * moment in the order in which they were added. It lives until the next call.
 */
bool logmerge_take(struct logmerge *m, int64_t before_ms, int64_t got_before_ms,
    struct log_line *out);

void logmerge_release(struct logmerge *m);

#endif
