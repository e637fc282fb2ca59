/* The exit status of a command in a session: the command line, and the line that carries it. */
#include "exec_sentinel.h"

#include "test.h"

#define WORD "opsctl-exit-0123456789abcdef:"

static const struct {
	const char *name, *in, *out;
	int status; /* -1: none was found */
} cases[] = {
	{ "at the end", "hello\r\n\r\n" WORD "0\r\n", "hello\r\n", 0 },
	{ "behind no line break", "hello\r\n" WORD "7\r\n", "hello", 7 },
	{ "bare line feeds", "hello\n" WORD "7\n", "hello", 7 },
	{ "the largest", "\n" WORD "255\n", "", 255 },
	{ "more behind it", "a\n" WORD "1\n\nExiting session\n", "a\nExiting session\n", 1 },
	{ "nothing", "", "", -1 },
	{ "none", "hello\r\nthere\r\n", "hello\r\nthere\r\n", -1 },
	{ "not at the beginning of a line", "x" WORD "0\n", "x" WORD "0\n", -1 },
	{ "no digits", "\n" WORD "\n", "\n" WORD "\n", -1 },
	{ "too many digits", "\n" WORD "1234\n", "\n" WORD "1234\n", -1 },
	{ "letters", "\n" WORD "1x\n", "\n" WORD "1x\n", -1 },
	{ "another word", "\nopsctl-exit-0123456789abcdee:0\n",
	    "\nopsctl-exit-0123456789abcdee:0\n", -1 },
	{ "cut off", "a\n" WORD "1", "a\n" WORD "1", -1 },
	{ "begins again", "\n\n\r\r\n" WORD "3\n", "\n\n\r", 3 },
	{ "a part of it before", "\nopsctl-exit-\n" WORD "4\n", "\nopsctl-exit-", 4 },
	{ "only once", "\n" WORD "1\n\n" WORD "2\n", "\n" WORD "2\n", 1 },
};

static void run(struct sentinel *s, struct str in, size_t piece, struct buf *out)
{
	sentinel_init(s);
	(void)snprintf(s->word, sizeof(s->word), "%s", WORD);
	for (size_t at = 0; at < in.n; at += piece)
		sentinel_filter(s, str_slice(in, at, at + piece), out);
	sentinel_flush(s, out);
}

/* However the bytes come in. */
static void test_filter(void)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 1000 };
	struct buf out = BUF_INIT(4096);
	struct sentinel s;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t k = 0; k < ARRAY_SIZE(pieces); k++) {
			test_case = cases[i].name;
			buf_reset(&out);
			run(&s, str_from(cases[i].in), pieces[k], &out);
			CHECK_STR(buf_str(&out), str_from(cases[i].out));
			CHECK_INT(s.is_found, cases[i].status >= 0);
			if (cases[i].status >= 0)
				CHECK_INT(s.status, cases[i].status);
		}
	buf_release(&out);
}

static void test_words_differ(void)
{
	struct sentinel a, b;

	sentinel_init(&a);
	sentinel_init(&b);
	CHECK_INT(strlen(a.word), strlen(WORD));
	CHECK(strcmp(a.word, b.word) != 0);
}

static void test_command(void)
{
	char words[][5] = { "echo", "it's", "a b" };
	char *argv[] = { words[0], words[1], words[2] };
	struct buf out = BUF_INIT(4096);
	struct sentinel s;

	sentinel_init(&s);
	(void)snprintf(s.word, sizeof(s.word), "%s", WORD);
	sentinel_plain_command(argv, ARRAY_SIZE(argv), &out);
	CHECK_STR(buf_str(&out), STR("'echo' 'it'\\''s' 'a b'"));
	buf_reset(&out);
	sentinel_command(&s, argv, ARRAY_SIZE(argv), &out);
	CHECK(str_has_prefix(buf_str(&out), STR("/bin/sh -c '")));
	CHECK(!str_contains(buf_str(&out), STR(WORD))); /* a shell may echo its script */
	buf_release(&out);

	buf_init(&out, 16); /* too small for it */
	sentinel_command(&s, argv, ARRAY_SIZE(argv), &out);
	CHECK(out.full);
	buf_release(&out);
}

static const struct test tests[] = {
	{ "filter", test_filter },
	{ "words differ", test_words_differ },
	{ "command", test_command },
};

TEST_MAIN(tests)
