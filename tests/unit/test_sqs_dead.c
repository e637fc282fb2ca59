/*
 * Dead letters of SQS against a model of a dead-letter queue: what is listed, moved and removed by
 * id, given back, and what happens when a step of it fails.
 */
#include "fake_dead.h"
#include "mem.h"
#include "queue_sqs.h"

#include "test.h"

enum { PAGE = 4 };

static struct queue *queue;
static struct queue_message page[PAGE];

static void begin(size_t letters)
{
	for (size_t i = 0; i < PAGE; i++)
		queue_message_init(&page[i]);
	queue = fake_dead_open(letters);
}

static void end(void)
{
	queue_close(queue);
	for (size_t i = 0; i < PAGE; i++)
		queue_message_release(&page[i]);
	fake_json_stop();
}

static bool was_called(const char *operation)
{
	return str_contains(fake_json_calls(), str_from(operation));
}

/* The ids of all pages, "abc". */
static void list_all(char out[DEAD_LETTERS_MAX + 1])
{
	char after[QUEUE_ID_SIZE] = "";
	size_t n = 0, count;
	struct err err;

	do {
		CHECK_OK(queue_dead_list(queue, after, page, PAGE, &count, &err), &err);
		for (size_t i = 0; i < count; i++) {
			CHECK_TEXT(page[i].receipt, "");
			out[n++] = page[i].id[0];
			memcpy(after, page[i].id, sizeof(after));
		}
	} while (count == PAGE);
	out[n] = '\0';
}

/* ---- listing ---- */

static void test_pages(void)
{
	static const size_t counts[] = { 0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 23 };
	char ids[DEAD_LETTERS_MAX + 1], name[16];

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		(void)snprintf(name, sizeof(name), "%zu letters", counts[i]);
		test_case = name;
		begin(counts[i]);
		list_all(ids);
		CHECK_STR(str_from(ids), str_slice(STR("abcdefghijklmnopqrstuvw"), 0, counts[i]));
		CHECK_INT(fake_dead_count(true), 0); /* all were given back */
		list_all(ids);
		CHECK_INT(strlen(ids), counts[i]);
		end();
	}
}

static void test_listing_cut_short(void)
{
	size_t count;
	struct err err;

	begin(3 * PAGE);
	CHECK_OK(queue_dead_list(queue, "", page, PAGE, &count, &err), &err);
	CHECK_INT(fake_dead_count(true), PAGE);
	CHECK_ERR(queue_dead_list(queue, "elsewhere", page, PAGE, &count, &err), &err, ERR_INVALID);
	CHECK_OK(queue_dead_list(queue, "", page, PAGE, &count, &err), &err); /* anew */
	CHECK_TEXT(page[0].id, "a");
	queue_close(queue);
	queue = NULL;
	CHECK_INT(fake_dead_count(true), 0);
	end();
}

/* Leases that run out under the walk: what was seen is not shown twice, and the walk ends. */
static void test_round(void)
{
	char ids[DEAD_LETTERS_MAX + 1];

	begin(PAGE - 1);
	fake_dead.is_forgetful = true;
	list_all(ids);
	CHECK_TEXT(ids, "abc");
	end();
}

/* Another queue's letters are not ours, although they lie there too. */
static void test_shared(void)
{
	char ids[DEAD_LETTERS_MAX + 1];
	uint64_t n = 99;
	struct err err;

	begin(2);
	fake_dead.is_shared = true;
	fake_dead_add("y", DEAD_ANOTHER);
	fake_dead_add("z", ""); /* sent there by hand */
	list_all(ids);
	CHECK_TEXT(ids, "abz");
	CHECK_OK(queue_dead_purge(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 3);
	CHECK(!was_called("PurgeQueue"));
	CHECK(!fake_dead.letters[2].is_gone && !fake_dead.letters[2].is_hidden);
	fake_dead_add("w", DEAD_MINE);
	CHECK_OK(queue_dead_redrive(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 1);
	CHECK(!was_called("StartMessageMoveTask"));
	end();
}

static void test_no_dead_letter_queue(void)
{
	const char *ids[] = { "a" };
	size_t count;
	uint64_t n;
	struct err err;

	begin(1);
	fake_dead.has_policy = false;
	CHECK_ERR(queue_dead_list(queue, "", page, PAGE, &count, &err), &err, ERR_NOTFOUND);
	CHECK_ERR(queue_dead_redrive(queue, ids, 1, &n, &err), &err, ERR_NOTFOUND);
	CHECK_ERR(queue_dead_redrive(queue, NULL, 0, &n, &err), &err, ERR_NOTFOUND);
	CHECK_ERR(queue_dead_purge(queue, NULL, 0, &n, &err), &err, ERR_NOTFOUND);
	CHECK(str_contains(str_from(err.text), STR("RedrivePolicy")));
	end();
}

/* ---- some of them ---- */

static void test_redrive_some(void)
{
	static const char *const ids[] = { "c", "a", "nosuch", "c" };
	uint64_t n = 99;
	struct err err;

	begin(5);
	CHECK_OK(queue_dead_redrive(queue, ids, ARRAY_SIZE(ids), &n, &err), &err);
	CHECK_INT(n, 2);
	CHECK(fake_dead.letters[0].is_gone && fake_dead.letters[2].is_gone);
	CHECK_INT(fake_dead_count(false), 3);
	CHECK_INT(fake_dead.progress_done, 2);
	/* All its attributes go along. */
	CHECK(str_contains(fake_json_bodies(),
	    STR("\"pic\":{\"DataType\":\"Binary\",\"BinaryValue\":\"eA==\"}")));
	CHECK_OK(queue_dead_redrive(queue, ids, 0, &n, &err), &err); /* none is not all */
	CHECK_INT(n, 0);
	end();
}

/* What fails stays, what was done is told, and the copy comes before the deletion. */
static int64_t slept_ms;

static void count_sleep(int64_t ms)
{
	slept_ms += ms;
}

/* So many a second: pauses as long as they take. */
static void test_rate(void)
{
	static const char *const ids[] = { "a", "b", "c", "d" };
	uint64_t n = 0;
	struct err err;

	begin(4);
	slept_ms = 0;
	((struct queue_sqs *)queue)->redrive_rate = 2;
	((struct queue_sqs *)queue)->sleep_ms = count_sleep;
	CHECK_OK(queue_dead_redrive(queue, ids, ARRAY_SIZE(ids), &n, &err), &err);
	CHECK_INT(n, 4);
	CHECK_INT(slept_ms, 2000);
	CHECK_OK(queue_dead_purge(queue, ids, ARRAY_SIZE(ids), &n, &err), &err);
	CHECK_INT(slept_ms, 2000);
	end();
}

static void test_failures_of_some(void)
{
	static const char *const ids[] = { "a", "b", "c", "d" };
	uint64_t n = 99;
	struct err err;

	begin(4);
	fake_dead.letters[0].body = "one";
	fake_dead.unsendable = "one";
	fake_dead.undeletable = "b";
	fake_dead.letters[2].is_damaged = true;
	CHECK_ERR(queue_dead_redrive(queue, ids, 4, &n, &err), &err, ERR_BUSY); /* the first */
	CHECK_INT(n, 1);
	CHECK(str_contains(str_from(err.text), STR("1 of 4 done")));
	for (size_t i = 0; i < 4; i++)
		CHECK_INT(fake_dead.letters[i].is_gone, i == 3);
	CHECK_INT(fake_dead_count(true), 0);
	fake_dead.undeletable = NULL;
	CHECK_OK(queue_dead_purge(queue, ids, 3, &n, &err), &err); /* damage may be removed */
	CHECK_INT(n, 3);
	end();
}

static void test_service_fails(void)
{
	static const enum aws_op steps[] = { SQS_SEND_MESSAGE_BATCH, SQS_DELETE_MESSAGE_BATCH,
		SQS_RECEIVE_MESSAGE };
	const char *ids[] = { "a" };
	uint64_t n;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		test_case = aws_operations[steps[i]].name;
		n = 99;
		begin(2);
		fake_dead.refused[steps[i]] = ERR_IO;
		CHECK_ERR(queue_dead_redrive(queue, ids, 1, &n, &err), &err, ERR_IO);
		CHECK_INT(n, 0);
		CHECK_INT(fake_dead_count(false), 2);
		end();
	}
}

/* Two letters that together are more than a call may be. */
static void test_packing(void)
{
	static const char *const ids[] = { "a", "b", "c" };
	enum { LARGE = QUEUE_BODY_MAX / 2 };
	char *large = xmalloc(LARGE + 1);
	uint64_t n = 0;
	struct err err;

	memset(large, 'x', LARGE);
	large[LARGE] = '\0';
	begin(3);
	fake_dead.letters[0].body = fake_dead.letters[1].body = large;
	CHECK_OK(queue_dead_redrive(queue, ids, 3, &n, &err), &err);
	CHECK_INT(n, 3);
	CHECK(
	    was_called("SendMessageBatch DeleteMessageBatch SendMessageBatch DeleteMessageBatch "));
	end();
	free(large);
}

static const struct test tests[] = {
	{ "pages", test_pages },
	{ "listing_cut_short", test_listing_cut_short },
	{ "round", test_round },
	{ "shared", test_shared },
	{ "no_dead_letter_queue", test_no_dead_letter_queue },
	{ "redrive_some", test_redrive_some },
	{ "rate", test_rate },
	{ "failures_of_some", test_failures_of_some },
	{ "service_fails", test_service_fails },
	{ "packing", test_packing },
};

TEST_MAIN(tests)
