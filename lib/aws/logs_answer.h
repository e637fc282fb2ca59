/*
 * logs_answer: reads parsed answers of CloudWatch Logs. Pure; any thread. Private to logs*.c and
 * tests. ERR_CORRUPT everywhere: the answer is not what the service says it is.
 */
#ifndef OPS_LOGS_ANSWER_H
#define OPS_LOGS_ANSWER_H

#include "json.h"
#include "logs.h"

/*
 * Call fn for each event of the array, in its order, until it returns false: then *is_enough.
 * *count grows by those given.
 */
int logs_answer_events(const struct json *events, logs_event_fn *fn, void *arg, uint64_t *count,
    bool *is_enough, struct err *err) ATTR_MUST_CHECK;

/* Append to *out up to max of them; what finds no room is left out. */
int logs_answer_streams(const struct json *answer, struct logs_stream *out, size_t max,
    size_t *count, struct err *err) ATTR_MUST_CHECK;
int logs_answer_groups(const struct json *answer, struct logs_group *out, size_t max, size_t *count,
    struct err *err) ATTR_MUST_CHECK;

/* The token of the next page; *out is empty where there is none. */
int logs_answer_token(const struct json *answer, struct buf *out, struct err *err) ATTR_MUST_CHECK;

#endif
