/*
 * test: the harness of all C tests. A test is a function; a failed check prints
 * file, line, the case under way and both values, and the program exits 1 at its
 * end. Set-up that fails calls test_die(): it fails the test, it never skips it.
 */
#ifndef OPS_TEST_H
#define OPS_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "str.h"

static int test_failures;
static int test_checks;
static const char *test_case = "";

#define TEST_FAIL(...)                                                                             \
	do {                                                                                       \
		test_failures++;                                                                   \
		fprintf(stderr, "%s:%d: [%s] ", __FILE__, __LINE__, test_case);                    \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fputc('\n', stderr);                                                               \
	} while (0)

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		test_checks++;                                                                     \
		if (!(condition))                                                                  \
			TEST_FAIL("not so: %s", #condition);                                       \
	} while (0)

#define CHECK_INT(got, want)                                                                       \
	do {                                                                                       \
		int64_t got_ = (int64_t)(got), want_ = (int64_t)(want);                            \
		test_checks++;                                                                     \
		if (got_ != want_)                                                                 \
			TEST_FAIL("%s is %" PRId64 ", want %" PRId64, #got, got_, want_);          \
	} while (0)

#define CHECK_STR(got, want)                                                                       \
	do {                                                                                       \
		struct str got_ = (got), want_ = (want);                                           \
		test_checks++;                                                                     \
		if (!str_eq(got_, want_))                                                          \
			TEST_FAIL("%s is '%.*s', want '%.*s'", #got, STR_ARG(got_),                \
			    STR_ARG(want_));                                                       \
	} while (0)

#define CHECK_TEXT(got, want) CHECK_STR(str_from(got), str_from(want))

/* The call returned 0. */
#define CHECK_OK(call, err)                                                                        \
	do {                                                                                       \
		test_checks++;                                                                     \
		if ((call) != 0)                                                                   \
			TEST_FAIL("%s: %s: %s", #call, err_name((err)->code), (err)->text);        \
	} while (0)

/* The call returned -1 with that code. */
#define CHECK_ERR(call, err, want)                                                                 \
	do {                                                                                       \
		test_checks++;                                                                     \
		(err)->code = ERR_NONE;                                                            \
		if ((call) != -1)                                                                  \
			TEST_FAIL("%s succeeded, want %s", #call, err_name(want));                 \
		else if ((err)->code != (want))                                                    \
			TEST_FAIL("%s: %s (%s), want %s", #call, err_name((err)->code),            \
			    (err)->text, err_name(want));                                          \
	} while (0)

#define test_die(...)                                                                              \
	do {                                                                                       \
		fprintf(stderr, "%s:%d: set-up: ", __FILE__, __LINE__);                            \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fputc('\n', stderr);                                                               \
		exit(1);                                                                           \
	} while (0)

struct test {
	const char *name;
	void (*run)(void);
};

/* Run all, or those named in argv; a test or a program that checked nothing fails. */
static int test_main(const struct test *tests, size_t count, int argc, char **argv)
{
	int checks_before;

	for (size_t i = 0; i < count; i++) {
		bool is_wanted = argc < 2;

		for (int a = 1; a < argc; a++)
			is_wanted = is_wanted || strcmp(argv[a], tests[i].name) == 0;
		if (!is_wanted)
			continue;
		checks_before = test_checks;
		test_case = tests[i].name;
		tests[i].run();
		if (test_checks == checks_before)
			TEST_FAIL("checked nothing");
	}
	printf("%zu tests, %d checks, %d failures\n", count, test_checks, test_failures);
	return test_failures != 0 || test_checks == 0;
}

#define TEST_MAIN(tests)                                                                           \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		return test_main(tests, sizeof(tests) / sizeof((tests)[0]), argc, argv);           \
	}

#endif
