/* SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "mem.h"
#include "uuid.h"
#include "world.h"

enum {
	BATCH_MAX = 10,
	BYTES_MAX = 1048576,
	WAIT_MAX_S = 20,
	VISIBILITY_MAX_S = 43200,
	QUEUES_MAX = 8,
	RECEIVES_MAX = 5, /* then a message goes to <name>-dlq */
	ATTRIBUTES_MAX = 10,
};

struct attribute {
	char *name, *type, *value;
};

struct message {
	struct message *next;
	char id[UUID_TEXT_SIZE];
	char *body;
	struct attribute attributes[ATTRIBUTES_MAX];
	size_t attribute_count;
	char body_md5[DIGEST_MD5_HEX_SIZE], attributes_md5[DIGEST_MD5_HEX_SIZE];
	int64_t sent_at_ms, visible_at_ms;
	unsigned receives;   /* also the generation of the receipt */
	unsigned generation; /* of the latest delivery that may delete */
	bool is_deleted;     /* a FAULT_UNDELETED one is not */
};

struct queue {
	char name[81];
	struct message *head, **tail;
	uint64_t sent, deleted, received;
};

static struct queue queues[QUEUES_MAX];
static size_t queue_count;

/* ---- queues ---- */

static struct queue *queue_named(const char *name)
{
	struct queue *q;

	for (size_t i = 0; i < queue_count; i++)
		if (strcmp(queues[i].name, name) == 0)
			return &queues[i];
	if (queue_count == QUEUES_MAX || strlen(name) >= sizeof(q->name))
		return NULL;
	q = &queues[queue_count++];
	(void)snprintf(q->name, sizeof(q->name), "%s", name);
	q->tail = &q->head;
	return q;
}

/* Any queue exists, under the last part of its URL. */
static struct queue *queue_of(const struct json *in)
{
	const char *url = json_get_text(json_get(in, "QueueUrl"), "");
	const char *slash = strrchr(url, '/');

	return slash != NULL && slash[1] != '\0' ? queue_named(slash + 1) : NULL;
}

static bool is_dead_letter_queue(const struct queue *q)
{
	return str_has_suffix(str_from(q->name), STR("-dlq"));
}

static void push(struct queue *q, struct message *m)
{
	m->next = NULL;
	*q->tail = m;
	q->tail = &m->next;
}

static void free_message(struct message *m)
{
	for (size_t i = 0; i < m->attribute_count; i++) {
		free(m->attributes[i].name);
		free(m->attributes[i].type);
		free(m->attributes[i].value);
	}
	free(m->body);
	free(m);
}

/* Take out what was deleted, and what was received too often. */
static void sweep(struct queue *q, int64_t now_ms)
{
	struct message *m, **at = &q->head;

	while ((m = *at) != NULL) {
		bool is_spent = !is_dead_letter_queue(q) && m->receives >= RECEIVES_MAX &&
		    m->visible_at_ms <= now_ms;

		if (!m->is_deleted && !is_spent) {
			at = &m->next;
			continue;
		}
		*at = m->next;
		if (q->tail == &m->next)
			q->tail = at;
		if (m->is_deleted) {
			free_message(m);
		} else {
			char name[96];

			(void)snprintf(name, sizeof(name), "%s-dlq", q->name);
			m->visible_at_ms = now_ms;
			push(queue_named(name), m);
		}
	}
}

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

	return s.n >= 1 && s.n <= 80 &&
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
static const char *batch_error(const struct json *entries)
{
	size_t count = json_count(entries), bytes = 0;

	if (count == 0)
		return "AWS.SimpleQueueService.EmptyBatchRequest";
	if (count > BATCH_MAX)
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

/* ---- MD5 of attributes ---- */

static void digest_part(struct digest *d, const char *text)
{
	size_t n = strlen(text);
	const unsigned char length[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16),
		(unsigned char)(n >> 8), (unsigned char)n };

	digest_update(d, (struct str){ (const char *)length, sizeof(length) });
	digest_update(d, str_from(text));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct attribute *)a)->name, ((const struct attribute *)b)->name);
}

/*
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
 * sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
static void digest_attributes(struct message *m)
{
	struct digest *d = digest_md5_begin();

	qsort(m->attributes, m->attribute_count, sizeof(m->attributes[0]), by_name);
	for (size_t i = 0; i < m->attribute_count; i++) {
		digest_part(d, m->attributes[i].name);
		digest_part(d, m->attributes[i].type);
		digest_update(d, STR("\1")); /* a string; we know no binary ones */
		digest_part(d, m->attributes[i].value);
	}
	digest_end_hex(d, m->attributes_md5);
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

static struct message *message_new(const struct json *entry, int64_t now_ms)
{
	const struct json *attributes = json_get(entry, "MessageAttributes");
	struct message *m = xcalloc(1, sizeof(*m));
	const char *name;

	uuid_v7(&clock_system, m->id);
	m->body = xstrdup(json_get_text(json_get(entry, "MessageBody"), ""));
	digest_md5_hex(str_from(m->body), m->body_md5);
	for (size_t i = 0; i < ATTRIBUTES_MAX && (name = json_key_at(attributes, i)); i++) {
		const struct json *one = json_get(attributes, name);

		m->attributes[m->attribute_count++] = (struct attribute){ xstrdup(name),
			xstrdup(json_get_text(json_get(one, "DataType"), "")),
			xstrdup(json_get_text(json_get(one, "StringValue"), "")) };
	}
	digest_attributes(m);
	m->sent_at_ms = now_ms;
	m->visible_at_ms = now_ms + json_get_int(json_get(entry, "DelaySeconds"), 0) * 1000;
	return m;
}

static void send_batch(struct queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	const struct json *entries = json_get(in, "Entries");
	struct results r;

	results_init(&r);
	for (size_t i = 0; i < json_count(entries); i++) {
		const struct json *entry = json_at(entries, i);
		struct json_writer *w = &r.good_writer;
		struct message *m;

		if (is_failed(&r, entries, i, rule))
			continue;
		if (!is_in_alphabet(str_from(json_get_text(json_get(entry, "MessageBody"), ""))) ||
		    json_count(json_get(entry, "MessageAttributes")) > ATTRIBUTES_MAX) {
			results_fail(&r, id_at(entries, i), true, "InvalidMessageContents");
			continue;
		}
		m = message_new(entry, world_now_ms());
		push(q, m);
		q->sent++;
		if (is_left_out(i, rule))
			continue;
		json_object_begin(w);
		json_member_text(w, "Id", told_id(entries, i, rule));
		json_member_text(w, "MessageId", m->id);
		json_member_text(w, "MD5OfMessageBody", m->body_md5);
		if (m->attribute_count > 0)
			json_member_text(w, "MD5OfMessageAttributes", m->attributes_md5);
		json_object_end(w);
	}
	results_answer(&r, a);
}

static void write_message(struct json_writer *w, const struct message *m)
{
	char receipt[UUID_TEXT_SIZE + 16], number[24];

	(void)snprintf(receipt, sizeof(receipt), "%s.%u", m->id, m->generation);
	json_object_begin(w);
	json_member_text(w, "MessageId", m->id);
	json_member_text(w, "ReceiptHandle", receipt);
	json_member_text(w, "Body", m->body);
	json_member_text(w, "MD5OfBody", m->body_md5);
	json_key(w, "Attributes");
	json_object_begin(w);
	(void)snprintf(number, sizeof(number), "%lld", (long long)m->sent_at_ms);
	json_member_text(w, "SentTimestamp", number);
	(void)snprintf(number, sizeof(number), "%u", m->receives);
	json_member_text(w, "ApproximateReceiveCount", number);
	json_object_end(w);
	if (m->attribute_count > 0) {
		json_member_text(w, "MD5OfMessageAttributes", m->attributes_md5);
		json_key(w, "MessageAttributes");
		json_object_begin(w);
		for (size_t i = 0; i < m->attribute_count; i++) {
			json_key(w, m->attributes[i].name);
			json_object_begin(w);
			json_member_text(w, "DataType", m->attributes[i].type);
			json_member_text(w, "StringValue", m->attributes[i].value);
			json_object_end(w);
		}
		json_object_end(w);
	}
	json_object_end(w);
}

/* All attributes are given, whatever was asked for. */
static size_t deliver(struct queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	int64_t now_ms = world_now_ms();
	int64_t max = json_get_int(json_get(in, "MaxNumberOfMessages"), 1);
	int64_t visibility_s = json_get_int(json_get(in, "VisibilityTimeout"), 30);
	struct json_writer w;
	size_t n = 0;

	sweep(q, now_ms);
	buf_reset(&a->body);
	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	for (struct message *m = q->head; m != NULL && n < (size_t)max; m = m->next) {
		if (m->visible_at_ms > now_ms)
			continue;
		if (n++ == 0) {
			json_key(&w, "Messages");
			json_array_begin(&w);
		}
		m->generation = ++m->receives;
		m->visible_at_ms = rule->what == FAULT_TWICE ? now_ms
							     : now_ms + visibility_s * 1000;
		write_message(&w, m);
	}
	if (n > 0)
		json_array_end(&w);
	json_object_end(&w);
	q->received += n;
	return n;
}

static void receive(struct queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	int64_t max = json_get_int(json_get(in, "MaxNumberOfMessages"), 1);
	int64_t wait_s = json_get_int(json_get(in, "WaitTimeSeconds"), 0);
	int64_t visibility_s = json_get_int(json_get(in, "VisibilityTimeout"), 30);
	int64_t until_us = clock_mono_us(&clock_system) + wait_s * 1000000;

	if (max < 1 || max > BATCH_MAX || wait_s < 0 || wait_s > WAIT_MAX_S || visibility_s < 0 ||
	    visibility_s > VISIBILITY_MAX_S) {
		world_refuse_json(a, 400, "InvalidParameterValue", "out of range");
		return;
	}
	while (deliver(q, in, rule, a) == 0 && clock_mono_us(&clock_system) < until_us) {
		pthread_mutex_unlock(&world_lock);
		clock_sleep_ms(2);
		pthread_mutex_lock(&world_lock);
	}
}

static struct message *find(struct queue *q, const char *receipt, unsigned *generation)
{
	struct str id, number;
	uint64_t n = 0;

	str_cut(str_from(receipt), '.', &id, &number);
	(void)str_to_u64(number, &n);
	*generation = (unsigned)n;
	for (struct message *m = q->head; m != NULL; m = m->next)
		if (str_is(id, m->id))
			return m;
	return NULL;
}

/*
 * AWS: a delete with an old receipt "succeeds" and may delete nothing. Here it deletes nothing.
 */
static void delete_batch(struct queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	const struct json *entries = json_get(in, "Entries");
	struct results r;

	results_init(&r);
	for (size_t i = 0; i < json_count(entries); i++) {
		unsigned generation;
		struct message *m = find(q,
		    json_get_text(json_get(json_at(entries, i), "ReceiptHandle"), ""), &generation);

		if (is_failed(&r, entries, i, rule))
			continue;
		if (m != NULL && m->generation == generation && !m->is_deleted) {
			if (rule->what == FAULT_UNDELETED)
				m->visible_at_ms = world_now_ms();
			else
				m->is_deleted = true;
			q->deleted += m->is_deleted;
		}
		if (is_left_out(i, rule))
			continue;
		json_object_begin(&r.good_writer);
		json_member_text(&r.good_writer, "Id", told_id(entries, i, rule));
		json_object_end(&r.good_writer);
	}
	results_answer(&r, a);
	sweep(q, world_now_ms());
}

static void extend_batch(struct queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	const struct json *entries = json_get(in, "Entries");
	int64_t now_ms = world_now_ms();
	struct results r;

	results_init(&r);
	for (size_t i = 0; i < json_count(entries); i++) {
		const struct json *entry = json_at(entries, i);
		int64_t visibility_s = json_get_int(json_get(entry, "VisibilityTimeout"), -1);
		unsigned generation;
		struct message *m = find(q, json_get_text(json_get(entry, "ReceiptHandle"), ""),
		    &generation);

		if (is_failed(&r, entries, i, rule))
			continue;
		if (visibility_s < 0 || visibility_s > VISIBILITY_MAX_S) {
			results_fail(&r, id_at(entries, i), true, "InvalidParameterValue");
		} else if (m == NULL || m->is_deleted || m->generation != generation) {
			results_fail(&r, id_at(entries, i), true, "ReceiptHandleIsInvalid");
		} else if (m->visible_at_ms <= now_ms) {
			results_fail(&r, id_at(entries, i), true,
			    "AWS.SimpleQueueService.MessageNotInflight");
		} else {
			m->visible_at_ms = now_ms + visibility_s * 1000;
			json_object_begin(&r.good_writer);
			json_member_text(&r.good_writer, "Id", told_id(entries, i, rule));
			json_object_end(&r.good_writer);
		}
	}
	results_answer(&r, a);
}

struct depth {
	uint64_t visible, in_flight, delayed;
};

static struct depth depth_of(struct queue *q)
{
	int64_t now_ms = world_now_ms();
	struct depth d = { 0 };

	sweep(q, now_ms);
	for (const struct message *m = q->head; m != NULL; m = m->next)
		if (m->visible_at_ms <= now_ms)
			d.visible++;
		else if (m->receives > 0)
			d.in_flight++;
		else
			d.delayed++;
	return d;
}

static void member_number(struct json_writer *w, const char *name, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	json_member_text(w, name, text);
}

static void attributes(struct queue *q, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	struct depth d = depth_of(q);
	char text[256];
	struct json_writer w;

	(void)in;
	(void)rule;
	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	json_key(&w, "Attributes");
	json_object_begin(&w);
	member_number(&w, "ApproximateNumberOfMessages", d.visible);
	member_number(&w, "ApproximateNumberOfMessagesNotVisible", d.in_flight);
	member_number(&w, "ApproximateNumberOfMessagesDelayed", d.delayed);
	json_member_text(&w, "VisibilityTimeout", "30");
	json_member_text(&w, "MaximumMessageSize", "1048576");
	json_member_text(&w, "MessageRetentionPeriod", "345600");
	(void)snprintf(text, sizeof(text), "arn:aws:sqs:us-east-1:000000000000:%s", q->name);
	json_member_text(&w, "QueueArn", text);
	if (!is_dead_letter_queue(q)) {
		(void)snprintf(text, sizeof(text),
		    "{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:%s-dlq\","
		    "\"maxReceiveCount\":%d}",
		    q->name, RECEIVES_MAX);
		json_member_text(&w, "RedrivePolicy", text);
	}
	json_object_end(&w);
	json_object_end(&w);
}

static void queue_url(struct wire_answer *a, const struct json *in)
{
	struct json_writer w;
	char url[256];

	(void)snprintf(url, sizeof(url), "http://127.0.0.1/000000000000/%s",
	    json_get_text(json_get(in, "QueueName"), ""));
	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	json_member_text(&w, "QueueUrl", url);
	json_object_end(&w);
}

static const struct {
	const char *name;
	bool is_batch;
	void (*run)(struct queue *q, const struct json *in, const struct plan_rule *rule,
	    struct wire_answer *a);
} operations[] = {
	{ "SendMessageBatch", true, send_batch },
	{ "ReceiveMessage", false, receive },
	{ "DeleteMessageBatch", true, delete_batch },
	{ "ChangeMessageVisibilityBatch", true, extend_batch },
	{ "GetQueueAttributes", false, attributes },
};

void sqs_call(const char *op, const struct json *in, const struct plan_rule *rule,
    struct wire_answer *a)
{
	const char *error = NULL;
	struct queue *q;

	if (strcmp(op, "GetQueueUrl") == 0) {
		queue_url(a, in);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		if (strcmp(operations[i].name, op) != 0)
			continue;
		q = queue_of(in);
		if (q == NULL)
			error = "AWS.SimpleQueueService.NonExistentQueue";
		else if (operations[i].is_batch)
			error = batch_error(json_get(in, "Entries"));
		if (error != NULL)
			world_refuse_json(a, 400, error, "refused");
		else
			operations[i].run(q, in, rule, a);
		return;
	}
	world_refuse_json(a, 400, "UnknownOperationException", op);
}

void sqs_state(struct json_writer *w)
{
	for (size_t i = 0; i < queue_count; i++) {
		struct queue *q = &queues[i];
		struct depth d = depth_of(q);

		json_key(w, q->name);
		json_object_begin(w);
		json_member_uint(w, "visible", d.visible);
		json_member_uint(w, "in_flight", d.in_flight);
		json_member_uint(w, "delayed", d.delayed);
		json_member_uint(w, "sent", q->sent);
		json_member_uint(w, "received", q->received);
		json_member_uint(w, "deleted", q->deleted);
		json_object_end(w);
	}
}
