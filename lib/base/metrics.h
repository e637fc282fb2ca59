/*
 * metrics: counters, gauges and histograms, rendered as Prometheus text 0.0.4
 * (prometheus.io/docs/instrumenting/exposition_formats). A program declares its
 * metrics as static tables; every series exists from the start, at 0.
 * Updates are atomic and lock-free; any thread.
 */
#ifndef OPS_METRICS_H
#define OPS_METRICS_H

#include <stdatomic.h>

#include "buf.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
enum { METRIC_BUCKET_MAX = 16 };

/* One series. Counters and gauges use `value`; gauges may go down. */
struct metric_series {
	const char *labels; /* "route=\"/submit\",code=\"200\"", or NULL */
	_Atomic int64_t value;
	/* Of a histogram: not cumulative, the last is +Inf; and the sum in millionths. */
	_Atomic uint64_t buckets[METRIC_BUCKET_MAX + 1];
	_Atomic uint64_t sum_us;
};

struct metric {
	const char *name; /* "ops_http_requests_total" */
	const char *help;
	enum metric_type type;
	struct metric_series *series;
	size_t series_count;
	/* Histogram: upper bounds in millionths of the unit, ascending, 0 ends. */
	const int64_t *bounds_us;
	/* Gauges and counters that count in millionths (seconds): print value / 1e6. */
	bool is_micro;
};

/* 0.005 to 10 s, the OpenTelemetry boundaries for HTTP. */
extern const int64_t metrics_http_bounds_us[];
/* 0.001 to 3600 s, for ages and dwell times. */
extern const int64_t metrics_age_bounds_us[];

void metric_add(struct metric_series *s, int64_t n);
void metric_set(struct metric_series *s, int64_t value);
int64_t metric_get(const struct metric_series *s);
void metric_observe_us(const struct metric *m, struct metric_series *s, int64_t us);

/* Append HELP, TYPE and every series of `count` metrics. */
void metrics_render(struct buf *out, const struct metric *metrics, size_t count);

/* Append the process_* set (cpu, rss, fds, threads, start time) read from /proc. */
void metrics_render_process(struct buf *out);

/*
 * Read one sample from an exposition text: the value of `name` with exactly these
 * labels (as rendered, NULL for none). false when it is not there.
 */
bool metrics_find(struct str text, const char *name, const char *labels, double *out);
/* Sum over all series of `name`; false when there is none. */
bool metrics_sum(struct str text, const char *name, double *out);

#endif
