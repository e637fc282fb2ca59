/* profile.c: what stands in the two files, as the SDKs read it. */
#include "profile.h"

#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static struct profiles *parse(const char *config, const char *credentials)
{
	struct profiles *p = NULL;
	struct err err;

	if (profiles_parse(&p, str_from(config), "config", str_from(credentials), "credentials",
		&err) != 0)
		test_die("%s: %s", test_case, err.text);
	return p;
}

static const struct {
	const char *name, *config, *credentials;
	enum profile_section section;
	const char *of, *key, *value;
} values[] = {
	{ "default", "[default]\nregion = a\n", "", PROFILE_PROFILE, "default", "region", "a" },
	{ "prefixed", "[profile x]\nregion=a", "", PROFILE_PROFILE, "x", "region", "a" },
	{ "blanks in header", "[ profile\t x ] \nregion=a", "", PROFILE_PROFILE, "x", "region",
	    "a" },
	{ "quoted name", "[profile \"a b\"]\nregion=a", "", PROFILE_PROFILE, "a b", "region", "a" },
	{ "single quotes", "[profile 'a b']\nregion=a", "", PROFILE_PROFILE, "a b", "region", "a" },
	{ "no prefix", "[x]\nregion=a", "", PROFILE_PROFILE, "x", "region", NULL },
	{ "other section", "[plugins]\nx=1\n[default]\nregion=a", "", PROFILE_PROFILE, "default",
	    "region", "a" },
	{ "prefix alone", "[profile]\nregion=a", "", PROFILE_PROFILE, "profile", "region", NULL },
	{ "header with comment", "[profile x] # mine\nregion=a", "", PROFILE_PROFILE, "x", "region",
	    "a" },
	{ "CRLF", "[profile x]\r\nregion = a\r\n\r\n", "", PROFILE_PROFILE, "x", "region", "a" },
	{ "credentials file", "", "[x]\naws_access_key_id = A", PROFILE_PROFILE, "x",
	    "aws_access_key_id", "A" },
	{ "credentials win", "[profile x]\nk = a", "[x]\nk = b", PROFILE_PROFILE, "x", "k", "b" },
	{ "config adds", "[profile x]\nregion = a", "[x]\nk = b", PROFILE_PROFILE, "x", "region",
	    "a" },
	{ "last one wins", "[default]\nk=a\nk=b", "", PROFILE_PROFILE, "default", "k", "b" },
	{ "section again", "[profile x]\nk=a\n[profile y]\n[profile x]\nm=b", "", PROFILE_PROFILE,
	    "x", "k", "a" },
	{ "profile default first", "[profile default]\nk=a\n[default]\nk=b\nm=c", "",
	    PROFILE_PROFILE, "default", "k", "a" },
	{ "profile default last", "[default]\nk=b\n[profile default]\nk=a", "", PROFILE_PROFILE,
	    "default", "k", "a" },
	{ "profile default alone counts", "[default]\nm=b\n[profile default]\nk=a", "",
	    PROFILE_PROFILE, "default", "m", NULL },
	{ "key without case", "[default]\nRegion = a", "", PROFILE_PROFILE, "default", "region",
	    "a" },
	{ "name with case", "[profile X]\nregion = a", "", PROFILE_PROFILE, "x", "region", NULL },
	{ "comments", "# one\n; two\n[default]\n  # three\nregion = a\n", "", PROFILE_PROFILE,
	    "default", "region", "a" },
	{ "comment behind", "[default]\nregion = a # b", "", PROFILE_PROFILE, "default", "region",
	    "a" },
	{ "comment with ;", "[default]\nregion = a\t;b", "", PROFILE_PROFILE, "default", "region",
	    "a" },
	{ "no comment", "[default]\nk = a#b;c", "", PROFILE_PROFILE, "default", "k", "a#b;c" },
	{ "only a comment", "[default]\nk = # b", "", PROFILE_PROFILE, "default", "k", NULL },
	{ "value with =", "[default]\nk = a=b = c", "", PROFILE_PROFILE, "default", "k",
	    "a=b = c" },
	{ "empty", "[default]\nk =\n", "", PROFILE_PROFILE, "default", "k", NULL },
	{ "more lines", "[default]\nk = a\n  b # c\n\td\nm = e", "", PROFILE_PROFILE, "default",
	    "k", "a\nb\nd" },
	{ "after more lines", "[default]\nk = a\n  b\n\td\nm = e", "", PROFILE_PROFILE, "default",
	    "m", "e" },
	{ "nested is not top", "[default]\ns3 =\n  k = v\n", "", PROFILE_PROFILE, "default", "k",
	    NULL },
	{ "sso-session", "[sso-session s]\nsso_region = a", "", PROFILE_SSO_SESSION, "s",
	    "sso_region", "a" },
	{ "kinds are apart", "[sso-session s]\nsso_region = a", "", PROFILE_PROFILE, "s",
	    "sso_region", NULL },
	{ "absent", "[default]\n", "", PROFILE_PROFILE, "other", "k", NULL },
	{ "no end", "[default]\nk = a", "", PROFILE_PROFILE, "default", "k", "a" },
	{ "nothing", "", "", PROFILE_PROFILE, "default", "k", NULL },
};

static void test_values(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct profiles *p;
		const char *got;

		test_case = values[i].name;
		p = parse(values[i].config, values[i].credentials);
		got = profiles_get(p, values[i].section, values[i].of, values[i].key);
		CHECK(!got == !values[i].value);
		CHECK_TEXT(got, values[i].value);
		profiles_free(p);
	}
}

static void test_nested(void)
{
	struct profiles *p = parse("[services local]\n"
				   "sqs =\n"
				   "  endpoint_url = http://127.0.0.1:9324\n"
				   "\n"
				   "  # kept short\n"
				   "  Other = x # y\n"
				   "s3 = # elsewhere\n"
				   "\tendpoint_url = http://127.0.0.1:7070\n"
				   "[default]\n"
				   "endpoint_url = top\n",
	    "");
	static const struct {
		const char *block, *key, *value;
	} cases[] = {
		{ "sqs", "endpoint_url", "http://127.0.0.1:9324" },
		{ "SQS", "other", "x" },
		{ "s3", "endpoint_url", "http://127.0.0.1:7070" },
		{ "s3", "other", NULL },
		{ "ssm", "endpoint_url", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].block;
		CHECK_TEXT(
		    profiles_get_nested(p, PROFILE_SERVICES, "local", cases[i].block, cases[i].key),
		    cases[i].value);
	}
	CHECK(!profiles_get(p, PROFILE_SERVICES, "local", "endpoint_url"));
	profiles_free(p);
}

/* Place and reason; never the line itself, which may hold a key. */
static void test_refused(void)
{
	static const struct {
		const char *name, *config, *credentials, *place;
	} cases[] = {
		{ "no section", "region = SENTINEL", "", "config line 1:" },
		{ "open header", "\n\n[profile SENTINEL\n", "", "config line 3:" },
		{ "text after header", "[profile x] SENTINEL\n", "", "config line 1:" },
		{ "no =", "", "[x]\nSENTINEL\n", "credentials line 2:" },
		{ "no key", "", "[x]\n = SENTINEL\n", "credentials line 2:" },
		{ "no key at all", "", "[x]\n= SENTINEL\n", "credentials line 2:" },
		{ "indented without key", "[default]\n  SENTINEL = 1\n", "", "config line 2:" },
		{ "no = in block", "[default]\ns3 =\n  SENTINEL\n", "", "config line 3:" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct profiles *p = NULL;
		struct err err;

		test_case = cases[i].name;
		CHECK_ERR(profiles_parse(&p, str_from(cases[i].config), "config",
			      str_from(cases[i].credentials), "credentials", &err),
		    &err, ERR_CONFIG);
		CHECK(str_has_prefix(str_from(err.text), str_from(cases[i].place)));
		CHECK(!strstr(err.text, "SENTINEL"));
		CHECK(!p);
	}
}

static void test_limits(void)
{
	struct buf text = BUF_INIT(PROFILE_FILE_MAX + 1);
	struct profiles *p;
	struct err err;

	buf_adds(&text, "[default]\nk = ");
	while (text.n < PROFILE_FILE_MAX)
		buf_addc(&text, 'v');
	CHECK_OK(profiles_parse(&p, buf_str(&text), "config", STR_NONE, "credentials", &err), &err);
	CHECK_INT(strlen(profiles_get(p, PROFILE_PROFILE, "default", "k")), PROFILE_FILE_MAX - 14);
	profiles_free(p);

	buf_addc(&text, 'v');
	CHECK_ERR(profiles_parse(&p, buf_str(&text), "config", STR_NONE, "credentials", &err), &err,
	    ERR_CONFIG);
	CHECK_ERR(
	    profiles_parse(&p, STR("[default]\nk = a\0b"), "config", STR_NONE, "credentials", &err),
	    &err, ERR_CONFIG);
	buf_release(&text);
	CHECK(!profiles_has(NULL, PROFILE_PROFILE, "default"));
	CHECK(!profiles_name_at(NULL, 0));
	profiles_free(NULL);
}

static void test_names(void)
{
	struct profiles *p = parse("[profile a]\n[default]\n[sso-session s]\n[profile b]\n",
	    "[b]\n[c]\n");
	static const char *const names[] = { "a", "default", "b", "c", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		CHECK_TEXT(profiles_name_at(p, i), names[i]);
	CHECK(profiles_has(p, PROFILE_PROFILE, "c"));
	CHECK(!profiles_has(p, PROFILE_PROFILE, "s"));
	CHECK(profiles_has(p, PROFILE_SSO_SESSION, "s"));
	profiles_free(p);

	unsetenv("AWS_PROFILE");
	CHECK_TEXT(profile_name(NULL), "default");
	setenv("AWS_PROFILE", "", 1);
	CHECK_TEXT(profile_name(NULL), "default");
	setenv("AWS_PROFILE", "x", 1);
	CHECK_TEXT(profile_name(NULL), "x");
	CHECK_TEXT(profile_name("y"), "y");
	unsetenv("AWS_PROFILE");
}

/* ---- files ---- */

static const struct {
	const char *path, *text;
} files[] = {
	{ ".aws/config", "[default]\nregion = a\n" },
	{ ".aws/credentials", "[default]\nregion = b\n" },
	{ ".aws/mine", "[default]\nregion = c\n" },
	{ ".aws/bad", "SENTINEL" },
};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		test_die("%s", path);
}

/* Becomes the working directory. */
static void make_home(char template[])
{
	if (!mkdtemp(template) || chdir(template) != 0 || mkdir(".aws", 0700) != 0)
		test_die("no directory");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		write_file(files[i].path, files[i].text);
}

static void remove_home(const char *home)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (remove(files[i].path) != 0)
			test_die("%s", files[i].path);
	if (remove(".aws") != 0 || chdir("/") != 0 || remove(home) != 0)
		test_die("%s", home);
}

static void set(const char *name, const char *value)
{
	if ((value ? setenv(name, value, 1) : unsetenv(name)) != 0)
		test_die("%s", name);
}

static const struct load_case {
	const char *name;
	const char *home, *config, *credentials; /* the environment; NULL: not set */
	const char *region;                      /* of the default profile; NULL: none */
	const char *error;                       /* part of the text; NULL: read without one */
} load_cases[] = {
	{ "no files", "/nonexistent", NULL, NULL, NULL, NULL },
	{ "in HOME", ".", NULL, NULL, "b", NULL },
	{ "credentials named", ".", NULL, "~/.aws/mine", "c", NULL },
	{ "credentials empty", ".", NULL, "/dev/null", "a", NULL },
	{ "config a directory", ".", "~/.aws", "/dev/null", NULL, ".aws" },
	{ "config with a bad line", ".", "~/.aws/bad", "/dev/null", NULL, "/.aws/bad line 1" },
	{ "no HOME", NULL, "~/.aws/bad", "/dev/null", NULL, NULL },
};

static void check_load(const struct load_case *c)
{
	struct profiles *p = NULL;
	struct err err;

	set("HOME", c->home);
	set("AWS_CONFIG_FILE", c->config);
	set("AWS_SHARED_CREDENTIALS_FILE", c->credentials);
	if (c->error) {
		CHECK_ERR(profiles_load(&p, &err), &err, ERR_CONFIG);
		CHECK(strstr(err.text, c->error) && !strstr(err.text, "SENTINEL"));
		return;
	}
	CHECK_OK(profiles_load(&p, &err), &err);
	CHECK_TEXT(profiles_get(p, PROFILE_PROFILE, "default", "region"), c->region);
	profiles_free(p);
}

static void test_load(void)
{
	char home[] = "/tmp/test-profile-XXXXXX";

	make_home(home);
	for (size_t i = 0; i < ARRAY_SIZE(load_cases); i++) {
		test_case = load_cases[i].name;
		check_load(&load_cases[i]);
	}
	remove_home(home);
	set("AWS_CONFIG_FILE", NULL);
	set("AWS_SHARED_CREDENTIALS_FILE", NULL);
}

static const struct test tests[] = {
	{ "values", test_values },
	{ "nested", test_nested },
	{ "refused", test_refused },
	{ "limits", test_limits },
	{ "names", test_names },
	{ "load", test_load },
};

TEST_MAIN(tests)
