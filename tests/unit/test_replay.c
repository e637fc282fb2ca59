#include "replay.h"

#include <stdio.h>

#include "test.h"

enum { NOW_S = 1700000000, LATER_S = NOW_S + 300 };

static const unsigned char body_a[HASH_SIZE] = { 1 }, body_b[HASH_SIZE] = { 2 };
static const char object[] = "2026/11/21/09/01a1fd66-48d8-7075-8abf-30800cf6b7d9.ndjson";

static enum replay_verdict begin(struct replay *r, const char *id, const unsigned char *body,
    int64_t now_s, struct replay_waiter *waiter, char out[OBJECTKEY_SIZE])
{
	return replay_begin(r, str_from(id), body, now_s, now_s + 300, waiter, out);
}

static void answered_again(void)
{
	struct replay *r = replay_open();
	struct replay_waiter waiter;
	char out[OBJECTKEY_SIZE];

	CHECK_INT(begin(r, "a", body_a, NOW_S, &waiter, out), REPLAY_NEW);
	CHECK(replay_finish(r, &waiter, object) == NULL);
	CHECK_INT(begin(r, "a", body_a, NOW_S, &waiter, out), REPLAY_DONE);
	CHECK_TEXT(out, object);
	CHECK_INT(begin(r, "a", body_b, NOW_S, &waiter, out), REPLAY_OTHER);
	CHECK_INT(begin(r, "A", body_b, NOW_S, &waiter, out), REPLAY_NEW);
	CHECK(replay_finish(r, &waiter, object) == NULL);
	CHECK_INT(replay_count(r), 2);
	replay_close(r);
}

static void waits_for_the_first(void)
{
	struct replay *r = replay_open();
	struct replay_waiter first, second, third;
	char out[OBJECTKEY_SIZE];

	CHECK_INT(begin(r, "a", body_a, NOW_S, &first, out), REPLAY_NEW);
	CHECK_INT(begin(r, "a", body_a, NOW_S, &second, out), REPLAY_WAIT);
	CHECK_INT(begin(r, "a", body_b, NOW_S, &third, out), REPLAY_OTHER);
	CHECK_INT(begin(r, "a", body_a, NOW_S, &third, out), REPLAY_WAIT);
	CHECK(replay_finish(r, &first, object) == &second);
	CHECK(second.next == &third && third.next == NULL);
	replay_close(r);
}

static void free_after_failure(void)
{
	struct replay *r = replay_open();
	struct replay_waiter first, second;
	char out[OBJECTKEY_SIZE];

	CHECK_INT(begin(r, "a", body_a, NOW_S, &first, out), REPLAY_NEW);
	CHECK_INT(begin(r, "a", body_a, NOW_S, &second, out), REPLAY_WAIT);
	CHECK(replay_finish(r, &first, NULL) == &second);
	CHECK_INT(replay_count(r), 0);
	CHECK_INT(begin(r, "a", body_b, NOW_S, &first, out), REPLAY_NEW);
	CHECK(replay_finish(r, &first, NULL) == NULL);
	replay_close(r);
}

static void expires(void)
{
	struct replay *r = replay_open();
	struct replay_waiter waiter;
	char out[OBJECTKEY_SIZE];

	CHECK_INT(begin(r, "a", body_a, NOW_S, &waiter, out), REPLAY_NEW);
	CHECK(replay_finish(r, &waiter, object) == NULL);
	CHECK_INT(begin(r, "a", body_b, LATER_S, &waiter, out), REPLAY_OTHER);
	CHECK_INT(begin(r, "a", body_b, LATER_S + 1, &waiter, out), REPLAY_NEW);
	CHECK(replay_finish(r, &waiter, object) == NULL);
	replay_close(r);
}

/* What was signed later is itself valid for longer: its bytes must not come through as new. */
static void retry_extends(void)
{
	enum { RETRY_S = NOW_S + 200, LAST_S = RETRY_S + 300 };
	static const struct {
		const char *name;
		bool while_under_way;
	} rows[] = { { "under way", true }, { "answered", false } };
	struct replay_waiter waiter, again;
	char out[OBJECTKEY_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct replay *r = replay_open();

		test_case = rows[i].name;
		CHECK_INT(begin(r, "a", body_a, NOW_S, &waiter, out), REPLAY_NEW);
		if (rows[i].while_under_way)
			CHECK_INT(begin(r, "a", body_a, RETRY_S, &again, out), REPLAY_WAIT);
		CHECK(
		    replay_finish(r, &waiter, object) == (rows[i].while_under_way ? &again : NULL));
		CHECK_INT(begin(r, "b", body_a, NOW_S, &waiter, out), REPLAY_NEW);
		CHECK(replay_finish(r, &waiter, object) == NULL);
		if (!rows[i].while_under_way)
			CHECK_INT(begin(r, "a", body_a, RETRY_S, &waiter, out), REPLAY_DONE);
		CHECK_INT(begin(r, "a", body_b, LAST_S, &waiter, out), REPLAY_OTHER);
		CHECK_INT(begin(r, "a", body_b, LAST_S + 1, &waiter, out), REPLAY_NEW);
		replay_close(r);
	}
}

/* Ids "0", "1" and so on, in that order. */
static void fill(struct replay *r, bool is_finished, struct replay_waiter own[REPLAY_IDS_MAX])
{
	char out[OBJECTKEY_SIZE], id[16];

	for (int i = 0; i < REPLAY_IDS_MAX; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		if (begin(r, id, body_a, NOW_S, &own[i], out) != REPLAY_NEW)
			test_die("id %s is not new", id);
		if (is_finished && replay_finish(r, &own[i], object) != NULL)
			test_die("id %s has a waiter", id);
	}
}

static void forgets_the_oldest_answered(void)
{
	static struct replay_waiter own[REPLAY_IDS_MAX];
	struct replay *r = replay_open();
	struct replay_waiter waiter;
	char out[OBJECTKEY_SIZE];

	fill(r, true, own);
	CHECK_INT(replay_count(r), REPLAY_IDS_MAX);
	CHECK_INT(begin(r, "new", body_a, NOW_S, &waiter, out), REPLAY_NEW);
	CHECK_INT(replay_count(r), REPLAY_IDS_MAX);
	CHECK_INT(begin(r, "1", body_a, NOW_S, &waiter, out), REPLAY_DONE);
	CHECK_INT(begin(r, "0", body_b, NOW_S, &waiter, out), REPLAY_NEW);
	CHECK_INT(begin(r, "1", body_b, NOW_S, &waiter, out), REPLAY_NEW);
	CHECK_INT(begin(r, "new", body_a, NOW_S, &waiter, out), REPLAY_WAIT);
	replay_close(r);
}

static void never_forgets_one_under_way(void)
{
	static struct replay_waiter own[REPLAY_IDS_MAX];
	struct replay *r = replay_open();
	struct replay_waiter waiter;
	char out[OBJECTKEY_SIZE];

	fill(r, false, own);
	CHECK_INT(begin(r, "new", body_a, NOW_S, &waiter, out), REPLAY_FULL);
	CHECK(replay_finish(r, &own[7], object) == NULL);
	CHECK_INT(begin(r, "new", body_a, NOW_S, &waiter, out), REPLAY_NEW);
	CHECK_INT(begin(r, "8", body_a, NOW_S, &waiter, out), REPLAY_WAIT);
	replay_close(r);
}

static const struct test tests[] = {
	{ "answered again", answered_again },
	{ "waits for the first", waits_for_the_first },
	{ "free after failure", free_after_failure },
	{ "expires", expires },
	{ "a retry extends", retry_extends },
	{ "forgets the oldest answered", forgets_the_oldest_answered },
	{ "never forgets one under way", never_forgets_one_under_way },
};

TEST_MAIN(tests)
