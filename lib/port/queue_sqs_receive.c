#include "crash.h"
#include "queue_sqs.h"

static void write_names(struct json_writer *w, const char *key, const char *const *names,
    size_t count)
{
	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < count; i++)
		json_text(w, names[i]);
	json_array_end(w);
}

int sqs_receive_from(struct queue_sqs *q, const struct sqs_place *place, size_t max,
    unsigned wait_s, unsigned visibility_s, struct json **out, struct err *err)
{
	static const char *const facts[] = { "ApproximateReceiveCount", "SentTimestamp",
		"DeadLetterQueueSourceArn" };
	static const char *const all[] = { "All" };
	struct aws_request r = {
		.op = SQS_RECEIVE_MESSAGE,
		.wait_s = (int)wait_s,
		.answer_max = max * SQS_JSON_PER_MESSAGE,
		.stop = &q->interrupted,
	};
	struct buf body = BUF_INIT(2048);
	struct json_writer w;
	int rc;

	sqs_body_begin(&w, &body, place);
	json_member_uint(&w, "MaxNumberOfMessages", max);
	json_member_uint(&w, "WaitTimeSeconds", wait_s);
	json_member_uint(&w, "VisibilityTimeout", visibility_s);
	write_names(&w, "MessageSystemAttributeNames", facts, ARRAY_SIZE(facts));
	/* All, or the MD5 is of others. */
	write_names(&w, "MessageAttributeNames", all, ARRAY_SIZE(all));
	sqs_body_end(&w);
	rc = sqs_call(q, place, &r, &body, NULL, out, err);
	buf_release(&body);
	return rc;
}

/*
 * One without id or receipt stays hidden until its time is up, and comes again. When there is
 * nothing else, it is an error, so that the caller does not ask again at once.
 */
static int take(const struct queue_sqs *q, const struct json *answer,
    struct queue_message *messages, size_t max, size_t *count, struct err *err)
{
	const struct json *list = json_get(answer, "Messages"), *message;
	struct sqs_delivery d;
	bool is_bad = false;
	size_t n = 0;

	for (size_t i = 0; n < max && (message = json_at(list, i)); i++) {
		if (sqs_delivery_read(message, &d, err) != 0)
			is_bad = true;
		else
			sqs_delivery_fill(&d, &messages[n++]);
	}
	if (n == 0 && is_bad)
		return err_wrap(err, "receive from queue '%s'", q->place.name);
	*count = n;
	return 0;
}

int sqs_receive(struct queue *base, struct queue_message *messages, size_t max, unsigned wait_s,
    unsigned visibility_s, size_t *count, struct err *err)
{
	struct queue_sqs *q = (struct queue_sqs *)base;
	struct json *answer;
	int rc;

	*count = 0;
	if (atomic_load(&q->interrupted))
		return 0;
	if (sqs_receive_from(q, &q->place, max, wait_s, visibility_s, &answer, err) != 0)
		return atomic_load(&q->interrupted) ? 0 : -1;
	CRASH_POINT("queue-receive-committed");
	rc = take(q, answer, messages, max, count, err);
	json_free(answer);
	return rc;
}
