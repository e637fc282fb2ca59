/*
 * All dead letters of SQS at once: moved by a task of the service, purged, or, where not, one by
 * one.
 */
#include "fake_dead.h"
#include "queue_sqs.h"

#include "test.h"

static struct queue *queue;

static void begin(size_t letters)
{
	queue = fake_dead_open(letters);
}

static void end(void)
{
	queue_close(queue);
	fake_json_stop();
}

static bool was_called(const char *operation)
{
	return str_contains(fake_json_calls(), str_from(operation));
}

#define TASK(status, started, counts)                                                              \
	"{\"Status\":\"" status "\",\"StartedTimestamp\":" started counts "}"
#define MOVED(n)                                                                                   \
	",\"ApproximateNumberOfMessagesMoved\":" n ",\"ApproximateNumberOfMessagesToMove\":9"

static const struct {
	const char *name;
	const char *tasks[8];
	enum err_code start, want;
	uint64_t moved;
	bool is_started;
} moves[] = {
	{ "at once", { "", TASK("COMPLETED", "7", MOVED("9")) }, ERR_NONE, ERR_NONE, 9, true },
	{ "after a while",
	    { TASK("COMPLETED", "5", MOVED("4")), TASK("COMPLETED", "5", MOVED("4")),
		TASK("RUNNING", "7", MOVED("1")), TASK("RUNNING", "7", MOVED("5")),
		TASK("COMPLETED", "7", MOVED("9")) },
	    ERR_NONE, ERR_NONE, 9, true },
	{ "one runs already",
	    { TASK("RUNNING", "5", MOVED("1")), TASK("COMPLETED", "5", MOVED("3")) }, ERR_NONE,
	    ERR_NONE, 3, false },
	{ "the answer was lost",
	    { "", TASK("RUNNING", "7", MOVED("1")), TASK("COMPLETED", "7", MOVED("2")) }, ERR_IO,
	    ERR_NONE, 2, true },
	{ "refused while another runs",
	    { "", TASK("RUNNING", "7", MOVED("1")), TASK("COMPLETED", "7", MOVED("2")) },
	    ERR_INVALID, ERR_NONE, 2, true },
	{ "it fails", { "", TASK("FAILED", "7", MOVED("2")) }, ERR_NONE, ERR_IO, 2, true },
	{ "it is cancelled",
	    { "", TASK("CANCELLING", "7", MOVED("1")), TASK("CANCELLED", "7", MOVED("2")) },
	    ERR_NONE, ERR_STOPPED, 2, true },
	{ "it is never listed", { "" }, ERR_NONE, ERR_IO, 0, true },
	{ "no answer", { "" }, ERR_IO, ERR_IO, 0, true },
	{ "busy", { "" }, ERR_BUSY, ERR_BUSY, 0, true },
};

static void test_move(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		uint64_t n = 99;
		struct err err;

		test_case = moves[i].name;
		begin(1);
		fake_json_be_real(true);
		memcpy(fake_dead.tasks, moves[i].tasks, sizeof(fake_dead.tasks));
		fake_dead.refused[SQS_START_MESSAGE_MOVE_TASK] = moves[i].start;
		if (moves[i].want == ERR_NONE)
			CHECK_OK(queue_dead_redrive(queue, NULL, 0, &n, &err), &err);
		else
			CHECK_ERR(queue_dead_redrive(queue, NULL, 0, &n, &err), &err,
			    moves[i].want);
		CHECK_INT(n, moves[i].moved);
		CHECK_INT(fake_dead.progress_done, moves[i].moved);
		CHECK_INT(was_called("StartMessageMoveTask"), moves[i].is_started);
		CHECK(!was_called("SendMessageBatch"));
		end();
	}
}

/* Letter by letter where the service does not do it. */
static const struct {
	enum aws_op op;
	enum err_code code;
	bool is_real;
} fallbacks[] = {
	{ SQS_START_MESSAGE_MOVE_TASK, ERR_INVALID, true },
	{ SQS_START_MESSAGE_MOVE_TASK, ERR_DENIED, true },
	{ SQS_LIST_MESSAGE_MOVE_TASKS, ERR_DENIED, true },
	{ SQS_LIST_DEAD_LETTER_SOURCE_QUEUES, ERR_DENIED, true },
	{ SQS_LIST_MESSAGE_MOVE_TASKS, ERR_BUSY, false },
	{ SQS_LIST_DEAD_LETTER_SOURCE_QUEUES, ERR_BUSY, false },
};

static void test_rate(void)
{
	static const struct {
		const char *name;
		unsigned rate;
		const char *want; /* NULL: it says nothing of a rate */
	} cases[] = {
		{ "none", 0, NULL },
		{ "some", 7, "\"MaxNumberOfMessagesPerSecond\":7" },
		{ "more than SQS does", 10000, "\"MaxNumberOfMessagesPerSecond\":500" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t n = 0;
		struct err err;

		test_case = cases[i].name;
		begin(1);
		fake_json_be_real(true);
		memcpy(fake_dead.tasks, moves[0].tasks, sizeof(fake_dead.tasks));
		((struct queue_sqs *)queue)->redrive_rate = cases[i].rate;
		CHECK_OK(queue_dead_redrive(queue, NULL, 0, &n, &err), &err);
		if (cases[i].want != NULL)
			CHECK(str_contains(fake_json_bodies(), str_from(cases[i].want)));
		else
			CHECK(!str_contains(fake_json_bodies(), STR("PerSecond")));
		end();
	}
}

static void test_fallbacks(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(fallbacks); i++) {
		uint64_t n = 99;
		struct err err;

		test_case = aws_operations[fallbacks[i].op].name;
		begin(3);
		fake_json_be_real(fallbacks[i].is_real);
		fake_dead.refused[fallbacks[i].op] = fallbacks[i].code;
		CHECK_OK(queue_dead_redrive(queue, NULL, 0, &n, &err), &err);
		CHECK_INT(n, 3);
		CHECK_INT(fake_dead_count(false) + fake_dead_count(true), 0);
		end();
	}
}

static void test_purge(void)
{
	uint64_t n = 99;
	struct err err;

	begin(3);
	CHECK_OK(queue_dead_purge(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 3);
	CHECK(was_called("PurgeQueue"));
	fake_dead.refused[SQS_PURGE_QUEUE] = ERR_BUSY;
	CHECK_ERR(queue_dead_purge(queue, NULL, 0, &n, &err), &err, ERR_BUSY);
	CHECK(str_contains(str_from(err.text), STR("60 s")));
	fake_dead.refused[SQS_PURGE_QUEUE] = ERR_DENIED;
	CHECK_OK(queue_dead_purge(queue, NULL, 0, &n, &err), &err);
	CHECK_INT(n, 3);
	CHECK_INT(fake_dead_count(false), 0);
	end();
}

static void test_interrupted(void)
{
	const char *ids[] = { "a" };
	uint64_t n = 99;
	struct err err;

	begin(1);
	queue_interrupt(queue);
	CHECK_ERR(queue_dead_redrive(queue, ids, 1, &n, &err), &err, ERR_STOPPED);
	CHECK_ERR(queue_dead_redrive(queue, NULL, 0, &n, &err), &err, ERR_STOPPED);
	end();
}

static const struct test tests[] = {
	{ "move", test_move },
	{ "rate", test_rate },
	{ "fallbacks", test_fallbacks },
	{ "purge", test_purge },
	{ "interrupted", test_interrupted },
};

TEST_MAIN(tests)
