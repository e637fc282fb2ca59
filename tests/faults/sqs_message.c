#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "sqs_queue.h"

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
	return strcmp(((const struct sqs_attribute *)a)->name,
	    ((const struct sqs_attribute *)b)->name);
}

/*
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
 * sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
static void digest_attributes(struct sqs_message *m)
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

struct sqs_message *sqs_message_new(const struct json *entry, int64_t now_ms)
{
	const struct json *attributes = json_get(entry, "MessageAttributes");
	struct sqs_message *m = xcalloc(1, sizeof(*m));
	const char *name;

	uuid_v7(&clock_system, m->id);
	m->body = xstrdup(json_get_text(json_get(entry, "MessageBody"), ""));
	digest_md5_hex(str_from(m->body), m->body_md5);
	for (size_t i = 0; i < SQS_ATTRIBUTES_MAX && (name = json_key_at(attributes, i)); i++) {
		const struct json *one = json_get(attributes, name);

		m->attributes[m->attribute_count++] = (struct sqs_attribute){ xstrdup(name),
			xstrdup(json_get_text(json_get(one, "DataType"), "")),
			xstrdup(json_get_text(json_get(one, "StringValue"), "")) };
	}
	digest_attributes(m);
	m->sent_at_ms = now_ms;
	m->visible_at_ms = now_ms + json_get_int(json_get(entry, "DelaySeconds"), 0) * 1000;
	return m;
}

void sqs_message_free(struct sqs_message *m)
{
	for (size_t i = 0; i < m->attribute_count; i++) {
		free(m->attributes[i].name);
		free(m->attributes[i].type);
		free(m->attributes[i].value);
	}
	free(m->body);
	free(m);
}

void sqs_message_write(struct json_writer *w, const struct sqs_message *m)
{
	char receipt[SQS_RECEIPT_SIZE], number[24];

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
