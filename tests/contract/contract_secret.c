/*
 * What every secret backend must do. To add one, add a row to `backends`; no case may be
 * changed for it.
 */
#include <stdlib.h>
#include <unistd.h>

#include "contract.h"
#include "place.h"
#include "secret.h"

/* ---- backends ---- */

struct backend {
	const char *name;
	void (*fresh)(struct buf *url); /* append the URL of a secret that is not there */
	void (*set)(const char *url, struct str value); /* put it there, as an operator would */
	bool can_rotate;
	bool has_versions;
};

static void file_fresh(struct buf *url)
{
	char path[PLACE_PATH_SIZE];

	place_new(path, "shared");
	buf_addf(url, "file:%s", path);
}

static void file_set(const char *url, struct str value)
{
	place_write(url + strlen("file:"), value, 0600);
}

static void env_fresh(struct buf *url)
{
	(void)unsetenv("CONTRACT_SECRET");
	buf_adds(url, "env:CONTRACT_SECRET");
}

static void env_set(const char *url, struct str value)
{
	char text[SECRET_MAX + 16];

	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(value));
	(void)setenv(url + strlen("env:"), text, 1);
}

static const struct backend backends[] = {
	{ "file", file_fresh, file_set, .can_rotate = true, .has_versions = true },
	{ "env", env_fresh, env_set, .can_rotate = false, .has_versions = false },
};
static const struct backend *backend;

/* ---- the secret under test ---- */

static char url[PLACE_PATH_SIZE + 16];
static struct secret *secret;

static void begin(void)
{
	struct buf text = BUF_INIT(sizeof(url) - 1);
	struct err err;

	backend->fresh(&text);
	memcpy(url, buf_text(&text), text.n + 1);
	buf_release(&text);
	if (secret_open(&secret, str_from(url), NULL, &err) != 0)
		test_die("%s: %s", url, err.text);
}

static void end(void)
{
	secret_close(secret);
}

static void check_get(enum secret_which which, const char *want)
{
	struct secret_value v;
	struct err err;

	secret_value_init(&v);
	CHECK_OK(secret_get(secret, which, &v, &err), &err);
	CHECK_STR(buf_str(&v.bytes), str_from(want));
	CHECK_INT(v.version[0] != '\0', backend->has_versions);
	secret_value_wipe(&v);
	CHECK_INT(v.bytes.n, 0);
}

/* ---- cases ---- */

static void test_get(void)
{
	struct secret_value v;
	struct err err;

	begin();
	secret_value_init(&v);
	CHECK_ERR(secret_get(secret, SECRET_CURRENT, &v, &err), &err, ERR_NOTFOUND);
	CHECK_INT(v.bytes.n, 0);
	backend->set(url, STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
	check_get(SECRET_CURRENT, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
	CHECK_ERR(secret_get(secret, SECRET_PREVIOUS, &v, &err), &err, ERR_NOTFOUND);
	backend->set(url, STR("changed behind our back"));
	check_get(SECRET_CURRENT, "changed behind our back");
	end();
}

static char longest[SECRET_MAX + 3];

static void test_values(void)
{
	static const struct {
		const char *name, *value, *want; /* want NULL: ERR_INVALID */
	} rows[] = {
		{ "one byte", "x", "x" },
		{ "newline", "token\n", "token" },
		{ "inner blanks", " a b ", " a b " },
		{ "all printable", "!~#$%&'()*+,-./:;<=>?@[]^_`{|}\"\\",
		    "!~#$%&'()*+,-./:;<=>?@[]^_`{|}\"\\" },
		{ "empty", "", NULL },
		{ "newline only", "\n", NULL },
		{ "two newlines", "token\n\n", NULL },
		{ "CR LF", "token\r\n", NULL },
		{ "two lines", "to\nken", NULL },
		{ "tab", "to\tken", NULL },
		{ "DEL", "to\x7fken", NULL },
		{ "not ASCII", "t\xc3\xb6ken", NULL },
		{ "too long", longest, NULL },
	};
	struct err err;

	memset(longest, 'k', SECRET_MAX + 1);
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct secret_value v;

		test_case = rows[i].name;
		backend->set(url, str_from(rows[i].value));
		if (rows[i].want) {
			check_get(SECRET_CURRENT, rows[i].want);
			continue;
		}
		secret_value_init(&v);
		buf_adds(&v.bytes, "before");
		CHECK_ERR(secret_get(secret, SECRET_CURRENT, &v, &err), &err, ERR_INVALID);
		CHECK_STR(buf_str(&v.bytes), STR("before")); /* untouched */
		CHECK(!str_contains(str_from(err.text), STR("ken")));
		secret_value_wipe(&v);
	}
	longest[SECRET_MAX] = '\n';
	backend->set(url, str_from(longest));
	longest[SECRET_MAX] = '\0';
	check_get(SECRET_CURRENT, longest);
	end();
}

static void test_rotate(void)
{
	struct secret_value before, after;
	struct err err;

	begin();
	backend->set(url, STR("first\n"));
	if (!backend->can_rotate) {
		CHECK_ERR(secret_rotate(secret, STR("second"), &err), &err, ERR_DENIED);
		check_get(SECRET_CURRENT, "first");
		end();
		return;
	}
	secret_value_init(&before);
	secret_value_init(&after);
	CHECK_OK(secret_get(secret, SECRET_CURRENT, &before, &err), &err);
	CHECK_OK(secret_rotate(secret, STR("second\n"), &err), &err);
	check_get(SECRET_CURRENT, "second");
	check_get(SECRET_PREVIOUS, "first");
	CHECK_OK(secret_get(secret, SECRET_CURRENT, &after, &err), &err);
	CHECK(!str_is(str_from(before.version), after.version));
	CHECK(after.changed_at >= before.changed_at && before.changed_at > 0);
	CHECK_OK(secret_rotate(secret, STR("second"), &err), &err); /* again: nothing to do */
	check_get(SECRET_CURRENT, "second");
	check_get(SECRET_PREVIOUS, "first");
	CHECK_OK(secret_rotate(secret, STR("third"), &err), &err);
	check_get(SECRET_CURRENT, "third");
	check_get(SECRET_PREVIOUS, "second");
	secret_value_wipe(&before);
	secret_value_wipe(&after);
	end();
}

static void test_bad_rotations(void)
{
	static const char *const rows[] = { "", "\n", "t\xc3\xb6ken", "to\nken", longest };
	struct err err;

	memset(longest, 'k', SECRET_MAX + 1);
	longest[SECRET_MAX + 1] = '\0';
	begin();
	backend->set(url, STR("first"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i];
		CHECK_ERR(secret_rotate(secret, str_from(rows[i]), &err), &err, ERR_INVALID);
		check_get(SECRET_CURRENT, "first");
	}
	end();
}

static void test_bad_urls(void)
{
	static const char *const rows[] = { "", "the-secret-itself", "nosuch:the-secret-itself",
		"file:", "env:", "env:A B" };
	struct secret *s = NULL;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i];
		CHECK_ERR(secret_open(&s, str_from(rows[i]), NULL, &err), &err, ERR_CONFIG);
		CHECK(s == NULL && !str_contains(str_from(err.text), STR("itself")));
	}
}

static const struct test tests[] = {
	{ "get", test_get },
	{ "values", test_values },
	{ "rotate", test_rotate },
	{ "bad_rotations", test_bad_rotations },
	{ "bad_urls", test_bad_urls },
};

CONTRACT_MAIN(tests)
