/* Listing any store, in the order of keys. */
#include "contract_store.h"

/* In the order in which they must come: '-' and '.' sort before '/'. */
static const char *const listed[] = {
	"2025/12/31/23/z",
	"2026-other",
	"2026/01/01/00/a",
	"2026/01/01/00/b",
	"2026/01/01/00/b.c",
	"2026/01/01/01/a",
	"2026/01/010/a",
	"2026/11/21/08/m",
	"2026=x",
	"foreign/2026/01/01/00/1-2",
	"foreign0",
};

struct seen {
	size_t next, stop_at;
};

static bool on_key(void *arg, struct str key, uint64_t size)
{
	struct seen *s = arg;

	CHECK(s->next < ARRAY_SIZE(listed));
	if (s->next < ARRAY_SIZE(listed)) {
		CHECK_STR(key, str_from(listed[s->next]));
		CHECK_INT(size, strlen(listed[s->next]));
	}
	s->next++;
	return s->next != s->stop_at;
}

static void check_list(const char *after, size_t from, size_t to)
{
	struct seen seen = { .next = from, .stop_at = to < ARRAY_SIZE(listed) ? to : 0 };
	struct err err;

	test_case = after;
	CHECK_OK(store_list(store, str_from(after), on_key, &seen, &err), &err);
	CHECK_INT(seen.next, to);
}

static void test_list(void)
{
	size_t n = ARRAY_SIZE(listed);
	struct err err;

	begin();
	CHECK_OK(store_list(store, STR_NONE, on_key, NULL, &err), &err);
	for (size_t i = 0; i < n; i++) { /* stored in another order than they sort */
		size_t k = i * 7 % n;

		CHECK_OK(put(store, listed[k], str_from(listed[k]), NULL, &err), &err);
	}
	check_list("", 0, n);
	for (size_t i = 0; i < n; i++)
		check_list(listed[i], i + 1, n);
	check_list("2026/01/01/00/aa", 3, n); /* keys that are not there */
	check_list("2026/01/01/00/", 2, n);
	check_list("2026/01/01/00", 2, n);
	check_list("2026/01/01/00/zzz", 5, n);
	check_list("2026", 1, n);
	check_list("zzz", n, n);
	check_list("", 0, 4); /* until told to stop */
	check_list(listed[1], 2, 3);
	end();
}

static const struct test tests[] = {
	{ "list", test_list },
};

STORE_CONTRACT_MAIN(tests)
