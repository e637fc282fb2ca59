/*
 * api_metrics: what ops-api counts. Every series exists from the start, at 0.
 * Counting is lock-free; any thread.
 */
#ifndef OPS_API_METRICS_H
#define OPS_API_METRICS_H

#include "err.h"
#include "metrics.h"
#include "payload.h"

struct api;

enum secret_read { SECRET_READ_OK, SECRET_READ_FAILED, SECRET_READ_COUNT };
extern struct metric_series secret_reads[SECRET_READ_COUNT];

enum replay_event {
	REPLAY_ANSWERED,
	REPLAY_WAITED,
	REPLAY_CONFLICT,
	REPLAY_FORGOTTEN,
	REPLAY_EVENT_COUNT
};
extern struct metric_series replay_events[REPLAY_EVENT_COUNT];

enum api_counter {
	API_RECORDS_ACCEPTED, /* answered 200, repeated answers not counted */
	API_RECORDS_SENT,     /* confirmed by the queue */
	API_RECORDS_FAILED,   /* answered 503 because the queue did not confirm */
	API_RECORDS_REFUSED,  /* answered 503 at once: no room */
	API_ENVELOPES_SENT,
	API_COUNTER_COUNT,
};
void api_count(enum api_counter counter, size_t n);

enum auth_key { AUTH_KEY_CURRENT, AUTH_KEY_PREVIOUS, AUTH_KEY_NONE };
void count_auth(size_t scheme, enum auth_key key); /* scheme: enum auth_scheme */

void count_rejection(enum payload_fault fault);
void count_send(int64_t duration_us); /* one call */
void count_send_error(enum err_code code);
void count_envelope(size_t records); /* confirmed */

/* A request is answered; `operation` is its row in the route table. */
void count_request(size_t operation, unsigned status, int64_t duration_us);

/* Make the series of the route table. Once, before threads. */
void api_metrics_init(void);

/* Append everything. */
void api_metrics_render(struct api *api, struct buf *out);

#endif
