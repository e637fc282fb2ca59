#include "crash.h"
#include "queue_sqs.h"

static bool is_sendable(const struct sqs_letter *l)
{
	return l->result.code == ERR_NONE;
}

static size_t check_all(struct sqs_letter *letters, size_t count)
{
	size_t sendable = 0;

	for (size_t i = 0; i < count; i++) {
		if (is_sendable(&letters[i]))
			sqs_letter_check(&letters[i]);
		sendable += is_sendable(&letters[i]);
	}
	return sendable;
}

static void write_body(const struct queue_sqs *q, const struct sqs_letter *letters, size_t count,
    struct buf *out)
{
	struct json_writer w;
	size_t size = 1024;

	for (size_t i = 0; i < count; i++)
		size += sqs_letter_size(&letters[i]) * 5 / 4; /* with the escapes of JSON in JSON */
	(void)buf_room(out, size);                            /* one block, where that is enough */
	sqs_body_begin(&w, out, &q->place);
	json_key(&w, "Entries");
	json_array_begin(&w);
	for (size_t i = 0; i < count; i++) {
		char id[SQS_ENTRY_ID_SIZE];

		sqs_entry_id(i, id);
		if (is_sendable(&letters[i]))
			sqs_letter_write(&w, &letters[i], id);
	}
	json_array_end(&w);
	sqs_body_end(&w);
}

static void apply(const struct queue_sqs *q, const struct json *answer, struct sqs_letter *letters,
    size_t count)
{
	struct sqs_verdict verdicts[QUEUE_BATCH_MAX];

	sqs_batch_read(answer, count, verdicts);
	for (size_t i = 0; i < count; i++) {
		struct err *result = &letters[i].result;

		if (!is_sendable(&letters[i]))
			continue;
		sqs_verdict_result(&verdicts[i], result);
		if (result->code == ERR_NONE)
			sqs_letter_confirm(&letters[i], verdicts[i].entry);
		if (result->code != ERR_NONE)
			(void)err_wrap(result, "send to queue '%s'", q->place.name);
	}
}

static int send_call(struct queue_sqs *q, struct sqs_letter *letters, size_t count,
    int64_t ends_at_ms, struct err *err)
{
	int64_t left_ms = ends_at_ms - clock_mono_ms(q->clock);
	struct aws_request r = { .op = SQS_SEND_MESSAGE_BATCH, .total_ms = (int)left_ms };
	struct buf body = BUF_INIT(SQS_SEND_JSON_MAX);
	struct json *answer;
	int rc;

	if (left_ms <= 0)
		return err_set(err, ERR_TIMEOUT, "send to queue '%s': its time is over",
		    q->place.name);
	write_body(q, letters, count, &body);
	CRASH_POINT("queue-send-before");
	rc = sqs_call(q, &q->place, &r, &body, NULL, &answer, err);
	buf_release(&body);
	if (rc != 0) {
		if (err->code == ERR_CORRUPT)
			err->code = ERR_IO; /* SQS said something: what, nobody knows */
		return -1;
	}
	CRASH_POINT("queue-send-committed");
	apply(q, answer, letters, count);
	json_free(answer);
	return 0;
}

/* A whole batch that was refused may have been refused for one of them. */
static void send_each(struct queue_sqs *q, struct sqs_letter *letters, size_t count,
    int64_t ends_at_ms)
{
	struct err err;

	for (size_t i = 0; i < count; i++)
		if (is_sendable(&letters[i]) && send_call(q, &letters[i], 1, ends_at_ms, &err) != 0)
			letters[i].result = err;
}

int sqs_send_letters(struct queue_sqs *q, struct sqs_letter *letters, size_t count, struct err *err)
{
	int64_t ends_at_ms = clock_mono_ms(q->clock) + SQS_TOTAL_MS;
	size_t sendable = check_all(letters, count);

	if (sendable == 0 || send_call(q, letters, count, ends_at_ms, err) == 0)
		return 0;
	if (err->code != ERR_INVALID || sendable == 1)
		return -1;
	send_each(q, letters, count, ends_at_ms);
	return 0;
}

int sqs_send(struct queue *base, struct queue_entry *entries, size_t count, struct err *err)
{
	struct sqs_letter letters[QUEUE_BATCH_MAX];
	int rc;

	for (size_t i = 0; i < count; i++)
		sqs_letter_of(&entries[i], &letters[i]);
	rc = sqs_send_letters((struct queue_sqs *)base, letters, count, err);
	for (size_t i = 0; i < count; i++)
		entries[i].result = letters[i].result;
	return rc;
}
