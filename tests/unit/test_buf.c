#include "buf.h"

#include "test.h"

static void test_append(void)
{
	struct buf b = BUF_INIT(100);

	CHECK_TEXT(buf_text(&b), "");
	CHECK_INT(buf_str(&b).n, 0);
	buf_adds(&b, "ab");
	buf_addc(&b, 'c');
	buf_add(&b, (struct str){ "d\0e", 3 });
	buf_addf(&b, "-%d-%s", 42, "x");
	buf_add_hex(&b, "\x00\x0f\xff", 3);
	buf_add(&b, STR_NONE);
	buf_adds(&b, NULL);
	CHECK_STR(buf_str(&b), ((struct str){ "abcd\0e-42-x000fff", 17 }));
	CHECK_INT(b.p[b.n], '\0');
	CHECK(!b.full);
	buf_release(&b);
	CHECK_TEXT(buf_text(&b), "");
	buf_adds(&b, "again");
	CHECK_TEXT(buf_text(&b), "again");
	buf_release(&b);
}

/* What exceeds the maximum adds nothing, and neither does anything after it. */
static void test_full(void)
{
	struct buf b = BUF_INIT(4);

	buf_adds(&b, "abcd");
	CHECK(!b.full);
	buf_adds(&b, "");
	CHECK(!b.full);
	buf_addc(&b, 'e');
	CHECK(b.full);
	buf_reset(&b);
	CHECK(!b.full);
	buf_adds(&b, "ab");
	buf_adds(&b, "cde");
	buf_addc(&b, 'c');
	CHECK(b.full);
	CHECK_TEXT(buf_text(&b), "ab");
	CHECK(!buf_room(&b, 1));
	buf_truncate(&b, 1);
	CHECK(b.full);
	buf_reset(&b);
	buf_addf(&b, "%d", 12345);
	CHECK(b.full && b.n == 0);
	buf_reset(&b);
	buf_addf(&b, "%d", 1234);
	CHECK(!b.full);
	CHECK_TEXT(buf_text(&b), "1234");
	buf_reset(&b);
	buf_add_hex(&b, "abc", 3);
	CHECK(b.full && b.n == 0);
	buf_release(&b);
}

static void test_zeroed(void)
{
	struct buf b = { 0 };

	buf_adds(&b, "");
	CHECK(!b.full);
	buf_addc(&b, 'x');
	CHECK(b.full);
	CHECK_TEXT(buf_text(&b), "");
	buf_truncate(&b, 0);
	buf_reset(&b);
	buf_release(&b);
	buf_wipe(&b);
	buf_release(NULL);
	buf_wipe(NULL);
}

static void test_growth(void)
{
	struct buf b = BUF_INIT(100000);

	for (int i = 0; i < 100000; i++)
		buf_addc(&b, (char)('a' + i % 26));
	CHECK_INT(b.n, 100000);
	CHECK(!b.full);
	CHECK(b.cap <= 100001);
	for (size_t i = 0; i < b.n; i++)
		CHECK(b.p[i] == (char)('a' + i % 26));
	buf_addc(&b, 'x');
	CHECK(b.full);
	buf_release(&b);
	buf_init(&b, SIZE_MAX); /* no limit but the memory */
	buf_adds(&b, "ab");
	CHECK_TEXT(buf_text(&b), "ab");
	CHECK(!buf_room(&b, SIZE_MAX));
	buf_release(&b);
}

static void test_room(void)
{
	struct buf b = BUF_INIT(10);
	char *room = buf_room(&b, 10);

	CHECK(room != NULL);
	memcpy(room, "abc", 3);
	buf_added(&b, 3);
	CHECK_TEXT(buf_text(&b), "abc");
	CHECK(buf_room(&b, 7) != NULL);
	CHECK(buf_room(&b, 8) == NULL);
	buf_truncate(&b, 5);
	CHECK_TEXT(buf_text(&b), "abc");
	buf_truncate(&b, 2);
	CHECK_TEXT(buf_text(&b), "ab");
	buf_wipe(&b);
	CHECK(b.p == NULL && b.n == 0 && b.max == 10);
}

static const struct test tests[] = {
	{ "append", test_append },
	{ "full", test_full },
	{ "zeroed", test_zeroed },
	{ "growth", test_growth },
	{ "room", test_room },
};

TEST_MAIN(tests)
