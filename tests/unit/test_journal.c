#include "journal.h"

#include <unistd.h>

#include "file.h"
#include "test.h"

enum { LINES = 5000, NOW_MS = 1000, LATER_MS = NOW_MS + JOURNAL_RESERVE_MS };

static char path[64];
static const char digest[HASH_HEX_SIZE] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void open_it(struct journal *j)
{
	struct err err;

	if (journal_open(j, path, digest, LINES, NOW_MS, &err) != 0)
		test_die("%s", err.text);
}

static void start_anew(void)
{
	unlink(path);
}

static void read_it(struct buf *out)
{
	struct err err;

	if (file_read(path, out, &err) != 0)
		test_die("%s", err.text);
}

static void write_it(struct str content)
{
	struct err err;

	if (file_replace(path, content, 0600, &err) != 0)
		test_die("%s", err.text);
}

static void test_life(void)
{
	struct journal j;
	struct err err;

	start_anew();
	open_it(&j);
	CHECK(!j.existed);
	CHECK_INT(j.began_ms, NOW_MS);
	CHECK(!journal_is_unknown(&j, 1));
	CHECK_OK(journal_reserve(&j, 1, NOW_MS, &err), &err);
	journal_set(&j, 1, JOURNAL_ACCEPTED);
	journal_set(&j, 2, JOURNAL_REFUSED);
	journal_set(&j, 3, JOURNAL_BLANK);
	CHECK(!journal_is_unknown(&j, 4)); /* of this run: whoever sends it knows */
	journal_close(&j);

	open_it(&j);
	CHECK(j.existed);
	CHECK_INT(journal_state(&j, 1), JOURNAL_ACCEPTED);
	CHECK_INT(journal_state(&j, 2), JOURNAL_REFUSED);
	CHECK_INT(journal_state(&j, 3), JOURNAL_BLANK);
	CHECK_INT(journal_count(&j, JOURNAL_NONE), LINES - 3);
	CHECK(!journal_is_unknown(&j, 1) && !journal_is_unknown(&j, 3));
	CHECK(journal_is_unknown(&j, 4) && journal_is_unknown(&j, JOURNAL_RESERVE));
	CHECK(!journal_is_unknown(&j, JOURNAL_RESERVE + 1));
	journal_close(&j);
}

/* The reservation is on disk before the call returns; outcomes are after a flush. */
static void test_what_is_durable_when(void)
{
	struct buf before = BUF_INIT(1000), after = BUF_INIT(1000), flushed = BUF_INIT(1000);
	struct journal j;
	struct err err;

	start_anew();
	open_it(&j);
	CHECK_OK(journal_reserve(&j, 4990, NOW_MS, &err), &err);
	read_it(&before);
	CHECK(str_has_suffix(buf_str(&before),
	    STR("\nr 5000 1000\n"))); /* not beyond the last line */
	journal_set(&j, 4990, JOURNAL_ACCEPTED);
	read_it(&after);
	CHECK_STR(buf_str(&after), buf_str(&before));
	CHECK_OK(journal_flush(&j, &err), &err);
	read_it(&flushed);
	CHECK(str_has_suffix(buf_str(&flushed), STR("\na 4990\n")));
	journal_close(&j);
	buf_release(&before);
	buf_release(&after);
	buf_release(&flushed);
}

static void test_unreserve(void)
{
	struct journal j;
	struct err err;

	start_anew();
	open_it(&j);
	CHECK_OK(journal_reserve(&j, 1, NOW_MS, &err), &err);
	journal_set(&j, 1, JOURNAL_ACCEPTED);
	journal_unreserve(&j, 2); /* 2 was sent and has no answer; 3 and on were not sent */
	journal_close(&j);

	open_it(&j);
	CHECK(journal_is_unknown(&j, 2) && !journal_is_unknown(&j, 3));
	journal_unreserve(&j, 0); /* a run that sent nothing knows no more about 2 */
	journal_close(&j);

	open_it(&j);
	CHECK(journal_is_unknown(&j, 2) && !journal_is_unknown(&j, 3));
	journal_close(&j);
}

/* What was accepted when it was verified is; what came later is not. */
static void test_verified(void)
{
	struct journal j;

	start_anew();
	open_it(&j);
	journal_set(&j, 1, JOURNAL_ACCEPTED);
	journal_set(&j, 2, JOURNAL_REFUSED);
	journal_set_verified(&j);
	CHECK_INT(journal_state(&j, 1), JOURNAL_VERIFIED);
	journal_set(&j, 3, JOURNAL_ACCEPTED);
	journal_close(&j);

	open_it(&j);
	CHECK_INT(journal_state(&j, 1), JOURNAL_VERIFIED);
	CHECK_INT(journal_state(&j, 2), JOURNAL_REFUSED);
	CHECK_INT(journal_state(&j, 3), JOURNAL_ACCEPTED);
	CHECK_INT(journal_state(&j, 4), JOURNAL_NONE);
	journal_close(&j);
}

/* Sent anew: after a crash nobody knows what became of them this time. */
static void test_forget_refused(void)
{
	struct journal j;
	struct err err;

	start_anew();
	open_it(&j);
	CHECK_OK(journal_reserve(&j, 1, NOW_MS, &err), &err);
	journal_set(&j, 1, JOURNAL_REFUSED);
	journal_set(&j, 2, JOURNAL_ACCEPTED);
	journal_set(&j, 3, JOURNAL_REFUSED);
	journal_forget_refused(&j);
	CHECK_INT(journal_state(&j, 1), JOURNAL_NONE);
	journal_set(&j, 3, JOURNAL_REFUSED);
	journal_close(&j);

	open_it(&j);
	CHECK(journal_is_unknown(&j, 1));
	CHECK_INT(journal_state(&j, 2), JOURNAL_ACCEPTED);
	CHECK_INT(journal_state(&j, 3), JOURNAL_REFUSED);
	journal_close(&j);
}

/* Of the first unknown line; by what the journal says, not by the file's times. */
static void test_unknown_since(void)
{
	static const struct {
		const char *name, *entries;
		int64_t since_ms;
	} cases[] = {
		{ "nothing reserved", "", 0 },
		{ "nothing unknown", "r 2 7\na 1\nb 2\n", 0 },
		{ "one reservation", "r 1024 7\na 1\n", 7 },
		{ "in the first of two", "r 10 7\na 1\nr 20 9\n", 7 },
		{ "in the second", "r 2 7\na 1\na 2\nr 20 9\n", 9 },
		{ "taken back, reserved anew", "r 10 7\na 1\nr 1 7\nr 11 9\n", 9 },
		{ "taken back behind it", "r 10 7\nr 1 7\nr 11 9\n", 7 },
		{ "to be sent anew", "r 2 7\nx 1\na 2\nn 5000\nr 20 9\n", 7 },
		{ "longest number", "r 1 9223372036854775807\n", INT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text = BUF_INIT(1000);
		struct journal j;

		test_case = cases[i].name;
		buf_addf(&text, "opsctl-journal 1 %s %d 5\n%s", digest, LINES, cases[i].entries);
		write_it(buf_str(&text));
		open_it(&j);
		CHECK_INT(j.unknown_since_ms, cases[i].since_ms);
		journal_close(&j);
		buf_release(&text);
	}
}

/* A slow run: what is sent late is not held to be as old as the reservation of the first. */
static void test_reservation_is_made_anew(void)
{
	struct journal j;
	struct err err;

	start_anew();
	open_it(&j);
	CHECK_OK(journal_reserve(&j, 1, NOW_MS, &err), &err);
	CHECK_OK(journal_reserve(&j, 2, LATER_MS - 1, &err), &err);
	CHECK_INT(j.reserved, JOURNAL_RESERVE);
	CHECK_OK(journal_reserve(&j, 3, LATER_MS, &err), &err);
	CHECK_INT(j.reserved, 2 + JOURNAL_RESERVE);
	journal_set(&j, 1, JOURNAL_ACCEPTED);
	journal_set(&j, 2, JOURNAL_ACCEPTED);
	journal_close(&j);

	open_it(&j);
	CHECK_INT(j.unknown_since_ms, LATER_MS);
	CHECK_OK(journal_reserve(&j, 3, 2 * LATER_MS, &err), &err); /* stays what it was */
	CHECK_INT(j.reserved, 2 + JOURNAL_RESERVE);
	journal_close(&j);
}

/* More outcomes between two flushes than are kept in memory. */
static void test_many_at_once(void)
{
	enum { MANY = 1000 * 1000 };
	struct journal j;
	struct err err;

	start_anew();
	CHECK_OK(journal_open(&j, path, digest, MANY, NOW_MS, &err), &err);
	for (uint64_t line = 1; line <= MANY; line++)
		journal_set(&j, line, JOURNAL_BLANK);
	CHECK_OK(journal_flush(&j, &err), &err);
	journal_close(&j);
	CHECK_OK(journal_open(&j, path, digest, MANY, NOW_MS, &err), &err);
	CHECK_INT(journal_count(&j, JOURNAL_BLANK), MANY);
	journal_close(&j);
}

static void test_torn_end(void)
{
	struct buf text = BUF_INIT(1000);
	struct journal j;
	struct err err;

	start_anew();
	open_it(&j);
	CHECK_OK(journal_reserve(&j, 1, NOW_MS, &err), &err);
	journal_set(&j, 7, JOURNAL_ACCEPTED);
	journal_close(&j);
	read_it(&text);
	buf_adds(&text, "a 12"); /* of "a 1234": must not become line 12 */
	write_it(buf_str(&text));

	open_it(&j);
	CHECK_INT(journal_state(&j, 12), JOURNAL_NONE);
	journal_set(&j, 13, JOURNAL_ACCEPTED);
	journal_close(&j);

	open_it(&j);
	CHECK_INT(journal_state(&j, 7), JOURNAL_ACCEPTED);
	CHECK_INT(journal_state(&j, 13), JOURNAL_ACCEPTED);
	CHECK_INT(journal_state(&j, 12), JOURNAL_NONE);
	journal_close(&j);
	buf_release(&text);
}

static void test_torn_head(void)
{
	static const struct str heads[] = { { "opsctl-jou", 10 }, { "opsctl-journal 1 0123", 21 } };
	struct journal j;

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		write_it(heads[i]);
		open_it(&j);
		CHECK(!j.existed);
		journal_close(&j);
		open_it(&j);
		CHECK(j.existed);
		journal_close(&j);
	}
}

static void test_refused(void)
{
#define HEAD "opsctl-journal 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	static const struct {
		const char *name;
		const char *content;
		enum err_code code;
	} cases[] = {
		{ "not one", "hello\n", ERR_CORRUPT },
		{ "not one, no line end", "hello", ERR_CORRUPT },
		{ "not one, last line without end", "hello\nworld", ERR_CORRUPT },
		{ "other file", "opsctl-journal 1 ab 5000 1\n", ERR_CONFLICT },
		{ "other length", HEAD " 4999 1\n", ERR_CONFLICT },
		{ "no time", HEAD " 5000 x\n", ERR_CORRUPT },
		{ "line 0", HEAD " 5000 1\na 0\n", ERR_CORRUPT },
		{ "line 5001", HEAD " 5000 1\na 5001\n", ERR_CORRUPT },
		{ "line 0 reserved without a time", HEAD " 5000 1\nr 0\n", ERR_CORRUPT },
		{ "time beyond 63 bits", HEAD " 5000 1\nr 1 9223372036854775808\n", ERR_CORRUPT },
		{ "bad time", HEAD " 5000 1\nr 1 x\n", ERR_CORRUPT },
		{ "verified up to 5001", HEAD " 5000 1\nv 5001\n", ERR_CORRUPT },
		{ "other letter", HEAD " 5000 1\nz 1\n", ERR_CORRUPT },
		{ "not a number", HEAD " 5000 1\na 1x\n", ERR_CORRUPT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf after = BUF_INIT(1000);
		struct journal j;
		struct err err;

		test_case = cases[i].name;
		write_it(str_from(cases[i].content));
		CHECK_ERR(journal_open(&j, path, digest, LINES, NOW_MS, &err), &err, cases[i].code);
		read_it(&after);
		CHECK_TEXT(buf_text(&after), cases[i].content); /* not touched */
		buf_release(&after);
	}
}

static void test_lock(void)
{
	struct journal j, second;
	struct err err;

	start_anew();
	open_it(&j);
	CHECK_ERR(journal_open(&second, path, digest, LINES, NOW_MS, &err), &err, ERR_BUSY);
	journal_close(&j);
	open_it(&second);
	journal_close(&second);
}

static const struct test tests[] = {
	{ "life", test_life },
	{ "what is durable when", test_what_is_durable_when },
	{ "unreserve", test_unreserve },
	{ "verified", test_verified },
	{ "forget refused", test_forget_refused },
	{ "unknown since", test_unknown_since },
	{ "reservation is made anew", test_reservation_is_made_anew },
	{ "many at once", test_many_at_once },
	{ "torn end", test_torn_end },
	{ "torn head", test_torn_head },
	{ "refused", test_refused },
	{ "lock", test_lock },
};

int main(int argc, char **argv)
{
	int rc;

	snprintf(path, sizeof(path), "/tmp/test_journal.%d", (int)getpid());
	rc = test_main(tests, ARRAY_SIZE(tests), argc, argv);
	unlink(path);
	return rc;
}
