#include "settings.h"

#include "test.h"

struct options {
	const char *queue, *name, *secret;
	int64_t bytes;
	int mode;
	struct setting_address listen;
};

static const struct setting rows[] = {
	{ .env = "OPS_QUEUE",
	    .type = SETTING_URL,
	    .choices = "sqlite|https",
	    .help = "Where records wait",
	    .offset = offsetof(struct options, queue) },
	{ .env = "OPS_NAME",
	    .type = SETTING_TEXT,
	    .fallback = "",
	    .max = 4,
	    .help = "A short name",
	    .offset = offsetof(struct options, name) },
	{ .env = "OPS_MAX_BODY_BYTES",
	    .type = SETTING_INT,
	    .fallback = "1024",
	    .min = 1,
	    .max = 4096,
	    .unit = "bytes",
	    .help = "The largest body",
	    .offset = offsetof(struct options, bytes),
	    .is_reloaded = true },
	{ .env = "OPS_MODE",
	    .type = SETTING_CHOICE,
	    .fallback = "both",
	    .choices = "in|out|both",
	    .help = "Which way",
	    .offset = offsetof(struct options, mode) },
	{ .env = "OPS_LISTEN",
	    .type = SETTING_ADDRESS,
	    .fallback = "127.0.0.1:8080",
	    .help = "Where to listen",
	    .offset = offsetof(struct options, listen) },
	{ .env = "OPS_SECRET",
	    .type = SETTING_URL,
	    .fallback = "env:TOKEN",
	    .choices = "file|env",
	    .help = "Where the secret is",
	    .offset = offsetof(struct options, secret),
	    .is_private = true },
};

static const char *const foreign[] = { "OPS_STORE", NULL };
static const char *const flags[] = { "healthcheck", "version", NULL };

static const struct settings_spec spec = {
	.rows = rows, .count = ARRAY_SIZE(rows), .foreign = foreign, .flags = flags
};

enum { WORDS_MAX = 8 };

/* Both lists are NULL-ended; the program's name is put before the arguments. */
struct source {
	const char *args[WORDS_MAX], *env[WORDS_MAX];
};

static int load(const struct source *source, struct options *out, unsigned *seen, struct err *err)
{
	char program[] = "ops-test", *argv[WORDS_MAX + 2] = { program },
	     *envp[WORDS_MAX + 1] = { NULL };
	char copies[2 * WORDS_MAX][64];
	int argc = 1;

	for (size_t i = 0; i < WORDS_MAX && source->args[i]; i++) {
		(void)snprintf(copies[i], sizeof(copies[i]), "%s", source->args[i]);
		argv[argc++] = copies[i];
	}
	for (size_t i = 0; i < WORDS_MAX && source->env[i]; i++) {
		char *copy = copies[WORDS_MAX + i];

		(void)snprintf(copy, sizeof(copies[0]), "%s", source->env[i]);
		envp[i] = copy;
	}
	return settings_load(&spec, argc, argv, envp, out, seen, err);
}

static void test_defaults(void)
{
	const struct source source = { .env = { "OPS_QUEUE=sqlite:q", "PATH=/bin",
					   "OPS_STORE=file:x" } };
	struct options out = { 0 };
	unsigned seen = 99;
	struct err err;

	CHECK_OK(load(&source, &out, &seen, &err), &err);
	CHECK_INT(seen, 0);
	CHECK_INT(out.bytes, 1024);
	CHECK_INT(out.mode, 2);
	CHECK_TEXT(out.name, "");
	CHECK_TEXT(out.listen.host, "127.0.0.1");
	CHECK_INT(out.listen.port, 8080);
}

/* The option before the variable before the default; both spellings of an option. */
static void test_precedence(void)
{
	static const struct {
		struct source source;
		int64_t bytes;
	} cases[] = {
		{ { { NULL }, { "OPS_QUEUE=sqlite:q" } }, 1024 },
		{ { { NULL }, { "OPS_QUEUE=sqlite:q", "OPS_MAX_BODY_BYTES=2" } }, 2 },
		{ { { "--max-body-bytes=3" }, { "OPS_QUEUE=sqlite:q", "OPS_MAX_BODY_BYTES=2" } },
		    3 },
		{ { { "--max-body-bytes", "4" }, { "OPS_QUEUE=sqlite:q" } }, 4 },
		{ { { "--max-body-bytes=4", "--max-body-bytes=5" }, { "OPS_QUEUE=sqlite:q" } }, 5 },
		{ { { "--queue=sqlite:a=b", "--max-body-bytes=4096" }, { NULL } }, 4096 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct options out;
		unsigned seen;
		struct err err;

		CHECK_OK(load(&cases[i].source, &out, &seen, &err), &err);
		CHECK_INT(out.bytes, cases[i].bytes);
	}
}

/* A refusal names the variable, the value, and what is allowed. */
static void test_refusals(void)
{
	static const struct {
		struct source source;
		enum err_code code;
		const char *says[3];
	} cases[] = {
		{ { { NULL }, { NULL } }, ERR_CONFIG,
		    { "OPS_QUEUE", "required", "Where records wait" } },
		{ { { NULL }, { "OPS_QUEUE=" } }, ERR_CONFIG, { "OPS_QUEUE=''", "sqlite|https" } },
		{ { { "--queue=ftp:x" }, { NULL } }, ERR_CONFIG, { "'ftp:x'", "sqlite|https" } },
		{ { { "--queue=sqlite" }, { NULL } }, ERR_CONFIG, { "'sqlite'" } },
		{ { { "--queue=sqlite:" }, { NULL } }, ERR_CONFIG, { "'sqlite:'" } },
		{ { { "--max-body-bytes=0" }, { "OPS_QUEUE=sqlite:q" } }, ERR_CONFIG,
		    { "OPS_MAX_BODY_BYTES='0'", "1 to 4096 bytes" } },
		{ { { "--max-body-bytes=4097" }, { "OPS_QUEUE=sqlite:q" } }, ERR_CONFIG,
		    { "'4097'" } },
		{ { { "--max-body-bytes=1k" }, { "OPS_QUEUE=sqlite:q" } }, ERR_CONFIG, { "'1k'" } },
		{ { { "--max-body-bytes=-1" }, { "OPS_QUEUE=sqlite:q" } }, ERR_CONFIG, { "'-1'" } },
		{ { { "--max-body-bytes=" }, { "OPS_QUEUE=sqlite:q" } }, ERR_CONFIG, { "''" } },
		{ { { "--max-body-bytes=18446744073709551617" }, { "OPS_QUEUE=sqlite:q" } },
		    ERR_CONFIG, { "18446744073709551617" } },
		{ { { "--mode=In" }, { "OPS_QUEUE=sqlite:q" } }, ERR_CONFIG,
		    { "'In'", "in|out|both" } },
		{ { { "--mode=in|out" }, { "OPS_QUEUE=sqlite:q" } }, ERR_CONFIG, { "'in|out'" } },
		{ { { "--name=12345" }, { "OPS_QUEUE=sqlite:q" } }, ERR_CONFIG,
		    { "'12345'", "4" } },
		{ { { "--listen=x" }, { "OPS_QUEUE=sqlite:q" } }, ERR_CONFIG,
		    { "OPS_LISTEN='x'" } },
		{ { { NULL }, { "OPS_QUEUE=sqlite:q", "OPS_QEUE=x" } }, ERR_CONFIG,
		    { "OPS_QEUE" } },
		{ { { NULL }, { "OPS_QUEUE=sqlite:q", "OPS_" } }, ERR_CONFIG, { "OPS_" } },
		{ { { "stray" }, { "OPS_QUEUE=sqlite:q" } }, ERR_USAGE, { "'stray'" } },
		{ { { "--" }, { "OPS_QUEUE=sqlite:q" } }, ERR_USAGE, { "'--'" } },
		{ { { "-q" }, { "OPS_QUEUE=sqlite:q" } }, ERR_USAGE, { "'-q'" } },
		{ { { "--nope=1" }, { "OPS_QUEUE=sqlite:q" } }, ERR_USAGE, { "--nope" } },
		{ { { "--Queue=sqlite:q" }, { NULL } }, ERR_USAGE, { "--Queue" } },
		{ { { "--mode" }, { "OPS_QUEUE=sqlite:q" } }, ERR_USAGE, { "--mode", "value" } },
		{ { { "--version=1" }, { "OPS_QUEUE=sqlite:q" } }, ERR_USAGE, { "--version" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct options out = { 0 };
		unsigned seen;
		struct err err;

		test_case = cases[i].says[0];
		CHECK_ERR(load(&cases[i].source, &out, &seen, &err), &err, cases[i].code);
		for (size_t k = 0; k < 3 && cases[i].says[k]; k++)
			if (!str_contains(str_from(err.text), str_from(cases[i].says[k])))
				TEST_FAIL("'%s' does not say %s", err.text, cases[i].says[k]);
	}
}

/* Who confuses the secret with its URL must not find it in the log. */
static void test_private(void)
{
	static const char *const values[] = { "OPS_SECRET=s3cr3t", "OPS_SECRET=s3:cr3t",
		"OPS_SECRET=file:" };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const struct source source = { .env = { "OPS_QUEUE=sqlite:q", values[i] } };
		struct options out = { 0 };
		unsigned seen;
		struct err err;

		test_case = values[i];
		CHECK_ERR(load(&source, &out, &seen, &err), &err, ERR_CONFIG);
		CHECK_TEXT(err.text,
		    "OPS_SECRET: must be a URL that begins with one of file|env and a colon");
	}
}

static void test_flags(void)
{
	const struct source bare = { .args = { "--healthcheck" } };
	const struct source both = { .args = { "--version", "--healthcheck" } };
	const struct source wrong = { .args = { "--version" }, .env = { "OPS_NOPE=1" } };
	struct options out = { .queue = "left alone" };
	unsigned seen;
	struct err err;

	CHECK_OK(load(&bare, &out, &seen, &err), &err); /* the required queue may be missing */
	CHECK_INT(seen, 1);
	CHECK_TEXT(out.queue, "left alone");
	CHECK_INT(out.listen.port, 8080);
	CHECK_OK(load(&both, &out, &seen, &err), &err);
	CHECK_INT(seen, 3);
	CHECK_ERR(load(&wrong, &out, &seen, &err), &err, ERR_CONFIG);
	CHECK_INT(seen, 2);
}

static void test_address(void)
{
	static const struct {
		const char *text, *host; /* NULL: refused */
		unsigned port;
	} cases[] = {
		{ "127.0.0.1:8080", "127.0.0.1", 8080 },
		{ ":9090", "0.0.0.0", 9090 },
		{ "0.0.0.0:0", "0.0.0.0", 0 },
		{ "[::1]:65535", "::1", 65535 },
		{ "[2001:db8::1]:80", "2001:db8::1", 80 },
		{ "[::]:80", "::", 80 },
		{ "", NULL, 0 },
		{ "8080", NULL, 0 },
		{ ":", NULL, 0 },
		{ "127.0.0.1:", NULL, 0 },
		{ "127.0.0.1:65536", NULL, 0 },
		{ "127.0.0.1:-1", NULL, 0 },
		{ "127.0.0.1:80x", NULL, 0 },
		{ "127.0.0.1: 80", NULL, 0 },
		{ "127.0.0:80", NULL, 0 },
		{ "localhost:80", NULL, 0 },
		{ "::1", NULL, 0 },
		{ "::1:80", NULL, 0 }, /* an address of its own: the port would be a guess */
		{ "2001:db8::1:80", NULL, 0 },
		{ "[::1]", NULL, 0 },
		{ "[]:80", NULL, 0 },
		{ "[127.0.0.1]:80", NULL, 0 },
		{ "[::1:80", NULL, 0 },
		{ "[::1%lo]:80", NULL, 0 },
		{ "123456789012345678901234567890123456789012345678901234567890123456789:1", NULL,
		    0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct setting_address a = { .host = "kept" };
		struct err err;

		test_case = cases[i].text;
		if (!cases[i].host) {
			CHECK_ERR(setting_address_parse(str_from(cases[i].text), &a, &err), &err,
			    ERR_CONFIG);
			CHECK_TEXT(a.host, "kept");
			continue;
		}
		CHECK_OK(setting_address_parse(str_from(cases[i].text), &a, &err), &err);
		CHECK_TEXT(a.host, cases[i].host);
		CHECK_INT(a.port, cases[i].port);
	}
}

/* Every row is in the help, with its variable, its option, its help and its limits. */
static void test_help(void)
{
	struct buf help = BUF_INIT(8192), option = BUF_INIT(64);

	settings_help(&spec, "ops-test", "Tests things.", &help);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i].env;
		buf_reset(&option);
		settings_option_name(&rows[i], &option);
		CHECK(str_contains(buf_str(&help), str_from(rows[i].env)));
		CHECK(str_contains(buf_str(&help), buf_str(&option)));
		CHECK(str_contains(buf_str(&help), str_from(rows[i].help)));
	}
	buf_reset(&option);
	settings_option_name(&rows[2], &option);
	CHECK_TEXT(buf_text(&option), "max-body-bytes");
	CHECK(str_contains(buf_str(&help), STR("usage: ops-test ")));
	CHECK(str_contains(buf_str(&help), STR("1 to 4096 bytes; default 1024")));
	CHECK(str_contains(buf_str(&help), STR("[--healthcheck]")));
	CHECK(str_contains(buf_str(&help), STR("in|out|both; default both")));
	CHECK(str_contains(buf_str(&help), STR("required")));
	buf_release(&help);
	buf_release(&option);
}

static const struct test tests[] = {
	{ "defaults", test_defaults },
	{ "precedence", test_precedence },
	{ "refusals", test_refusals },
	{ "private", test_private },
	{ "flags", test_flags },
	{ "address", test_address },
	{ "help", test_help },
};

TEST_MAIN(tests)
