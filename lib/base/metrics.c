#include "metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

const int64_t metrics_http_bounds_us[] = { 5000, 10000, 25000, 50000, 75000, 100000, 250000, 500000,
	750000, 1000000, 2500000, 5000000, 7500000, 10000000, 0 };
const int64_t metrics_age_bounds_us[] = { 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
	1000000, 5000000, 15000000, 60000000, 300000000, 900000000, 3600000000, 0 };

static const char *const type_names[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
};

void metric_add(struct metric_series *s, int64_t n)
{
	atomic_fetch_add_explicit(&s->value, n, memory_order_relaxed);
}

void metric_set(struct metric_series *s, int64_t value)
{
	atomic_store_explicit(&s->value, value, memory_order_relaxed);
}

int64_t metric_get(const struct metric_series *s)
{
	return atomic_load_explicit(&s->value, memory_order_relaxed);
}

void metric_observe_us(const struct metric *m, struct metric_series *s, int64_t us)
{
	size_t i = 0;

	if (us < 0)
		us = 0; /* a wall clock went back between the two readings */
	while (m->bounds_us[i] && us > m->bounds_us[i])
		i++;
	atomic_fetch_add_explicit(&s->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&s->sum_us, (uint64_t)us, memory_order_relaxed);
}

/* Millionths as a decimal without trailing zeros: exact where a double would not be. */
static void add_micro(struct buf *out, int64_t us)
{
	uint64_t size = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
	unsigned fraction = (unsigned)(size % 1000000), width = 6;

	buf_addf(out, "%s%" PRIu64, us < 0 ? "-" : "", size / 1000000);
	if (fraction == 0)
		return;
	while (fraction % 10 == 0) {
		fraction /= 10;
		width--;
	}
	buf_addf(out, ".%0*u", (int)width, fraction);
}

static void add_name(struct buf *out, const char *name, const char *suffix, const char *labels)
{
	buf_addf(out, "%s%s", name, suffix);
	if (labels)
		buf_addf(out, "{%s}", labels);
	buf_addc(out, ' ');
}

static void render_histogram(struct buf *out, const struct metric *m, const struct metric_series *s)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= METRIC_BUCKET_MAX; i++) {
		count += atomic_load_explicit(&s->buckets[i], memory_order_relaxed);
		buf_addf(out, "%s_bucket{%s%sle=\"", m->name, s->labels ? s->labels : "",
		    s->labels ? "," : "");
		if (m->bounds_us[i])
			add_micro(out, m->bounds_us[i]);
		else
			buf_adds(out, "+Inf");
		buf_addf(out, "\"} %" PRIu64 "\n", count);
		if (!m->bounds_us[i])
			break;
	}
	add_name(out, m->name, "_sum", s->labels);
	add_micro(out, (int64_t)atomic_load_explicit(&s->sum_us, memory_order_relaxed));
	buf_addc(out, '\n');
	add_name(out, m->name, "_count", s->labels);
	buf_addf(out, "%" PRIu64 "\n", count); /* of the same reading, so that +Inf equals it */
}

static void render_value(struct buf *out, const struct metric *m, const struct metric_series *s)
{
	add_name(out, m->name, "", s->labels);
	if (m->is_micro)
		add_micro(out, metric_get(s));
	else
		buf_addf(out, "%" PRId64, metric_get(s));
	buf_addc(out, '\n');
}

void metrics_render(struct buf *out, const struct metric *metrics, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct metric *m = &metrics[i];

		buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
		    type_names[m->type]);
		for (size_t k = 0; k < m->series_count; k++) {
			if (m->type == METRIC_HISTOGRAM)
				render_histogram(out, m, &m->series[k]);
			else
				render_value(out, m, &m->series[k]);
		}
	}
}

/* ---- process_*: names as in the client libraries of Prometheus ---- */

static void add_process(struct buf *out, const char *name, const char *type, const char *help,
    double value)
{
	buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, type, name,
	    value);
}

static unsigned open_fd_count(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		n++;
	(void)closedir(dir);      /* read only */
	return n > 3 ? n - 3 : 0; /* ".", ".." and the directory itself */
}

/* Field of /proc/self/stat counted from 1 as in proc(5); the name in field 2 may hold blanks. */
static double stat_field(struct str stat, unsigned field)
{
	struct str rest = stat, word;
	size_t close = 0;

	for (size_t i = 0; i < stat.n; i++)
		if (stat.p[i] == ')')
			close = i;
	rest = str_skip(stat, close + 2);
	for (unsigned i = 3; i <= field; i++)
		(void)str_cut(rest, ' ', &word, &rest);
	return strtod(word.p ? word.p : "0", NULL);
}

static double start_time_s; /* read once: computed anew it would differ by microseconds each time */
static pthread_once_t start_time_once = PTHREAD_ONCE_INIT;

/* Field 22 counts from boot; the wall clock of the boot is the difference of two clocks. */
static void read_start_time(void)
{
	struct buf stat = BUF_INIT(4096);
	struct timespec now, up;
	struct err err;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)clock_gettime(CLOCK_BOOTTIME, &up);
	if (file_read("/proc/self/stat", &stat, &err) == 0)
		start_time_s = (double)(now.tv_sec - up.tv_sec) +
		    (double)(now.tv_nsec - up.tv_nsec) / 1e9 +
		    stat_field(buf_str(&stat), 22) / (double)sysconf(_SC_CLK_TCK);
	buf_release(&stat);
}

void metrics_render_process(struct buf *out)
{
	struct buf stat = BUF_INIT(4096);
	struct rlimit files = { 0 };
	struct err err;
	double ticks = (double)sysconf(_SC_CLK_TCK);

	if (file_read("/proc/self/stat", &stat, &err) != 0) {
		buf_release(&stat);
		return; /* no /proc in this container: nothing to say */
	}
	(void)pthread_once(&start_time_once, read_start_time); /* cannot fail */
	(void)getrlimit(RLIMIT_NOFILE, &files);
	add_process(out, "process_cpu_seconds_total", "counter",
	    "Total user and system CPU time spent in seconds.",
	    (stat_field(buf_str(&stat), 14) + stat_field(buf_str(&stat), 15)) / ticks);
	add_process(out, "process_start_time_seconds", "gauge",
	    "Start time of the process since unix epoch in seconds.", start_time_s);
	add_process(out, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.",
	    stat_field(buf_str(&stat), 23));
	add_process(out, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
	    stat_field(buf_str(&stat), 24) * (double)sysconf(_SC_PAGESIZE));
	add_process(out, "process_threads", "gauge", "Number of OS threads.",
	    stat_field(buf_str(&stat), 20));
	add_process(out, "process_open_fds", "gauge", "Number of open file descriptors.",
	    (double)open_fd_count());
	add_process(out, "process_max_fds", "gauge", "Maximum number of open file descriptors.",
	    (double)files.rlim_cur);
	buf_release(&stat);
}

/* ---- reading an exposition ---- */

struct sample {
	struct str name, labels;
	double value;
};

/* "name{labels} value [timestamp]"; labels as they stand, since our own renderer made them. */
static bool sample_parse(struct str line, struct sample *out)
{
	struct str series, value;
	char text[64];
	char *end;
	size_t brace = str_find(line, '{'), close;

	if (line.n == 0 || line.p[0] == '#')
		return false;
	if (brace < str_find(line, ' ')) {
		for (close = line.n; close > brace && line.p[close - 1] != '}';)
			close--;
		if (close <= brace + 1)
			return false;
		out->name = str_slice(line, 0, brace);
		out->labels = str_slice(line, brace + 1, close - 1);
		value = str_trim(str_skip(line, close));
	} else {
		if (!str_cut(line, ' ', &series, &value))
			return false;
		out->name = series;
		out->labels = STR_NONE;
		value = str_trim(value);
	}
	(void)str_cut(value, ' ', &value, &series);
	if (value.n == 0 || value.n >= sizeof(text))
		return false;
	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(value));
	out->value = strtod(text, &end);
	return *end == '\0';
}

bool metrics_find(struct str text, const char *name, const char *labels, double *out)
{
	struct str line;
	struct sample s;

	while (text.n) {
		(void)str_cut(text, '\n', &line, &text);
		if (sample_parse(line, &s) && str_is(s.name, name) && str_is(s.labels, labels)) {
			*out = s.value;
			return true;
		}
	}
	return false;
}

bool metrics_sum(struct str text, const char *name, double *out)
{
	struct str line;
	struct sample s;
	bool found = false;
	double sum = 0;

	while (text.n) {
		(void)str_cut(text, '\n', &line, &text);
		if (sample_parse(line, &s) && str_is(s.name, name)) {
			sum += s.value;
			found = true;
		}
	}
	if (found)
		*out = sum;
	return found;
}
