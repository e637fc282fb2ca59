/*
 * look: one look of a checkup in the making: what it has at hand, since an answer serves several
 * rows, and how rows are filled. Main thread, for the time of checkup_look().
 */
#ifndef OPS_LOOK_H
#define OPS_LOOK_H

#include "checkup.h"
#include "http.h"
#include "queue.h"

struct look {
	struct checkup *c;
	struct cli *cli;
	struct http *http;
	bool api_answers;
	bool has_queue;
	struct queue_stats queue;
	struct http_response api_metrics, worker_metrics;
	bool has_api_metrics, has_worker_metrics;
};

/* ---- rows: a new one is ok ---- */

struct checkup_row *look_add_row(struct look *l, const char *name);
void row_detail(struct checkup_row *row, const char *fmt, ...) ATTR_PRINTF(2, 3); /* appends */
void row_value(struct checkup_row *row, const char *name, double value);

/* Worse than before wins; of two equal ones the first stays, which is nearer to the cause. */
void row_judge(struct checkup_row *row, enum checkup_state state, const char *why,
    const char *next);

/* It cannot be judged: another row says why it is bad, or the context does not name it. */
void row_skip(struct checkup_row *row, const char *why);

/* Whether the context has a value of that key; otherwise the row is skipped. */
bool look_is_named(struct look *l, struct checkup_row *row, enum context_key key);

/* Bad, with what ports.h says and the next step that it has set. */
void look_judge_port(struct look *l, struct checkup_row *row, const struct err *err);

/* "see: " and where the log of that service is. */
void look_next_of_service(const struct look *l, const char *service, char out[ERR_TEXT_MAX]);

/* ---- rows of what the context names beside the services, one or two each (look_ports.c) ---- */

void look_at_queue(struct look *l); /* and its dead letters */
void look_at_store(struct look *l);
void look_at_secret(struct look *l); /* and whether ops-api takes the token in it */

#endif
