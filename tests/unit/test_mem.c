#include "mem.h"

#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static void test_alloc(void)
{
	unsigned char *zeroed = xcalloc(16, 16);
	char *copy = xstrdup("abc"), *part = xstrndup((struct str){ "abcdef", 3 });
	void *none = xmalloc(0);

	for (size_t i = 0; i < 256; i++)
		CHECK(zeroed[i] == 0);
	CHECK_TEXT(copy, "abc");
	CHECK_TEXT(part, "abc");
	CHECK(none != NULL);
	copy = xrealloc(copy, 1000);
	CHECK_TEXT(copy, "abc");
	free(zeroed);
	free(copy);
	free(part);
	free(none);
	copy = xstrndup(STR_NONE);
	CHECK_TEXT(copy, "");
	free(copy);
}

/* In a child, because it must die. */
static void test_product(void)
{
	volatile size_t huge = SIZE_MAX / 2 + 2;
	pid_t child = fork();
	int status = 0;

	if (child < 0)
		test_die("fork");
	if (child == 0) {
		(void)close(2); /* a sanitizer's report is not news here */
		free(xcalloc(huge, 2));
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child)
		test_die("waitpid");
	CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
}

static void test_wipe(void)
{
	char secret[] = "secret";

	mem_wipe(secret, 3);
	CHECK(memcmp(secret, "\0\0\0ret", 7) == 0);
	mem_wipe(secret, sizeof(secret));
	CHECK(memcmp(secret, "\0\0\0\0\0\0", 7) == 0);
	mem_wipe(NULL, 0);
}

static void test_eq_const_time(void)
{
	char a[32] = { 0 }, b[32] = { 0 };

	CHECK(mem_eq_const_time(STR_NONE, STR("")));
	CHECK(!mem_eq_const_time(STR("a"), STR_NONE));
	CHECK(!mem_eq_const_time(STR("ab"), STR("a")));
	for (size_t i = 0; i < sizeof(a); i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			a[i] = (char)(1U << bit);
			CHECK(!mem_eq_const_time((struct str){ a, 32 }, (struct str){ b, 32 }));
		}
		a[i] = 0;
	}
	CHECK(mem_eq_const_time((struct str){ a, 32 }, (struct str){ b, 32 }));
}

static const struct test tests[] = {
	{ "alloc", test_alloc },
	{ "product", test_product },
	{ "wipe", test_wipe },
	{ "eq const time", test_eq_const_time },
};

TEST_MAIN(tests)
