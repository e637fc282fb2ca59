#include "api_metrics.h"

#include <string.h>

#include "api.h"
#include "httpd.h"
#include "keyring.h"
#include "log.h"
#include "mem.h"
#include "outbox.h"
#include "replay.h"
#include "routes.h"

/* ---- series; those of requests are made from the route table ---- */

struct metric_series secret_reads[SECRET_READ_COUNT] = {
	[SECRET_READ_OK] = { .labels = "result=\"ok\"" },
	[SECRET_READ_FAILED] = { .labels = "result=\"failed\"" },
};

struct metric_series replay_events[REPLAY_EVENT_COUNT] = {
	[REPLAY_ANSWERED] = { .labels = "event=\"answered\"" },
	[REPLAY_WAITED] = { .labels = "event=\"waited\"" },
	[REPLAY_CONFLICT] = { .labels = "event=\"conflict\"" },
	[REPLAY_FORGOTTEN] = { .labels = "event=\"forgotten\"" },
};

static struct metric_series auth_series[] = {
	{ .labels = "scheme=\"signature\",key=\"current\",result=\"accepted\"" },
	{ .labels = "scheme=\"signature\",key=\"previous\",result=\"accepted\"" },
	{ .labels = "scheme=\"signature\",key=\"none\",result=\"refused\"" },
	{ .labels = "scheme=\"bearer\",key=\"current\",result=\"accepted\"" },
	{ .labels = "scheme=\"bearer\",key=\"previous\",result=\"accepted\"" },
	{ .labels = "scheme=\"bearer\",key=\"none\",result=\"refused\"" },
	{ .labels = "scheme=\"token\",key=\"current\",result=\"accepted\"" },
	{ .labels = "scheme=\"token\",key=\"previous\",result=\"accepted\"" },
	{ .labels = "scheme=\"token\",key=\"none\",result=\"refused\"" },
	{ .labels = "scheme=\"none\",key=\"none\",result=\"refused\"" },
};
enum { AUTH_KEYS = 3 };

static struct metric_series rejection_series[PAYLOAD_FAULT_COUNT];
static struct metric_series send_error_series[ERR_CODE_COUNT];
static struct metric_series counter_series[API_COUNTER_COUNT];
static struct metric_series envelope_series[1], send_series[1];
static struct metric_series in_flight_series[1], connection_series[1];
static struct metric_series outbox_bytes_series[1], outbox_record_series[1], replay_id_series[1];
static struct metric_series sender_series[1];
static struct metric_series secret_age_series[1];
static struct metric_series log_series[LOG_LEVEL_COUNT];

static const int64_t record_bounds_us[] = { 1000000, 2000000, 5000000, 10000000, 20000000, 50000000,
	100000000, 200000000, 500000000, 1000000000, 10000000000, 0 };

enum metric_index { REQUESTS, DURATIONS, ENVELOPES, SENDS, FIRST_OTHER };

#define SERIES(array) .series = (array), .series_count = ARRAY_SIZE(array)
#define ONE(counter)  .series = &counter_series[counter], .series_count = 1

static struct metric metrics[] = {
	[REQUESTS] = { .name = "ops_http_requests_total",
	    .help = "Requests answered.",
	    .type = METRIC_COUNTER },
	[DURATIONS] = { "ops_http_request_duration_seconds",
	    "From the request line to the end of the answer.", METRIC_HISTOGRAM,
	    .bounds_us = metrics_http_bounds_us },
	[ENVELOPES] = { "ops_envelope_records", "Records in one envelope.", METRIC_HISTOGRAM,
	    SERIES(envelope_series), .bounds_us = record_bounds_us },
	[SENDS] = { "ops_queue_send_duration_seconds", "One call to send envelopes.",
	    METRIC_HISTOGRAM, SERIES(send_series), .bounds_us = metrics_http_bounds_us },
	[FIRST_OTHER] = { "ops_http_requests_in_flight", "Requests under way.", METRIC_GAUGE,
	    SERIES(in_flight_series) },
	{ "ops_http_connections", "Open connections.", METRIC_GAUGE, SERIES(connection_series) },
	{ "ops_auth_decisions_total", "Decisions about credentials.", METRIC_COUNTER,
	    SERIES(auth_series) },
	{ "ops_payload_rejections_total", "Bodies refused for their content.", METRIC_COUNTER,
	    .series = rejection_series + 1, .series_count = PAYLOAD_FAULT_COUNT - 1 },
	{ "ops_records_accepted_total", "Records answered with 200.", METRIC_COUNTER,
	    ONE(API_RECORDS_ACCEPTED) },
	{ "ops_records_sent_total", "Records that the queue confirmed.", METRIC_COUNTER,
	    ONE(API_RECORDS_SENT) },
	{ "ops_records_failed_total", "Records that the queue did not confirm in time.",
	    METRIC_COUNTER, ONE(API_RECORDS_FAILED) },
	{ "ops_records_refused_total", "Records refused because too many bytes were waiting.",
	    METRIC_COUNTER, ONE(API_RECORDS_REFUSED) },
	{ "ops_envelopes_sent_total", "Envelopes that the queue confirmed.", METRIC_COUNTER,
	    ONE(API_ENVELOPES_SENT) },
	{ "ops_queue_send_errors_total", "Envelopes, or calls, that failed to send once.",
	    METRIC_COUNTER, .series = send_error_series + 1, .series_count = ERR_CODE_COUNT - 1 },
	{ "ops_outbox_bytes", "Bytes of records that wait for the queue.", METRIC_GAUGE,
	    SERIES(outbox_bytes_series) },
	{ "ops_outbox_records", "Records that wait for the queue.", METRIC_GAUGE,
	    SERIES(outbox_record_series) },
	{ "ops_queue_senders", "Calls to the queue that may run at a time now.", METRIC_GAUGE,
	    SERIES(sender_series) },
	{ "ops_replay_events_total", "Webhook ids that came again, or were forgotten early.",
	    METRIC_COUNTER, SERIES(replay_events) },
	{ "ops_replay_ids", "Webhook ids remembered.", METRIC_GAUGE, SERIES(replay_id_series) },
	{ "ops_secret_reads_total", "Reads of the secret.", METRIC_COUNTER, SERIES(secret_reads) },
	{ "ops_secret_read_timestamp_seconds",
	    "Unix time of the last successful read of the secret.", METRIC_GAUGE,
	    SERIES(secret_age_series) },
	{ "ops_log_lines_total", "Log lines written.", METRIC_COUNTER, SERIES(log_series) },
};

/* Text that lives as long as the process. */
static const char *label(const char *fmt, ...) ATTR_PRINTF(1, 2);
static const char *label(const char *fmt, ...)
{
	struct buf text = BUF_INIT(256);
	va_list args;

	va_start(args, fmt);
	buf_addv(&text, fmt, args);
	va_end(args);
	return text.p;
}

static size_t status_count(const struct operation *o)
{
	size_t n = 0;

	while (o->statuses[n])
		n++;
	return n;
}

static void init_requests(void)
{
	struct metric_series *series, *durations;
	size_t count = 0;

	for (size_t i = 0; i < operation_count; i++)
		count += status_count(&operations[i]);
	series = metrics[REQUESTS].series = xcalloc(count, sizeof(*series));
	durations = metrics[DURATIONS].series = xcalloc(operation_count, sizeof(*durations));
	metrics[REQUESTS].series_count = count;
	metrics[DURATIONS].series_count = operation_count;
	for (size_t i = 0; i < operation_count; i++) {
		const struct operation *o = &operations[i];

		durations[i].labels = label("route=\"%s\",method=\"%s\"", o->path, o->method);
		for (size_t k = 0; k < status_count(o); k++, series++)
			series->labels = label("route=\"%s\",method=\"%s\",code=\"%u\"", o->path,
			    o->method, o->statuses[k]);
	}
}

void api_metrics_init(void)
{
	init_requests();
	for (int i = 1; i < PAYLOAD_FAULT_COUNT; i++)
		rejection_series[i].labels = label("reason=\"%s\"",
		    payload_fault_name((enum payload_fault)i));
	for (int i = 1; i < ERR_CODE_COUNT; i++)
		send_error_series[i].labels = label("code=\"%s\"", err_name((enum err_code)i));
	for (int i = 0; i < LOG_LEVEL_COUNT; i++)
		log_series[i].labels = label("level=\"%s\"", log_level_name((enum log_level)i));
}

/* ---- counting ---- */

void api_count(enum api_counter counter, size_t n)
{
	metric_add(&counter_series[counter], (int64_t)n);
}

void count_auth(size_t scheme, enum auth_key key)
{
	metric_add(&auth_series[scheme == 0 ? ARRAY_SIZE(auth_series) - 1
					    : (scheme - 1) * AUTH_KEYS + key],
	    1);
}

void count_rejection(enum payload_fault fault)
{
	metric_add(&rejection_series[fault], 1);
}

void count_send(int64_t duration_us)
{
	metric_observe_us(&metrics[SENDS], send_series, duration_us);
}

void count_send_error(enum err_code code)
{
	metric_add(&send_error_series[code], 1);
}

void count_envelope(size_t records)
{
	metric_observe_us(&metrics[ENVELOPES], envelope_series, (int64_t)records * 1000000);
	api_count(API_ENVELOPES_SENT, 1);
	api_count(API_RECORDS_SENT, records);
}

void count_request(size_t operation, unsigned status, int64_t duration_us)
{
	const struct operation *o = &operations[operation];
	size_t first = 0, k = 0;

	for (size_t i = 0; i < operation; i++)
		first += status_count(&operations[i]);
	while (o->statuses[k] && o->statuses[k] != status)
		k++;
	if (!o->statuses[k])
		return; /* the client left before there was an answer */
	metric_add(&metrics[REQUESTS].series[first + k], 1);
	metric_observe_us(&metrics[DURATIONS], &metrics[DURATIONS].series[operation], duration_us);
}

/* ---- rendering ---- */

static void read_log_lines(void)
{
	for (int i = 0; i < LOG_LEVEL_COUNT; i++)
		metric_set(&log_series[i], (int64_t)log_line_count((enum log_level)i));
}

static void read_gauges(struct api *api, struct keyring_state *keys)
{
	keyring_state(api->keyring, keys);
	metric_set(secret_age_series, keys->read_at_s);
	metric_set(in_flight_series, (int64_t)httpd_request_count(api->httpd));
	metric_set(connection_series, (int64_t)httpd_connection_count(api->httpd));
	metric_set(outbox_bytes_series, (int64_t)outbox_bytes(api->outbox));
	metric_set(outbox_record_series, (int64_t)outbox_records(api->outbox));
	metric_set(sender_series, outbox_senders(api->outbox));
	metric_set(replay_id_series, (int64_t)replay_count(api->replay));
}

/* A label's value: backslash, quote and line feed escaped. */
static void add_value(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			buf_addc(out, '\\');
		buf_addc(out, *text == '\n' ? ' ' : *text);
	}
}

static void render_info(const struct keyring_state *keys, struct buf *out)
{
	buf_adds(out,
	    "# HELP ops_build_info The program and the HTTP library that it runs on.\n"
	    "# TYPE ops_build_info gauge\nops_build_info{service=\"ops-api\",version=\"");
	add_value(out, OPS_VERSION);
	buf_adds(out, "\",microhttpd=\"");
	add_value(out, httpd_library_version());
	buf_adds(out,
	    "\"} 1\n# HELP ops_secret_info Fingerprints of the accepted versions of the secret.\n"
	    "# TYPE ops_secret_info gauge\n");
	for (size_t i = 0; i < keys->count; i++) {
		buf_addf(out, "ops_secret_info{key=\"%s\",fingerprint=\"%s\",version=\"",
		    keys->names[i].is_previous ? "previous" : "current",
		    keys->names[i].fingerprint);
		add_value(out, keys->names[i].version);
		buf_adds(out, "\"} 1\n");
	}
}

void api_metrics_render(struct api *api, struct buf *out)
{
	struct keyring_state keys = { .count = 0 };

	read_log_lines();
	if (atomic_load(&api->is_started))
		read_gauges(api, &keys);
	metrics_render(out, metrics, ARRAY_SIZE(metrics));
	render_info(&keys, out);
	metrics_render_process(out);
}
