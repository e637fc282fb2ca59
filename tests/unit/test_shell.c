/* Words of a shell's command line: what a shell reads of them is what went in. */
#include "shell.h"

#include "test.h"

static void test_words(void)
{
	static const struct {
		const char *word, *quoted, *shown;
	} cases[] = {
		{ "", "''", "''" },
		{ "/var/lib/a-b_c.d", "'/var/lib/a-b_c.d'", "/var/lib/a-b_c.d" },
		{ "/my files/x", "'/my files/x'", "'/my files/x'" },
		{ "it's", "'it'\\''s'", "'it'\\''s'" },
		{ "a;b", "'a;b'", "'a;b'" },
		{ "$HOME", "'$HOME'", "'$HOME'" },
		{ "~", "'~'", "'~'" },
		{ "caf\303\251", "'caf\303\251'", "'caf\303\251'" },
		{ "a\nb", "'a\nb'", "'a\nb'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf quoted = BUF_INIT(64), shown = BUF_INIT(64);

		shell_quote(&quoted, str_from(cases[i].word));
		shell_word(&shown, str_from(cases[i].word));
		CHECK_TEXT(buf_text(&quoted), cases[i].quoted);
		CHECK_TEXT(buf_text(&shown), cases[i].shown);
		buf_release(&quoted);
		buf_release(&shown);
	}
}

static const struct test tests[] = {
	{ "words", test_words },
};

TEST_MAIN(tests)
