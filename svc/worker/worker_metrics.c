#include "worker_metrics.h"

#include "log.h"

static struct metric_series series[WORKER_METRIC_COUNT] = {
	[WORKER_RETURNED_DRAIN] = { .labels = "reason=\"drain\"" },
	[WORKER_RETURNED_REFUSED] = { .labels = "reason=\"refused\"" },
	[WORKER_FAILED_RECEIVE] = { .labels = "stage=\"receive\"" },
	[WORKER_FAILED_CHECK] = { .labels = "stage=\"check\"" },
	[WORKER_FAILED_PUT] = { .labels = "stage=\"put\"" },
	[WORKER_FAILED_DELETE] = { .labels = "stage=\"delete\"" },
	[WORKER_FAILED_EXTEND] = { .labels = "stage=\"extend\"" },
	[WORKER_QUEUE_VISIBLE] = { .labels = "state=\"visible\"" },
	[WORKER_QUEUE_IN_FLIGHT] = { .labels = "state=\"in_flight\"" },
	[WORKER_QUEUE_DEAD] = { .labels = "state=\"dead\"" },
};

static struct metric_series hops[WORKER_HOP_COUNT] = {
	[WORKER_ACCEPTED_SENT] = { .labels = "hop=\"accepted_sent\"" },
	[WORKER_SENT_RECEIVED] = { .labels = "hop=\"sent_received\"" },
	[WORKER_RECEIVED_STORED] = { .labels = "hop=\"received_stored\"" },
	[WORKER_ACCEPTED_STORED] = { .labels = "hop=\"accepted_stored\"" },
};

static struct metric_series log_lines[LOG_LEVEL_COUNT] = {
	[LOG_DEBUG] = { .labels = "level=\"debug\"" },
	[LOG_INFO] = { .labels = "level=\"info\"" },
	[LOG_WARN] = { .labels = "level=\"warn\"" },
	[LOG_ERROR] = { .labels = "level=\"error\"" },
};

static struct metric_series build_info = { .labels = "version=\"" OPS_VERSION "\"", .value = 1 };

static const struct metric hop_metric = {
	.name = "ops_hop_age_seconds",
	.help = "Age of an envelope at each hop on its way, from one point to the other",
	.type = METRIC_HISTOGRAM,
	.series = hops,
	.series_count = ARRAY_SIZE(hops),
	.bounds_us = metrics_age_bounds_us,
};

#define ROW(name_, help_, type_, first, last)                                                      \
	{                                                                                          \
		.name = (name_), .help = (help_), .type = (type_), .series = &series[first],       \
		.series_count = (last) - (first) + 1                                               \
	}
#define COUNTER(name, help, which)        ROW(name, help, METRIC_COUNTER, which, which)
#define COUNTERS(name, help, first, last) ROW(name, help, METRIC_COUNTER, first, last)
#define GAUGE(name, help, which)          ROW(name, help, METRIC_GAUGE, which, which)
#define GAUGES(name, help, first, last)   ROW(name, help, METRIC_GAUGE, first, last)

static const struct metric table[] = {
	COUNTER("ops_envelopes_received_total", "Deliveries received from the queue",
	    WORKER_RECEIVED),
	COUNTER("ops_envelopes_stored_total", "Envelopes newly written to the store",
	    WORKER_STORED),
	COUNTER("ops_envelopes_duplicate_total", "Deliveries whose object was there already",
	    WORKER_DUPLICATE),
	COUNTER("ops_records_stored_total", "Records in envelopes newly written to the store",
	    WORKER_RECORDS),
	COUNTER("ops_envelopes_foreign_total", "Messages stored that ops-api did not make",
	    WORKER_FOREIGN),
	COUNTER("ops_envelopes_deleted_total", "Deliveries deleted from the queue once stored",
	    WORKER_DELETED),
	COUNTER("ops_leases_lost_total", "Deliveries whose lease ran out or went to another worker",
	    WORKER_LEASE_LOST),
	COUNTER("ops_envelopes_refused_total", "Deliveries that can never be stored as they are",
	    WORKER_REFUSED),
	COUNTERS("ops_envelopes_returned_total", "Deliveries given back to the queue",
	    WORKER_RETURNED_DRAIN, WORKER_RETURNED_REFUSED),
	COUNTERS("ops_failures_total", "Attempts that went wrong, by stage", WORKER_FAILED_RECEIVE,
	    WORKER_FAILED_EXTEND),
	GAUGE("ops_envelopes_in_flight", "Deliveries held now", WORKER_IN_FLIGHT),
	GAUGE("ops_envelopes_in_flight_bytes", "Bytes of the deliveries held now",
	    WORKER_IN_FLIGHT_BYTES),
	GAUGE("ops_store_available", "1 unless the store fails for everything",
	    WORKER_STORE_AVAILABLE),
	GAUGES("ops_queue_messages", "Messages in the queue, read every few seconds",
	    WORKER_QUEUE_VISIBLE, WORKER_QUEUE_DEAD),
	GAUGE("ops_queue_oldest_age_seconds", "Age of the oldest message that is not dead",
	    WORKER_QUEUE_OLDEST_S),
	{ .name = "ops_last_success_timestamp_seconds",
	    .help = "When an envelope was last stored, since 1970; 0 not yet",
	    .type = METRIC_GAUGE,
	    .series = &series[WORKER_LAST_SUCCESS],
	    .series_count = 1,
	    .is_micro = true },
	{ .name = "ops_log_lines_total",
	    .help = "Log lines written",
	    .type = METRIC_COUNTER,
	    .series = log_lines,
	    .series_count = ARRAY_SIZE(log_lines) },
	{ .name = "ops_build_info",
	    .help = "Always 1; the labels say what is running",
	    .type = METRIC_GAUGE,
	    .series = &build_info,
	    .series_count = 1 },
};

void worker_count(enum worker_metric which, int64_t n)
{
	metric_add(&series[which], n);
}

void worker_set(enum worker_metric which, int64_t value)
{
	metric_set(&series[which], value);
}

int64_t worker_get(enum worker_metric which)
{
	return metric_get(&series[which]);
}

void worker_observe_hop(enum worker_hop hop, int64_t ms)
{
	metric_observe_us(&hop_metric, &hops[hop], ms > 0 ? ms * 1000 : 0);
}

void worker_metrics_render(struct buf *out)
{
	for (int level = 0; level < LOG_LEVEL_COUNT; level++)
		metric_set(&log_lines[level], (int64_t)log_line_count((enum log_level)level));
	metrics_render(out, table, ARRAY_SIZE(table));
	metrics_render(out, &hop_metric, 1);
	metrics_render_process(out);
}
