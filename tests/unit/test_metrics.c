#include "metrics.h"

#include <pthread.h>

#include "file.h"
#include "test.h"

static struct metric_series requests[] = {
	{ .labels = "route=\"/submit\",code=\"200\"" },
	{ .labels = "route=\"/submit\",code=\"400\"" },
};
static struct metric_series depth[] = { { 0 } };
static struct metric_series uptime[] = { { 0 } };
static struct metric_series plain_seconds[] = { { 0 } };
static struct metric_series route_seconds[] = { { .labels = "route=\"/\"" } };
static const int64_t bounds_us[] = { 1000, 2500000, 0 };

static const struct metric metrics[] = {
	{ "ops_requests_total", "Requests answered.", METRIC_COUNTER, requests,
	    ARRAY_SIZE(requests), NULL, false },
	{ "ops_queue_depth", "Records waiting.", METRIC_GAUGE, depth, 1, NULL, false },
	{ "ops_oldest_age_seconds", "Age of the oldest.", METRIC_GAUGE, uptime, 1, NULL, true },
	{ "ops_wait_seconds", "Time waited.", METRIC_HISTOGRAM, plain_seconds, 1, bounds_us,
	    false },
	{ "ops_answer_seconds", "Time to answer.", METRIC_HISTOGRAM, route_seconds, 1, bounds_us,
	    false },
};

static void reset(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		for (size_t k = 0; k < metrics[i].series_count; k++) {
			struct metric_series *s = &metrics[i].series[k];

			metric_set(s, 0);
			atomic_store(&s->sum_us, 0);
			for (size_t b = 0; b < ARRAY_SIZE(s->buckets); b++)
				atomic_store(&s->buckets[b], 0);
		}
	}
}

static void test_render(void)
{
	static const char want[] =
	    "# HELP ops_requests_total Requests answered.\n"
	    "# TYPE ops_requests_total counter\n"
	    "ops_requests_total{route=\"/submit\",code=\"200\"} 9007199254740993\n"
	    "ops_requests_total{route=\"/submit\",code=\"400\"} 0\n"
	    "# HELP ops_queue_depth Records waiting.\n"
	    "# TYPE ops_queue_depth gauge\n"
	    "ops_queue_depth -3\n"
	    "# HELP ops_oldest_age_seconds Age of the oldest.\n"
	    "# TYPE ops_oldest_age_seconds gauge\n"
	    "ops_oldest_age_seconds 12.000345\n"
	    "# HELP ops_wait_seconds Time waited.\n"
	    "# TYPE ops_wait_seconds histogram\n"
	    "ops_wait_seconds_bucket{le=\"0.001\"} 2\n"
	    "ops_wait_seconds_bucket{le=\"2.5\"} 4\n"
	    "ops_wait_seconds_bucket{le=\"+Inf\"} 5\n"
	    "ops_wait_seconds_sum 5.002001\n"
	    "ops_wait_seconds_count 5\n"
	    "# HELP ops_answer_seconds Time to answer.\n"
	    "# TYPE ops_answer_seconds histogram\n"
	    "ops_answer_seconds_bucket{route=\"/\",le=\"0.001\"} 0\n"
	    "ops_answer_seconds_bucket{route=\"/\",le=\"2.5\"} 0\n"
	    "ops_answer_seconds_bucket{route=\"/\",le=\"+Inf\"} 0\n"
	    "ops_answer_seconds_sum{route=\"/\"} 0\n"
	    "ops_answer_seconds_count{route=\"/\"} 0\n";
	struct buf out = BUF_INIT(8192);

	reset();
	metric_add(&requests[0], INT64_C(9007199254740992)); /* a double would lose the next one */
	metric_add(&requests[0], 1);
	metric_set(depth, 2);
	metric_add(depth, -5);
	CHECK_INT(metric_get(depth), -3);
	metric_set(uptime, 12000345);
	metric_observe_us(&metrics[3], plain_seconds, -5);
	metric_observe_us(&metrics[3], plain_seconds, 1000);
	metric_observe_us(&metrics[3], plain_seconds, 1001);
	metric_observe_us(&metrics[3], plain_seconds, 2499999);
	metric_observe_us(&metrics[3], plain_seconds, 2500001);
	metrics_render(&out, metrics, ARRAY_SIZE(metrics));
	CHECK_STR(buf_str(&out), str_from(want));
	buf_release(&out);
}

static void test_micro(void)
{
	static const struct {
		int64_t micro;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 1, "0.000001" },
		{ 999999, "0.999999" },
		{ 1000000, "1" },
		{ 1500000, "1.5" },
		{ -1, "-0.000001" },
		{ -1500000, "-1.5" },
		{ INT64_MAX, "9223372036854.775807" },
		{ INT64_MIN, "-9223372036854.775808" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = BUF_INIT(1024), want = BUF_INIT(1024);

		test_case = cases[i].text;
		reset();
		metric_set(uptime, cases[i].micro);
		metrics_render(&out, &metrics[2], 1);
		buf_addf(&want, "\nops_oldest_age_seconds %s\n", cases[i].text);
		CHECK(str_has_suffix(buf_str(&out), buf_str(&want)));
		buf_release(&out);
		buf_release(&want);
	}
}

/* The widest table: as many bounds as a series has buckets. */
static void check_bounds(const int64_t *bounds)
{
	size_t count = 0;

	while (bounds[count]) {
		CHECK(count == 0 || bounds[count] > bounds[count - 1]);
		count++;
	}
	CHECK(count > 0 && count <= METRIC_BUCKET_MAX);
}

static void test_bounds(void)
{
	static const int64_t widest[METRIC_BUCKET_MAX + 1] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
		12, 13, 14, 15, 16, 0 };
	struct metric_series series = { 0 };
	const struct metric m = { "x_seconds", "x", METRIC_HISTOGRAM, &series, 1, widest, false };
	struct buf out = BUF_INIT(4096);
	double value;

	check_bounds(metrics_http_bounds_us);
	check_bounds(metrics_age_bounds_us);
	check_bounds(widest);
	for (int64_t us = 1; us <= 18; us++)
		metric_observe_us(&m, &series, us);
	metrics_render(&out, &m, 1);
	CHECK(metrics_find(buf_str(&out), "x_seconds_bucket", "le=\"0.000016\"", &value) &&
	    value == 16);
	CHECK(
	    metrics_find(buf_str(&out), "x_seconds_bucket", "le=\"+Inf\"", &value) && value == 18);
	buf_release(&out);
}

static void test_find(void)
{
	struct str text = STR(
	    "# HELP a b\n# TYPE a counter\na 1\na{x=\"1\"} 2.5\na{x=\"2\",y=\"}\"} 3\n"
	    "ab 4\nb{x=\" \"} 5 1700000000000\nc NaN\nd +Inf\ne -1e3\n\nbad\nbad2 \n"
	    "bad3 x\nf{} 6\ng{x=\"1\" 7\nlast 8");
	static const struct {
		const char *name, *labels;
		bool found;
		double value;
	} cases[] = {
		{ "a", NULL, true, 1 },
		{ "a", "x=\"1\"", true, 2.5 },
		{ "a", "x=\"2\",y=\"}\"", true, 3 },
		{ "a", "x=\"3\"", false, 0 },
		{ "ab", NULL, true, 4 },
		{ "b", NULL, false, 0 },
		{ "b", "x=\" \"", true, 5 },
		{ "e", NULL, true, -1000 },
		{ "bad", NULL, false, 0 },
		{ "bad2", NULL, false, 0 },
		{ "bad3", NULL, false, 0 },
		{ "f", NULL, true, 6 },
		{ "g", "x=\"1\"", false, 0 },
		{ "last", NULL, true, 8 },
		{ "#", NULL, false, 0 },
		{ "", NULL, false, 0 },
	};
	double value;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].labels ? cases[i].labels : cases[i].name;
		value = -7;
		CHECK_INT(metrics_find(text, cases[i].name, cases[i].labels, &value),
		    cases[i].found);
		CHECK(value == (cases[i].found ? cases[i].value : -7));
	}
	CHECK(metrics_sum(text, "a", &value) && value == 6.5);
	CHECK(!metrics_sum(text, "x", &value) && value == 6.5);
	CHECK(!metrics_find(STR_NONE, "a", NULL, &value));
}

static void test_process(void)
{
	static const char *const names[] = { "process_cpu_seconds_total",
		"process_start_time_seconds", "process_virtual_memory_bytes",
		"process_resident_memory_bytes", "process_threads", "process_open_fds",
		"process_max_fds" };
	struct buf out = BUF_INIT(8192);
	double value;

	metrics_render_process(&out);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		test_case = names[i];
		CHECK(metrics_find(buf_str(&out), names[i], NULL, &value) && value >= 0);
	}
	CHECK(metrics_find(buf_str(&out), "process_threads", NULL, &value) && value == 1);
	CHECK(metrics_find(buf_str(&out), "process_resident_memory_bytes", NULL, &value) &&
	    value > 100000);
	CHECK(metrics_find(buf_str(&out), "process_start_time_seconds", NULL, &value) &&
	    value > 1700000000);
	CHECK(metrics_find(buf_str(&out), "process_open_fds", NULL, &value) && value >= 3);
	buf_release(&out);
}

/* What the linter finds fault with is read all the same. */
static void test_find_in_file(void)
{
	struct buf text = BUF_INIT(65536);
	struct err err;
	double value;

	if (file_read(TEST_DATA "/prometheus-lint/bad.prom", &text, &err) != 0)
		test_die("%s", err.text);
	CHECK(metrics_find(buf_str(&text), "opsq_http_requests_total",
		  "method=\"POST\",route=\"/submit\",code=\"200\"", &value) &&
	    value == 3);
	CHECK(metrics_find(buf_str(&text), "bad_nohist_bucket", "le=\"1\"", &value) && value == 1);
	buf_release(&text);
}

enum { THREADS = 4, ADDS_EACH = 10000 };

static void *add_many(void *unused)
{
	for (int i = 0; i < ADDS_EACH; i++) {
		metric_add(&requests[1], 1);
		metric_observe_us(&metrics[4], route_seconds, 1);
	}
	return unused;
}

static void test_threads(void)
{
	pthread_t threads[THREADS];

	reset();
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, add_many, NULL) != 0)
			test_die("pthread_create");
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	CHECK_INT(metric_get(&requests[1]), THREADS * ADDS_EACH);
	CHECK_INT(atomic_load(&route_seconds->buckets[0]), THREADS * ADDS_EACH);
	CHECK_INT(atomic_load(&route_seconds->sum_us), THREADS * ADDS_EACH);
}

static const struct test tests[] = {
	{ "process", test_process }, /* first: it counts the threads */
	{ "render", test_render },
	{ "micro", test_micro },
	{ "bounds", test_bounds },
	{ "find", test_find },
	{ "find in file", test_find_in_file },
	{ "threads", test_threads },
};

/* "--render" prints an exposition of every type, for promtool.sh. */
int main(int argc, char **argv)
{
	struct buf out = BUF_INIT(65536);

	if (argc != 2 || strcmp(argv[1], "--render") != 0)
		return test_main(tests, ARRAY_SIZE(tests), argc, argv);
	metrics_render(&out, metrics, ARRAY_SIZE(metrics));
	metrics_render_process(&out);
	(void)fputs(buf_text(&out), stdout);
	buf_release(&out);
	return fflush(stdout) != 0;
}
