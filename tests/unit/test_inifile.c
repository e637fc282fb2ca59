#include "inifile.h"

#include "test.h"

static void test_parse(void)
{
	static const struct {
		const char *name, *text, *section, *key, *want; /* want NULL: no such key */
	} cases[] = {
		{ "head", "a = 1\n[s]\na = 2\n", "", "a", "1" },
		{ "section", "a = 1\n[s]\na = 2\n", "s", "a", "2" },
		{ "no end of line", "[s]\na = 2", "s", "a", "2" },
		{ "carriage returns", "[s]\r\na = 2\r\n", "s", "a", "2" },
		{ "comments", "# a = 1\n; a = 2\n[s] ; x\na = 3 ; y\n", "s", "a", "3" },
		{ "colon in the value", "[s]\na = file:/x;y\n", "s", "a", "file:/x;y" },
		{ "equal sign in the value", "[s]\na = b=c\n", "s", "a", "b=c" },
		{ "empty value", "[s]\na =\n", "s", "a", "" },
		{ "section in two parts", "[s]\na = 1\n[t]\nb = 2\n[s]\nc = 3\n", "s", "c", "3" },
		{ "indented", "[s]\n\ta = 1\n\tb = 2\n", "s", "b", "2" },
		{ "byte order mark", "\xef\xbb\xbf[s]\na = 1\n", "s", "a", "1" },
		{ "none", "[s]\na = 1\n", "s", "b", NULL },
		{ "empty", "", "s", "a", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct inifile ini = { 0 };
		const char *value;
		struct err err;

		test_case = cases[i].name;
		CHECK_OK(inifile_parse(str_from(cases[i].text), "f.ini", &ini, &err), &err);
		value = inifile_get(&ini, cases[i].section, cases[i].key);
		CHECK((value == NULL) == (cases[i].want == NULL));
		if (value != NULL && cases[i].want != NULL)
			CHECK_TEXT(value, cases[i].want);
		inifile_release(&ini);
	}
}

static void test_malformed(void)
{
	static const struct {
		const char *name, *text, *want;
	} cases[] = {
		{ "no equal sign", "[s]\na\n", "f.ini:2: neither [section] nor key = value" },
		{ "open section", "[s\na = 1\n", "f.ini:1: neither [section] nor key = value" },
		{ "twice", "[s]\na = 1\na = 2\n", "f.ini:3: the key is there twice" },
		{ "twice, apart", "[s]\na = 1\n[t]\n[s]\na = 2\n",
		    "f.ini:5: the key is there twice" },
		{ "continued", "[s]\na = 1\n  2\n", "f.ini:3: neither [section] nor key = value" },
		{ "control character", "[s]\na = 1\n\v[t]\n",
		    "f.ini:3: there is a control character in the line" },
		{ "section without a name", "[]\na = 1\n", "f.ini:1: the section has no name" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct inifile ini = { 0 };
		struct err err = { 0 };

		test_case = cases[i].name;
		CHECK_ERR(inifile_parse(str_from(cases[i].text), "f.ini", &ini, &err), &err,
		    ERR_CONFIG);
		CHECK_TEXT(err.text, cases[i].want);
		CHECK_INT(ini.count, 0);
	}
}

/* The longest line is read whole, one byte more is refused and never torn. */
static void test_line_length(void)
{
	for (size_t n = INIFILE_LINE_MAX - 1; n <= INIFILE_LINE_MAX + 1; n++) {
		struct buf text = BUF_INIT(4096);
		struct inifile ini = { 0 };
		struct err err;

		buf_adds(&text, "k = ");
		while (text.n < n)
			buf_addc(&text, 'v');
		buf_adds(&text, "\nnext = 1\n");
		if (n <= INIFILE_LINE_MAX) {
			CHECK_OK(inifile_parse(buf_str(&text), "f.ini", &ini, &err), &err);
			CHECK_INT(strlen(inifile_get(&ini, "", "k")), n - strlen("k = "));
			CHECK_TEXT(inifile_get(&ini, "", "next"), "1");
		} else {
			CHECK_ERR(inifile_parse(buf_str(&text), "f.ini", &ini, &err), &err,
			    ERR_CONFIG);
		}
		inifile_release(&ini);
		buf_release(&text);
	}
}

static void test_put_section(void)
{
	static const struct {
		const char *name, *text, *lines, *want;
	} cases[] = {
		{ "into nothing", "", "a = 1\n", "[s]\na = 1\n" },
		{ "at the end", "x = 1\n", "a = 1\n", "x = 1\n\n[s]\na = 1\n" },
		{ "at an end without line end", "x = 1", "a = 1\n", "x = 1\n\n[s]\na = 1\n" },
		{ "in place", "# c\n[s]\nold = 1\n[t]\nb = 2\n", "a = 1\n",
		    "# c\n[s]\na = 1\n\n[t]\nb = 2\n" },
		{ "last one", "[t]\nb = 2\n[s]\nold = 1\n", "a = 1\n", "[t]\nb = 2\n[s]\na = 1\n" },
		{ "there twice", "[s]\na = 1\n[t]\n[s]\nb = 2\n", "c = 3\n",
		    "[s]\nc = 3\n\n[t]\n" },
		{ "blanks round the header", " [s] ; x\nold = 1\n", "a = 1\n", "[s]\na = 1\n" },
		{ "a longer name is another", "[ss]\nb = 2\n", "a = 1\n",
		    "[ss]\nb = 2\n\n[s]\na = 1\n" },
		{ "removed", "[s]\na = 1\n# of s\n[t]\nb = 2\n", "", "[t]\nb = 2\n" },
		{ "behind a byte order mark", "\xef\xbb\xbf[s]\nold = 1\n", "a = 1\n",
		    "[s]\na = 1\n" },
		{ "removed, not there", "[t]\nb = 2\n", "", "[t]\nb = 2\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = BUF_INIT(4096);

		test_case = cases[i].name;
		inifile_put_section(str_from(cases[i].text), "s", str_from(cases[i].lines), &out);
		CHECK_STR(buf_str(&out), str_from(cases[i].want));
		buf_release(&out);
	}
}

static void test_put_head(void)
{
	static const struct {
		const char *name, *text, *line, *want;
	} cases[] = {
		{ "into nothing", "", "k = 1\n", "k = 1\n" },
		{ "on top of a section", "[s]\n", "k = 1\n", "k = 1\n\n[s]\n" },
		{ "on top of a comment", "# c\n[s]\n", "k = 1\n", "k = 1\n# c\n[s]\n" },
		{ "in place", "# c\nk=0\n[s]\nk = 2\n", "k = 1\n", "# c\nk = 1\n[s]\nk = 2\n" },
		{ "in place of one with a colon", "k : 0\n", "k = 1\n", "k = 1\n" },
		{ "not in place of a value", "j:k=0\n", "k = 1\n", "k = 1\nj:k=0\n" },
		{ "removed", "k = 0\n[s]\nk = 2\n", "", "[s]\nk = 2\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = BUF_INIT(4096);

		test_case = cases[i].name;
		inifile_put_head(str_from(cases[i].text), "k", str_from(cases[i].line), &out);
		CHECK_STR(buf_str(&out), str_from(cases[i].want));
		buf_release(&out);
	}
}

/* What is written is read back as it was, or not written at all. */
static void test_add_line(void)
{
	static const struct {
		const char *value;
		bool is_good;
	} cases[] = {
		{ "x", true },
		{ "file:/a b/c;d", true },
		{ "a = b", true },
		{ "[x]", true },
		{ "a ; b", false },
		{ ";a", false },
		{ " a", false },
		{ "a ", false },
		{ "a\nb", false },
		{ "a\tb", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = BUF_INIT(4096);
		struct inifile ini = { 0 };
		struct err err;

		test_case = cases[i].value;
		if (cases[i].is_good) {
			CHECK_OK(inifile_add_line(&out, "k", cases[i].value, &err), &err);
			CHECK_OK(inifile_parse(buf_str(&out), "f", &ini, &err), &err);
			CHECK_TEXT(inifile_get(&ini, "", "k"), cases[i].value);
		} else {
			CHECK_ERR(inifile_add_line(&out, "k", cases[i].value, &err), &err,
			    ERR_INVALID);
			CHECK_INT(out.n, 0);
		}
		inifile_release(&ini);
		buf_release(&out);
	}
}

static const struct test tests[] = {
	{ "parse", test_parse },
	{ "malformed", test_malformed },
	{ "line_length", test_line_length },
	{ "put_section", test_put_section },
	{ "put_head", test_put_head },
	{ "add_line", test_add_line },
};

TEST_MAIN(tests)
