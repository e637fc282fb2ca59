#include "log.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "json.h"
#include "test.h"

static int fds[2];
static struct clock_fake fake_clock;

static void open_log(enum log_format format, enum log_level level)
{
	struct log_options options = {
		.service = "ops-test",
		.version = "1.2.3",
		.format = format,
		.level = level,
		.fd = fds[1],
		.clock = &fake_clock.base,
	};

	clock_fake_init(&fake_clock, INT64_C(1749465045123));
	log_init(&options);
}

/* What was written since the last call, at most one pipe full. */
static struct str written(void)
{
	static char text[65536];
	ssize_t n = read(fds[0], text, sizeof(text));

	return (struct str){ text, n < 0 ? 0 : (size_t)n };
}

static void test_json(void)
{
	open_log(LOG_JSON, LOG_INFO);
	log_info("envelope \"stored\"", "object", "a\nb", "http.route", "/submit", "absent", NULL,
	    "records", LOG_INT(-42), NULL);
	CHECK_STR(written(),
	    STR("{\"@timestamp\":\"2025-06-09T10:30:45.123Z\",\"log.level\":\"info\","
		"\"message\":\"envelope \\\"stored\\\"\",\"ecs.version\":\"1.6.0\","
		"\"service.name\":\"ops-test\",\"service.version\":\"1.2.3\","
		"\"object\":\"a\\nb\",\"http.route\":\"/submit\",\"records\":\"-42\"}\n"));
}

static void test_node(void)
{
	open_log(LOG_JSON, LOG_INFO);
	log_set_node("158d1c80\"x");
	log_info("a", NULL);
	CHECK_STR(written(),
	    STR("{\"@timestamp\":\"2025-06-09T10:30:45.123Z\",\"log.level\":\"info\","
		"\"message\":\"a\",\"ecs.version\":\"1.6.0\",\"service.name\":\"ops-test\","
		"\"service.version\":\"1.2.3\",\"service.node.name\":\"158d1c80\\\"x\"}\n"));
}

static void test_text(void)
{
	open_log(LOG_TEXT, LOG_DEBUG);
	log_warn("slow", "took", "5 s", "plain", "x", "quote", "a\"b", "line", "a\nb", "empty", "",
	    "absent", NULL, NULL);
	CHECK_STR(written(),
	    STR("10:30:45.123 warn  ops-test: slow took=\"5 s\" plain=x "
		"quote=\"a\\\"b\" line=\"a\\nb\" empty=\"\"\n"));
}

static void test_levels(void)
{
	static const enum log_level levels[] = { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

	for (size_t at = 0; at < ARRAY_SIZE(levels); at++) {
		open_log(LOG_TEXT, LOG_ERROR);
		log_set_level(levels[at]);
		for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
			uint64_t before = log_line_count(levels[i]);

			log_write(levels[i], "x", NULL);
			CHECK_INT(log_is_on(levels[i]), i >= at);
			CHECK_INT(written().n > 0, i >= at);
			CHECK_INT(log_line_count(levels[i]) - before, i >= at);
		}
	}
}

static void test_level_names(void)
{
	enum log_level level;

	for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
		CHECK(log_level_parse(str_from(log_level_name((enum log_level)i)), &level));
		CHECK_INT(level, i);
	}
	level = LOG_WARN;
	CHECK(!log_level_parse(STR("INFO"), &level));
	CHECK(!log_level_parse(STR("infos"), &level));
	CHECK(!log_level_parse(STR_NONE, &level));
	CHECK_INT(level, LOG_WARN);
}

/* A line has a limit; what is beyond it is dropped as a whole, and the line says so. */
static void test_limits(void)
{
	static char value[2 * LOG_LINE_MAX];
	struct str line;
	struct json *doc;
	struct err err;
	size_t overhead;

	open_log(LOG_JSON, LOG_INFO);
	log_info("x", "field", "", NULL);
	overhead = written().n;
	memset(value, 'v', LOG_LINE_MAX - overhead);
	log_info("x", "field", value, NULL);
	CHECK_INT(written().n, LOG_LINE_MAX);
	value[LOG_LINE_MAX - overhead] = 'v';
	log_info("x", "field", value, NULL);
	line = written();
	CHECK(!str_contains(line, STR("vvv")));
	CHECK(str_contains(line, STR("\"log.dropped\"")) &&
	    str_contains(line, STR("\"message\":\"x\"")));
	CHECK_INT(str_find(line, '\n'), line.n - 1);
	CHECK_OK(json_parse(line, &doc, &err), &err);
	json_free(doc);
	memset(value, 'v', sizeof(value) - 1);
	log_info(value, NULL); /* not even the message fits: still at most one line */
	line = written();
	CHECK(line.n <= LOG_LINE_MAX);
	CHECK(line.n > 0 && line.p[line.n - 1] == '\n');
}

static void test_int(void)
{
	char text[LOG_INT_SIZE];

	CHECK_TEXT(log_int(INT64_MIN, text), "-9223372036854775808");
	CHECK_TEXT(log_int(0, text), "0");
}

enum { THREADS = 4, LINES_EACH = 20 };

static void *write_lines(void *unused)
{
	for (int i = 0; i < LINES_EACH; i++)
		log_info("from a thread", "value", "0123456789012345678901234567890123456789",
		    NULL);
	return unused;
}

/* Lines of several threads do not mix. */
static void test_threads(void)
{
	pthread_t threads[THREADS];
	struct str text, line;
	unsigned count = 0;

	open_log(LOG_TEXT, LOG_INFO);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, write_lines, NULL) != 0)
			test_die("pthread_create");
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	text = written();
	while (str_cut(text, '\n', &line, &text)) {
		count++;
		CHECK_STR(line,
		    STR("10:30:45.123 info  ops-test: from a thread "
			"value=0123456789012345678901234567890123456789"));
	}
	CHECK_INT(count, THREADS * LINES_EACH);
}

static const struct test tests[] = {
	{ "json", test_json },
	{ "node", test_node },
	{ "text", test_text },
	{ "levels", test_levels },
	{ "level names", test_level_names },
	{ "limits", test_limits },
	{ "int", test_int },
	{ "threads", test_threads },
};

int main(int argc, char **argv)
{
	if (pipe(fds) != 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0)
		test_die("pipe");
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
