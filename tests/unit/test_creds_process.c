/* creds_process.c, creds_words.c: how the program is started, and what it may do instead. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "creds_words.h"
#include "fake_creds.h"
#include "test.h"

/* ---- the command line ---- */

static void test_words(void)
{
	static const struct {
		const char *text, *words; /* joined by '|'; NULL: refused */
	} cases[] = {
		{ "a", "a" },
		{ " a  b\tc\n", "a|b|c" },
		{ "a 'b c' d", "a|b c|d" },
		{ "a \"b c\" d", "a|b c|d" },
		{ "a ''", "a|" },
		{ "a \"\" b", "a||b" },
		{ "a'b'\"c\"d", "abcd" },
		{ "a\\ b", "a b" },
		{ "\\'a\\'", "'a'" },
		{ "'a\\b'", "a\\b" },
		{ "'a\"b'", "a\"b" },
		{ "\"a'b\"", "a'b" },
		{ "\"a\\\"b\"", "a\"b" },
		{ "\"a\\\\b\"", "a\\b" },
		{ "\"a\\nb\"", "a\\nb" },
		{ "a\\\\b", "a\\b" },
		{ "$HOME ~ * `x` $(x) a;b a>b #c", "$HOME|~|*|`x`|$(x)|a;b|a>b|#c" },
		{ "", NULL },
		{ " \t", NULL },
		{ "a 'b", NULL },
		{ "a \"b", NULL },
		{ "a \"b\\\"", NULL },
		{ "a \\", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf joined = BUF_INIT(1024);
		struct words w;
		struct err err;

		test_case = cases[i].text;
		if (!cases[i].words) {
			CHECK_ERR(words_split(cases[i].text, &w, &err), &err, ERR_CONFIG);
			continue;
		}
		CHECK_OK(words_split(cases[i].text, &w, &err), &err);
		for (size_t k = 0; k < w.count; k++)
			buf_addf(&joined, "%s%s", k ? "|" : "", w.argv[k]);
		CHECK_TEXT(buf_text(&joined), cases[i].words);
		CHECK(!w.argv[w.count]);
		words_release(&w);
		buf_release(&joined);
	}
	words_release(NULL);
}

static void test_word_limits(void)
{
	struct buf text = BUF_INIT(2 * WORDS_BYTES_MAX);
	struct words w;
	struct err err;

	for (int i = 0; i < WORDS_MAX; i++)
		buf_adds(&text, "a ");
	CHECK_OK(words_split(buf_text(&text), &w, &err), &err);
	CHECK_INT(w.count, WORDS_MAX);
	words_release(&w);
	buf_adds(&text, "a");
	CHECK_ERR(words_split(buf_text(&text), &w, &err), &err, ERR_CONFIG);

	buf_reset(&text);
	while (text.n < WORDS_BYTES_MAX - 1)
		buf_addc(&text, 'a');
	CHECK_OK(words_split(buf_text(&text), &w, &err), &err);
	words_release(&w);
	buf_addc(&text, 'a');
	CHECK_ERR(words_split(buf_text(&text), &w, &err), &err, ERR_CONFIG);
	buf_release(&text);
}

/* ---- the program ---- */

#define KEYS                                                                                       \
	"printf '{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"" SENTINEL "\","       \
	"\"SessionToken\":\"t\",\"Expiration\":\"2026-11-21T09:00:00Z\"}'"
#define GOT "P/" SENTINEL "/t//profile x: credential_process//3600"
#define WHO "profile x: credential_process: "

static const char *run(const char *command)
{
	static char got[1024];
	struct fake_session s;
	char config[4096];

	fake_clear();
	(void)snprintf(config, sizeof(config), "[profile x]\ncredential_process = %s\n", command);
	fake_open(&s, config, "x");
	(void)snprintf(got, sizeof(got), "%s", fake_get(&s));
	fake_close(&s);
	return got;
}

static void test_answers(void)
{
	static const struct {
		const char *name, *command, *want;
	} cases[] = {
		{ "keys", KEYS, GOT },
		{ "and talk beside them", "sh -c 'echo " SENTINEL " >&2; exec \"$@\"' x " KEYS,
		    GOT },
		{ "account",
		    "printf '{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"s\","
		    "\"AccountId\":\"123456789012\"}'",
		    "P/s//123456789012/profile x: credential_process//never" },
		{ "other version",
		    "printf '{\"Version\":2,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"s\"}'",
		    "corrupt: " WHO "Version is not 1" },
		{ "no version", "printf '{\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"s\"}'",
		    "corrupt: " WHO "Version is not 1" },
		{ "no secret", "printf '{\"Version\":1,\"AccessKeyId\":\"" SENTINEL "\"}'",
		    "corrupt: " WHO "SecretAccessKey is missing" },
		{ "expired",
		    "printf '{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"s\","
		    "\"Expiration\":\"2026-11-21T07:59:59Z\"}'",
		    "credentials: " WHO "expired at 2026-11-21T07:59:59Z" },
		{ "nothing", "true", "corrupt: " WHO "JSON of 0 bytes" },
		{ "not JSON", "echo " SENTINEL, "corrupt: " WHO "not JSON at byte 0" },
		{ "too much", "head -c 65537 /dev/zero",
		    "corrupt: " WHO "prints more than 65536 bytes" },
		{ "status", "false", "credentials: " WHO "exit status 1" },
		{ "status and why", "sh -c 'echo; echo not logged in >&2; exit 3'",
		    "credentials: " WHO "exit status 3: not logged in" },
		{ "status and much", "sh -c 'head -c 300000 /dev/zero >&2; exit 4'",
		    "credentials: " WHO "exit status 4: ...." },
		{ "keys and a status", "sh -c '\"$@\"; exit 5' x " KEYS,
		    "credentials: " WHO "exit status 5" },
		{ "killed", "sh -c 'kill -9 $$'", "credentials: " WHO "killed by signal 9" },
		{ "no such program", "/nonexistent/x",
		    "config: " WHO "/nonexistent/x: No such file or directory" },
		{ "no program", "/etc/passwd", "config: " WHO "/etc/passwd: Permission denied" },
		{ "no shell", "echo $HOME > /dev/null; false",
		    "corrupt: " WHO "not JSON at byte 0" },
		{ "open quote", "echo 'a", "config: " WHO "a quote is left open" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].name;
		CHECK_BEGINS(run(cases[i].command), cases[i].want);
	}
}

/* Nothing of this program's: input, descriptors, blocked or ignored signals. */
static void test_clean(void)
{
	static const struct {
		const char *name, *command;
	} cases[] = {
		{ "input", "sh -c 'cat && exec \"$@\"' x " KEYS },
		{ "descriptors",
		    "sh -c 'for f in /proc/$$/fd/*; do case $f in */[012]);; *) [ -e $f ] && exit 9;; "
		    "esac; done; exec \"$@\"' x " KEYS },
		{ "signals",
		    "sh -c 'while read k v; do case $k in SigBlk:|SigIgn:) [ $v = 0000000000000000 ] "
		    "|| exit 9;; esac; done < /proc/$$/status; exec \"$@\"' x " KEYS },
	};
	sigset_t some, before;
	int fd = fcntl(STDERR_FILENO, F_DUPFD, 57); /* not marked close-on-exec */

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL); /* what nohup or a shell's & handed on is not ours */
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &some, &before) != 0 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		test_die("set-up");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].name;
		CHECK_TEXT(run(cases[i].command), GOT);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)close(fd);
}

/* While it prints nothing, and after it has closed its output. */
static void test_timeout(void)
{
	static const char *const commands[] = { "sleep 100",
		"sh -c 'exec >&- 2>&-; exec sleep 100'" };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct creds_step step = { "x", NULL };
		char config[256];
		struct profiles *p;
		struct creds_options o = { .clock = &clock_system };
		struct creds_kit kit = { .options = &o, .process_timeout_ms = 100 };
		struct creds_draft d;
		struct err err;

		test_case = commands[i];
		(void)snprintf(config, sizeof(config), "[profile x]\ncredential_process = %s\n",
		    commands[i]);
		if (profiles_parse(&p, str_from(config), "config", STR_NONE, "", &err) != 0)
			test_die("%s", err.text);
		o.profiles = p;
		creds_draft_init(&d);
		CHECK_ERR(creds_process.fetch(&kit, &step, &d, &err), &err, ERR_TIMEOUT);
		creds_draft_wipe(&d);
		profiles_free(p);
	}
}

static const struct test tests[] = {
	{ "words", test_words },
	{ "word limits", test_word_limits },
	{ "answers", test_answers },
	{ "clean", test_clean },
	{ "timeout", test_timeout },
};

FAKE_MAIN(tests)
