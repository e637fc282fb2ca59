#include "err.h"

#include <errno.h>

#include "test.h"

static void test_set(void)
{
	struct err err;

	CHECK_INT(err_set(&err, ERR_INVALID, "key '%s': must be %d", "a\nb\x7f\x01", 3), -1);
	CHECK_INT(err.code, ERR_INVALID);
	CHECK_TEXT(err.text,
	    "key 'a?b?"
	    "?': must be 3");
}

static void test_errno(void)
{
	static const struct {
		int number;
		enum err_code code;
	} cases[] = {
		{ ENOENT, ERR_NOTFOUND },
		{ EACCES, ERR_DENIED },
		{ EEXIST, ERR_CONFLICT },
		{ EAGAIN, ERR_BUSY },
		{ ETIMEDOUT, ERR_TIMEOUT },
		{ EINVAL, ERR_INVALID },
		{ ENOSPC, ERR_IO },
		{ EIO, ERR_IO },
		{ ECONNREFUSED, ERR_IO },
		{ EROFS, ERR_DENIED },
		{ ENAMETOOLONG, ERR_INVALID },
	};
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		errno = cases[i].number;
		CHECK_INT(err_errno(&err, "file %d", 7), -1);
		CHECK_INT(err.code, cases[i].code);
		CHECK(str_has_prefix(str_from(err.text), STR("file 7: ")));
		CHECK(str_has_suffix(str_from(err.text), str_from(strerror(cases[i].number))));
	}
}

static void test_wrap(void)
{
	struct err err;

	(void)err_set(&err, ERR_BUSY, "locked");
	CHECK_INT(err_wrap(&err, "queue %s", "a\tb"), -1);
	CHECK_INT(err.code, ERR_BUSY);
	CHECK_TEXT(err.text, "queue a?b: locked");
}

/* A text that is too long is cut, never overrun, by any of the three. */
static void test_limits(void)
{
	char text[2 * ERR_TEXT_MAX];
	struct err err;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	(void)err_set(&err, ERR_IO, "%s", text);
	CHECK_INT(strlen(err.text), ERR_TEXT_MAX - 1);
	(void)err_wrap(&err, "y");
	CHECK_INT(strlen(err.text), ERR_TEXT_MAX - 1);
	CHECK(strncmp(err.text, "y: xxx", 6) == 0);
	(void)err_wrap(&err, "%s", text);
	CHECK_INT(strlen(err.text), ERR_TEXT_MAX - 1);
	errno = EIO;
	(void)err_errno(&err, "%s", text);
	CHECK_INT(strlen(err.text), ERR_TEXT_MAX - 1);
	(void)err_set(&err, ERR_IO, "%.*s", ERR_TEXT_MAX - 1, text);
	CHECK_INT(strlen(err.text), ERR_TEXT_MAX - 1);
	(void)err_set(&err, ERR_IO, "%s", "");
	CHECK_TEXT(err.text, "");
}

static void test_names(void)
{
	for (int i = 0; i < ERR_CODE_COUNT; i++)
		for (int k = 0; k < i; k++)
			CHECK(strcmp(err_name((enum err_code)i), err_name((enum err_code)k)) != 0);
	CHECK_TEXT(err_name(ERR_BUSY), "busy");
	CHECK_TEXT(err_name(ERR_CODE_COUNT), "unknown");
}

static void test_transient(void)
{
	for (int i = 0; i < ERR_CODE_COUNT; i++)
		CHECK_INT(err_is_transient((enum err_code)i),
		    i == ERR_BUSY || i == ERR_TIMEOUT || i == ERR_IO);
}

static const struct test tests[] = {
	{ "set", test_set },
	{ "errno", test_errno },
	{ "wrap", test_wrap },
	{ "limits", test_limits },
	{ "names", test_names },
	{ "transient", test_transient },
};

TEST_MAIN(tests)
