#include "queue_sqs_letter.h"

#include "queue_sqs_text.h"

enum { CONTENT_MAX_SHOWN = 48 };

/* ---- out ---- */

void sqs_letter_of(const struct queue_entry *e, struct sqs_letter *out)
{
	*out = (struct sqs_letter){ .body = e->body, .result = e->result };
	sqs_attributes_add(&out->attributes, "object", "String", e->object);
	sqs_attributes_add(&out->attributes, "sha256", "String", e->sha256);
	sqs_attributes_add(&out->attributes, "traceparent", "String", e->traceparent);
	if (e->record_count == 0)
		return;
	(void)snprintf(out->records, sizeof(out->records), "%zu", e->record_count);
	sqs_attributes_add(&out->attributes, "records", "Number", str_from(out->records));
}

static int check_text(struct str text, const char *what, struct str name, struct err *err)
{
	size_t good = sqs_text_good(text);

	if (good == text.n)
		return 0;
	return err_set(err, ERR_INVALID,
	    "%s%.*s: byte %zu (0x%02x) does not belong to a character that SQS takes", what,
	    STR_ARG(name), good, (unsigned char)text.p[good]);
}

void sqs_letter_check(struct sqs_letter *l)
{
	int rc = check_text(l->body, "message body", STR_NONE, &l->result);

	for (size_t i = 0; rc == 0 && i < l->attributes.count; i++)
		rc = check_text(l->attributes.items[i].value, "message attribute ",
		    l->attributes.items[i].name, &l->result);
}

size_t sqs_letter_size(const struct sqs_letter *l)
{
	size_t n = l->body.n;

	for (size_t i = 0; i < l->attributes.count; i++) {
		const struct sqs_attribute *a = &l->attributes.items[i];

		n += a->name.n + a->type.n + a->value.n;
	}
	return n;
}

void sqs_letter_write(struct json_writer *w, const struct sqs_letter *l, const char *id)
{
	json_object_begin(w);
	json_member_text(w, "Id", id);
	json_member_str(w, "MessageBody", l->body);
	sqs_attributes_write(w, &l->attributes);
	json_object_end(w);
}

static int compare(const char *what, const char *sent, const struct json *said, struct err *err)
{
	const char *text = json_get_text(said, "");

	if (strcmp(sent, text) == 0)
		return 0;
	return err_set(err, ERR_IO, "sent with %s %s, confirmed with '%.*s'", what, sent,
	    CONTENT_MAX_SHOWN, text);
}

void sqs_letter_confirm(struct sqs_letter *l, const struct json *successful)
{
	char body[DIGEST_MD5_HEX_SIZE], attributes[DIGEST_MD5_HEX_SIZE];

	digest_md5_hex(l->body, body);
	if (sqs_attributes_md5(&l->attributes, attributes, &l->result) == 0 &&
	    compare("MD5 of the body", body, json_get(successful, "MD5OfMessageBody"),
		&l->result) == 0 &&
	    l->attributes.count > 0)
		(void)compare("MD5 of the attributes", attributes,
		    json_get(successful, "MD5OfMessageAttributes"), &l->result);
}

/* ---- in ---- */

static int check_md5(const char *what, const char *computed, const struct json *said,
    struct err *err)
{
	const char *text = json_get_text(said, "");

	if (strcmp(computed, text) == 0)
		return 0;
	return err_set(err, ERR_CORRUPT, "%s: MD5 is %s, sent with '%.*s'", what, computed,
	    CONTENT_MAX_SHOWN, text);
}

static int check_content(const struct json *message, const struct sqs_delivery *d, struct err *err)
{
	char md5[DIGEST_MD5_HEX_SIZE];

	digest_md5_hex(d->body, md5);
	if (check_md5("body", md5, json_get(message, "MD5OfBody"), err) != 0)
		return -1;
	if (d->body.n == 0 || d->body.n > QUEUE_BODY_MAX)
		return err_set(err, ERR_INVALID, "body of %zu bytes: must have 1 to %d", d->body.n,
		    QUEUE_BODY_MAX);
	if (sqs_attributes_md5(&d->attributes, md5, err) != 0)
		return -1;
	return check_md5("attributes", md5, json_get(message, "MD5OfMessageAttributes"), err);
}

/* The values of system attributes are numbers in strings. */
static uint64_t number(const struct json *text, uint64_t max)
{
	uint64_t n;

	if (!str_to_u64(str_from(json_get_text(text, NULL)), &n))
		return 0;
	return n < max ? n : max;
}

static void read_system_attributes(const struct json *attributes, struct sqs_delivery *out)
{
	out->source_arn = json_get_text(json_get(attributes, "DeadLetterQueueSourceArn"), "");
	out->sent_at_ms = (int64_t)number(json_get(attributes, "SentTimestamp"), INT64_MAX);
	out->receive_count = (unsigned)number(json_get(attributes, "ApproximateReceiveCount"),
	    UINT32_MAX);
}

/* Copied whole or not at all. */
static bool copy_attribute(const struct sqs_attributes *all, const char *name, char *out,
    size_t size)
{
	const struct sqs_attribute *a = sqs_attributes_find(all, name);

	if (!a)
		return true;
	if (a->value.n >= size || sqs_attribute_is_binary(a))
		return false;
	memcpy(out, a->value.p, a->value.n);
	out[a->value.n] = '\0';
	return true;
}

/* Those that say what the content is must fit; a trace and a count are nothing to fail for. */
static int check_ours(const struct sqs_attributes *all, struct err *err)
{
	char object[OBJECTKEY_SIZE], sha256[HASH_HEX_SIZE];

	if (!copy_attribute(all, "object", object, sizeof(object)))
		return err_set(err, ERR_INVALID, "attribute object: at most %d characters",
		    OBJECTKEY_SIZE - 1);
	if (!copy_attribute(all, "sha256", sha256, sizeof(sha256)))
		return err_set(err, ERR_INVALID, "attribute sha256: at most %d hex digits",
		    HASH_HEX_LEN);
	return 0;
}

int sqs_delivery_read(const struct json *message, struct sqs_delivery *out, struct err *err)
{
	struct sqs_delivery d = {
		.id = json_get_text(json_get(message, "MessageId"), ""),
		.receipt = json_get_text(json_get(message, "ReceiptHandle"), ""),
		.body = str_from(json_get_text(json_get(message, "Body"), NULL)),
	};

	if (!d.id[0] || strlen(d.id) >= QUEUE_ID_SIZE)
		return err_set(err, ERR_CORRUPT,
		    "message without a MessageId of 1 to %d characters", QUEUE_ID_SIZE - 1);
	if (!d.receipt[0] || strlen(d.receipt) >= QUEUE_RECEIPT_SIZE)
		return err_set(err, ERR_CORRUPT,
		    "message '%s': without a ReceiptHandle of 1 to %d characters", d.id,
		    QUEUE_RECEIPT_SIZE - 1);
	read_system_attributes(json_get(message, "Attributes"), &d);
	if (sqs_attributes_read(json_get(message, "MessageAttributes"), &d.attributes, &d.fault) !=
		0 ||
	    check_content(message, &d, &d.fault) != 0 || check_ours(&d.attributes, &d.fault) != 0)
		(void)err_wrap(&d.fault, "message '%s'", d.id); /* d is what is returned */
	*out = d;
	return 0;
}

void sqs_delivery_fill(const struct sqs_delivery *d, struct queue_message *out)
{
	const struct sqs_attribute *records = sqs_attributes_find(&d->attributes, "records");
	uint64_t count = 0;

	memcpy(out->id, d->id, strlen(d->id) + 1);
	memcpy(out->receipt, d->receipt, strlen(d->receipt) + 1);
	buf_add(&out->body, d->body); /* without effect where it is too large: see fault */
	(void)copy_attribute(&d->attributes, "object", out->object, sizeof(out->object));
	(void)copy_attribute(&d->attributes, "sha256", out->sha256, sizeof(out->sha256));
	(void)copy_attribute(&d->attributes, "traceparent", out->traceparent,
	    sizeof(out->traceparent));
	if (records && str_to_u64(records->value, &count))
		out->record_count = (size_t)count;
	out->sent_at_ms = d->sent_at_ms;
	out->receive_count = d->receive_count;
	out->fault = d->fault;
}
