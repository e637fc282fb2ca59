/*
 * fake_dead: a queue and its dead-letter queue as SQS would have them, behind fake_json, and the
 * queue under test on it. One at a time; one thread.
 */
#ifndef OPS_TEST_FAKE_DEAD_H
#define OPS_TEST_FAKE_DEAD_H

#include "fake_json.h"
#include "queue.h"

#define DEAD_URL     "https://sqs.eu-west-1.amazonaws.com/123456789012/ops"
#define DEAD_ARN     "arn:aws:sqs:eu-west-1:123456789012:"
#define DEAD_MINE    DEAD_ARN "ops"
#define DEAD_ANOTHER DEAD_ARN "another"

enum { DEAD_LETTERS_MAX = 32, DEAD_TASKS_MAX = 8 };

struct dead_letter {
	const char *id, *source, *body;
	bool is_damaged, is_hidden, is_gone;
};

/* Set by tests after fake_dead_open(). */
struct fake_dead {
	struct dead_letter letters[DEAD_LETTERS_MAX];
	size_t count;
	bool is_forgetful; /* hides nothing: as if every lease ran out at once */
	bool has_policy, is_shared;
	const char *unsendable;  /* body */
	const char *undeletable; /* id */
	enum err_code refused[AWS_OP_COUNT];
	/* Answers to ListMessageMoveTasks, one after the other; the last stays. */
	const char *tasks[DEAD_TASKS_MAX];
	uint64_t progress_done; /* what the queue told last */
};
extern struct fake_dead fake_dead;

/* Anew, with so many letters, "a", "b", ... to "w"; whatever fails ends the test. */
struct queue *fake_dead_open(size_t letters);

void fake_dead_add(const char *id, const char *source);
unsigned fake_dead_count(bool of_hidden);

#endif
