#include "crash.h"
#include "queue_sqs.h"

enum { BODY_MAX = QUEUE_BATCH_MAX * (6 * QUEUE_RECEIPT_SIZE + 128) + 4096 };

static bool is_held(const struct queue_lease *l)
{
	return l->result.code == ERR_NONE;
}

/* SQS would refuse the whole batch for an empty one. */
static size_t check_all(struct queue_lease *leases, size_t count)
{
	size_t held = 0;

	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(leases[i].receipt);

		leases[i].result.code = ERR_NONE;
		if (n == 0 || n >= QUEUE_RECEIPT_SIZE)
			(void)err_set(&leases[i].result, ERR_INVALID,
			    "receipt of %zu characters: must have 1 to %d", n,
			    QUEUE_RECEIPT_SIZE - 1);
		held += is_held(&leases[i]);
	}
	return held;
}

/* visibility_s NULL: a deletion has none. */
static void write_body(const struct sqs_place *place, const struct queue_lease *leases,
    size_t count, const unsigned *visibility_s, struct buf *out)
{
	struct json_writer w;

	sqs_body_begin(&w, out, place);
	json_key(&w, "Entries");
	json_array_begin(&w);
	for (size_t i = 0; i < count; i++) {
		char id[SQS_ENTRY_ID_SIZE];

		if (!is_held(&leases[i]))
			continue;
		sqs_entry_id(i, id);
		json_object_begin(&w);
		json_member_text(&w, "Id", id);
		json_member_text(&w, "ReceiptHandle", leases[i].receipt);
		if (visibility_s)
			json_member_uint(&w, "VisibilityTimeout", *visibility_s);
		json_object_end(&w);
	}
	json_array_end(&w);
	sqs_body_end(&w);
}

static void apply(const struct sqs_place *place, const struct json *answer,
    struct queue_lease *leases, size_t count)
{
	struct sqs_verdict verdicts[QUEUE_BATCH_MAX];

	sqs_batch_read(answer, count, verdicts);
	for (size_t i = 0; i < count; i++) {
		if (!is_held(&leases[i]))
			continue;
		sqs_verdict_lease(&verdicts[i], &leases[i].result);
		if (!is_held(&leases[i]))
			(void)err_wrap(&leases[i].result, "queue '%s'", place->name);
	}
}

static int change(struct queue_sqs *q, const struct sqs_place *place, struct queue_lease *leases,
    size_t count, const unsigned *visibility_s, struct err *err)
{
	struct aws_request r = {
		.op = visibility_s ? SQS_CHANGE_MESSAGE_VISIBILITY_BATCH : SQS_DELETE_MESSAGE_BATCH,
	};
	struct buf body = BUF_INIT(BODY_MAX);
	struct json *answer;
	int rc;

	if (check_all(leases, count) == 0)
		return 0;
	write_body(place, leases, count, visibility_s, &body);
	rc = sqs_call(q, place, &r, &body, NULL, &answer, err);
	buf_release(&body);
	if (rc != 0)
		return -1;
	apply(place, answer, leases, count);
	json_free(answer);
	return 0;
}

int sqs_remove_from(struct queue_sqs *q, const struct sqs_place *place, struct queue_lease *leases,
    size_t count, struct err *err)
{
	return change(q, place, leases, count, NULL, err);
}

int sqs_extend_in(struct queue_sqs *q, const struct sqs_place *place, struct queue_lease *leases,
    size_t count, unsigned visibility_s, struct err *err)
{
	return change(q, place, leases, count, &visibility_s, err);
}

int sqs_remove(struct queue *base, struct queue_lease *leases, size_t count, struct err *err)
{
	struct queue_sqs *q = (struct queue_sqs *)base;
	int rc;

	CRASH_POINT("queue-delete-before");
	rc = sqs_remove_from(q, &q->place, leases, count, err);
	CRASH_POINT("queue-delete-committed");
	return rc;
}

int sqs_extend(struct queue *base, struct queue_lease *leases, size_t count, unsigned visibility_s,
    struct err *err)
{
	struct queue_sqs *q = (struct queue_sqs *)base;

	return sqs_extend_in(q, &q->place, leases, count, visibility_s, err);
}
