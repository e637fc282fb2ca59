/* Batches: each entry has its own result, and a plan may fail or misname any of them. */
#include <string.h>

#include "sqs_ops.h"

enum { BYTES_MAX = 1048576, ID_MAX = 80 };

/* ---- checks ---- */

/* https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
static bool is_in_alphabet(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
			return false;
		/* U+FFFE and U+FFFF; surrogates cannot come through our JSON reader. */
		if (c == 0xef && i + 2 < s.n && (unsigned char)s.p[i + 1] == 0xbf &&
		    (unsigned char)s.p[i + 2] >= 0xbe)
			return false;
	}
	return s.n > 0;
}

static bool is_batch_id(const char *id)
{
	struct str s = str_from(id);

	return s.n >= 1 && s.n <= ID_MAX &&
	    str_only(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
}

static const char *id_at(const struct json *entries, size_t i)
{
	return json_get_text(json_get(json_at(entries, i), "Id"), "");
}

static size_t entry_bytes(const struct json *entry)
{
	const struct json *attributes = json_get(entry, "MessageAttributes");
	size_t n = strlen(json_get_text(json_get(entry, "MessageBody"), ""));
	const char *name;

	for (size_t i = 0; (name = json_key_at(attributes, i)) != NULL; i++) {
		const struct json *one = json_get(attributes, name);

		n += strlen(name) + strlen(json_get_text(json_get(one, "DataType"), "")) +
		    strlen(json_get_text(json_get(one, "StringValue"), ""));
	}
	return n;
}

/* What holds for every batch; NULL: fine. */
const char *sqs_batch_error(const struct json *entries)
{
	size_t count = json_count(entries), bytes = 0;

	if (count == 0)
		return "AWS.SimpleQueueService.EmptyBatchRequest";
	if (count > SQS_BATCH_MAX)
		return "AWS.SimpleQueueService.TooManyEntriesInBatchRequest";
	for (size_t i = 0; i < count; i++) {
		if (!is_batch_id(id_at(entries, i)))
			return "AWS.SimpleQueueService.InvalidBatchEntryId";
		for (size_t k = 0; k < i; k++)
			if (strcmp(id_at(entries, i), id_at(entries, k)) == 0)
				return "AWS.SimpleQueueService.BatchEntryIdsNotDistinct";
		bytes += entry_bytes(json_at(entries, i));
	}
	return bytes > BYTES_MAX ? "AWS.SimpleQueueService.BatchRequestTooLong" : NULL;
}

/* ---- results of batches ---- */

struct results {
	struct buf good, bad;
	struct json_writer good_writer, bad_writer;
};

static void results_init(struct results *r)
{
	*r = (struct results){ .good = BUF_INIT(64 * 1024), .bad = BUF_INIT(64 * 1024) };
	json_writer_init(&r->good_writer, &r->good);
	json_writer_init(&r->bad_writer, &r->bad);
	json_array_begin(&r->good_writer);
	json_array_begin(&r->bad_writer);
}

static void results_fail(struct results *r, const char *id, bool is_sender, const char *code)
{
	struct json_writer *w = &r->bad_writer;

	json_object_begin(w);
	json_member_text(w, "Id", id);
	json_member_bool(w, "SenderFault", is_sender);
	json_member_text(w, "Code", code);
	json_member_text(w, "Message", "as ordered or deserved");
	json_object_end(w);
}

static void results_answer(struct results *r, struct wire_answer *a)
{
	struct json_writer w;

	json_array_end(&r->good_writer);
	json_array_end(&r->bad_writer);
	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	json_key(&w, "Successful");
	json_raw(&w, buf_str(&r->good));
	json_key(&w, "Failed");
	json_raw(&w, buf_str(&r->bad));
	json_object_end(&w);
	buf_release(&r->good);
	buf_release(&r->bad);
}

/* The id that the answer names for entry i. */
static const char *told_id(const struct json *entries, size_t i, const struct plan_rule *rule)
{
	if (rule->what == FAULT_IDS && i == 0 && strcmp(rule->code, "unknown") == 0)
		return "nobody";
	if (rule->what == FAULT_IDS && i > 0 && strcmp(rule->code, "duplicate") == 0)
		return id_at(entries, 0);
	return id_at(entries, i);
}

static bool is_left_out(size_t i, const struct plan_rule *rule)
{
	return rule->what == FAULT_IDS && i == 0 && strcmp(rule->code, "missing") == 0;
}

/* false: the plan leaves this one out. */
static bool results_begin(struct results *r, const struct json *entries, size_t i,
    const struct plan_rule *rule)
{
	if (is_left_out(i, rule))
		return false;
	json_object_begin(&r->good_writer);
	json_member_text(&r->good_writer, "Id", told_id(entries, i, rule));
	return true;
}

static void results_succeed(struct results *r, const struct json *entries, size_t i,
    const struct plan_rule *rule)
{
	if (results_begin(r, entries, i, rule))
		json_object_end(&r->good_writer);
}

static void results_sent(struct results *r, const struct json *entries, size_t i,
    const struct plan_rule *rule, const struct sqs_message *m)
{
	struct json_writer *w = &r->good_writer;

	if (!results_begin(r, entries, i, rule))
		return;
	json_member_text(w, "MessageId", m->id);
	json_member_text(w, "MD5OfMessageBody", m->body_md5);
	if (m->attribute_count > 0)
		json_member_text(w, "MD5OfMessageAttributes", m->attributes_md5);
	json_object_end(w);
}

/* An entry that the plan fails: told so, and not applied. */
static bool is_failed(struct results *r, const struct json *entries, size_t i,
    const struct plan_rule *rule)
{
	bool is_sender = (rule->sender_mask >> i & 1) != 0;

	if (rule->what != FAULT_PARTIAL || (rule->mask >> i & 1) == 0)
		return false;
	results_fail(r, id_at(entries, i), is_sender,
	    rule->code[0]   ? rule->code
		: is_sender ? "InvalidParameterValue"
			    : "InternalError");
	return true;
}

/* ---- operations ---- */

void sqs_send_batch(struct sqs_queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	const struct json *entries = json_get(in, "Entries");
	struct results r;

	results_init(&r);
	for (size_t i = 0; i < json_count(entries); i++) {
		const struct json *entry = json_at(entries, i);
		struct sqs_message *m;

		if (is_failed(&r, entries, i, rule))
			continue;
		if (!is_in_alphabet(str_from(json_get_text(json_get(entry, "MessageBody"), ""))) ||
		    json_count(json_get(entry, "MessageAttributes")) > SQS_ATTRIBUTES_MAX) {
			results_fail(&r, id_at(entries, i), true, "InvalidMessageContents");
			continue;
		}
		m = sqs_message_new(entry, world_now_ms());
		sqs_queue_put(q, m, m->sent_at_ms);
		q->sent++;
		results_sent(&r, entries, i, rule, m);
	}
	results_answer(&r, a);
}

/* An old receipt "succeeds" and may delete nothing. Here it deletes nothing. */
static void delete_one(struct sqs_queue *q, const char *receipt, bool comes_back)
{
	unsigned generation;
	struct sqs_message *m = sqs_queue_find(q, receipt, &generation);

	if (m == NULL || m->generation != generation)
		return;
	sqs_queue_remove(q, m);
	if (comes_back) {
		m->visible_at_ms = 0;
		sqs_queue_put(q, m, world_now_ms());
	} else {
		sqs_message_free(m);
		q->deleted++;
	}
}

void sqs_delete_batch(struct sqs_queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	const struct json *entries = json_get(in, "Entries");
	struct results r;

	results_init(&r);
	for (size_t i = 0; i < json_count(entries); i++) {
		if (is_failed(&r, entries, i, rule))
			continue;
		delete_one(q, json_get_text(json_get(json_at(entries, i), "ReceiptHandle"), ""),
		    rule->what == FAULT_UNDELETED);
		results_succeed(&r, entries, i, rule);
	}
	results_answer(&r, a);
}

/* NULL: done. */
static const char *extend_one(struct sqs_queue *q, const struct json *entry)
{
	int64_t visibility_s = json_get_int(json_get(entry, "VisibilityTimeout"), -1);
	int64_t now_ms = world_now_ms();
	struct sqs_message *m;
	unsigned generation;

	m = sqs_queue_find(q, json_get_text(json_get(entry, "ReceiptHandle"), ""), &generation);
	if (visibility_s < 0 || visibility_s > SQS_VISIBILITY_MAX_S)
		return "InvalidParameterValue";
	if (m == NULL || m->generation != generation)
		return "ReceiptHandleIsInvalid";
	if (m->visible_at_ms <= now_ms)
		return "AWS.SimpleQueueService.MessageNotInflight";
	sqs_queue_remove(q, m);
	m->visible_at_ms = now_ms + visibility_s * 1000;
	sqs_queue_put(q, m, now_ms);
	return NULL;
}

void sqs_extend_batch(struct sqs_queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	const struct json *entries = json_get(in, "Entries");
	struct results r;

	results_init(&r);
	for (size_t i = 0; i < json_count(entries); i++) {
		const char *error;

		if (is_failed(&r, entries, i, rule))
			continue;
		error = extend_one(q, json_at(entries, i));
		if (error != NULL)
			results_fail(&r, id_at(entries, i), true, error);
		else
			results_succeed(&r, entries, i, rule);
	}
	results_answer(&r, a);
}
